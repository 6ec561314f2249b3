"""ESR_ELx, the exception syndrome register of arm64, as far as it tells of failing hardware.

Arm Architecture Reference Manual (DDI 0487), D19.2 "ESR_EL1": the exception class, and the instruction specific
syndromes of "an exception from an Instruction Abort", "from a Data Abort" and "an SError interrupt".
"""

from __future__ import annotations

from typing import Any

CLASSES = {
    0x20: "instruction abort from a lower level", 0x21: "instruction abort", 0x24: "data abort from a lower level",
    0x25: "data abort", 0x2F: "SError",
}  # fmt: skip
SERROR = 0x2F
INSTRUCTION = (0x20, 0x21)

SERROR_TYPES = {
    0: ("UC", "uncontainable", "fatal"), 1: ("UEU", "unrecoverable", "fatal"), 2: ("UEO", "restartable", "uncorrected"),
    3: ("UER", "recoverable", "uncorrected"), 6: ("CE", "corrected", "corrected"),
}  # fmt: skip
"""AET, bits 12:10 of an SError: the state of the processor after it, with our severity."""
ABORT_TYPES = {
    2: ("UC", "uncontainable", "fatal"), 3: ("UEO", "restartable", "uncorrected"),
}  # fmt: skip
"""SET, bits 12:11 of an abort. 0 is both "recoverable" and what processors without the RAS extension leave there."""
ASYNCHRONOUS = 0x11
"""DFSC of an SError that AET tells of; with any other, AET means nothing."""


def decode(esr: int) -> dict[str, Any]:
    """Return the fields of a syndrome that tell of hardware; none for classes that never do."""
    number = esr >> 26 & 0x3F
    name = CLASSES.get(number)
    if name is None:
        return {}
    fields = {"exception_class": f"{number:#04x}", "exception": name, "il": bool(esr >> 25 & 1)}
    if number == SERROR:
        return {**fields, **_serror(esr)}
    return {**fields, **_abort(esr, number in INSTRUCTION)}


def _serror(esr: int) -> dict[str, Any]:
    if esr >> 24 & 1:
        return {
            "ids": True,
            "iss": f"{esr & 0xFFFFFF:#x}",
            "fault": "SError whose syndrome only the processor's maker can read",
        }
    fsc = esr & 0x3F
    known = SERROR_TYPES.get(esr >> 10 & 7) if fsc == ASYNCHRONOUS else None
    words = f"asynchronous SError, {known[1]}" if known else "SError of no known cause"
    return {"ids": False, "iesb": bool(esr >> 13 & 1), "ea": bool(esr >> 9 & 1), "fsc": f"{fsc:#04x}", "fault": words,
            "error_type": known and known[0]}  # fmt: skip


def _abort(esr: int, instruction: bool) -> dict[str, Any]:
    fsc = esr & 0x3F
    known = ABORT_TYPES.get(esr >> 11 & 3) if fsc == 0x10 else None
    fields = {"fnv": bool(esr >> 10 & 1), "ea": bool(esr >> 9 & 1), "fsc": f"{fsc:#04x}", "fault": fault(fsc),
              "error_type": known and known[0]}  # fmt: skip
    return fields if instruction else {**fields, "cm": bool(esr >> 8 & 1), "write": bool(esr >> 6 & 1)}


def fault(fsc: int) -> str | None:
    """Return the name of a fault status code where hardware raises it: external aborts, parity and ECC errors."""
    if fsc in (0x10, 0x18):
        return "synchronous external abort" if fsc == 0x10 else "synchronous parity or ECC error"
    walks = {0x13: (-1, 0), **{0x14 + level: (level, 0) for level in range(4)},
             0x1B: (-1, 1), **{0x1C + level: (level, 1) for level in range(4)}}  # fmt: skip
    if fsc not in walks:
        return None
    level, parity = walks[fsc]
    kind = "parity or ECC error" if parity else "external abort"
    return f"synchronous {kind} on a translation table walk, level {level}"


def severity(fields: dict[str, Any]) -> str | None:
    """Return how bad the syndrome says it is, or None where it does not say."""
    types = SERROR_TYPES if fields.get("exception") == "SError" else ABORT_TYPES
    return next((bad for name, _, bad in types.values() if name == fields.get("error_type")), None)
