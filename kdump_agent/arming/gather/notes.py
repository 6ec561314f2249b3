"""Find the GNU build-id in ELF notes: those of the running kernel, and those of a vmlinux file."""

from __future__ import annotations

import os
import struct
from pathlib import Path

_BUILD_ID = 3  # NT_GNU_BUILD_ID, elf.h
_PT_NOTE = 4
_LONGEST = 1 << 20


def build_id(notes: bytes) -> str | None:
    """Return the build-id among notes (ELF gABI, "Note Section": sizes, type, then name and content padded to 4)."""
    at = 0
    while at + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from("=III", notes, at)
        content = at + 12 + _padded(name_size)
        if kind == _BUILD_ID and notes[at + 12 : at + 12 + name_size] == b"GNU\0":
            return notes[content : content + size].hex() or None
        at = content + _padded(size)
    return None


def build_id_of(path: Path) -> str | None:
    """Return the build-id of a 64-bit little-endian ELF file, or None. Raises OSError."""
    with path.open("rb") as file:
        header = file.read(64)
        if len(header) < 64 or header[:6] != b"\x7fELF\x02\x01":
            return None
        table = struct.unpack_from("<Q", header, 32)[0]
        size, count = struct.unpack_from("<HH", header, 54)
        for index in range(min(count, 128)):
            segment = os.pread(file.fileno(), 56, min(table + index * size, 1 << 62))
            if len(segment) == 56 and struct.unpack_from("<I", segment)[0] == _PT_NOTE:
                offset, _, _, length = struct.unpack_from("<QQQQ", segment, 8)
                found = build_id(os.pread(file.fileno(), min(length, _LONGEST), min(offset, 1 << 62)))
                if found:
                    return found
    return None


def _padded(size: int) -> int:
    return size + 3 & ~3
