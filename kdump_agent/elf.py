"""Which build an ELF file is: its GNU build-id, and whether it has debugging information. Bounded, on any bytes.

elf(5) and the gABI; notes also come without a file, from /sys/kernel/notes. A vmcore, which is ELF too, is read by
vmcore/.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BUILD_ID = 3  # NT_GNU_BUILD_ID, elf.h
_PT_NOTE, _SHT_NOTE = 4, 7
_MOST_SEGMENTS = 128
_MOST_SECTIONS = 4096
_LARGEST_NOTES = 1 << 20
_LARGEST_NAMES = 1 << 20
_NATIVE = "<" if sys.byteorder == "little" else ">"


@dataclass(frozen=True)
class Identity:
    """What an ELF file says of itself."""

    build_id: str | None
    """Hexadecimal."""
    debug: bool
    """Has it DWARF?"""


@dataclass(frozen=True)
class _Table:
    """Where the rows of a header table are."""

    offset: int
    size: int
    count: int


def build_id(notes: bytes, order: str = _NATIVE) -> str | None:
    """Return the build-id among notes (gABI, "Note Section": sizes, type, then name and content padded to 4)."""
    at = 0
    while at + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from(order + "III", notes, at)
        content = at + 12 + _padded(name_size)
        if kind == _BUILD_ID and notes[at + 12 : at + 12 + name_size] == b"GNU\0":
            return notes[content : content + size].hex() or None
        at = content + _padded(size)
    return None


def build_id_of(path: Path) -> str | None:
    """Return the build-id of an ELF file, or None. Raises OSError."""
    with path.open("rb") as file:
        found = identify(file.fileno())
    return found.build_id if found else None


def identify(fd: int) -> Identity | None:
    """Return what the ELF file behind a descriptor says of itself, or None when it is none. Raises OSError.

    A file that keeps debugging information only has its notes where its sections say, not where its segments do.
    """
    head = os.pread(fd, 64, 0)
    if len(head) < 64 or head[:4] != b"\x7fELF" or head[4] not in (1, 2) or head[5] not in (1, 2):
        return None
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    _, _, _, _, phoff, shoff, _, _, phsize, phnum, shsize, shnum, names = struct.unpack_from(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), head, 16
    )
    sections = list(_sections(fd, order, wide, _Table(shoff, shsize, min(shnum, _MOST_SECTIONS)), names))
    notes = [(offset, size) for name, kind, offset, size in sections if kind == _SHT_NOTE]
    notes += _segments(fd, order, wide, _Table(phoff, phsize, min(phnum, _MOST_SEGMENTS)))
    ids = (build_id(_read(fd, offset, min(size, _LARGEST_NOTES)), order) for offset, size in notes)
    debug = any(name in (b".debug_info", b".zdebug_info") and size for name, _, _, size in sections)
    return Identity(next(filter(None, ids), None), debug)


def _sections(fd: int, order: str, wide: bool, table: _Table, names: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (name, type, offset, size) of each section."""
    shape = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    found = [shape.unpack(row) for row in _rows(fd, table, shape.size)]
    if names >= len(found):
        return
    strings = _read(fd, found[names][4], min(found[names][5], _LARGEST_NAMES))
    for name, kind, _, _, offset, size, *_ in found:
        yield strings[name : name + 64].split(b"\0")[0], kind, offset, size


def _segments(fd: int, order: str, wide: bool, table: _Table) -> Iterator[tuple[int, int]]:
    """Yield (offset, size) of each segment of notes."""
    shape = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    for row in _rows(fd, table, shape.size):
        kind, *fields = shape.unpack(row)
        if kind == _PT_NOTE:
            yield (fields[1], fields[4]) if wide else (fields[0], fields[3])


def _rows(fd: int, table: _Table, size: int) -> Iterator[bytes]:
    for number in range(table.count):
        row = _read(fd, table.offset + number * table.size, size)
        if len(row) < size:
            return
        yield row


def _read(fd: int, offset: int, length: int) -> bytes:
    return os.pread(fd, length, offset) if 0 <= offset < 1 << 62 else b""


def _padded(size: int) -> int:
    return size + 3 & ~3
