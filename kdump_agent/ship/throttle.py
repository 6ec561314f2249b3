"""Keep to a number of bytes a second, over all that is read through one throttle."""

from __future__ import annotations

import os
import time
from typing import Callable

BLOCK = 1 << 20
_NAP = 0.25
"""Seconds between two beats while waiting."""


class Throttle:
    """A bucket that fills at ``rate`` bytes a second and holds a second's worth; None is no limit."""

    def __init__(
        self,
        rate: int | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        nap: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate, self._clock, self._nap = rate, clock, nap
        self._full_at = clock()

    def block(self, wanted: int) -> int:
        """Return how many bytes to take at once: at most ``wanted``, a MiB, and a quarter of a second's worth."""
        return min(wanted, BLOCK, max(1, self._rate // 4) if self._rate else BLOCK)

    def spend(self, count: int, beat: Callable[[], None]) -> None:
        """Wait until ``count`` bytes more may go, beating meanwhile."""
        beat()
        if self._rate is None:
            return
        self._full_at = max(self._full_at, self._clock() - 1) + count / self._rate
        while (wait := self._full_at - self._clock()) > 0:
            self._nap(min(wait, _NAP))
            beat()


class Slice:
    """A part of an open file as a readable body of known length: nothing is held but the block in hand."""

    def __init__(self, source: int, offset: int, length: int, throttle: Throttle, tell: Callable[[int], None]) -> None:
        self._source, self._at, self._end = source, offset, offset + length
        self._begin = offset
        self._throttle, self._tell = throttle, tell
        self.progress: Callable[[], None] = lambda: None
        """Called when a block was taken."""

    def __len__(self) -> int:
        """Return the bytes that are left; requests takes it for the Content-Length."""
        return self._end - self._at

    @property
    def taken(self) -> int:
        """Bytes that were read."""
        return self._at - self._begin

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most ``size``. Raises EOFError when the file ends before the slice does."""
        left = self._end - self._at
        wanted = self._throttle.block(left if size < 0 else min(size, left))
        if not wanted:
            return b""
        self.progress()
        self._throttle.spend(wanted, lambda: self._tell(self._at))
        block = os.pread(self._source, wanted, self._at)
        if not block:
            raise EOFError(f"the file ends at byte {self._at}, {left} bytes too early")
        self._at += len(block)
        return block
