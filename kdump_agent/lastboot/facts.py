"""What is known of the boot before this one: nouns only.

``gather.py`` fills them, ``judge.py`` judges them, ``compose.py`` makes a report's parts of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Boot:
    """One boot as the agent itself remembers it."""

    id: str
    """32 hexadecimal digits."""
    began: int
    """Seconds since 1970, as all times here."""
    seen: int
    """When the agent last ran in it."""
    ended: str | None = None
    """How the agent ended in it: "shutdown" (with the host), "stopped" (alone), None (it never ended orderly)."""
    arming: Mapping[str, Any] | None = None
    """The last verdict in it: "verdict", "at", "findings"."""


@dataclass(frozen=True)
class Entry:
    """One entry of the journal; the fields with an underscore there, which nobody can forge."""

    text: str
    at: float
    """Seconds since 1970."""
    since_boot: float
    """Seconds."""
    transport: str = ""
    """"kernel", "driver" (the journal's own), "stdout", "syslog" ..."""
    pid: str = ""
    speaker: str = ""
    """Who says to have said it."""
    message_id: str = ""
    priority: str = ""
    """0 to 7, as syslog(3)."""


@dataclass(frozen=True)
class JournalBoot:
    """The boot before, as the journal kept it."""

    id: str
    last: tuple[Entry, ...]
    """Its last entries, the last one last."""
    kernel: tuple[Entry, ...] = ()
    """The last ones that are the kernel's."""
    crash_kernel: tuple[Entry, ...] = ()
    """The last words of the crash kernel that ran between that boot and this one, where it wrote to the journal."""


@dataclass(frozen=True)
class Turn:
    """A record of wtmp at which the machine turned on or off (utmp(5))."""

    kind: str
    """"boot" or "shutdown"."""
    at: int


@dataclass(frozen=True)
class Record:
    """One record that the kernel's pstore kept over the reset (Documentation/ABI/testing/pstore)."""

    path: str
    """The host's own name of the file."""
    identity: str
    """What tells it from every other record, now and after the next boot."""
    size: int
    """Bytes as stored."""
    text: bytes
    """Decompressed."""
    why: str = ""
    """Why the kernel wrote it: "Panic", "Oops" ...; empty for what has no such heading."""
    count: int = 0
    part: int = 0
    """From 1, the newest part of the log, upwards to older ones."""


@dataclass(frozen=True)
class Firmware:
    """ACPI's boot error region (BERT): what the firmware kept (ACPI 6.5, table 18.13, Generic Error Status Block)."""

    severity: str
    size: int
    """Bytes."""
    start: bytes
    """Its first bytes, as they are."""


@dataclass(frozen=True)
class Facts:
    """All that can be had of the boot before."""

    began: int
    """When the present boot began."""
    remembered: Boot | None = None
    """The last boot in which the agent ran, if not in this one alone."""
    journal: JournalBoot | None = None
    turns: tuple[Turn, ...] = ()
    """Oldest first."""
    records: tuple[Record, ...] = ()
    """New since the agent last looked, in the order in which they were written."""
    firmware: Firmware | None = None
    this_log: bytes = b""
    """The start of the present boot's kernel log."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """Topic -> why we could not look."""

    @property
    def kept_a_panic(self) -> bool:
        """Does pstore hold the log of a panic?"""
        return any(record.why == "Panic" for record in self.records)
