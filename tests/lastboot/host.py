"""A host's root after a reboot: what its journal, wtmp, pstore and kernel say of the boot before."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

from kdump_agent.paths import HostPaths

CRASHED, CRASH_KERNEL, PRESENT = "a" * 32, "c" * 32, "b" * 32
BEGAN = 1_800_000_000
"""When the present boot began; the boot before began an hour earlier and was last heard of a minute earlier."""
JOURNAL_STOP = "d93fb3c9c24d451a97cea615ce59c00b"
SHUTDOWN = "98268866d1d54a499c4e98921d93bc40"
WORKING = ("Started cron.service", "session opened for user root")
CAPTURES = "kdump-agent-captures"


def utmp(kind: int, user: str, at: int, *, wide: bool = False) -> bytes:
    """One record of wtmp, as glibc lays it out with times of 32 or of 64 bits."""
    shape = "=h2xi32s4s32s256shhqqq16s20x4x" if wide else "=h2xi32s4s32s256shhiii16s20x"
    return struct.pack(shape, kind, 0, b"~", b"~~", user.encode(), b"6.1.0", 0, 0, 0, at, 0, b"")


def boot(at: int) -> bytes:
    return utmp(2, "reboot", at)


def shutdown(at: int) -> bytes:
    return utmp(1, "shutdown", at)


def said(text: str, **fields: str) -> dict[str, str]:
    """One entry of the journal, as ``journalctl -o json`` writes it."""
    at = str((BEGAN - 60) * 1_000_000)
    usual = {"_PID": "1", "_TRANSPORT": "journal", "SYSLOG_IDENTIFIER": "systemd", "__REALTIME_TIMESTAMP": at,
             "__MONOTONIC_TIMESTAMP": "3540000000"}  # fmt: skip
    return {**usual, "MESSAGE": text, **fields}


def kernel(text: str, **fields: str) -> dict[str, str]:
    return said(text, _PID="", _TRANSPORT="kernel", SYSLOG_IDENTIFIER="kernel", PRIORITY="4", **fields)


class Host:
    """Written below a folder, one thing after the other."""

    def __init__(self, root: Path) -> None:
        self.root, self.paths = root, HostPaths(root)
        self.write("proc/sys/kernel/random/boot_id", PRESENT)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def journal(
        self, last: Sequence[dict[str, str]], kernels: Iterable[dict[str, str]] = (), boots: Sequence[str] = (CRASHED,)
    ) -> None:
        """Let the journal hold these boots before the present one, and these last entries of each."""
        names = [*boots, PRESENT]
        table = "".join(
            f"{at - len(names) + 1:3d} {name} Tue 2026-11-24 23:37:26 UTC Tue 2026-11-24 23:41:19 UTC\n"
            for at, name in enumerate(names)
        )
        self.write(f"{CAPTURES}/journalctl-list-boots", "IDX BOOT ID  FIRST ENTRY  LAST ENTRY\n" + table)
        for name in boots:
            self._last(f"journalctl-last-{name}", last)
            self._last(f"journalctl-kernel-last-{name}", kernels)

    def _last(self, name: str, entries: Iterable[dict[str, str]]) -> None:
        lines = [json.dumps(entry) for entry in entries]
        self.write(f"{CAPTURES}/{name}", "".join(f"{line}\n" for line in reversed(lines)))

    def kernel_log(self, boot_id: str, text: str) -> None:
        self.write(f"{CAPTURES}/journalctl-kernel-{boot_id}", text)
