"""What is asked of a dump, and the pieces in which the answer comes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

Lend = Callable[[bool], "AbstractContextManager[tuple[str, int]]"]
"""Gives the dump as a path and the descriptor that a child must inherit for it; True asks for one that is in order.
Raises OSError or any error of its own that tells why it cannot."""


@dataclass(frozen=True)
class Wanted:
    """A frame of the report, whose place in the source is wanted."""

    symbol: str
    offset: int
    module: str | None

    @property
    def key(self) -> str:
        """The name by which its place is looked up."""
        return f"{self.symbol}+{self.offset}"


@dataclass(frozen=True)
class Question:
    """What is asked, and how much it may cost."""

    commands: tuple[str, ...] = ()
    """For crash; none are the usual ones."""
    machine_check: bool = False
    """Did it die of one? Then the records of each CPU are asked for."""
    release: str | None = None
    page_size: int = 4096
    """Bytes."""
    whole: bool = True
    """False: put a flattened dump in order before crash opens it, which refuses one with a part missing."""
    wanted: tuple[Wanted, ...] = ()
    modules: Path | None = None
    """The folder with the debugging information of this release's modules."""
    command_seconds: float = 60.0
    total_seconds: float = 600.0
    memory: int | None = None
    """Bytes of address space of a debugger."""


@dataclass(frozen=True)
class Text:
    """A finished artifact."""

    name: str
    content: bytes


def to_options(question: Question) -> dict[str, Any]:
    """Return a question as JSON values."""
    return {
        "commands": list(question.commands), "machine_check": question.machine_check, "release": question.release,
        "page_size": question.page_size, "whole": question.whole,
        "wanted": [[each.symbol, each.offset, each.module] for each in question.wanted],
        "modules": None if question.modules is None else str(question.modules),
        "command_seconds": question.command_seconds, "total_seconds": question.total_seconds,
    }  # fmt: skip


def from_options(options: Mapping[str, Any]) -> Question:
    """Return the question that JSON values tell. Raises KeyError, TypeError, ValueError."""
    return Question(
        commands=tuple(map(str, options["commands"])),
        machine_check=bool(options["machine_check"]),
        release=None if options["release"] is None else str(options["release"]),
        page_size=int(options["page_size"]),
        whole=bool(options["whole"]),
        wanted=tuple(
            Wanted(str(symbol), int(offset), None if module is None else str(module))
            for symbol, offset, module in options["wanted"]
        ),
        modules=None if options["modules"] is None else Path(str(options["modules"])),
        command_seconds=float(options["command_seconds"]),
        total_seconds=float(options["total_seconds"]),
    )
