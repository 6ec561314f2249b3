"""One hardware error, as the kernel logged it and as the manual reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HardwareError:
    """Registers are hexadecimal strings; what was not told is None."""

    kind: str
    """"mce", "edac", "cper", "bert", "aer", "arm", "power", "s390" or "nmi"; docs/hardware-errors.md tells each."""
    line: int = 0
    """Where the log begins to tell of it: a line's number, from 0."""
    cpu: int | None = None
    socket: int | None = None
    apic: int | None = None
    bank: int | None = None
    mcg_status: str | None = None
    status: str | None = None
    addr: str | None = None
    misc: str | None = None
    synd: str | None = None
    ipid: str | None = None
    ppin: str | None = None
    tsc: str | None = None
    time: int | None = None
    """Seconds since 1970."""
    vendor: str | None = None
    """"intel", "amd", "hygon", "zhaoxin", "centaur"."""
    family: int | None = None
    model: int | None = None
    stepping: int | None = None
    microcode: str | None = None
    rip: Mapping[str, Any] | None = None
    rip_exact: bool | None = None
    boot: str = "crashed"
    """"crashed", or "previous": logged by this boot for the one before."""
    injected: str | None = None
    """How we know that somebody made this error on purpose."""
    decoded: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    """One sentence that a technician can act on."""


def register(digits: str | None) -> str | None:
    """Return a register's hexadecimal digits, with or without 0x, in the form that records hold."""
    return None if digits is None else f"{int(digits, 16):#x}"
