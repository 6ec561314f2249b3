"""Taint flags by name. Documentation/admin-guide/tainted-kernels.rst; kernel/panic.c, ``taint_flags``."""

from __future__ import annotations

import re

NAMES = {
    "P": "PROPRIETARY_MODULE", "F": "FORCED_MODULE", "S": "CPU_OUT_OF_SPEC", "R": "FORCED_RMMOD", "M": "MACHINE_CHECK",
    "B": "BAD_PAGE", "U": "USER", "D": "DIE", "A": "OVERRIDDEN_ACPI_TABLE", "W": "WARN", "C": "CRAP",
    "I": "FIRMWARE_WORKAROUND", "O": "OOT_MODULE", "E": "UNSIGNED_MODULE", "L": "SOFTLOCKUP", "K": "LIVEPATCH",
    "X": "AUX", "T": "RANDSTRUCT", "N": "TEST", "J": "FWCTL",
}  # fmt: skip
_TAINTED = re.compile(r"Tainted: ((?:\[[A-Z]\]=[A-Z_]{1,32},? ?){1,32}|[A-Z ]{1,64})")


def names(text: str) -> tuple[str, ...]:
    """Return the flags that a "CPU: ... Tainted: ..." line names; also as ``[O]=OOT_MODULE``."""
    found = _TAINTED.search(text)
    if found is None:
        return ()
    letters = re.findall(r"\[([A-Z])\]=", found[1]) or [letter for letter in found[1] if letter in NAMES]
    return tuple(dict.fromkeys(NAMES.get(letter, letter) for letter in letters))
