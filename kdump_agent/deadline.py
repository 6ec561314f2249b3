"""End what makes no progress: a server that hangs, or drips a byte now and then so that no read ever times out."""

from __future__ import annotations

import signal
import threading
from types import FrameType

AGAIN = 5.0
"""Seconds."""


class Deadline:
    """While it is held, SIGALRM ends the main thread's work ``seconds`` after the last sign of progress.

    What was interrupted sees a TimeoutError, and another one every few seconds for as long as it goes on all the same:
    who tries one address after the other takes the first for a failure of that address. Threads other than the main one
    are left to their sockets' own limits.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._here = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Deadline:  # noqa: PYI034 (Python 3.9 has no Self)
        if self._here:
            self._before = signal.signal(signal.SIGALRM, self._end)
        self.extend()
        return self

    def __exit__(self, *_: object) -> None:
        if self._here:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)

    def extend(self) -> None:
        """Begin the seconds anew."""
        if self._here:
            signal.setitimer(signal.ITIMER_REAL, self._seconds, AGAIN)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"no progress for {self._seconds:g} s")
