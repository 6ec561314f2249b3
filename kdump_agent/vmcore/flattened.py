"""The flattened format: a dump cut into records, so that it could be written into a pipe.

makedumpfile(8), option -F; the records are ``struct makedumpfile_data_header`` in makedumpfile.h: offset and length,
big endian, then the bytes; a record of -1, -1 ends it. A later record overrides an earlier one at the same place.
"""

from __future__ import annotations

import os
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from .reader import FileReader, Reader

SIGNATURE = b"makedumpfile"
HEADER_SIZE = 4096
"""MAX_SIZE_MDF_HEADER"""
MOST_RECORDS = 4_000_000
"""Records that are walked: some 10 s of work and 96 MB of memory; those of a dump of some 100 GB."""
_RECORD = struct.Struct(">qq")
_TYPE_AND_VERSION = struct.pack(">QQ", 1, 1)
_LARGEST = 1 << 46
"""The largest offset that a record may name: 64 TiB, the memory of the largest machines."""
_AHEAD = 4 << 20
_MOST_RUNS = 64
"""makedumpfile writes few places in turn (page descriptors, pages); a file that hops among more was not written so."""


class Run:
    """Records whose places in the dump ascend without overlapping; three columns, because there may be millions."""

    def __init__(self) -> None:
        self.starts, self.lengths, self.places = array("Q"), array("Q"), array("Q")
        self.end = 0

    def add(self, start: int, length: int, place: int) -> None:
        self.starts.append(start)
        self.lengths.append(length)
        self.places.append(place)
        self.end = start + length

    def at(self, offset: int) -> tuple[int, int, int] | None:
        """Return (start, length, place) of the record that holds ``offset``, if one does."""
        row = bisect_right(self.starts, offset) - 1
        if row < 0 or offset >= self.starts[row] + self.lengths[row]:
            return None
        return self.starts[row], self.lengths[row], self.places[row]

    def after(self, offset: int) -> int | None:
        """Return where the first record behind ``offset`` starts."""
        row = bisect_right(self.starts, offset)
        return self.starts[row] if row < len(self.starts) else None


@dataclass(frozen=True)
class Index:
    """Where each piece of the dump lies in the flattened file."""

    runs: tuple[Run, ...]
    size: int
    """Bytes of the dump in order."""
    stored: int
    """Bytes that its records hold."""
    whole: str
    """"yes", "no" or "unknown"."""
    why: str | None = None


def is_flattened(head: bytes) -> bool:
    """Does a file that begins like this hold a flattened dump?"""
    return head[: len(SIGNATURE)] == SIGNATURE and head[16:32] == _TYPE_AND_VERSION


def index(file: FileReader, beat: Callable[[], None] = lambda: None) -> Index:
    """Walk the records; never raises on content."""
    runs: list[Run] = []
    verdict = _Verdict()
    size = stored = 0
    for number, (start, length, place) in enumerate(_records(file, verdict)):
        if number % 4096 == 0:
            beat()
        run = max((run for run in runs if run.end <= start), key=lambda run: run.end, default=None)
        if run is None:
            if len(runs) == _MOST_RUNS:
                verdict.whole, verdict.why = (
                    "unknown",
                    f"its records hop about, and were not followed past byte {place}",
                )
                break
            runs.append(run := Run())
        run.add(start, length, place)
        size, stored = max(size, start + length), stored + length
    return Index(tuple(runs), size, stored, verdict.whole, verdict.why)


@dataclass
class _Verdict:
    whole: str = "unknown"
    why: str | None = f"it has more than {MOST_RECORDS} records, and the rest was not walked"


def _records(file: FileReader, verdict: _Verdict) -> Iterator[tuple[int, int, int]]:
    """Yield (start in the dump, length, place in the file) of each record, in the order of the file.

    Records have 32 KiB and less. One read for each head of theirs would take a disk that turns as long as ten times the
    whole file, so it is fetched as a whole.
    """
    at = ahead = HEADER_SIZE
    for _ in range(MOST_RECORDS):
        if at + _AHEAD > ahead:
            file.ahead(max(at, ahead), 2 * _AHEAD)
            ahead = max(at, ahead) + 2 * _AHEAD
        head = file.read(at, _RECORD.size)
        if len(head) < _RECORD.size:
            verdict.whole, verdict.why = "no", f"it ends at byte {file.size} without the end record"
            return
        start, length = _RECORD.unpack(head)
        if (start, length) == (-1, -1):
            verdict.whole, verdict.why = "yes", None
            return
        if not 0 <= start <= _LARGEST or not 0 < length <= _LARGEST:
            verdict.whole, verdict.why = "no", f"the record at byte {at} is damaged"
            return
        at += _RECORD.size
        there = min(length, file.size - at)
        if there > 0:
            yield start, there, at
        if there < length:
            verdict.whole, verdict.why = "no", f"it ends at byte {file.size}, inside a record"
            return
        at += length


class FlattenedReader:
    """The dump in order, read through the index of its flattened file; holes read as zeros."""

    def __init__(self, file: Reader, found: Index) -> None:
        self._file, self._runs = file, found.runs
        self.size = found.size
        self.stored = found.stored

    def read(self, offset: int, length: int) -> bytes:
        """Return at most ``length`` bytes at ``offset`` of the dump."""
        out = bytearray()
        end = min(offset + length, self.size)
        while 0 <= offset < end:
            block = self._piece(offset, end)
            if not block:
                break  # the file became shorter
            out += block
            offset += len(block)
        return bytes(out)

    def _piece(self, offset: int, end: int) -> bytes:
        """Return some bytes at ``offset`` that one record holds, or the zeros of a hole; none beyond ``end``."""
        end = min([end, *(start for run in self._runs if (start := run.after(offset)) is not None)])
        holders = [record for run in self._runs if (record := run.at(offset)) is not None]
        if not holders:
            return bytes(end - offset)
        start, length, place = max(holders, key=lambda record: record[2])  # the latest
        return self._file.read(place + offset - start, min(end, start + length) - offset)


def rearrange(file: FileReader, target: int, beat: Callable[[], None]) -> None:
    """Write the dump in order into the open file ``target``, with holes where nothing is. Raises OSError."""
    size = 0
    for start, length, place in _records(file, _Verdict()):
        for done in range(0, length, 1 << 20):
            block = file.read(place + done, min(1 << 20, length - done))
            os.pwrite(target, block, start + done)
            beat()
        size = max(size, start + length)
    os.ftruncate(target, size)
