"""Read one machine check by the manuals: from its registers to the ``decoded`` of the report.

Draws together the error code (mcacod.py), the bits (status.py), how bad it is (severity.py) and what only the model
tells (intel.py, amd.py). Pure: registers in, words out, for any value of them.
"""

from __future__ import annotations

from typing import Any

from . import amd, intel, kernel_banks, mcacod, status, zhaoxin
from .processor import Processor
from .record import HardwareError
from .registers import bit, field, number
from .severity import grade

DATA_LOAD, INSTRUCTION_FETCH = 0x0134, 0x0150
"""The error codes of poison that was consumed (SDM vol. 3B, table "MCA Compound Error Code Encoding for SRAR")."""
USED = "lost memory was used"
TIMER = 0x0400
NO_CODE = "{} error of which the bank tells no code"
"""An error code of 0 is called "No error", which is not what a bank means that signals one."""
PARTS = {
    "memory_controller": "memory", "extended_memory": "memory", "cache": "processor", "generic_cache": "processor",
    "tlb": "processor", "bus": "interconnect", "simple": "processor",
}  # fmt: skip


def read(record: HardwareError) -> dict[str, Any]:
    """Return what the registers of a machine check mean.

    Always there: class, text, severity, recoverability, flags, mcg_flags, mcacod, model_specific, part (what a
    technician looks at). The rest where the class, the model or a register tells it: level, transaction, request,
    participation, timeout, memory_io, channel, unit, details, memory, link, corrected_count, threshold, address_mode,
    address_lsb, consumed ...
    """
    processor = Processor(record.vendor, record.family, record.model, record.stepping)
    value, mcg = number(record.status) or 0, number(record.mcg_status) or 0
    code = mcacod.decode(field(value, 15, 0), amd=processor.amd)
    severity = grade(value, mcg, processor, record.bank)
    model = _model(record, processor, value, code)
    decoded: dict[str, Any] = {
        **code,
        "severity": severity.name,
        "recoverability": severity.recoverability,
        "flags": status.flags(value, processor, record.bank),
        "mcg_flags": status.names(mcg, status.MCG),
        "mcacod": f"{field(value, 15, 0):#06x}",
        "model_specific": f"{field(value, 31, 16):#06x}",
        "corrected_count": status.corrected_count(value, processor),
        "threshold": status.threshold(value, processor),
        **_address(record, processor, value),
        **model,
        "part": _part(record.bank, code, value, processor, model),
    }
    text = _text(code, decoded, processor)
    if not _consumed(value, processor, record.bank):
        return {**decoded, "text": text}
    return {**decoded, "text": text if processor.amd else f"{text}: {USED}", "consumed": True}


def _model(record: HardwareError, processor: Processor, value: int, code: dict[str, Any]) -> dict[str, Any]:
    bank = record.bank or 0
    if (made_up := kernel_banks.number(bank, value)) is not None:
        return kernel_banks.explain(made_up, value, number(record.misc))
    if processor.amd:
        return amd.explain(processor, bank, value, number(record.ipid), number(record.synd), code)
    told = intel.explain(processor, bank, value, number(record.misc), code, record.apic)
    return {**told, **zhaoxin.explain(processor, bank, value, number(record.misc))}


def _address(record: HardwareError, processor: Processor, value: int) -> dict[str, Any]:
    """Which kind of address it is: bits 8:0 of MISC, where the processor recovers and MISC is valid."""
    misc = number(record.misc)
    if misc is None or processor.amd or not processor.recovers or not bit(value, status.MISCV):
        return {}
    mode, lowest = status.address_mode(misc)
    return {"address_mode": mode, "address_lsb": lowest}


def _part(bank: int | None, code: dict[str, Any], value: int, processor: Processor, model: dict[str, Any]) -> str:
    """What a technician looks at: where the lost data was, what the CPU waited for, the unit, or the kind of error."""
    if _consumed(value, processor, bank):
        return "memory"
    if (field(value, 15, 0) == TIMER and not processor.amd) or any("watchdog" in each for each in _details(model)):
        return "watchdog"
    if code.get("memory_io") == "IO" and not processor.amd:
        return "io"
    if code["class"] == "bus" and not model.get("part") and (processor.vendor is None or processor.amd):
        return "unknown"  # Intel's links, but anything of AMD's: its banks tell
    return str(model.get("part") or PARTS.get(code["class"], "processor"))


def _consumed(value: int, processor: Processor, bank: int | None) -> bool:
    """Did something use data that was already lost, so that the fault is where the address points?"""
    if processor.amd:
        lost = bit(value, status.UC) or bit(value, status.DEFERRED)
        return lost and bit(value, status.POISON) and status.tells_poison(processor, bank)
    return (
        field(value, 15, 0) & ~mcacod.FILTER in (DATA_LOAD, INSTRUCTION_FETCH)
        and processor.recovers
        and bit(value, status.S)
        and bit(value, status.AR)
    )


def _text(code: dict[str, Any], decoded: dict[str, Any], processor: Processor) -> str:
    """AMD's units name the error better than its code does; Intel's models add to the code."""
    details = ", ".join(_details(decoded))
    unit = str(decoded.get("unit", ""))
    words = str(code["text"]) if int(decoded["mcacod"], 16) else NO_CODE.format(_corrected(decoded))
    if unit and (processor.amd or decoded.get("made_up")):
        return f"{unit[:1].upper()}{unit[1:]}: {details or words[:1].lower() + words[1:]}"
    return f"{words}: {details}" if details else words


def _corrected(decoded: dict[str, Any]) -> str:
    return "Uncorrected" if "UC" in decoded["flags"] else "Deferred" if "DEFERRED" in decoded["flags"] else "Corrected"


def _details(told: dict[str, Any]) -> list[str]:
    return list(told.get("details", ()))
