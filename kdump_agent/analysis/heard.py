"""What crash told, before anybody made sense of it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from .document import Asked


@dataclass
class Heard:
    """What crash told."""

    version: tuple[int, ...] | None
    options: tuple[str, ...] = ()
    """Those with which it could be started."""
    answered: bool = False
    """Did any session start?"""
    opening: str = ""
    """What it said while it started."""
    texts: dict[str, str] = field(default_factory=dict)
    """By command."""
    asked: list[Asked] = field(default_factory=list)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    """File and line, by what was asked about: an address, or "symbol+offset"."""
    doubts: list[str] = field(default_factory=list)

    @property
    def minimal(self) -> bool:
        return "--minimal" in self.options
