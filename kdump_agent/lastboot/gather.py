"""Gather what can be known of the boot before this one; no judgement, and nothing raises on what a host holds."""

from __future__ import annotations

from typing import Callable

from kdump_agent.look import Look
from kdump_agent.paths import HostPaths

from .facts import Boot, Facts, JournalBoot
from .firmware import firmware
from .journal import journal, start_of_log
from .pstore import records
from .wtmp import LAST, turns

LOG_OF_THIS_BOOT = 256 << 10
"""Bytes; what the firmware and the machine check banks had kept is told at its start."""


def gather(
    paths: HostPaths, *, boot_id: str, began: int, remembered: Boot | None, known: frozenset[str],
    beat: Callable[[], None] = lambda: None,
) -> Facts:  # fmt: skip
    """Return the facts; what could not be looked at is a doubt in them.

    ``boot_id`` and ``began`` are the present boot's, ``known`` the pstore records that were there before, ``beat`` is
    called at least once a second.
    """
    look = Look(paths, beat)
    old, new = (look.data("wtmp", path, last=LAST) or b"" for path in paths.wtmp)
    if not new:
        look.doubt("wtmp", "this host keeps none")
    return Facts(
        began=began,
        remembered=remembered,
        journal=_journal(look, boot_id, remembered),
        turns=(*turns(old), *turns(new)),
        records=records(look, known),
        firmware=firmware(look.data("firmware", paths.boot_errors)),
        this_log=_this_log(look, boot_id),
        doubts=look.doubts,
    )


def _journal(look: Look, boot_id: str, remembered: Boot | None) -> JournalBoot | None:
    """What the journal kept, unless the agent knows of a later boot: one that was kept in memory only, and lost."""
    kept = journal(look, boot_id)
    if kept and remembered and kept.id != remembered.id and all(entry.at < remembered.began for entry in kept.last):
        look.doubt("journal", "it does not hold the last boot in which the agent ran")
        return None
    return kept


def _this_log(look: Look, boot_id: str) -> bytes:
    """The journal's copy of the kernel's log, else the one that SysV init leaves in /var/log/dmesg."""
    said = start_of_log(look, boot_id)
    data = said.encode() if said else look.data("log", look.paths.dmesg) or b""
    return data[:LOG_OF_THIS_BOOT]
