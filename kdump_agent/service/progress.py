"""How far the present work has come: systemd's STATUS in the daemon, one line on a terminal."""

from __future__ import annotations

import sys
import time
from typing import Callable

from kdump_agent.units import show_size

from .notify import Notify


class Progress:
    """Hears of every block that is read or sent."""

    def __init__(self, notify: Notify) -> None:
        self._notify = notify
        self.also: Callable[[], None] = lambda: None
        """What else is to be done at each beat, as a look at the crash folder when it is due."""
        self._terminal = sys.stderr.isatty()
        self._told = 0.0
        self._open_line = False

    def __call__(self, words: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` bytes of the work named by ``words`` are over."""
        self.beat()
        now = time.monotonic()
        if now - self._told < 1 and done < total:
            return
        self._told = now
        share = f"{100 * done // total}%" if total else "100%"
        text = f"{words}: {share} of {show_size(total)}"
        self._notify.status(text)
        if self._terminal:
            print(f"\r\x1b[K{ascii(text)[1:-1]}", end="", file=sys.stderr, flush=True)  # noqa: T201
            self._open_line = True

    def beat(self) -> None:
        """Say that we live."""
        self._notify.beat()
        self.also()

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._open_line:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201
            self._open_line = False
