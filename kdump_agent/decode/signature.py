"""What groups crashes: one signature of the bug, one of the failing part. docs/signatures.md tells their making."""

from __future__ import annotations

from collections.abc import Sequence

from .machinery import MACHINERY, bare
from .report import Frame, Panic, Signature

VERSION = 1
DEPTH = 3
"""Frames below the function at fault that tell one bug from another."""


def of(panic: Panic | None, frames: Sequence[Frame], hardware: Sequence[object]) -> Signature:
    """Return both signatures of a crash; addresses, offsets, CPUs, PIDs and compiler suffixes are not in them."""
    if panic is None:
        return Signature(None, _hardware(hardware))
    names = [bare(frame.symbol) for frame in frames if frame.reliable and frame.symbol not in MACHINERY]
    if panic.function in names:
        names = names[names.index(panic.function) :]
    elif panic.function:
        names = [panic.function, *names]
    crash = ":".join([str(VERSION), panic.kind, *names[: DEPTH + 1]])
    return Signature(crash, _hardware(hardware))


def _hardware(records: Sequence[object]) -> str | None:
    for record in records:
        parts = [getattr(record, name, None) for name in ("kind", "vendor", "socket", "bank")]
        return ":".join([str(VERSION), *("-" if part is None else str(part) for part in parts)])
    return None
