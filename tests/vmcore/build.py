"""Write a guest's memory as a dump: kdump-compressed, ELF, flattened."""

from __future__ import annotations

import struct
import subprocess
import zlib
from typing import Callable

from .guest import PAGE, Guest


def _lzo(page: bytes) -> bytes:
    """Literals alone: one run, and the end's marker."""
    rest = len(page) - 18
    return b"\0" + bytes(rest // 255 - (not rest % 255)) + bytes([rest % 255 or 255]) + page + b"\x11\0\0"


def _snappy(page: bytes) -> bytes:
    return bytes([len(page) & 127 | 128, len(page) >> 7, 61 << 2]) + struct.pack("<H", len(page) - 1) + page


def _zstd(page: bytes) -> bytes:
    return subprocess.run(["zstd", "-1qc"], input=page, check=True, capture_output=True).stdout


def _stored(page: bytes) -> bytes:
    return page


COMPRESSORS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, _stored), "zlib": (1, zlib.compress), "lzo": (2, _lzo), "snappy": (4, _snappy), "zstd": (0x20, _zstd),
}  # fmt: skip


def vmcoreinfo(guest: Guest) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in guest.info.items()).encode()


def kdump(guest: Guest, *, compression: str = "zlib", version: int = 6, level: int = 31, status: int = 0,
          split: tuple[int, int] | None = None) -> bytes:  # fmt: skip
    """Return a kdump-compressed dump; pages of zeros are left out."""
    order = guest.arch.order
    flag, compress = COMPRESSORS[compression]
    wanted = {n: bytes(page) for n, page in guest.memory.items() if any(page)}
    if split:
        wanted = {n: page for n, page in wanted.items() if split[0] <= n < split[1]}
    most = max(guest.memory) + 1
    info = vmcoreinfo(guest)
    head = _header(guest, version, status | flag, most)
    sub = _sub_header(guest, version, level, split, len(info)).ljust(512, b"\0") + info
    bitmaps = _bitmap(guest.memory) + _bitmap({n for n, page in guest.memory.items() if any(page)})
    front = head.ljust(PAGE, b"\0") + sub.ljust(2 * PAGE, b"\0") + bitmaps
    at = len(front) + 24 * len(wanted)
    table, data = bytearray(), bytearray()
    for number in sorted(wanted):
        packed = compress(wanted[number])
        table += struct.pack(order + "QIIQ", at + len(data), len(packed), flag, 0)
        data += packed
    return bytes(front + table + data)


def _header(guest: Guest, version: int, status: int, most: int) -> bytes:
    order, word = guest.arch.order, guest.arch.word
    head = b"KDUMP   " + struct.pack(order + "i", version) + guest.uts
    head = head.ljust(len(head) + -len(head) % word, b"\0") + bytes(2 * word)
    return head + struct.pack(order + "IiiIIIIIIi", status, PAGE, 2, 2, most, most, 0, 0, 0, 1)


def _sub_header(guest: Guest, version: int, level: int, split: tuple[int, int] | None, info: int) -> bytes:
    order, word = guest.arch.order, guest.arch.word
    first, end = split or (0, 0)
    long = "Q" if word == 8 else "I"
    raw = struct.pack(f"{order}{long}ii{long}{long}", 0, level, bool(split), *((first, end) if version < 6 else (0, 0)))
    align = 4 if guest.machine.startswith("i") else 8
    for offset, size in ((PAGE + 512, info if version >= 3 else 0), (0, 0), (0, 0)):
        raw = raw.ljust(len(raw) + -len(raw) % align, b"\0") + struct.pack(f"{order}Q{long}", offset, size)
    raw = raw.ljust(len(raw) + -len(raw) % align, b"\0")
    return raw + (struct.pack(order + "QQQ", first, end, max(guest.memory) + 1) if version >= 6 else b"")


def _bitmap(numbers: object) -> bytes:
    bits = bytearray(PAGE)
    for number in numbers:  # type: ignore[attr-defined]
        bits[number // 8] |= 1 << number % 8
    return bytes(bits)


def elf(guest: Guest, *, flags: int = 0, xnum: bool = False) -> bytes:
    """Return an ELF dump: a note, and a segment for each page."""
    order, wide = guest.arch.order, guest.arch.word == 8
    ident = b"\x7fELF" + bytes([1 + wide, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
    note = struct.pack(order + "III", 11, len(vmcoreinfo(guest)), 0) + b"VMCOREINFO\0\0" + vmcoreinfo(guest)
    size, entry = (64, 56) if wide else (52, 32)
    count = 1 + len(guest.memory)
    sections = size if xnum else 0
    table_at = size + (64 if xnum else 0)
    at = table_at + count * entry
    headers = [_program_header(guest, 4, at, 0, 0, len(note))]
    at += len(note)
    data = bytearray()
    for number, page in sorted(guest.memory.items()):
        virtual = guest.arch.kernel - 0x10000 + number * PAGE
        headers.append(_program_header(guest, 1, at + len(data), virtual, number * PAGE, PAGE))
        data += page
    shape = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
    told = 0xFFFF if xnum else count
    head = ident + struct.pack(
        order + shape, 4, guest.arch.code, 1, 0, table_at, sections, flags, size, entry, told, 0, 0, 0
    )
    section = b"" if not xnum else bytes(44 if wide else 28) + struct.pack(order + "I", count)
    return head + section.ljust(64 if xnum else 0, b"\0") + b"".join(headers) + note + bytes(data)


def _program_header(guest: Guest, kind: int, offset: int, virtual: int, physical: int, size: int) -> bytes:
    if guest.arch.word == 8:
        return struct.pack(guest.arch.order + "IIQQQQQQ", kind, 0, offset, virtual, physical, size, size, 0)
    virtual &= 0xFFFFFFFF
    return struct.pack(guest.arch.order + "IIIIIIII", kind, offset, virtual, physical, size, size, 0, 0)


def flatten(content: bytes, piece: int = 5000) -> bytes:
    """Return it in records of ``piece`` bytes."""
    return flat_file([(at, content[at : at + piece]) for at in range(0, len(content), piece)])


def flat_file(records: list[tuple[int, bytes]], *, end: bool = True) -> bytes:
    """Return a flattened file of exactly these records."""
    head = (b"makedumpfile".ljust(16, b"\0") + struct.pack(">QQ", 1, 1)).ljust(4096, b"\0")
    body = b"".join(struct.pack(">qq", at, len(content)) + content for at, content in records)
    return head + body + (struct.pack(">qq", -1, -1) if end else b"")
