"""Run scripts in a guest over a virtio serial port; root/usr/local/sbin/lab-hand is the other end.

Every wait has an end, at which a hung guest fails the test; nothing is waited for by looking again and again.
"""

from __future__ import annotations

import base64
import secrets
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What a script said (both outputs) and how it ended."""

    status: int
    text: str


class Hand:
    """One guest's end of the port. It outlives the guest's reboots."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held = b""

    def close(self) -> None:
        self._channel.close()

    def wait_until_ready(self, within: float) -> str:
        """Return the boot id of a guest that has come up. Raises TimeoutError, ConnectionError."""
        until = time.monotonic() + within
        while True:
            words = self._line(until).split()
            if len(words) == 2 and words[0] == b"ready":
                return words[1].decode()

    def run(self, script: str, within: float) -> Answer:
        """Run a shell script as root. Raises TimeoutError, and ConnectionError when the guest is gone."""
        token = secrets.token_hex(8)
        self._channel.sendall(f"{token} {base64.b64encode(script.encode()).decode()}\n".encode())
        until = time.monotonic() + within
        said: list[bytes] = []
        while True:
            line = self._line(until)
            if line.startswith(token.encode() + b" "):
                return Answer(int(line.split()[1]), b"\n".join(said).decode("utf-8", "replace").rstrip("\n"))
            said.append(line)

    def start(self, script: str) -> None:
        """Begin a script that is not expected to return, such as one that crashes the guest."""
        self._channel.sendall(f"- {base64.b64encode(script.encode()).decode()}\n".encode())

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._held:
            self._channel.settimeout(max(0.001, until - time.monotonic()))
            if not (more := self._channel.recv(1 << 16)):
                raise ConnectionError("QEMU has ended")
            self._held += more
        line, _, self._held = self._held.partition(b"\n")
        return line
