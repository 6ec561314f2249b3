"""Read machine checks out of a trace that was dumped into the log (ftrace_dump_on_oops): the event ``mce_record``.

The line is that of include/trace/events/mce.h, from 2.6.33 on; rasdaemon reads the same event in its binary form.
"""

from __future__ import annotations

import re
from typing import Any

from .processor import VENDORS, cpuid
from .record import register

_HEX = r"([0-9a-f]{1,16})"
_EVENT = re.compile(rf"mce_record: CPU: (\d{{1,5}}), MCGc/s: {_HEX}/{_HEX}, MC(\d{{1,3}}): {_HEX}, ")
_MERGED = re.compile(rf"(ADDR/MISC(?:/SYND)?): {_HEX}/{_HEX}(?:/{_HEX})?")
_REGISTER = re.compile(rf"\b(IPID|ADDR|MISC|SYND|TSC|PPIN|microcode|MICROCODE): {_HEX}")
_RIP = re.compile(rf"RIP: ([0-9a-f]{{2,4}}):<{_HEX}>")
_PROCESSOR = re.compile(r"(?:PROCESSOR: (\d{1,3}):([0-9a-f]{1,8})|vendor: (\d{1,3}), CPUID: ([0-9a-f]{1,8}))")
_PLACE = re.compile(r"(?:TIME|time): (\d{1,20}), (?:SOCKET|socket): (\d{1,10}), APIC: ([0-9a-f]{1,8})")
EIPV = 2


def read(text: str) -> dict[str, Any] | None:
    """Return the fields of a machine check as HardwareError takes them, None for any other line."""
    found = _EVENT.search(text)
    if found is None:
        return None
    told: dict[str, Any] = {
        "cpu": int(found[1]), "mcg_status": register(found[3]), "bank": int(found[4]), "status": register(found[5]),
        **_registers(text), **_rip(text, int(found[3], 16)),
    }  # fmt: skip
    if processor := _PROCESSOR.search(text):
        family, model, stepping = cpuid(int(processor[2] or processor[4], 16))
        vendor = VENDORS.get(int(processor[1] or processor[3]))
        told.update(vendor=vendor, family=family, model=model, stepping=stepping)
    if place := _PLACE.search(text):
        told.update(time=int(place[1]) or None, socket=int(place[2]), apic=int(place[3], 16))
    return told


def _registers(text: str) -> dict[str, Any]:
    """A register that is not valid is told as 0."""
    told = {name.lower(): value for name, value in _REGISTER.findall(text)}
    if merged := _MERGED.search(text):
        told.update(zip((name.lower() for name in merged[1].split("/")), merged.groups()[1:]))
    valid = {name: register(value) for name, value in told.items() if value and int(value, 16)}
    return {**valid, "tsc": register(told.get("tsc"))}


def _rip(text: str, mcg_status: int) -> dict[str, Any]:
    found = _RIP.search(text)
    if found is None or not int(found[2], 16):
        return {}
    return {"rip": {"cs": found[1], "address": register(found[2])}, "rip_exact": bool(mcg_status & EIPV)}
