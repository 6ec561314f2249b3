"""The modules that were linked in, with their flags. kernel/module/main.c, ``print_modules``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from .line import Line
from .report import Module

_WORD = "Modules linked in: "
_FORM = r"[A-Za-z0-9_-]{1,64}(?:\([A-Z+-]{1,8}\))?"
_MODULE = re.compile(r"([A-Za-z0-9_-]{1,64})(?:\(([A-Z+-]{1,8})\))?(?= |$)")
_CONTINUED = re.compile(rf" ?(?:{_FORM} )+(?:{_FORM}|\[.*)?$")
FULL = 900
"""Characters of a line behind which the kernel may have cut it; kernel/printk/printk.c, ``LOG_LINE_MAX``."""
MOST = 2000
"""Modules that are told."""


def linked_in(lines: Sequence[Line]) -> tuple[Module, ...]:
    """Return the modules in the kernel's order, the youngest first."""
    listed = "".join(_listing(lines)).split("[last unloaded", 1)[0].split("last unloaded: ", 1)[0]
    return tuple(Module(found[1], found[2]) for found in islice(_MODULE.finditer(listed), MOST))


def _listing(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the list, and its continuations: a long one was cut by the log's own limit."""
    begin = next((at for at, line in enumerate(lines) if line.text.startswith(_WORD)), None)
    if begin is None:
        return
    yield lines[begin].text[len(_WORD) :]
    for before, line in zip(lines[begin:], lines[begin + 1 :]):
        if len(before.text) < FULL or not _CONTINUED.match(line.text):
            return
        yield " " + line.text
