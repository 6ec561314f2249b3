"""Taint flags by name. Documentation/admin-guide/tainted-kernels.rst; kernel/panic.c, ``taint_flags``."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAMES = {
    "P": "PROPRIETARY_MODULE", "F": "FORCED_MODULE", "S": "CPU_OUT_OF_SPEC", "R": "FORCED_RMMOD", "M": "MACHINE_CHECK",
    "B": "BAD_PAGE", "U": "USER", "D": "DIE", "A": "OVERRIDDEN_ACPI_TABLE", "W": "WARN", "C": "CRAP",
    "I": "FIRMWARE_WORKAROUND", "O": "OOT_MODULE", "E": "UNSIGNED_MODULE", "L": "SOFTLOCKUP", "K": "LIVEPATCH",
    "X": "AUX", "T": "RANDSTRUCT", "N": "TEST", "J": "FWCTL",
}  # fmt: skip
VENDORS: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...] = (
    (re.compile(r"\.el[67]"), {"T": "TECH_PREVIEW", "H": "HARDWARE_UNSUPPORTED", "Z": "BIT_BY_ZOMBIE"}),
    (re.compile(r"\.el\d"), {"r": "SUPPORT_REMOVED", "t": "TECH_PREVIEW", "u": "UNPRIVILEGED_BPF"}),
    (re.compile(r"\d-default\b"), {"N": "NO_SUPPORT", "X": "EXTERNAL_SUPPORT"}),
)
"""Letters to which a distribution gave a meaning of its own, by its releases: RHEL's kernel.h, SUSE's TID 3582750."""
_UNTAINTED = "G -"
"""What stands where a flag is not set: all modules are free; RHEL's reserved places."""
_TAINTED = re.compile(
    r"Tainted: (?:((?:\[[A-Za-z]\]=\w{1,32},? ?){1,32})|((?:[A-Z -]|(?<![a-z])[a-z](?![a-z])){1,80}))"
)
_WORDY = re.compile(r"\[[A-Za-z]\]=(\w+)")


def names(text: str) -> tuple[str, ...]:
    """Return the flags that a "CPU: ... Tainted: ..." line names; also as ``[O]=OOT_MODULE`` (since 6.10)."""
    found = _TAINTED.search(text)
    if found is None:
        return ()
    if found[1]:
        return tuple(dict.fromkeys(_WORDY.findall(found[1])))
    own = (letters for release, letters in VENDORS if release.search(text, found.end()))
    known = {**NAMES, **next(own, {})}
    letters = [letter for letter in found[2] if letter not in _UNTAINTED]
    return tuple(dict.fromkeys(known.get(letter, f"unknown flag {letter}") for letter in letters))
