"""The modules that were linked in, and those that were gone. kernel/module/main.c, ``print_modules``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from .line import Line
from .report import Module

_WORD = "Modules linked in: "
_FORM = r"[A-Za-z0-9_-]{1,64}(?:\([A-Z+-]{1,8}\))?"
_MODULE = re.compile(r"([A-Za-z0-9_-]{1,64})(?:\(([A-Z+-]{1,8})\))?(?= |$)")
_LAST = re.compile(r"last unloaded: ([A-Za-z0-9_-]{1,64})(?:\(([A-Z+-]{1,8})\))?")
_GONE = re.compile(r"([A-Za-z0-9_-]{1,64})\(([A-Z]{0,8})\):\d")
"""Since 5.18 those that had tainted the kernel stay known: with their flags, and how often each was there."""
_CONTINUED = re.compile(rf" ?(?:{_FORM} )+(?:{_FORM}|\[.*)?$")
FULL = 900
"""Characters of a line behind which the kernel may have cut it; kernel/printk/printk.c, ``LOG_LINE_MAX``."""
MOST = 2000
"""Modules that are told."""


def linked_in(lines: Sequence[Line]) -> tuple[Module, ...]:
    """Return the modules in the kernel's order, the youngest first."""
    listed = "".join(_listing(lines)).split("[last unloaded", 1)[0].split("last unloaded: ", 1)[0]
    return tuple(Module(found[1], found[2]) for found in islice(_MODULE.finditer(listed), MOST))


def unloaded(lines: Sequence[Line]) -> tuple[Module, ...]:
    """Return the module that was unloaded last, and those that are gone but had tainted the kernel."""
    gone: dict[str, Module] = {}
    for form, word in ((_LAST, "last unloaded: "), (_GONE, "Unloaded tainted modules: ")):
        text = next((line.text for line in lines if word in line.text), "")
        for found in islice(form.finditer(text), MOST):
            gone.setdefault(found[1], Module(found[1], found[2] or None))
    return tuple(gone.values())


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
