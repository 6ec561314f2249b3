"""The dead machine's physical memory, as far as a dump holds it.

Bounded: a cache of some megabytes, and a budget of pages after which nothing more is read.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Callable, Protocol

from . import kdump, page
from .elf import Elf, Segment
from .reader import Reader

_CACHE = 16 << 20
"""Bytes of pages that are kept."""
_BUDGET = 1 << 15
"""Pages that are expanded at most: ten times those of the largest log; a minute of work for hostile ones."""
_RANK = 4096
"""Bytes of the bitmap for which one count is kept."""
_ZSTD_AHEAD = 64


class Absent(Exception):
    """The dump does not hold these bytes; the message says why."""


class Memory(Protocol):
    """Bytes at physical addresses."""

    def read(self, address: int, length: int) -> bytes:
        """Return exactly ``length`` bytes. Raises Absent."""
        ...


class ElfMemory:
    """The segments of an ELF dump."""

    def __init__(self, file: Reader, dump: Elf) -> None:
        self._file = file
        self._segments = sorted(dump.segments, key=lambda segment: segment.physical)
        self._starts = [segment.physical for segment in self._segments]

    def read(self, address: int, length: int) -> bytes:
        out = bytearray()
        while len(out) < length:
            out += self._piece(address + len(out), length - len(out))
        return bytes(out)

    def _piece(self, address: int, length: int) -> bytes:
        segment = self._find(address)
        at = address - segment.physical
        if at >= segment.size:  # memory that the writer left out, as zeros
            return bytes(min(length, segment.memory - at))
        found = self._file.read(segment.offset + at, min(length, segment.size - at))
        if not found:
            raise Absent(f"the dump ends before the memory at {address:#x}")
        return found

    def _find(self, address: int) -> Segment:
        row = bisect_right(self._starts, address) - 1
        if row < 0 or address >= self._starts[row] + max(self._segments[row].size, self._segments[row].memory):
            raise Absent(f"the dump holds no memory at {address:#x}")
        return self._segments[row]


class KdumpMemory:
    """The pages of a kdump-compressed dump."""

    def __init__(self, file: Reader, dump: kdump.Kdump, beat: Callable[[], None]) -> None:
        self._file, self._dump, self._beat = file, dump, beat
        self._descriptor = struct.Struct(dump.order + "QIIQ")
        self._pages: dict[int, bytes | None] = {}
        self._budget = _BUDGET
        self._ranks = self._count(dump.sub.pages[0] if dump.sub.pages else 0)

    def read(self, address: int, length: int) -> bytes:
        out = bytearray()
        size = self._dump.block_size
        while len(out) < length:
            number, start = divmod(address + len(out), size)
            out += self._page(number)[start : start + length - len(out)]
        return bytes(out)

    def _count(self, first: int) -> list[int]:
        """Return how many pages the dump holds before each piece of the bitmap, from page ``first`` on."""
        ranks = [0]
        bitmap = self._dump.bitmap_at
        for at in range(0, min(self._dump.bitmap_size, max(0, self._file.size - bitmap)), _RANK):
            bits = int.from_bytes(self._file.read(bitmap + at, _RANK), "little")
            if at * 8 < first:
                bits = bits >> min(first - at * 8, _RANK * 8)
            ranks.append(ranks[-1] + bin(bits).count("1"))
        return ranks

    def _page(self, number: int) -> bytes:
        if number not in self._pages:
            if len(self._pages) * self._dump.block_size > _CACHE:
                self._pages.clear()
            self._beat()
            self._load(number)
        found = self._pages[number]
        if found is None:
            raise Absent(f"page {number:#x} is damaged or cut off")
        return found

    def _load(self, number: int) -> None:
        if not self._bit(self._dump.bitmap_at, number):
            zeros = (self._dump.sub.level or 0) & kdump.ZEROS_LEFT_OUT and self._bit(self._dump.existing_at, number)
            if not zeros:
                raise Absent(f"page {number:#x} was left out of the dump")
            self._pages[number] = bytes(self._dump.block_size)
            return
        self._budget -= 1
        if self._budget < 0:
            raise Absent(f"more than {_BUDGET} pages would have to be read")
        packed, flags = self._packed(number)
        if flags == page.ZSTD:
            self._load_zstd(number, packed)
        else:
            self._pages[number] = page.expand(packed, flags, self._dump.block_size)

    def _load_zstd(self, number: int, packed: bytes) -> None:
        """Expand the pages behind it as well: starting a child for each would take longer."""
        frames = {number: packed}
        for following in range(number + 1, number + _ZSTD_AHEAD):
            if self._bit(self._dump.bitmap_at, following):
                packed, flags = self._packed(following)
                if flags == page.ZSTD:
                    frames[following] = packed
        self._budget -= _ZSTD_AHEAD
        self._pages[number] = None
        try:
            pages = zip(frames, page.expand_zstd(list(frames.values()), self._dump.block_size))
        except page.NoExpander as exc:
            raise Absent(str(exc)) from exc
        self._pages.update((at, content) for at, content in pages if content is not None)

    def _packed(self, number: int) -> tuple[bytes, int]:
        """Return a page as it lies in the file, and how it is compressed."""
        at = self._dump.descriptors_at + self._rank(number) * kdump.DESCRIPTOR
        raw = self._file.read(at, kdump.DESCRIPTOR)
        if len(raw) < kdump.DESCRIPTOR:
            return b"", 0
        offset, size, flags, _ = self._descriptor.unpack(raw)
        return self._file.read(offset, min(size, 2 * self._dump.block_size)), flags

    def _bit(self, bitmap: int, number: int) -> bool:
        if number >= self._dump.bitmap_size * 8:
            return False
        found = self._file.read(bitmap + number // 8, 1)
        return bool(found and found[0] >> number % 8 & 1)

    def _rank(self, number: int) -> int:
        """Return how many pages the dump holds before this one."""
        piece, bit = divmod(number, _RANK * 8)
        raw = self._file.read(self._dump.bitmap_at + piece * _RANK, bit // 8 + 1)
        bits = int.from_bytes(raw, "little") & (1 << bit) - 1
        first = self._dump.sub.pages[0] if self._dump.sub.pages else 0
        return self._ranks[piece] + bin(bits >> max(0, first - piece * _RANK * 8)).count("1")
