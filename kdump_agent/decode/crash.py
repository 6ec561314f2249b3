"""Tell of one cause what a kernel engineer would ask: what, where, who, at which address.

Finding and choosing the cause is panic.py's work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import culprit, registers, taint, task
from .causes import NULL_DEREFERENCE
from .culprit import NOBODY, Stood
from .line import Line
from .panic import Cause
from .report import Frame, Panic, Place
from .stack import Trace

FAULTS = frozenset({"null_deref", "page_fault", "gpf", "stack", "double_fault", "oops", "hardware", "kasan", "kfence"})
"""Kinds of crash in which an access failed, at an address, with an error code."""
_SOURCE = re.compile(r"[\w./-]{1,200}\.(?:[chS]|rs):\d{1,6}$")
FIRST_PAGE = 0x1000
"""An address below it is a null pointer and an offset, whatever the architecture's kernel calls the fault."""


def tell(cause: Cause, own: Sequence[Line], stacks: Sequence[Trace]) -> Panic:
    """Return what is known of a crash: ``own`` are the lines that belong to it, ``stacks`` their traces, in order."""
    counter = registers.counter(own)
    function = culprit.function(cause, own, stacks, _stood(own, counter))
    who = task.running(own, asleep=cause.rule.kind == "hung_task")
    faulted = cause.rule.kind in FAULTS
    address = registers.fault_address(cause.rule.kind, own) if faulted else None
    kind, title = cause.rule.kind, cause.rule.title
    if kind == "page_fault" and address is not None and int(address, 16) < FIRST_PAGE:
        kind, title = NULL_DEREFERENCE
    return Panic(
        title=_title(title, cause.groups, function, own), kind=kind, message=cause.line.text[:400], function=function,
        cpu=who.cpu, pid=who.pid, comm=who.comm, uid=who.uid,
        taint=next((names for line in own if (names := taint.names(line.text))), ()),
        rip=counter[1] if counter else None, error_code=registers.error_code(own) if faulted else None,
        fault_address=address,
    )  # fmt: skip


def _stood(own: Sequence[Line], counter: tuple[int, Place] | None) -> Stood:
    if counter is None:
        return NOBODY
    at, place = counter
    inner = tuple(Frame(symbol, None, None, place.module, True) for symbol in registers.dissolved(own, at))
    return Stood(at, (*inner, Frame(place.symbol, place.offset, place.size, place.module, True)))


def _title(words: str, groups: Sequence[str], function: str | None, own: Sequence[Line]) -> str:
    for number, group in enumerate(groups, 1):
        words = words.replace(f"{{{number}}}", group)
    source = next((f"at {group}" for group in groups if _SOURCE.match(group)), "")
    words = words.replace("{in}", f"in {function}" if function else source).replace("{rw}", _access(own))
    return " ".join(words.split())[:200]


def _access(own: Sequence[Line]) -> str:
    """Read or Write, as the line behind KASAN's headline has it."""
    return next((line.text.split(" ", 1)[0] for line in own[1:6] if line.text.startswith(("Read ", "Write "))), "")
