"""The flattened format: a dump cut into records, so that it could be written into a pipe.

makedumpfile(8), option -F; the records are ``struct makedumpfile_data_header`` in makedumpfile.h: offset and length,
big endian, then the bytes; a record of -1, -1 ends it. A later record overrides an earlier one at the same place.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from dataclasses import dataclass
from typing import Callable

from .reader import FileReader, Reader

SIGNATURE = b"makedumpfile"
HEADER_SIZE = 4096
"""MAX_SIZE_MDF_HEADER"""
_RECORD = struct.Struct(">qq")
MOST_RECORDS = 4_000_000
"""Records that are walked: some 20 s of work, and the records of a dump of some 100 GB."""
_LARGEST = 1 << 46
"""The largest offset that a record may name: 64 TiB, the memory of the largest machines."""


@dataclass(frozen=True)
class Index:
    """Where each piece of the dump lies in the flattened file."""

    starts: tuple[int, ...]
    """Offsets in the dump, ascending."""
    pieces: tuple[tuple[int, int], ...]
    """For each of them its length and its place in the file."""
    size: int
    """Bytes of the dump in order."""
    whole: str
    """"yes", "no" or "unknown"."""
    why: str | None


def is_flattened(head: bytes) -> bool:
    """Does a file that begins like this hold a flattened dump?"""
    return head[: len(SIGNATURE)] == SIGNATURE and head[16:32] == struct.pack(">QQ", 1, 1)


def index(file: Reader, beat: Callable[[], None] = lambda: None) -> Index:
    """Walk the records; never raises on content."""
    found: dict[int, tuple[int, int]] = {}
    at, size = HEADER_SIZE, 0
    whole, why = "unknown", f"it has more than {MOST_RECORDS} records, and the rest was not walked"
    for number in range(MOST_RECORDS):
        if number % 4096 == 0:
            beat()
        head = file.read(at, _RECORD.size)
        if len(head) < _RECORD.size:
            whole, why = "no", f"it ends at byte {file.size} without the end record"
            break
        offset, length = _RECORD.unpack(head)
        if (offset, length) == (-1, -1):
            whole, why = "yes", ""
            break
        if not 0 <= offset <= _LARGEST or not 0 < length <= _LARGEST:
            whole, why = "no", f"the record at byte {at} is damaged"
            break
        at += _RECORD.size
        if at + length > file.size:
            whole, why = "no", f"it ends at byte {file.size}, inside a record"
            length = file.size - at
        if length:
            found[offset] = (length, at)
            size = max(size, offset + length)
        if whole == "no":
            break
        at += length
    starts = sorted(found)
    return Index(tuple(starts), tuple(found[start] for start in starts), size, whole, why or None)


class FlattenedReader:
    """The dump in order, read through the index of its flattened file; holes read as zeros."""

    def __init__(self, file: Reader, found: Index) -> None:
        self._file, self._index = file, found
        self.size = found.size

    def read(self, offset: int, length: int) -> bytes:
        """Return at most ``length`` bytes at ``offset`` of the dump."""
        out = bytearray()
        end = min(offset + length, self.size)
        while 0 <= offset < end:
            place = bisect_right(self._index.starts, offset) - 1
            start = self._index.starts[place] if place >= 0 else -1
            piece, at = self._index.pieces[place] if place >= 0 else (0, 0)
            following = self._index.starts[place + 1] if place + 1 < len(self._index.starts) else end
            if place >= 0 and offset < start + piece:
                take = min(end, start + piece, max(following, offset + 1)) - offset
                block = self._file.read(at + offset - start, take)
                if not block:
                    break
            else:
                block = bytes(min(following, end) - offset)
            out += block
            offset += len(block)
        return bytes(out)


def rearrange(file: FileReader, found: Index, target: int, beat: Callable[[], None]) -> None:
    """Write the dump in order into the open file ``target``, with holes where nothing is. Raises OSError."""
    for start, (length, at) in zip(found.starts, found.pieces):
        done = 0
        while done < length:
            block = file.read(at + done, min(1 << 20, length - done))
            if not block:
                return
            os.pwrite(target, block, start + done)
            done += len(block)
            beat()
    os.ftruncate(target, found.size)
