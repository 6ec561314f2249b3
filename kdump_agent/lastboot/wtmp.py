"""Read wtmp: when did this machine turn on, and was it turned off before? Pure.

The record is glibc's ``struct utmp`` (utmp(5), bits/utmp.h): 384 bytes where its times are of 32 bits (x86, POWER,
IBM Z), else 400 (arm64). A shutdown is a RUN_LVL record of the user "shutdown", both of sysvinit and of systemd.
"""

from __future__ import annotations

import struct

from .facts import Turn

RUN_LVL, BOOT_TIME = 1, 2
KINDS = range(10)
"""EMPTY to ACCOUNTING, utmp(5)."""
NARROW, WIDE = struct.Struct("=h2xi32s4s32s256shhiii16s20x"), struct.Struct("=h2xi32s4s32s256shhqqq16s20x4x")
KIND, USER, SECONDS = 0, 4, 9
LAST = 100 * 9600
"""Bytes from the end that are worth reading: whole records of either size."""


def turns(content: bytes) -> tuple[Turn, ...]:
    """Return when the machine was turned on and off, in the order of the file; nothing for what is no wtmp."""
    return max((_read(shape, content) for shape in (NARROW, WIDE)), key=len)


def _read(shape: struct.Struct, content: bytes) -> tuple[Turn, ...]:
    if len(content) % shape.size:
        return ()
    records = list(shape.iter_unpack(content))
    if any(record[KIND] not in KINDS for record in records):
        return ()
    return tuple(turn for record in records if (turn := _turn(record)) is not None)


def _turn(record: tuple[object, ...]) -> Turn | None:
    kind, user, at = record[KIND], record[USER], record[SECONDS]
    assert isinstance(user, bytes)
    assert isinstance(at, int)
    if kind == BOOT_TIME:
        return Turn("boot", at)
    return Turn("shutdown", at) if kind == RUN_LVL and user.rstrip(b"\0") == b"shutdown" else None
