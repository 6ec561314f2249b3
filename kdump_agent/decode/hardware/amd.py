"""Read the part of an AMD machine check that only its family explains: which unit, what happened there.

Families 0Fh to 16h have fixed banks (amd_banks.py); from 17h on the bank tells what it belongs to (smca.py). Which core
it was: BKDG 26094 and 31116, "MC4_STATUS", bits ErrCpu and ErrCpuVal; 42301, ErrCoreId and ErrCoreIdVal.
"""

from __future__ import annotations

from typing import Any

from . import amd_banks as banks
from . import mcacod, smca
from .processor import Processor
from .registers import bit, field
from .status import CECC, UECC

DATA_CACHE, NORTHBRIDGE, EXECUTION, FLOATING_POINT = 0, 4, 5, 6
CORE_VALID = 56
LAST_BIT_A_CORE = 7
"""The last model of family 10h that tells the core by a bit of its own."""
_WIDE = frozenset((banks.F15, banks.F16))
"""Families whose extended error codes have five bits in every bank."""


def explain(
    processor: Processor, number: int, status: int, ipid: int | None, synd: int | None, code: dict[str, Any]
) -> dict[str, Any]:
    """Return what the family's tables add to ``code``, which mcacod.py read; what they do not tell is not in it."""
    if processor.scalable or ipid is not None:
        return smca.explain(processor, number, status, ipid, synd)
    if processor.family is None:
        return {}
    return _fixed(processor, processor.family, number, status, code)


def _fixed(processor: Processor, family: int, number: int, status: int, code: dict[str, Any]) -> dict[str, Any]:
    table = {banks.F15: banks.BANKS_F15, banks.F16: banks.BANKS_F16}.get(family, banks.BANKS)
    bank = table.get(number)
    if bank is None:
        return {}
    extended = field(status, 20 if family in _WIDE or number == NORTHBRIDGE else 19, 16)
    told = {"extended_code": extended, "unit": bank.unit, "part": bank.part, "details": []}
    if number == NORTHBRIDGE:
        return {**told, **_core(processor, status), **_northbridge(family, extended, status, code)}
    words = _words(family, number, extended, code)
    return {**told, "details": ([words] if words else []) + _syndrome(family, number, status)}


def _syndrome(family: int, number: int, status: int) -> list[str]:
    """The data cache of family 0Fh tells its ECC syndrome in bits 54:47."""
    ecc = family == banks.K8 and number == DATA_CACHE and field(status, CECC, UECC)
    return [f"ECC syndrome {field(status, 54, 47):#x}"] if ecc else []


def _core(processor: Processor, status: int) -> dict[str, Any]:
    """Bits 35:32: one bit a core in family 0Fh and the first 10h; later a number, which bit 56 makes valid."""
    cores = field(status, 35, 32)
    if processor.family == banks.K8 or (processor.family == banks.F10 and (processor.model or 0) <= LAST_BIT_A_CORE):
        return {"core": cores.bit_length() - 1} if cores else {}
    return {"core": cores} if bit(status, CORE_VALID) else {}


def _words(family: int, number: int, extended: int, code: dict[str, Any]) -> str | None:
    if family == banks.F15 and code.get("internal") == mcacod.ASSERTION:
        return mcacod.ASSERTION
    if number == EXECUTION:
        return banks.EXECUTION.get(family, {}).get(extended)
    if number == FLOATING_POINT:
        return banks.FLOATING_POINT.get(extended) if family == banks.F15 else None
    return next((rule.words for rule in banks.SIGNATURES if _fits(rule, family, number, extended, code)), None)


def _fits(rule: banks.Signature, family: int, number: int, extended: int, code: dict[str, Any]) -> bool:
    return (
        (rule.bank, rule.kind) == (number, code["class"])
        and family in rule.families
        and extended in rule.codes
        and all(code.get(name) == value for name, value in rule.fields.items())
    )


def _northbridge(family: int, extended: int, status: int, code: dict[str, Any]) -> dict[str, Any]:
    """Bits 39:36 name the HyperTransport link; 54:47, and 31:24 with Chipkill, are the DRAM's ECC syndrome, 40 says
    that a scrub found it and, in family 10h, 41 which of the two channels has it.
    """
    walk = banks.NORTHBRIDGE_WALKS.get(code["class"]) if extended == 0x0F else None
    error = walk or banks.NORTHBRIDGE.get(extended)
    if error is None:
        return {}
    told: dict[str, Any] = {"details": [error[0]], "part": error[1]}
    if extended in banks.L3_CODES:
        told["l3_part"] = field(status, 43, 42)
    if extended in banks.LINK_CODES:
        told["link"] = {"number": field(status, 39, 36)}
    if extended in (banks.DRAM_ECC, banks.CHIPKILL):
        high = field(status, 31, 24) if extended == banks.CHIPKILL else 0
        told["memory"] = {"syndrome": high << 8 | field(status, 54, 47), "scrub": bit(status, 40)}
        if family == banks.F10:
            told["memory"]["channel"] = field(status, 41, 41)
    return told
