"""What groups crashes: one signature of the bug, one of the failing part. docs/signatures.md tells their making."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .machinery import BOUNDARIES, MACHINERY, bare
from .report import Frame, Panic, Signature

VERSION = 1
DEPTH = 4
"""Functions that tell one bug from another: the one at fault and its callers."""


def of(panic: Panic | None, frames: Sequence[Frame], hardware: Sequence[object]) -> Signature:
    """Return both signatures of a crash; addresses, offsets, CPUs, PIDs and compiler suffixes are not in them."""
    return Signature(None if panic is None else crash(panic, frames), _hardware(hardware))


def crash(panic: Panic, frames: Sequence[Frame]) -> str:
    """Return the signature of the bug: ``1:kind:function at fault:its callers``."""
    names = list(_alone(_telling(frames)))
    if panic.function in names:
        names = names[names.index(panic.function) :]
    elif panic.function:
        names = [panic.function, *names]
    return ":".join([str(VERSION), panic.kind, *names[:DEPTH]])


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


def _hardware(records: Sequence[object]) -> str | None:
    for record in records:
        parts = [getattr(record, name, None) for name in ("kind", "vendor", "socket", "bank")]
        return ":".join([str(VERSION), *("-" if part is None else str(part) for part in parts)])
    return None
