"""What a dump's own structure tells: its format, whose it is, and whether it is whole.

Pure Python on hostile bytes: bounded, and nothing that a file holds makes it raise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Callable

from . import elf, flattened, kdump
from .reader import FileReader, Reader
from .vmcoreinfo import number

_NO_FORMAT = "it is neither ELF, nor kdump-compressed, nor flattened"
PACKED = (  # first bytes of a file that a compressor made
    (b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x89LZO\0", "lzop"),
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What is known of a dump; None where its format does not tell."""

    format: str
    """"elf", "kdump", "flattened" or "unknown"."""
    inner: str | None = None
    """What a flattened dump holds: "elf", "kdump" or "unknown"."""
    compression: str | None = None
    """How its pages are compressed: "zlib", "lzo", "snappy", "zstd" or "none"."""
    release: str | None = None
    version: str | None = None
    machine: str | None = None
    nodename: str | None = None
    pages: int | None = None
    """Pages of memory that it holds."""
    dump_level: int | None = None
    build_id: str | None = None
    crash_time: int | None = None
    """Seconds since 1970, by the dead kernel's clock."""
    info: Mapping[str, str] = field(default_factory=dict)
    """VMCOREINFO."""
    whole: str = "unknown"
    """"yes", "no" or "unknown"."""
    why: tuple[str, ...] = ()


def read_header(fd: int, beat: Callable[[], None] = lambda: None) -> Header:
    """Return what the dump behind a descriptor tells. Raises OSError when the disk fails, and nothing else.

    ``beat`` is called all the while: the records of a flattened dump, and the page table of a large one, take minutes
    to read from a slow disk.
    """
    file = FileReader(fd)
    if not flattened.is_flattened(file.read(0, 32)):
        return _read(file, beat)
    found = flattened.index(file, beat)
    inner = _read(flattened.FlattenedReader(file, found), beat)
    # What an unfinished flattened file lacks, the dump inside lacks as well: one reason is enough.
    whole = found.whole if found.whole != "yes" or inner.whole == "yes" else inner.whole
    why = (found.why,) if found.why else inner.why
    return replace(inner, format="flattened", inner=inner.format, whole=whole, why=why)


def open_dump(fd: int, beat: Callable[[], None] = lambda: None) -> Reader:
    """Return the dump in order, whatever its format. Raises OSError when the disk fails."""
    file = FileReader(fd)
    if not flattened.is_flattened(file.read(0, 32)):
        return file
    return flattened.FlattenedReader(file, flattened.index(file, beat))


def _read(file: Reader, beat: Callable[[], None]) -> Header:
    head = file.read(0, 8)
    if head[:4] == elf.MAGIC:
        return _elf(file)
    if head == kdump.MAGIC:
        return _kdump(file, beat)
    if not file.size:
        return Header("unknown", whole="no", why=("it is empty",))
    if not head.strip(b"\0"):
        return Header("unknown", whole="no", why=("it begins with zeros: its first bytes never reached the disk",))
    packed = next((name for magic, name in PACKED if head.startswith(magic)), None)
    return Header("unknown", why=(f"it is compressed by {packed}, and was not unpacked" if packed else _NO_FORMAT,))


def _elf(file: Reader) -> Header:
    found = elf.parse(file)
    if found is None:
        return Header("elf", whole="no", why=("its headers are damaged",))
    whole, why = _judge(elf.faults(file, found), elf.doubts(file, found))
    header = Header(
        "elf", machine=found.machine, compression="none", pages=elf.count_pages(found), whole=whole, why=why
    )
    return _with_info(header, found.info)


def _kdump(file: Reader, beat: Callable[[], None]) -> Header:
    found = kdump.parse(file)
    if found is None:
        return Header("kdump", whole="no", why=("its headers are damaged",))
    pages = kdump.count_pages(file, found, beat)
    whole, why = _judge(kdump.faults(file, found, pages, beat), kdump.doubts(file, found, pages))
    uts = found.uts
    header = Header(
        "kdump", compression=found.compression, release=uts["release"], version=uts["version"], machine=uts["machine"],
        nodename=uts["nodename"], pages=pages, dump_level=found.sub.level, whole=whole, why=why,
    )  # fmt: skip
    return _with_info(header, found.sub.info)


def _judge(faults: Iterator[str], doubts: Iterator[str]) -> tuple[str, tuple[str, ...]]:
    """Return the verdict and its reasons; what may be wrong matters only where nothing is."""
    for whole, reasons in (("no", tuple(faults)), ("unknown", doubts)):
        if why := tuple(reasons):
            return whole, why
    return "yes", ()


def _with_info(header: Header, info: Mapping[str, str]) -> Header:
    return replace(
        header, info=info, release=header.release or info.get("OSRELEASE"), build_id=info.get("BUILD-ID"),
        crash_time=number(info, "CRASHTIME"),
    )  # fmt: skip
