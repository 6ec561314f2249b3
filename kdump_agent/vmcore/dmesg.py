"""Read the kernel's log out of a dump, in pure Python: no child, nothing that hostile bytes can kill.

Whichever of the three logs the kernel kept: plain text (before 3.5), records (to 5.9), the ring buffer (since).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Callable

from . import elf, kdump, oldlog, ringbuffer
from .address import AddressSpace
from .kernel import Kernel
from .memory import Absent, ElfMemory, KdumpMemory
from .reader import Reader
from .record import Record

LARGEST = 32 << 20
"""Bytes of text after which we stop; the largest log buffer that a kernel can be built with."""


@dataclass(frozen=True)
class Log:
    """What could be read of a log."""

    text: bytes
    doubts: tuple[str, ...] = ()
    """Empty when it is all there."""


def read_log(file: Reader, beat: Callable[[], None]) -> Log:
    """Return the log inside a dump in order. ``beat`` is called for every page; never raises on content."""
    try:
        return log_of(_open(file, beat))
    except Absent as exc:
        return Log(b"", (str(exc),))


def log_of(kernel: Kernel) -> Log:
    """Return the log of a kernel whose memory can be read. Raises Absent where there is none."""
    return _collect(_pieces(kernel))


def _open(file: Reader, beat: Callable[[], None]) -> Kernel:
    if (plain := elf.parse(file) if file.read(0, 4) == elf.MAGIC else None) is not None:
        memory = ElfMemory(file, plain)
        space = AddressSpace(memory, plain.machine, plain.info, 0, plain.segments)
        return Kernel(space, plain.info, plain.order, plain.word)
    if (packed := kdump.parse(file) if file.read(0, 8) == kdump.MAGIC else None) is not None:
        pages = KdumpMemory(file, packed, beat)
        space = AddressSpace(pages, packed.uts["machine"], packed.sub.info, packed.sub.phys_base, ())
        return Kernel(space, packed.sub.info, packed.order, packed.word)
    raise Absent("its headers are damaged")


def _pieces(kernel: Kernel) -> Iterator[bytes | None]:
    """Yield the log's text record by record, None for what the dump lacks. Raises Absent."""
    if kernel.knows_nothing:
        raise Absent("it has no VMCOREINFO, which tells where the log is")
    if kernel.has("prb"):
        return _rendered(ringbuffer.records(kernel))
    if kernel.has("log_first_idx"):
        return _rendered(oldlog.records(kernel))
    return oldlog.text(kernel)


def _rendered(records: Iterable[Record | None]) -> Iterator[bytes | None]:
    return (None if record is None else record.render() for record in records)


def _collect(pieces: Iterator[bytes | None]) -> Log:
    out, lost, doubts = bytearray(), 0, []
    try:
        for piece in pieces:
            lost += piece is None
            out += piece or b""
            if len(out) > LARGEST:
                doubts.append(f"only the first {LARGEST} bytes of the log were read")
                break
    except Absent as exc:
        doubts.append(f"the log was read up to where {exc}" if out else str(exc))
    if lost:
        doubts.append(f"{lost} pieces of the log lie in pages that the dump lacks")
    return Log(bytes(out), tuple(doubts))
