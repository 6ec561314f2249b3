"""Find the machine checks of a log: the lines of arch/x86/kernel/cpu/mce/core.c, ``__print_mce``, from 2.6.32 on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kdump_agent.decode.line import Line
from kdump_agent.decode.stack import place

from . import mcacod, status
from .record import HardwareError
from .summary import summarise

_HEX = r"(?:0x)?([0-9a-fA-F]{1,16})"
_FIRST = re.compile(r"CPU (\d{1,5}): Machine Check(?: Exception)?: *" + _HEX + r" Bank (\d{1,3}): " + _HEX)
_RIP = re.compile(r"RIP( !INEXACT!)? ([0-9a-fA-F]{1,4}):<?\[?<?([0-9a-fA-F]{1,16})>?\]?>?(?: \{(.{1,300})\})?")
_FIELDS = re.compile(r"\b(TSC|ADDR|MISC|PPIN|SYND|IPID) " + _HEX + r"\b")
_PROCESSOR = re.compile(
    r"PROCESSOR (\d{1,3}):"
    + _HEX
    + r" TIME (\d{1,12}) SOCKET (\d{1,5}) APIC "
    + _HEX
    + r"(?: microcode "
    + _HEX
    + r")?"
)
_PREVIOUS = re.compile(r"Machine check events logged|mce: \[Hardware Error\]: .*previous boot|BERT: ")
_INJECTED = re.compile(r"Triggering MCE exception on CPU|Starting machine (?:poll|check poll) CPU|mce-inject|MCE: Fake")
VENDORS = {
    0: "intel",
    1: "cyrix",
    2: "amd",
    3: "umc",
    5: "centaur",
    7: "transmeta",
    8: "nsc",
    9: "hygon",
    10: "zhaoxin",
}
"""X86_VENDOR_* of arch/x86/include/asm/processor.h"""
MOST = 256
"""Records that are kept."""
_SPAN = 12
"""Lines after the first within which the kernel writes the rest of a record."""
MCJ_BANK = 0xFE
"""Banks from here on are the kernel's own (thermal, APEI), or made up by an injector."""


def find_mce(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the machine checks of a log, at most ``MOST``, in its order."""
    injected = next((line.text for line in lines if _INJECTED.search(line.text)), None)
    count = 0
    for at, line in enumerate(lines):
        found = _FIRST.search(line.text)
        if found is None or count == MOST:
            continue
        count += 1
        record = _record(found, lines[at + 1 : at + _SPAN], line.caller)
        yield _finish(replace(record, line=line.number), injected)


def _record(found: re.Match[str], following: Sequence[Line], caller: str | None) -> HardwareError:
    record = HardwareError(
        "mce", cpu=int(found[1]), mcg_status=_hex(found[2]), bank=int(found[3]), status=_hex(found[4])
    )
    for line in following:
        if _FIRST.search(line.text):
            break
        if line.caller not in (caller, None):
            continue
        record = replace(record, **_more(line.text))
    return record


def _more(text: str) -> dict[str, Any]:
    if found := _RIP.search(text):
        where = place(found[4] or "")
        symbol = (
            {"symbol": where.symbol, "offset": where.offset, "size": where.size, "module": where.module}
            if where
            else {}
        )
        return {"rip": {"cs": found[2], "address": _hex(found[3]), **symbol}, "rip_exact": found[1] is None}
    if found := _PROCESSOR.search(text):
        family, model, stepping = _cpuid(int(found[2], 16))
        return {
            "vendor": VENDORS.get(int(found[1])), "family": family, "model": model, "stepping": stepping,
            "time": int(found[3]) or None, "socket": int(found[4]), "apic": int(found[5], 16),
            "microcode": _hex(found[6]) if found[6] else None,
        }  # fmt: skip
    return (
        {name.lower(): _hex(value) for name, value in _FIELDS.findall(text)} if "TSC" in text or "ADDR" in text else {}
    )


def _finish(record: HardwareError, injected: str | None) -> HardwareError:
    value, mcg = int(record.status or "0", 16), int(record.mcg_status or "0", 16)
    decoded: dict[str, Any] = {
        "flags": status.flags(value, record.vendor),
        "mcg_flags": status.names(mcg, status.MCG),
        "mcacod": f"{value & 0xFFFF:#06x}",
        "model_specific": f"{value >> 16 & 0xFFFF:#06x}",
        **mcacod.decode(value & 0xFFFF),
        "severity": status.severity(value, mcg, record.vendor),
    }
    if record.vendor == "intel" and not status.bit(value, 61):
        decoded["corrected_count"] = value >> 38 & 0x7FFF
    if record.misc is not None and record.vendor == "intel" and status.bit(value, 59):
        decoded["address_mode"], decoded["address_lsb"] = status.address_mode(int(record.misc, 16))
    why = injected or (f"bank {record.bank} is no bank of hardware" if (record.bank or 0) >= MCJ_BANK else None)
    boot = "previous" if mcg == 0 and record.tsc in (None, "0x0") and not status.bit(value, 60) else "crashed"
    record = replace(record, decoded=decoded, injected=why, boot=boot)
    return replace(record, summary=summarise(record))


def _cpuid(eax: int) -> tuple[int, int, int]:
    """Split CPUID leaf 1's EAX (SDM vol. 2A, CPUID, figure 3-6)."""
    family, model = eax >> 8 & 0xF, eax >> 4 & 0xF
    if family == 0xF:
        family += eax >> 20 & 0xFF
    if family >= 6:
        model += (eax >> 16 & 0xF) << 4
    return family, model, eax & 0xF


def _hex(text: str) -> str:
    return f"{int(text, 16):#x}"
