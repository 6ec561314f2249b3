"""Speak to QEMU itself: a small client of its machine protocol, QMP.

Source: QEMU's docs/interop/qmp-spec. ``mce`` exists only as a command for people, so it goes through that door.
"""

from __future__ import annotations

import json
import socket
from typing import Any


class Monitor:
    """The console on which one pulls the plug."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._channel.settimeout(60)
        self._lines = self._channel.makefile("rb")
        assert "QMP" in self._read()
        self.execute("qmp_capabilities")

    def close(self) -> None:
        self._lines.close()
        self._channel.close()

    def execute(self, command: str, **arguments: Any) -> Any:
        """Return what a command answers. Raises RuntimeError when it fails."""
        self._channel.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._read()
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def say(self, line: str) -> None:
        """Give a command as a person would. Raises RuntimeError when QEMU has something to say against it."""
        if answer := self.execute("human-monitor-command", **{"command-line": line}):
            raise RuntimeError(f"{line}: {answer.strip()}")

    def machine_check(self, bank: int, status: int, *, address: int, misc: int) -> None:
        """Break the hardware: every CPU is told, as Intel does, and CPU 0 finds it in this bank."""
        # MCG_STATUS 5: a machine check is in progress, and the program may not go on where it was stopped
        self.say(f"mce -b 0 {bank} {status:#x} 5 {address:#x} {misc:#x}")

    def pull_the_plug(self) -> None:
        """Reset the machine; nothing in it is asked."""
        self.execute("system_reset")

    def _read(self) -> dict[str, Any]:
        if not (line := self._lines.readline()):
            raise ConnectionError("QEMU has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
