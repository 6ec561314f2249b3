"""Decode a whole log: bytes in, everything that it tells out. Never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import culprit, modules, registers, signature, taint, task
from .causes import BACKTRACE, FIRST, LOOP, OWNER, PC
from .culprit import NOBODY, Stood
from .hardware.find import find
from .kernel import hardware_name, kernel
from .line import Line
from .lines import Log, split
from .panic import Cause, causes, ends, first, survived
from .report import Decoded, Frame, LogFacts, Panic, Place
from .stack import Trace, traces

WINDOW = 1500
"""Lines behind a cause that may belong to it."""
FAULTS = frozenset({"null_deref", "page_fault", "gpf", "stack", "double_fault", "oops", "hardware", "kasan", "kfence"})
"""Kinds of crash in which an access failed, at an address, with an error code."""
MOST_FRAMES = 256
"""Frames of the stack that are told."""
_ASIDE = re.compile(
    r"Allocated|Freed|created|stored to memory|potentially related|last (?:en|dis)abled|disabled at"
    r"|last allocated|last free|page_owner|^-> #|became |grace-period kthread"
)
"""Headings of traces that tell of an earlier time, or of another task."""
CUT = "the log is longer than is read: its middle was not looked at"
SURVIVED = "no line says that the kernel stopped: it may have gone on after this report"


def decode(log: bytes) -> Decoded:
    """Return what a log tells; what it does not is None."""
    cut = split(log)
    found = causes(cut)
    cause = first(found)
    own = () if cause is None else _own(cause, found, cut.lines)
    stacks = _ordered(cause, own) if cause else []
    errors = find(cut.lines)
    panic = None if cause is None else _panic(cause, own, stacks)
    frames = stacks[0].frames[:MOST_FRAMES] if stacks else []
    said = ((cut.truncated, CUT), (cause is not None and survived(found), SURVIVED))
    return Decoded(
        panic=panic, frames=tuple(frames), modules=modules.linked_in(own), hardware_name=hardware_name(cut, own),
        hardware_errors=errors, signature=signature.of(panic, frames, errors), kernel=kernel(cut, own),
        uptime_seconds=_uptime(cut, own), dmesg=LogFacts(len(cut.lines), cut.truncated),
        doubts=tuple(words for true, words in said if true),
    )  # fmt: skip


def _own(cause: Cause, found: Sequence[Cause], lines: Sequence[Line]) -> Sequence[Line]:
    """The lines that belong to a cause: up to the next report, of its own CPU or thread where the log tells."""
    after = lines[cause.at : ends(cause, found, lines, WINDOW)]
    caller = cause.line.caller
    if caller is None or LOOP in cause.rule.look:  # a stall is told by one CPU of another
        return after
    return [line for line in after if line.caller in (caller, None)]


def _ordered(cause: Cause, own: Sequence[Line]) -> list[Trace]:
    """The stack traces of a cause, the most telling first."""
    found = list(traces(own))
    look = set(cause.rule.look)
    if look & {BACKTRACE, PC}:
        found.sort(key=lambda trace: "race:" not in trace.heading)
    elif not look & {FIRST, OWNER}:
        found.sort(key=lambda trace: _ASIDE.search(trace.heading) is not None)
    return found


def _panic(cause: Cause, own: Sequence[Line], stacks: Sequence[Trace]) -> Panic:
    counter = registers.counter(own)
    stood = _stood(own, counter)
    function = culprit.function(cause, own, stacks, stood)
    who = task.running(own)
    faulted = cause.rule.kind in FAULTS
    return Panic(
        title=_title(cause, function, own), kind=cause.rule.kind, message=cause.line.text[:400], function=function,
        cpu=who.cpu, pid=who.pid, comm=who.comm,
        taint=next((names for line in own if (names := taint.names(line.text))), ()),
        rip=counter[1] if counter else None, error_code=registers.error_code(own) if faulted else None,
        fault_address=registers.fault_address(own) if faulted else None,
    )  # fmt: skip


def _stood(own: Sequence[Line], counter: tuple[int, Place] | None) -> Stood:
    if counter is None:
        return NOBODY
    at, place = counter
    inner = tuple(Frame(symbol, None, None, place.module, True) for symbol in registers.dissolved(own, at))
    return Stood(at, (*inner, Frame(place.symbol, place.offset, place.size, place.module, True)))


def _title(cause: Cause, function: str | None, own: Sequence[Line]) -> str:
    words = cause.rule.title
    for number, group in enumerate(cause.groups, 1):
        words = words.replace(f"{{{number}}}", group)
    words = words.replace("{in}", f"in {function}" if function else "").replace("{rw}", _access(own))
    return " ".join(words.split())[:200]


def _access(own: Sequence[Line]) -> str:
    """Read or Write, as the line behind KASAN's headline has it."""
    return next((line.text.split(" ", 1)[0] for line in own[1:6] if line.text.startswith(("Read ", "Write "))), "")


def _uptime(log: Log, own: Sequence[Line]) -> float | None:
    """Seconds from boot to the crash; where the log tells of none, to its last line."""
    timed = (line.time for line in (*own[:1], *reversed(log.lines)) if line.time is not None)
    return next(timed, None)
