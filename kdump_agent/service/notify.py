"""Tell systemd what we are doing: READY, STATUS, WATCHDOG, STOPPING. Silent where there is no systemd."""

from __future__ import annotations

import time


class Notify:
    """The notification socket of this service, when it has one."""

    def __init__(self) -> None:
        import sdnotify

        self._notifier = sdnotify.SystemdNotifier()
        if (channel := getattr(self._notifier, "socket", None)) is not None:
            channel.settimeout(1)  # a systemd that does not listen must not stop us
        self._status = ""
        self._beaten = 0.0

    def ready(self) -> None:
        """Start-up is over."""
        self._notifier.notify("READY=1")

    def stopping(self) -> None:
        """We were asked to stop and are about to."""
        self._notifier.notify("STOPPING=1")

    def beat(self) -> None:
        """We are alive; said at most once a second."""
        now = time.monotonic()
        if now - self._beaten >= 1:
            self._beaten = now
            self._notifier.notify("WATCHDOG=1")

    def status(self, words: str) -> None:
        """What ``systemctl status`` shows; ASCII, because sdnotify drops everything else without a word."""
        plain = ascii(words)[1:-1]
        if plain != self._status:
            self._status = plain
            self._notifier.notify(f"STATUS={plain}")
