"""Decide whether what a crash left has stopped changing. Pure but for its memory of the last look.

Taking the snapshots is scan.py's work.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """How a crash's files were at one moment."""

    state: Hashable
    """Equal when nothing changed: inodes, sizes, times."""
    changed: float
    """The latest change of content or name of any of them, seconds since 1970."""
    writer: bool | None
    """Has somebody a file of it open for writing, by what the kernel says? None: could not tell."""
    unfinished: bool
    """Is something of it still under a temporary name, or is the dump still to come?"""


@dataclass(frozen=True)
class Finished:
    """It may be read."""

    partial: bool = False
    """Its writer never finished it."""


@dataclass(frozen=True)
class Wait:
    """It may still change."""

    reason: str
    seconds: float
    """When to look again."""


@dataclass(frozen=True)
class Times:
    """What the clocks say, and how patient we are; all in seconds."""

    now: float
    """Since 1970."""
    monotonic: float
    boot: float
    """When this boot began, since 1970."""
    settle: float
    incomplete_wait: float


class Memory:
    """Since when each crash has looked as it looks now, by a clock that nobody sets."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[Hashable, float]] = {}

    def unchanged_for(self, crash: Hashable, state: Hashable, monotonic: float) -> float:
        """Return the seconds for which we have seen this crash in this state; 0 at the first look."""
        known, since = self._seen.get(crash, (None, monotonic))
        if known != state:
            since = monotonic
        self._seen[crash] = (state, since)
        return monotonic - since

    def keep(self, crashes: set[Hashable]) -> None:
        """Forget every crash but these."""
        self._seen = {crash: seen for crash, seen in self._seen.items() if crash in crashes}


def judge(look: Look, quiet: float, times: Times) -> Finished | Wait:
    """Say whether a crash may be read, given for how many seconds we saw it unchanged.

    What was last touched before this boot has no writer any more: kdump writes before the boot that finds it. Else the
    time since the last change counts, as long as the clock can be right: a change in the future counts for nothing.
    A writer who was seen to change nothing for ``incomplete_wait`` is none: where NFS 4 has no delegation, and SMB no
    oplock, the kernel tells of one for every file (fs/nfs/nfs4proc.c: "No delegation, no lease").
    """
    if look.writer and quiet < times.incomplete_wait:
        return Wait("somebody is writing it", min(max(1.0, times.settle), times.incomplete_wait - quiet))
    before_boot = look.changed < times.boot
    quiet = max(quiet, times.now - look.changed)
    patience = times.incomplete_wait if look.unfinished else times.settle
    if before_boot or quiet >= patience:
        return Finished(partial=look.unfinished)
    reason = "it is not finished yet" if look.unfinished else "it changed a moment ago"
    return Wait(reason, patience - quiet)
