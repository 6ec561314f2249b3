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
_MOST_HEADERS = 1 << 17
_MOST_NOTES = 8
"""Note segments that are searched; a vmcore has one."""
_LARGEST_NOTES = 16 << 20
_TAIL = 1 << 20
"""Bytes at the end that are looked at."""
MACHINES = {3: "i386", 8: "mips", 20: "ppc", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
            243: "riscv64", 258: "loongarch64"}  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """One PT_LOAD."""

    offset: int
    """Where its bytes lie in the file."""
    size: int
    """Bytes in the file."""
    physical: int
    virtual: int
    memory: int
    """Bytes in memory; those beyond ``size`` were left out."""


@dataclass(frozen=True)
class Elf:
    """What the headers of an ELF dump tell."""

    order: str
    """"<" or ">", as for struct."""
    word: int
    """Bytes of an unsigned long: 4 or 8."""
    machine: str | None
    end: int
    """The byte after the last segment's last, program headers included."""
    incomplete: bool
    """Its writer said that it could not finish."""
    unread: int = 0
    """Program headers beyond our bound."""
    segments: tuple[Segment, ...] = ()
    info: Mapping[str, str] = field(default_factory=dict)


def parse(file: Reader) -> Elf | None:
    """Return what the headers tell, or None when they are none; never raises on content."""
    ident = file.read(0, 64)
    if len(ident) < 64 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        return None
    order, word = "<" if ident[5] == 1 else ">", 4 * ident[4]
    shape = "HHIQQQIHHHHHH" if word == 8 else "HHIIIIIHHHHHH"
    _, code, _, _, phoff, shoff, flags, _, entsize, count, *_ = struct.unpack_from(order + shape, ident, 16)
    if entsize != (56 if word == 8 else 32):  # sizeof(Elf64_Phdr, Elf32_Phdr); any other may claim gigabytes
        return None
    if count == _PN_XNUM:  # the true number is in sh_info of section 0
        info_at = shoff + (44 if word == 8 else 28)
        count = int.from_bytes(file.read(info_at, 4), "little" if order == "<" else "big")
    headers = list(_headers(file, order, word, phoff, count))
    machine = MACHINES.get(code)
    return Elf(
        order, word, "ppc64le" if machine == "ppc64" and order == "<" else machine,
        max([phoff + count * entsize, *(segment.offset + segment.size for _, segment in headers)]),
        bool(flags & _INCOMPLETE), max(0, count - _MOST_HEADERS),
        tuple(segment for kind, segment in headers if kind == _PT_LOAD),
        _find_info(file, [segment for kind, segment in headers if kind == _PT_NOTE], order),
    )  # fmt: skip


def count_pages(dump: Elf) -> int | None:
    """Return how many pages of memory its segments hold, or None when the size of a page is not told."""
    size = vmcoreinfo.number(dump.info, "PAGESIZE") or 0
    return sum(segment.size for segment in dump.segments) // size if size > 0 else None


def faults(file: Reader, dump: Elf) -> Iterator[str]:
    """Yield every reason for which this dump is not whole."""
    if dump.incomplete:
        yield "its writer marked it incomplete"
    if dump.end > file.size:
        yield f"it ends at byte {file.size}, and its segments at {dump.end}"
    if not dump.segments:
        yield "it has no segment of memory"


def doubts(file: Reader, dump: Elf) -> Iterator[str]:
    """Yield every reason for which a dump without a fault may still not be whole."""
    if dump.unread:
        yield f"{dump.unread} of its program headers were not read"
    if not file.read(max(0, dump.end - _TAIL), _TAIL).strip(b"\0"):
        yield f"its last {_TAIL} bytes are zeros: memory that was empty, or bytes that never reached the disk"


def _headers(file: Reader, order: str, word: int, phoff: int, count: int) -> Iterator[tuple[int, Segment]]:
    """Yield (type, segment) of each program header that is there."""
    shape = struct.Struct(order + ("IIQQQQQQ" if word == 8 else "IIIIIIII"))
    table = file.read(phoff, min(count, _MOST_HEADERS) * shape.size)
    for at in range(0, len(table) - shape.size + 1, shape.size):
        if word == 8:
            kind, _, offset, virtual, physical, size, memory, _ = shape.unpack_from(table, at)
        else:
            kind, offset, virtual, physical, size, memory, _, _ = shape.unpack_from(table, at)
        yield kind, Segment(offset, size, physical, virtual, memory)


def _find_info(file: Reader, notes: list[Segment], order: str) -> dict[str, str]:
    blobs = (file.read(note.offset, min(note.size, _LARGEST_NOTES)) for note in notes[:_MOST_NOTES])
    return next((found for blob in blobs if (found := find_vmcoreinfo(blob, order))), {})


def find_vmcoreinfo(notes: bytes, order: str) -> dict[str, str]:
    """Return the VMCOREINFO among notes (elf(5), Nhdr), empty when there is none."""
    at = 0
    while at + 12 <= len(notes):
        namesz, descsz, _ = struct.unpack_from(order + "III", notes, at)
        name = notes[at + 12 : at + 12 + min(namesz, 16)].rstrip(b"\0")
        start = at + 12 + (namesz + 3 & ~3)
        if name == b"VMCOREINFO":
            return vmcoreinfo.parse(notes[start : start + min(descsz, vmcoreinfo.LARGEST)])
        at = start + (descsz + 3 & ~3)
    return {}
