"""``bt`` in all its forms: whose stack it is, its frames, and with ``-l`` their places in the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from kdump_agent.analysis.document import Frame, Stack

_TASK = re.compile(r'^PID: (\d{1,10}) +TASK: ([0-9a-f]{8,16}) +CPU: (\d{1,6}) +COMMAND: "(.{0,64})"')
_FRAME = re.compile(
    r"^ *#\d{1,4} \[[0-9a-f]{1,16}\] (\S{1,200}?)(?:\+(\d{1,9}))? at ([0-9a-f]{1,16})(?: \[([^\]\s]{1,64})\])?\s*$"
)
_PLACE = re.compile(r"^    (\S.{0,400}?): (\d{1,9})\s*$")
_EXCEPTION = re.compile(r"^ +\[exception RIP: ([^\]\s]{1,200}?)(?:\+(\d{1,9}))?\]")
_RIP = re.compile(r"^ +(?:RIP|PC|NIP): +([0-9a-f]{8,16})\b")
_PC = re.compile(r"^ +PC: ([0-9a-f]{8,16}) +\[(\S{1,200}?)\+(\d{1,9})\]")
_MOST_STACKS = 4096
_MOST_FRAMES = 256


def read_stacks(text: str) -> tuple[Stack, ...]:
    """Return every stack of a text, in its order."""
    stacks: list[Stack] = []
    for block in _blocks(text):
        found = _TASK.match(block[0])
        if found is None or len(stacks) == _MOST_STACKS:
            continue
        frames = tuple(_once(_frames(block[1:])))[:_MOST_FRAMES]
        stacks.append(Stack(int(found[1]), found[4], int(found[3]), task=f"0x{found[2]}", frames=frames))
    return tuple(stacks)


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the lines of each task."""
    block: list[str] = []
    for line in text.split("\n"):
        if line.startswith("PID: "):
            if block:
                yield block
            block = [line]
        elif block:
            block.append(line)
    if block:
        yield block


def _frames(lines: list[str]) -> Iterator[Frame]:
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if found := _FRAME.match(line):
            place = _PLACE.match(after)
            yield Frame(
                _name(found[1]), _int(found[2]), found[4], f"0x{found[3]}", place[1] if place else None,
                int(place[2]) if place else None,
            )  # fmt: skip
        elif found := _EXCEPTION.match(line):
            address = _RIP.match(after)
            yield Frame(_name(found[1]), _int(found[2]), None, f"0x{address[1]}" if address else None, exception=True)
        elif found := _PC.match(line):
            yield Frame(_name(found[2]), int(found[3]), None, f"0x{found[1]}", exception=True)


def _once(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Where an exception came is told twice when crash changes stacks: by its registers, and as the next call."""
    last: Frame | None = None
    for frame in frames:
        if last is not None and last.exception and last.address == frame.address:
            last = replace(frame, exception=True)
            continue
        if last is not None:
            yield last
        last = frame
    if last is not None:
        yield last


def _name(word: str) -> str | None:
    """``unknown or invalid address`` and its like are no names."""
    return None if word.startswith(("(", "unknown")) else word


def _int(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
