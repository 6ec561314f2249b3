"""The ELF format of /proc/vmcore and of ``makedumpfile -E``: program headers, notes, and whether all bytes are there.

elf(5); the e_flags bit is makedumpfile's DUMP_ELF_INCOMPLETE.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from . import vmcoreinfo
from .reader import Reader

MAGIC = b"\x7fELF"
_INCOMPLETE = 0x1
_PT_LOAD, _PT_NOTE = 1, 4
_PN_XNUM = 0xFFFF
_MOST_HEADERS = 1 << 20
_LARGEST_NOTES = 64 << 20
MACHINES = {3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
            243: "riscv64", 258: "loongarch64"}  # fmt: skip


@dataclass(frozen=True)
class Elf:
    """What the headers of an ELF dump tell."""

    machine: str | None
    end: int
    """The byte after the last segment's last."""
    incomplete: bool
    """Its writer said that it could not finish."""
    segments: tuple[tuple[int, int, int, int], ...] = ()
    """(file offset, bytes in the file, physical address, virtual address) of each PT_LOAD."""
    info: Mapping[str, str] = field(default_factory=dict)


def parse(file: Reader) -> Elf | None:
    """Return what the headers tell, or None when they are none; never raises on content."""
    ident = file.read(0, 64)
    if len(ident) < 52 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        return None
    order, wide = "<" if ident[5] == 1 else ">", ident[4] == 2
    try:
        return _parse(file, ident, order, wide)
    except struct.error:
        return None


def _parse(file: Reader, ident: bytes, order: str, wide: bool) -> Elf:
    shape = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
    _, code, _, _, phoff, shoff, flags, _, phentsize, phnum, *_ = struct.unpack_from(order + shape, ident, 16)
    if phnum == _PN_XNUM:  # the true number is in sh_info of section 0
        at = 44 if wide else 28
        (phnum,) = struct.unpack_from(order + "I", file.read(shoff, 64), at)
    segments: list[tuple[int, int, int, int]] = []
    info: dict[str, str] = {}
    end = 0
    for kind, offset, size, physical, virtual in _headers(file, order, wide, phoff, phentsize, phnum):
        end = max(end, offset + size)
        if kind == _PT_LOAD:
            segments.append((offset, size, physical, virtual))
        elif kind == _PT_NOTE and not info:
            info = find_vmcoreinfo(file.read(offset, min(size, _LARGEST_NOTES)), order)
    machine = MACHINES.get(code)
    machine = "ppc64le" if machine == "ppc64" and order == "<" else machine
    return Elf(machine, end, bool(flags & _INCOMPLETE), tuple(segments), info)


def _headers(
    file: Reader, order: str, wide: bool, phoff: int, entsize: int, count: int
) -> Iterator[tuple[int, int, int, int, int]]:
    shape = struct.Struct(order + ("IIQQQQQQ" if wide else "IIIIIIII"))
    table = file.read(phoff, min(count, _MOST_HEADERS) * max(entsize, shape.size))
    for at in range(0, len(table) - shape.size + 1, max(entsize, shape.size)):
        fields = shape.unpack_from(table, at)
        if wide:
            kind, _, offset, virtual, physical, filesz, _, _ = fields
        else:
            kind, offset, virtual, physical, filesz, _, _, _ = fields
        yield kind, offset, filesz, physical, virtual


def find_vmcoreinfo(notes: bytes, order: str) -> dict[str, str]:
    """Return the VMCOREINFO among notes (elf(5), Nhdr), empty when there is none."""
    at = 0
    while at + 12 <= len(notes):
        namesz, descsz, _ = struct.unpack_from(order + "III", notes, at)
        name = notes[at + 12 : at + 12 + namesz].rstrip(b"\0")
        start = at + 12 + (namesz + 3 & ~3)
        if name == b"VMCOREINFO":
            return vmcoreinfo.parse(notes[start : start + min(descsz, vmcoreinfo.LARGEST)])
        at = start + (descsz + 3 & ~3)
    return {}
