"""The noun that all decoders share: one message of a kernel log, freed of its prefixes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One message line."""

    text: str
    """The message without time stamp, level, caller, host or date; trailing blanks are cut."""
    number: int
    """Its place in the log, from 0."""
    time: float | None = None
    """Seconds since boot, where the line has them."""
    caller: str | None = None
    """"T123" (a thread) or "C0" (a CPU) where CONFIG_PRINTK_CALLER wrote it."""
    level: int | None = None
    """The syslog level 0 to 7, where the line has it."""
