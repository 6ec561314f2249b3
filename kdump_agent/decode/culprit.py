"""Which function is at fault: the first that is not common machinery, looked for where the kind of crash has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from . import causes
from .line import Line
from .machinery import bare, is_boundary, is_machinery, is_messenger, is_wait_for_cpus
from .panic import Cause
from .report import Frame
from .stack import Trace, place

NEXT_LINES = 15
"""Lines behind a cause in which the kernel still names the function."""
_NAMED = re.compile(r"(?:\bat|caller is|[Cc]aller): |\bat:$|trying to release lock|last function: ")
_LAST = re.compile(r"last function: ([A-Za-z_]\w{0,255})")


def function(cause: Cause, lines: Sequence[Line], traces: Sequence[Trace], counters: Sequence[str]) -> str | None:
    """Return the function at fault, None where it cannot be told.

    ``lines`` are those that belong to the cause, ``traces`` their stack traces, the most telling first, ``counters``
    the functions where the CPU stood: one, or several where a symboliser wrote the dissolved calls too.
    """
    sources: dict[str, Callable[[], Iterable[str]]] = {
        causes.LINE: lambda: _line(cause),
        causes.PAIR: lambda: _line(cause),
        causes.NEXT: lambda: _next(lines),
        causes.PC: lambda: counters,
        causes.OWNER: lambda: _reliable(traces),
        causes.STACK: lambda: _reliable(traces),
        causes.BACKTRACE: lambda: _reliable(traces),
        causes.LOOP: lambda: _looping(counters, traces),
    }
    named = [(source, symbol) for source in cause.rule.look for symbol in sources[source]()]
    exact = (causes.LOOP, causes.PAIR)
    told = (symbol for source, symbol in named if source in exact or not is_machinery(symbol))
    helpers = (symbol for _, symbol in named if not is_messenger(symbol))
    found = next(told, None) or next(helpers, None)
    return bare(found) if found else None


def _line(cause: Cause) -> list[str]:
    return [cause.function] if cause.function else []


def _next(lines: Sequence[Line]) -> Iterator[str]:
    """What the lines behind the cause name: the lock's taker, the preemptible caller, the worker's function."""
    for at, line in enumerate(lines[1:NEXT_LINES], 1):
        if found := _LAST.search(line.text):
            yield found[1]
        elif found := _NAMED.search(line.text):
            after = place(line.text[found.end() :]) or (place(lines[at + 1].text) if at + 1 < len(lines) else None)
            if after is not None and after.symbol:
                yield after.symbol


def _reliable(traces: Sequence[Trace]) -> Iterator[str]:
    for trace in traces:
        known = [frame for frame in trace.frames if frame.reliable] or trace.frames
        yield from (frame.symbol for frame in known)


def _looping(counters: Sequence[str], traces: Sequence[Trace]) -> Iterator[str]:
    """Who loops: in a stall without end, in a recursion until the stack is full. Where it was stopped is chance.

    So the function is the innermost of a module; else the one by which the kernel entered the loop.
    """
    for number, trace in enumerate(traces):
        known = [frame for frame in trace.frames if frame.reliable] or trace.frames
        inside = {frame.symbol for frame in known}
        stood = [Frame(symbol, None, None, None, True) for symbol in counters if number == 0 and symbol not in inside]
        path = list(_path([*stood, *known]))
        if path:
            yield next((frame.symbol for frame in path if frame.module), path[-1].symbol)
            return


def _path(frames: Iterable[Frame]) -> Iterator[Frame]:
    """The frames from where the CPU was found to where the kernel handed control to what loops."""
    inside = False
    for frame in frames:
        if inside and is_boundary(frame.symbol):
            return
        if is_wait_for_cpus(frame.symbol) and not inside:
            yield frame
            return
        if not is_machinery(frame.symbol):
            inside = True
            yield frame
