"""The kdump-compressed format that makedumpfile writes: headers, bitmaps, page descriptors, pages.

makedumpfile's diskdump_mod.h: ``struct disk_dump_header``, ``struct kdump_sub_header`` (versions 1 to 6), ``struct
page_desc``. Whether it is whole shows in its structure: every page that the second bitmap promises has a descriptor,
and every descriptor's bytes lie inside the file. Reading the pages is memory.py's work.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Callable

from . import vmcoreinfo
from .reader import Reader, text

MAGIC = b"KDUMP   "
COMPRESSIONS = ((0x1, "zlib"), (0x2, "lzo"), (0x4, "snappy"), (0x20, "zstd"))
"""DUMP_DH_COMPRESSED_*, of the header's status and of each page's flags."""
INCOMPLETE = 0x8
"""DUMP_DH_COMPRESSED_INCOMPLETE"""
DESCRIPTOR = 24
"""sizeof(struct page_desc): offset, size, flags, page_flags"""
ZEROS_LEFT_OUT = 1
"""DL_EXCLUDE_ZERO, of the dump level."""
_UTS = 65
_UTS_NAMES = ("sysname", "nodename", "release", "version", "machine", "domainname")
_BLOCK_SIZES = (4096, 8192, 16384, 65536)
_LARGEST_BITMAP = 1 << 30
"""Of one bitmap: 32 TiB of pages of 4 KiB."""
_CHUNK = 1 << 20
_TAIL = 4096
"""Descriptors at the end of the table that are looked at one by one."""


@dataclass(frozen=True)
class SubHeader:
    """``struct kdump_sub_header``: each version of the format added fields at its end."""

    phys_base: int = 0
    level: int | None = None
    split: bool = False
    pages: tuple[int, int] | None = None
    """First page and the one after the last, where this is one part of a split dump."""
    info: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kdump:
    """What the headers of a kdump-compressed dump tell."""

    order: str
    """"<" or ">", as for struct."""
    word: int
    """Bytes of an unsigned long: 4 or 8."""
    block_size: int
    uts: Mapping[str, str | None]
    compression: str
    incomplete: bool
    bitmap_at: int
    """Byte at which the second bitmap begins."""
    bitmap_size: int
    """Bytes of one bitmap."""
    sub: SubHeader = SubHeader()

    @property
    def existing_at(self) -> int:
        """Byte at which the first bitmap begins: the pages that the machine had."""
        return self.bitmap_at - self.bitmap_size

    @property
    def descriptors_at(self) -> int:
        """Byte at which the table of page descriptors begins."""
        return self.bitmap_at + self.bitmap_size


def parse(file: Reader) -> Kdump | None:
    """Return what the headers tell, or None when they make no sense; never raises on content."""
    head = file.read(0, 512)
    for order, word in (("<", 8), (">", 8), ("<", 4), (">", 4)):
        # signature, header_version, utsname, padding to the alignment of timeval, timeval, then what we want
        stamp = 12 + len(_UTS_NAMES) * _UTS
        at = stamp + -stamp % word + 2 * word
        if len(head) < at + 16:
            return None
        (version,) = struct.unpack_from(order + "i", head, 8)
        status, block_size, sub_blocks, bitmap_blocks = struct.unpack_from(order + "IiiI", head, at)
        bitmap_size = bitmap_blocks * block_size // 2
        sober = 0 <= version <= 64 and block_size in _BLOCK_SIZES and 0 < sub_blocks < 1 << 20
        if not sober or not 0 < bitmap_size <= _LARGEST_BITMAP:
            continue
        uts = {name: text(head[12 + _UTS * row :][:_UTS]) for row, name in enumerate(_UTS_NAMES)}
        sub = _sub_header(file, file.read(block_size, 512), order, word, version, uts["machine"])
        compression = next((name for flag, name in COMPRESSIONS if status & flag), "none")
        bitmap_at = (1 + sub_blocks) * block_size + bitmap_size
        return Kdump(order, word, block_size, uts, compression, bool(status & INCOMPLETE), bitmap_at, bitmap_size, sub)
    return None


def _sub_header(file: Reader, raw: bytes, order: str, word: int, version: int, machine: str | None) -> SubHeader:
    unsigned = "Q" if word == 8 else "I"
    # An off_t of a 32-bit program is 8 bytes here; only i386 aligns those to 4.
    align = 4 if word == 4 and (machine or "").startswith("i") else 8
    at = 2 * word + word + 8
    at += -at % align
    shape = struct.Struct(f"{order}Q{unsigned}Q{unsigned}Q{unsigned}")
    if len(raw) < at + shape.size + align + 24:
        return SubHeader()
    (base,) = struct.unpack_from(order + unsigned, raw, 0)
    level, split, first, end = struct.unpack_from(f"{order}ii{unsigned}{unsigned}", raw, word)
    offset, size, *_ = shape.unpack_from(raw, at)
    if version >= 6:  # start_pfn_64, end_pfn_64
        first, end = struct.unpack_from(order + "QQ", raw, _after_erase_info(at, word, align))
    is_split = version >= 2 and bool(split)
    info = vmcoreinfo.parse(file.read(offset, min(size, vmcoreinfo.LARGEST))) if version >= 3 and size else {}
    return SubHeader(base, level if version >= 1 else None, is_split, (first, end) if is_split else None, info)


def _after_erase_info(at: int, word: int, align: int) -> int:
    """Skip offset and size of vmcoreinfo, of the notes, of eraseinfo; return where start_pfn_64 lies."""
    for _ in range(3):
        at += -at % align
        at += 8 + word
    return at + -at % align


def count_bits(bits: bytes) -> int:
    """Return how many bits are set."""
    return bin(int.from_bytes(bits, "little")).count("1")


def count_pages(file: Reader, dump: Kdump, beat: Callable[[], None] = lambda: None) -> int | None:
    """Return how many pages the second bitmap promises, or None when the bitmap is not all there."""
    if 2 * dump.bitmap_size > file.stored or dump.descriptors_at > file.size:
        return None
    pages = 0
    for at in range(0, dump.bitmap_size, _CHUNK):
        pages += count_bits(file.read(dump.bitmap_at + at, min(_CHUNK, dump.bitmap_size - at)))
        beat()
    return pages


def faults(file: Reader, dump: Kdump, pages: int | None, beat: Callable[[], None] = lambda: None) -> Iterator[str]:
    """Yield every reason for which this dump is not whole."""
    if dump.incomplete:
        yield "its writer marked it incomplete"
    if pages is None:
        yield f"it ends at byte {file.size}, inside the bitmaps"
        return
    if dump.sub.split:
        return  # a part of a split dump holds a part of the pages, and the bitmap tells of all
    if not pages:
        yield "it promises no page of memory"
        return
    end = dump.descriptors_at + pages * DESCRIPTOR
    if end > file.size or pages * DESCRIPTOR > file.stored:
        yield f"it ends at byte {file.size}, inside the table of its {pages} pages"
        return
    yield from _holes(file, dump.descriptors_at, end, beat)
    first = max(dump.descriptors_at, end - _TAIL * DESCRIPTOR)
    yield from _tail(file, dump, file.read(first, end - first), pages)


def doubts(file: Reader, dump: Kdump, pages: int | None) -> Iterator[str]:
    """Yield every reason for which a dump without a fault may still not be whole."""
    if dump.sub.split:
        yield "it is one part of a split dump"
        return
    # The pages begin where their table ends, perhaps with one of zeros that belongs to pages further on.
    end = dump.descriptors_at + (pages or 0) * DESCRIPTOR
    (first,) = struct.unpack(dump.order + "Q", file.read(dump.descriptors_at, 8))
    if not end <= first <= end + dump.block_size:
        yield f"its bitmap promises {pages} pages, but the first one lies at byte {first}, not at {end}"


def _holes(file: Reader, begin: int, end: int, beat: Callable[[], None]) -> Iterator[str]:
    """Find a block of the descriptors' table that never reached the disk: no run of descriptors is all zeros."""
    for at in range(begin, end, _CHUNK):
        beat()
        hole = file.read(at, min(_CHUNK + 4096, end - at)).find(bytes(4096))
        if hole >= 0:
            yield f"the table of its pages is empty at byte {at + hole}"
            return


def _tail(file: Reader, dump: Kdump, table: bytes, pages: int) -> Iterator[str]:
    """Judge the last descriptors: written, inside the file, and the last of their bytes not zeros."""
    shape = struct.Struct(dump.order + "QIIQ")
    rows = [shape.unpack_from(table, at) for at in range(0, len(table) - DESCRIPTOR + 1, DESCRIPTOR)]
    empty = sum(not offset for offset, _, _, _ in rows)
    if empty:
        yield f"the last {empty} of its {pages} pages were never written"
    reach, offset, size, flags = max(
        ((offset + size, offset, size, flags) for offset, size, flags, _ in rows), default=(0,) * 4
    )
    if reach > file.size:
        yield f"it ends at byte {file.size}, and its pages at {reach}"
    elif flags and size <= dump.block_size and not file.read(offset, size).strip(b"\0"):
        # No compressor's output is all zeros: the length of the file was kept by a power cut, its bytes were not.
        yield f"its last page, at byte {offset}, is empty"
