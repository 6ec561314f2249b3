"""The log of kernels from 5.10 on: printk's lockless ring buffer.

kernel/printk/printk_ringbuffer.h: a ring of descriptors, each with a ``printk_info`` beside it and a piece of the text
ring; the two top bits of a descriptor's state are its state, the others the number of its record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .kernel import Kernel
from .memory import Absent
from .record import Record

_COMMITTED, _FINALIZED = 1, 2
_NO_TEXT = 1
"""Of a position: FAILED_LPOS and EMPTY_LINE_LPOS are odd, and no block's is."""
_MOST_BITS = 22
"""Descriptors are a power of two; CONFIG_LOG_BUF_SHIFT is at most 25, and a descriptor stands for 32 bytes of text."""


@dataclass(frozen=True)
class _Ring:
    """Addresses and sizes, read once."""

    descriptors: int
    infos: int
    count: int
    first: int
    last: int
    text: int
    text_size: int


def records(kernel: Kernel) -> Iterator[Record | None]:
    """Yield every record, oldest first; None for one that the dump lacks. Raises Absent where there is no ring."""
    ring = _ring(kernel)
    ids = (1 << 8 * kernel.word_size - 2) - 1
    for number in range(min(ring.last - ring.first & ids, ring.count - 1) + 1):
        try:
            record = _record(kernel, ring, ring.first + number & ids)
        except Absent:
            yield None
            continue
        if record is not None:
            yield record


def _ring(kernel: Kernel) -> _Ring:
    buffer = kernel.word_at(kernel.symbol("prb"))
    ring = buffer + kernel.offset("printk_ringbuffer.desc_ring")
    text = buffer + kernel.offset("printk_ringbuffer.text_data_ring")
    bits = kernel.number_at(ring + kernel.offset("prb_desc_ring.count_bits"), 4)
    text_bits = kernel.number_at(text + kernel.offset("prb_data_ring.size_bits"), 4)
    if bits > _MOST_BITS or text_bits > _MOST_BITS + 9:
        raise Absent("the ring buffer's sizes make no sense")
    counter = kernel.offset("atomic_long_t.counter")
    return _Ring(
        kernel.word_at(ring + kernel.offset("prb_desc_ring.descs")),
        kernel.word_at(ring + kernel.offset("prb_desc_ring.infos")),
        1 << bits,
        kernel.word_at(ring + kernel.offset("prb_desc_ring.tail_id") + counter),
        kernel.word_at(ring + kernel.offset("prb_desc_ring.head_id") + counter),
        kernel.word_at(text + kernel.offset("prb_data_ring.data")),
        1 << text_bits,
    )


def _record(kernel: Kernel, ring: _Ring, number: int) -> Record | None:
    """Return a record, or None where it was never finished or has no text. Raises Absent."""
    descriptor = ring.descriptors + number % ring.count * kernel.size("prb_desc")
    state = kernel.word_at(descriptor + kernel.offset("prb_desc.state_var") + kernel.offset("atomic_long_t.counter"))
    flags, found = divmod(state, 1 << 8 * kernel.word_size - 2)
    if found != number or flags not in (_COMMITTED, _FINALIZED):
        return None
    block = descriptor + kernel.offset("prb_desc.text_blk_lpos")
    begin = kernel.word_at(block + kernel.offset("prb_data_blk_lpos.begin"))
    end = kernel.word_at(block + kernel.offset("prb_data_blk_lpos.next"))
    if begin == end or begin & _NO_TEXT:
        return None
    # A block never wraps: it begins anew at the ring's start. Since 6.18 one may end where the ring does.
    begin, end = begin % ring.text_size, end % ring.text_size or ring.text_size
    if begin >= end:
        begin = 0
    begin += kernel.word_size  # the block's own record number
    info = ring.infos + number % ring.count * kernel.size("printk_info")
    length = min(kernel.number_at(info + kernel.offset("printk_info.text_len"), 2), max(0, end - begin))
    time = kernel.number_at(info + kernel.offset("printk_info.ts_nsec"), 8)
    return Record(time, kernel.bytes_at(ring.text + begin, length))
