"""The dead kernel's variables, by the names and offsets of VMCOREINFO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .memory import Absent
from .vmcoreinfo import address, number

_LONGEST = 64 << 10
"""Bytes of the longest single thing that is read: a log record's length has 16 bits."""


class Space(Protocol):
    """Bytes at the kernel's own addresses."""

    def read(self, where: int, length: int) -> bytes:
        """Return exactly ``length`` bytes. Raises Absent."""


class Kernel:
    """Reads its memory in its byte order. Everything raises Absent where the dump or VMCOREINFO lacks it."""

    def __init__(self, space: Space, info: Mapping[str, str], order: str, word: int) -> None:
        self._space, self._info = space, info
        self._order = order
        self.word_size = word
        """Bytes of an unsigned long."""

    @property
    def knows_nothing(self) -> bool:
        """Is there no VMCOREINFO?"""
        return not self._info

    def bytes_at(self, where: int, length: int) -> bytes:
        """Return what lies at an address."""
        if length > _LONGEST:
            raise Absent(f"{length} bytes at {where:#x} are more than anything that we look for")
        return self._space.read(where & (1 << 8 * self.word_size) - 1, length)

    def number_at(self, where: int, size: int) -> int:
        """Return the unsigned number of ``size`` bytes at an address."""
        return int.from_bytes(self.bytes_at(where, size), "little" if self._order == "<" else "big")

    def word_at(self, where: int) -> int:
        """Return the unsigned long or pointer at an address."""
        return self.number_at(where, self.word_size)

    def has(self, symbol: str) -> bool:
        """Does VMCOREINFO tell where this variable is?"""
        return address(self._info, f"SYMBOL({symbol})") is not None

    def symbol(self, name: str) -> int:
        """Return the address of a variable."""
        return self._told(f"SYMBOL({name})", address(self._info, f"SYMBOL({name})"))

    def has_size(self, name: str) -> bool:
        """Does VMCOREINFO tell the size of this structure?"""
        return number(self._info, f"SIZE({name})") is not None

    def size(self, name: str) -> int:
        """Return the bytes of a structure."""
        return self._told(f"SIZE({name})", number(self._info, f"SIZE({name})"))

    def offset(self, name: str) -> int:
        """Return the offset of ``structure.member``."""
        return self._told(f"OFFSET({name})", number(self._info, f"OFFSET({name})"))

    def _told(self, name: str, value: int | None) -> int:
        if value is None or value < 0:
            raise Absent(f"VMCOREINFO lacks {name}")
        return value
