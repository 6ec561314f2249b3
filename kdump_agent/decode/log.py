"""Decode a whole log: bytes in, everything that it tells out. Never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from . import crash, modules, part, signature, task
from .causes import BACKTRACE, ECHO, FIRST, LOOP, OWNER, PANIC, PC
from .hardware.find import find
from .kernel import hardware_name, kernel
from .line import Line
from .lines import Log, split
from .panic import Cause, causes, ends, first, later_boot, outlived, survived
from .report import Decoded, Frame, LogFacts, Signature, Stack
from .stack import Trace, title, traces

WINDOW = 1500
"""Lines behind a cause that may belong to it."""
LOST = 200
"""Lines before a panic in which its Oops may stand whose headline the log lost."""
MOST_FRAMES = 256
"""Frames of the stack that are told."""
MOST_STACKS, MOST_OF_ONE = 16, 48
"""Stacks beside the crash's own, and frames of each."""
CUT = "the log is longer than is read: its middle was not looked at"
DROPPED = "the kernel dropped messages before they reached this log: it has gaps"
OUTLIVED = "the kernel went on for long after this, and ended with: {}"
LATER_BOOT = "the log goes on with a later boot, which is not told here and ended with: {}"
SURVIVED = "no line says that the kernel stopped: it may have gone on after this report"
_ASIDE = re.compile(
    r"Allocated|Freed|created|stored to memory|potentially related|last (?:en|dis)abled|disabled at"
    r"|last allocated|last free|page_owner|^-> #|became |grace-period kthread|^(?:task:)?rcu_\w{3,20} {2}"
)
"""Headings of traces that tell of an earlier time, or of another task."""


def decode(log: bytes) -> Decoded:
    """Return what a log tells; what it does not is None."""
    cut = split(log)
    found = causes(cut)
    cause = first(found)
    own = _own(cause, found, cut.lines) if cause else ()
    stacks = _ordered(cause, own) if cause else []
    panic = crash.tell(cause, own, stacks) if cause else None
    own_stack, others = _told(stacks)
    blamed = stacks[0].frames if stacks else ()
    errors = find(cut.lines)
    return Decoded(
        panic=panic, frames=own_stack, other_stacks=others, modules=modules.linked_in(own),
        unloaded_modules=modules.unloaded(own), hardware_name=hardware_name(cut, own), hardware_errors=errors,
        signature=Signature(signature.crash(panic, blamed) if panic else None, part.signature(errors)),
        kernel=kernel(cut, own), uptime_seconds=_uptime(cut, own), dmesg=LogFacts(len(cut.lines), cut.truncated),
        doubts=tuple(_doubts(cut, cause, found)),
    )  # fmt: skip


def _doubts(log: Log, cause: Cause | None, found: Sequence[Cause]) -> Iterator[str]:
    if log.truncated:
        yield CUT
    if next(log.holding("printk messages dropped"), None) is not None:
        yield DROPPED
    if cause is not None and survived(found):
        yield SURVIVED
    if cause is not None and (last := outlived(cause, found)) is not None:
        yield OUTLIVED.format(last.text[:200])
    if (other := later_boot(found)) is not None:
        yield LATER_BOOT.format(other.text[:200])


def _own(cause: Cause, found: Sequence[Cause], lines: Sequence[Line]) -> Sequence[Line]:
    """The lines that belong to a cause: up to the next report, of its own CPU or thread where the log tells."""
    after = lines[_begin(cause, found, lines) : ends(cause, found, lines, WINDOW)]
    caller = cause.line.caller
    if LOOP in cause.rule.look:  # a stall is told by one CPU of another
        return task.own_first(after)
    if caller is None:
        return after
    return [line for line in after if line.caller in (caller, None)]


def _begin(cause: Cause, found: Sequence[Cause], lines: Sequence[Line]) -> int:
    """Where a cause begins: before a panic that only echoes an Oops, where the log was cut behind its headline."""
    if cause.rule.weight != ECHO or PANIC not in cause.line.text:
        return cause.at
    begin = max(0, cause.at - LOST)
    whole = any(begin <= other.at < cause.at for other in found)
    ended = any(line.text.startswith("---[ end trace") for line in lines[begin : cause.at])
    return begin if ended and not whole else cause.at


def _ordered(cause: Cause, own: Sequence[Line]) -> list[Trace]:
    """The stack traces of a cause, that which names the function at fault first."""
    found = list(traces(own))
    look = set(cause.rule.look)
    if look & {BACKTRACE, PC}:
        found.sort(key=lambda trace: "race:" not in trace.heading)
    elif not look & {FIRST, OWNER}:
        found.sort(key=_aside)
    return found


def _told(stacks: Sequence[Trace]) -> tuple[tuple[Frame, ...], tuple[Stack, ...]]:
    """The crash's own stack, and all others apart from it."""
    own, *rest = sorted(stacks, key=_aside) if stacks else [Trace("", 0)]
    others = (Stack(title(trace)[:200], tuple(trace.frames[:MOST_OF_ONE])) for trace in rest[:MOST_STACKS])
    return tuple(own.frames[:MOST_FRAMES]), tuple(others)


def _aside(trace: Trace) -> bool:
    return any(_ASIDE.search(words) for words in (trace.heading, title(trace)))


def _uptime(log: Log, own: Sequence[Line]) -> float | None:
    """Seconds from boot to the crash; where the log tells of none, to its last line."""
    timed = (line.time for line in (*own[:1], *reversed(log.lines)) if line.time is not None)
    return next(timed, None)
