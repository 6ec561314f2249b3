"""The logs of kernels before 5.10: one buffer of records (3.5 to 5.9), or of plain text (before).

kernel/printk/printk.c of each: ``struct printk_log`` (``struct log`` before 3.11); VMCOREINFO tells the layout.
"""

from __future__ import annotations

from collections.abc import Iterator

from .kernel import Kernel
from .memory import Absent
from .record import Record

_LARGEST = 1 << 31
_PIECE = 4096


def records(kernel: Kernel) -> Iterator[Record | None]:
    """Yield every record, oldest first. Raises Absent where there is none, or where the way to the next is lost."""
    name = "printk_log" if kernel.has_size("printk_log") else "log"
    header = kernel.size(name)
    fields = {member: kernel.offset(f"{name}.{member}") for member in ("ts_nsec", "len", "text_len")}
    buffer, size = _buffer(kernel)
    at, end = (kernel.number_at(kernel.symbol(symbol), 4) for symbol in ("log_first_idx", "log_next_idx"))
    left = size
    while at != end and left > 0:
        entry = buffer + at
        length = kernel.number_at(entry + fields["len"], 2)
        if length == 0:  # the rest of the buffer was too short for the next record
            if at == 0:
                return
            left, at = left - (size - at), 0
            continue
        if length < header or at >= size:
            raise Absent(f"the log's record at {entry:#x} makes no sense")
        yield _record(kernel, entry, header, fields)
        left, at = left - length, at + length


def _record(kernel: Kernel, entry: int, header: int, fields: dict[str, int]) -> Record | None:
    try:
        text = kernel.bytes_at(entry + header, kernel.number_at(entry + fields["text_len"], 2))
        return Record(kernel.number_at(entry + fields["ts_nsec"], 8), text)
    except Absent:
        return None


def text(kernel: Kernel) -> Iterator[bytes | None]:
    """Yield the plain text of the oldest kernels, piece by piece; None for one that the dump lacks. Raises Absent."""
    buffer, size = _buffer(kernel)
    end = kernel.number_at(kernel.symbol("log_end"), 4)
    length = min(end, size)
    at = 0
    while at < length:
        place = (end - length + at) % size
        piece = min(_PIECE - (buffer + place) % _PIECE, size - place, length - at)
        try:
            yield kernel.bytes_at(buffer + place, piece)
        except Absent:
            yield None
        at += piece


def _buffer(kernel: Kernel) -> tuple[int, int]:
    size = kernel.number_at(kernel.symbol("log_buf_len"), 4)
    if not 0 < size <= _LARGEST:
        raise Absent("the log buffer's size makes no sense")
    return kernel.word_at(kernel.symbol("log_buf")), size
