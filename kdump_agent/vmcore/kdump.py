"""The kdump-compressed format that makedumpfile writes: headers, bitmaps, page descriptors, pages.

makedumpfile's diskdump_mod.h: ``struct disk_dump_header``, ``struct kdump_sub_header`` (versions 1 to 6), ``struct
page_desc``. Whether it is whole shows in its structure: every page that the second bitmap promises has a descriptor,
and every descriptor's bytes lie inside the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from . import vmcoreinfo
from .reader import Reader, text

MAGIC = b"KDUMP   "
COMPRESSIONS = ((0x1, "zlib"), (0x2, "lzo"), (0x4, "snappy"), (0x20, "zstd"))
INCOMPLETE = 0x8
"""DUMP_DH_COMPRESSED_INCOMPLETE"""
DESCRIPTOR = 24
"""sizeof(struct page_desc): offset, size, flags, page_flags"""
_UTS = 65
_BLOCK_SIZES = (4096, 8192, 16384, 65536)
_BITMAP_CHUNK = 1 << 20
_LARGEST_BITMAP = 8 << 30
_TAIL = 4096
"""Descriptors at the end of the table that are looked at."""


@dataclass(frozen=True)
class Kdump:
    """What the headers of a kdump-compressed dump tell."""

    order: str
    """"<" or ">", as for struct."""
    block_size: int
    uts: Mapping[str, str | None]
    compression: str
    incomplete: bool
    bitmap_at: int
    """Byte at which the second bitmap begins."""
    bitmap_size: int
    """Bytes of one bitmap."""
    descriptors_at: int
    phys_base: int = 0
    level: int | None = None
    split: bool = False
    info: Mapping[str, str] = field(default_factory=dict)


def parse(file: Reader) -> Kdump | None:
    """Return what the headers tell, or None when they make no sense; never raises on content."""
    head = file.read(0, 512)
    for order, pointer in (("<", 8), (">", 8), ("<", 4), (">", 4)):
        # header_version, utsname, padding to the alignment of timeval, timeval, then the fields that we want
        stamp = 12 + 6 * _UTS
        stamp += -stamp % pointer
        at = stamp + 2 * pointer
        if len(head) < at + 40:
            return None
        (version,) = struct.unpack_from(order + "i", head, 8)
        status, block_size, sub_blocks, bitmap_blocks, _ = struct.unpack_from(order + "IiiII", head, at)
        sober = 1 <= version <= 64 and block_size in _BLOCK_SIZES and 0 < sub_blocks < 1 << 20
        if sober and bitmap_blocks * block_size <= _LARGEST_BITMAP:
            return _parse(file, head, order, pointer, version, status, block_size, sub_blocks, bitmap_blocks)
    return None


def _parse(
    file: Reader, head: bytes, order: str, pointer: int, version: int, status: int, block_size: int,
    sub_blocks: int, bitmap_blocks: int,
) -> Kdump:  # fmt: skip
    names = ("sysname", "nodename", "release", "version", "machine", "domainname")
    uts = {name: text(head[12 + _UTS * place : 12 + _UTS * (place + 1)]) for place, name in enumerate(names)}
    level, split, info, base = _sub_header(file.read(block_size, 512), order, pointer, version, file)
    bitmap_size = bitmap_blocks * block_size // 2
    first = (1 + sub_blocks) * block_size
    return Kdump(
        order, block_size, uts, next((name for flag, name in COMPRESSIONS if status & flag), "none"),
        bool(status & INCOMPLETE), first + bitmap_size, bitmap_size, first + 2 * bitmap_size, base, level, split, info,
    )  # fmt: skip


def _sub_header(
    raw: bytes, order: str, pointer: int, version: int, file: Reader
) -> tuple[int | None, bool, dict[str, str], int]:
    """Read ``struct kdump_sub_header``: each version of the format added fields at its end."""
    word = "Q" if pointer == 8 else "I"
    try:
        (base,) = struct.unpack_from(order + word, raw, 0)
        level, split = struct.unpack_from(order + "ii", raw, pointer)
        # start_pfn and end_pfn follow, then offset_vmcoreinfo (off_t, 8 bytes even on 32 bits) and its size
        at = pointer + 8 + 2 * pointer
        at += -at % (8 if pointer == 8 else 4)
        offset, size = struct.unpack_from(order + "Q" + word, raw, at)
    except struct.error:
        return None, False, {}, 0
    info = vmcoreinfo.parse(file.read(offset, min(size, vmcoreinfo.LARGEST))) if version >= 3 and size else {}
    return (level if version >= 1 else None), version >= 2 and bool(split), info, base


def count_pages(file: Reader, dump: Kdump) -> int | None:
    """Return how many pages the second bitmap promises, or None when the bitmap is not all there."""
    pages = 0
    for at in range(0, dump.bitmap_size, _BITMAP_CHUNK):
        wanted = min(_BITMAP_CHUNK, dump.bitmap_size - at)
        chunk = file.read(dump.bitmap_at + at, wanted)
        if len(chunk) < wanted:
            return None
        pages += bin(int.from_bytes(chunk, "little")).count("1")
    return pages


def faults(file: Reader, dump: Kdump, pages: int | None) -> Iterator[str]:
    """Yield every reason for which this dump is not whole."""
    if dump.incomplete:
        yield "its writer marked it incomplete"
    if pages is None:
        yield f"it ends at byte {file.size}, inside the bitmaps"
        return
    if dump.split:
        return  # a part of a split dump holds a part of the pages, and the bitmap tells of all
    end = dump.descriptors_at + pages * DESCRIPTOR
    if end > file.size:
        yield f"it ends at byte {file.size}, inside the table of its {pages} pages"
        return
    first = max(dump.descriptors_at, end - _TAIL * DESCRIPTOR)
    table = file.read(first, end - first)
    empty = reach = 0
    for offset, size, _, _ in struct.iter_unpack(dump.order + "QIIQ", table[: len(table) // DESCRIPTOR * DESCRIPTOR]):
        empty += not offset
        reach = max(reach, offset + size)
    if empty:
        yield f"the last {empty} of its {pages} pages were never written"
    if reach > file.size:
        yield f"it ends at byte {file.size}, and its pages at {reach}"
