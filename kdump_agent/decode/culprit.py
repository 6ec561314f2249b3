"""Which function is at fault: the first that is not common machinery, looked for where the kind of crash has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from . import causes
from .line import Line
from .machinery import (
    ALLOCATING,
    BOUNDARIES,
    INTERRUPTS,
    MACHINERY,
    OTHERS,
    REPORTING,
    WAITED_FOR,
    WAITS_FOR_CPUS,
    Words,
    bare,
)
from .panic import DEADLY, Cause
from .report import Frame
from .stack import Trace, place

NEXT_LINES = 15
"""Lines behind a cause in which the kernel still names the function."""
_NAMED = re.compile(r"\bat: |\bat:$|caller is |trying to release lock|last function: ")
_LISTED = re.compile(r" {0,4}#\d{1,3}: ")
_POOL = re.compile(r"\bcpus=\S{1,200} (?:node=\S{1,10} )?flags=\S{1,10} nice=-?\d{1,3}")
_WORK = re.compile(r"\d(?:\(RESCUER\))?:(?!wq_barrier_func)([A-Za-z_]\w{0,255})")
_LAST = re.compile(r"last function: ([A-Za-z_]\w{0,255})")


@dataclass(frozen=True)
class Stood:
    """Where a CPU stood when the kernel printed its registers."""

    at: int
    """The index of that line."""
    frames: tuple[Frame, ...]
    """One, or several where a symboliser wrote the dissolved calls too, the innermost first."""


NOBODY = Stood(-1, ())


def function(cause: Cause, lines: Sequence[Line], traces: Sequence[Trace], stood: Stood) -> str | None:
    """Return the function at fault, None where it cannot be told.

    ``lines`` are those that belong to the cause, ``traces`` their stack traces, the most telling first.
    """
    sources: dict[str, Callable[[], Iterable[str]]] = {
        causes.LINE: lambda: _line(cause),
        causes.PAIR: lambda: _line(cause),
        causes.NEXT: lambda: _next(lines),
        causes.HELD: lambda: _held(lines),
        causes.WORK: lambda: _in_flight(lines),
        causes.PC: lambda: [frame.symbol for frame in stood.frames],
        causes.FIRST: lambda: _reliable(traces),
        causes.OWNER: lambda: _reliable(traces),
        causes.STACK: lambda: _reliable(traces),
        causes.BACKTRACE: lambda: _reliable(traces),
        causes.LOOP: lambda: _looping(stood, traces),
    }
    named = [(source, symbol) for source in cause.rule.look for symbol in sources[source]()]
    told = (symbol for source, symbol in named if not _passed(symbol, source, cause.rule.kind))
    helpers = (symbol for _, symbol in named if symbol not in REPORTING)
    faulted = (
        symbol
        for source, symbol in named
        if source == causes.PC and (cause.rule.weight in DEADLY or cause.rule.look == causes.OOPS)
    )
    found = next(told, None) or next(helpers, None) or next(faulted, None)
    return bare(found) if found else None


def _passed(symbol: str, source: str, kind: str) -> bool:
    other = symbol in OTHERS.get(kind, ()) and symbol not in WAITED_FOR
    return other or symbol in _PASSED.get(source, MACHINERY)


_PASSED = {causes.LOOP: Words(), causes.PAIR: Words(), causes.OWNER: ALLOCATING}
"""Which functions of a source are passed over, if not all machinery."""


def _line(cause: Cause) -> list[str]:
    return [cause.function] if cause.function else []


def _next(lines: Sequence[Line]) -> Iterator[str]:
    """What the lines behind the cause name: the lock's taker, the preemptible caller, the worker's function."""
    for at, line in enumerate(lines[1:NEXT_LINES], 1):
        if found := _LAST.search(line.text):
            yield found[1]
        elif not _LISTED.match(line.text) and (found := _NAMED.search(line.text)):
            after = place(line.text[found.end() :]) or (place(lines[at + 1].text) if at + 1 < len(lines) else None)
            if after is not None and after.symbol:
                yield after.symbol


def _in_flight(lines: Sequence[Line]) -> Iterator[str]:
    """What the pool that hangs is busy with; what only waits in it is a victim. kernel/workqueue.c, ``show_pwq``."""
    stuck = _POOL.search(lines[0].text)
    pool = None
    for line in lines[1:]:
        if found := _POOL.search(line.text):
            pool = found[0]
        elif stuck and pool == stuck[0] and "in-flight: " in line.text:
            yield from _WORK.findall(line.text)


def _held(lines: Sequence[Line]) -> Iterator[str]:
    """Who took the locks that lockdep lists as held: `` #0: (lock){..}, at: function``."""
    for line in lines[1:NEXT_LINES]:
        if (
            _LISTED.match(line.text)
            and (found := _NAMED.search(line.text))
            and (spot := place(line.text[found.end() :]))
        ):
            yield spot.symbol


def _reliable(traces: Sequence[Trace]) -> Iterator[str]:
    """The functions of all traces, up to an interrupt: what it interrupted is not at fault."""
    for trace in traces:
        for frame in [frame for frame in trace.frames if frame.reliable] or trace.frames:
            if frame.symbol in INTERRUPTS:
                return
            yield frame.symbol


def _looping(stood: Stood, traces: Sequence[Trace]) -> Iterator[str]:
    """Who loops: in a stall without end, in a recursion until the stack is full. Where it was stopped is chance.

    So the function is the innermost of a module; else the one by which the kernel entered the loop.
    """
    follows = next((trace for trace in traces if trace.begin > stood.at), None)
    for trace in traces:
        known = [frame for frame in trace.frames if frame.reliable] or trace.frames
        path = _path([*stood.frames, *known] if trace is follows else known)
        if path:
            yield next((frame.symbol for frame in path if frame.module), path[-1].symbol)
            return


def _path(frames: Iterable[Frame]) -> list[Frame]:
    """The frames from where the CPU was found to where the kernel handed control to what loops."""
    path: list[Frame] = []
    for frame in frames:
        if frame.symbol in WAITS_FOR_CPUS:
            return [frame]
        if path and frame.symbol in BOUNDARIES:
            break
        if frame.symbol not in MACHINERY:
            path.append(frame)
    return path
