"""Where frames are in the source: load the debugging information of the modules on the stacks, then ask crash."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from .question import Question
from .read.place import read_place
from .read.stack import read_stacks
from .session import Session

_SECONDS = 30.0
_MOST = 64 << 10
_MOST_MODULES = 16
_MOST_PLACES = 64
_MOST_FILES = 20_000
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,127}")
_PATH = re.compile(r"[A-Za-z0-9_./+-]{1,300}")
_STACKS = "bt -a"


def prepare(session: Session, question: Question) -> None:
    """Load what is known of each module that appears on a stack; what cannot be loaded keeps its bare names."""
    if question.modules is None:
        return
    reply = session.ask(_STACKS, seconds=question.command_seconds, most=1 << 20)
    stacks = read_stacks(reply.text.decode("utf-8", "replace"))
    names = [frame.module for stack in stacks for frame in stack.frames] + [each.module for each in question.wanted]
    for name, path in module_files(question.modules, {name for name in names if name}):
        if reply.ended not in ("whole", "cut"):
            return
        reply = session.ask(f"mod -s {name} {path}", seconds=question.command_seconds, most=_MOST)


def locate(
    session: Session, texts: Mapping[str, str], question: Question, deadline: float
) -> dict[str, tuple[str, int]]:
    """Return (file, line) by address for exceptions, and by "symbol+offset" for the wanted frames, as far as known."""
    frames = [frame for text in texts.values() for stack in read_stacks(text) for frame in stack.frames]
    known = {(frame.symbol, frame.offset) for frame in frames if frame.file}
    orders = {frame.address: f"sym {frame.address[2:]}" for frame in frames if frame.exception and frame.address}
    orders.update(
        (each.key, f"dis -l ({each.symbol}+{each.offset}) 1")
        for each in question.wanted
        if (each.symbol, each.offset) not in known and _SYMBOL.fullmatch(each.symbol)
    )
    places: dict[str, tuple[str, int]] = {}
    for subject, order in list(orders.items())[:_MOST_PLACES]:
        if time.monotonic() >= deadline:
            break
        reply = session.ask(order, seconds=_SECONDS, most=_MOST)
        found = read_place(reply.text.decode("utf-8", "replace"))
        if found is not None:
            places[subject] = found
        if reply.ended in ("timed out", "died"):
            break
    return places


def module_files(folder: Path | None, names: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (module, file with its debugging information); a file may spell _ as -."""
    seen = 0
    if folder is None or not names:
        return
    for place, _, files in os.walk(folder):
        for file in files:
            name = re.sub(r"\.ko(?:\.debug)?$", "", file).replace("-", "_")
            path = os.path.join(place, file)  # noqa: PTH118 (words, not paths: the command is text)
            if name != file and name in names and _PATH.fullmatch(path):
                names = names - {name}
                yield name, path
        seen += len(files)
        if not names or seen > _MOST_FILES:
            return
