"""The noun that all decoders share: one message of a kernel log, freed of its prefixes."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """One message line. A tuple, because a log has hundreds of thousands of them."""

    text: str
    """The message without time stamp, level, caller, host or date; trailing blanks are cut."""
    number: int
    """Its place in the log, from 0; empty lines count."""
    time: float | None = None
    """Seconds since boot, where the line has them."""
    caller: str | None = None
    """"T123" (a thread) or "C0" (a CPU) where CONFIG_PRINTK_CALLER wrote it."""
    level: int | None = None
    """The syslog level 0 to 7, where the line has it."""
