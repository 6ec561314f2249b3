"""Name the bug, so that all its crashes group: docs/signatures.md. The failing hardware is named by part.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from .machinery import BOUNDARIES, MACHINERY, bare
from .report import Frame, Panic

VERSION = 1
DEPTH = 4
"""Functions that tell one bug from another: the one at fault and its callers."""
WIDE = frozenset(["panic", "bug", "oops", "unknown", "warn", "lockdep", "kasan", "kfence", "kmsan", "kcsan", "ubsan"])
"""Kinds of which each has many causes, so that without a function the title must tell them apart."""
_NUMBER = re.compile(r"(?:0x)?[0-9a-f]*[0-9][0-9a-f]*")


def crash(panic: Panic, frames: Sequence[Frame]) -> str:
    """Return ``1:kind:function at fault:its callers``, or ``1:kind:words`` where no function is at fault.

    No address, offset, number, CPU, PID or suffix of a compiler is in it.
    """
    if panic.function is None:
        return ":".join([str(VERSION), panic.kind, *_words(panic)])
    names = list(_alone(_telling(frames)))
    callers = names[names.index(panic.function) + 1 :] if panic.function in names else names
    return ":".join([str(VERSION), panic.kind, panic.function, *callers][: DEPTH + 2])


def _words(panic: Panic) -> Iterator[str]:
    if panic.kind in WIDE:
        yield _NUMBER.sub("N", panic.title)


def _telling(frames: Sequence[Frame]) -> Iterator[str]:
    """The functions that are somebody's own. Those that only a symboliser knows are left out: most logs lack them."""
    whole = [frame for frame in frames if frame.offset is not None] or frames
    for frame in whole:
        if frame.reliable and frame.symbol not in MACHINERY and frame.symbol not in BOUNDARIES:
            yield bare(frame.symbol)


def _alone(names: Iterable[str]) -> Iterator[str]:
    """Each name once where it stands several times in a row: how deep a recursion went does not matter."""
    last = None
    for name in names:
        if name != last:
            yield name
        last = name
