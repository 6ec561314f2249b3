"""One hardware error, as the kernel logged it and as the manual reads it.

One noun for every kind of record, so that ``dataclasses.asdict`` gives the JSON of the report. Finding the records is
the work of mce.py, cper.py, aer.py ...; find.py puts them in the order of the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HardwareError:
    """What was not told is None. Registers are strings: "0x" and hexadecimal digits without leading zeros."""

    kind: str
    """"mce", "edac", "cper", "bert", "aer", "aca", "arm", "power", "s390", "nmi", "memory_failure" or "reset":
    docs/hardware-errors.md tells each."""
    line: int = 0
    """Where the log begins to tell of it: a line's number, from 0."""
    cpu: int | None = None
    """Linux's number of the CPU that logged it."""
    socket: int | None = None
    apic: int | None = None
    """The (x2)APIC id of that CPU."""
    bank: int | None = None
    """The machine check bank; None where the kernel names none."""
    mcg_status: str | None = None
    status: str | None = None
    addr: str | None = None
    misc: str | None = None
    synd: str | None = None
    """AMD's MCA_SYND."""
    ipid: str | None = None
    """AMD's MCA_IPID: which kind of hardware the bank belongs to."""
    ppin: str | None = None
    """The processor's own serial number, which tells a replaced one from its predecessor."""
    tsc: str | None = None
    time: int | None = None
    """Seconds since 1970, by the crashed host's clock."""
    vendor: str | None = None
    """"intel", "amd", "hygon", "zhaoxin", "centaur" ..."""
    family: int | None = None
    model: int | None = None
    stepping: int | None = None
    microcode: str | None = None
    rip: Mapping[str, Any] | None = None
    """Where the CPU stood: "cs", "address", and where the kernel told it "symbol", "offset", "size", "module"."""
    rip_exact: bool | None = None
    """False where the kernel wrote !INEXACT!: the CPU stood there, but this instruction need not be the cause."""
    boot: str = "crashed"
    """"crashed", or "previous": found in the banks at start, so it is an error of the boot before."""
    injected: str | None = None
    """How we know that somebody made this error on purpose; None is no proof that nobody did."""
    decoded: Mapping[str, Any] = field(default_factory=dict)
    """The manual's words. Always "class" (of the error), "text" and "severity"; memory errors may have "channel",
    "dimm", "rank"; the rest depends on the kind: docs/hardware-errors.md."""
    summary: str = ""
    """One sentence that a technician can act on: what, where, how bad, what to try."""


def register(digits: str | None) -> str | None:
    """Return a register's hexadecimal digits, with or without 0x, in the form that records hold."""
    return None if digits is None else f"{int(digits, 16):#x}"
