"""Read the memory errors that the kernel's EDAC drivers located: which DIMM, which address.

The lines are those of drivers/edac/edac_mc.c (to 3.4, and from 3.5 on), edac_device.c and edac_pci.c, and the raw
registers that sb_edac, skx_edac and i10nm_edac print before them (skx_common.c). AMD's decoder has a file of its own,
edac_amd.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest
from typing import Any

from kdump_agent.decode.line import Line

from . import meaning
from .mce import MOST
from .processor import VENDORS, cpuid
from .record import HardwareError, register
from .registers import bit
from .sentence import FIND_DIMM, HOW_BAD, LINK, MEMORY, calm, sentence
from .status import UC
from .summary import summarise

MARKS = ("EDAC ",)
_LOCATED = re.compile(r"EDAC MC(\d{1,3}): (\d{1,6}) (CE|UE) (.*)")
_OLD = re.compile(r"EDAC MC(\d{1,3}): (CE|UE) ((?:page|row|- no information).*)")
_DEVICE = re.compile(
    r"EDAC DEVICE(\d{1,3}): .{0,64}?(CE|UE): (\S{1,64}) instance: (\S{1,64}) block: (\S{1,64}) "
    r"(?:count: (\d{1,6}) )?'(.{0,200})'"
)
_PCI = re.compile(r"EDAC PCI\d{0,3}: (.{1,80}?) on ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")
_RAW = re.compile(r"EDAC (?!MC)\w{1,16} MC(\d{1,3}): (HANDLING MCE MEMORY ERROR|CPU|TSC|ADDR|MISC|PROCESSOR)(.*)")
_CHECK = re.compile(
    r" (\d{1,5}): Machine Check \w{1,12}: (?:0x)?([0-9a-f]{1,16}) Bank (\d{1,3}): (?:0x)?([0-9a-f]{1,16})"
)
_CPU = re.compile(r" (\d{1,3}):(?:0x)?([0-9a-f]{1,8}) TIME (\d{1,12}) SOCKET (\d{1,5}) APIC (?:0x)?([0-9a-f]{1,8})")
_REGISTER = re.compile(r" (?:0x)?([0-9a-f]{1,16})$")
_FIELD = re.compile(r"\b([a-zA-Z_]{2,24})(?:-[ab])?[:= ]=? ?(0x[0-9a-f]{1,16}|\d{1,10})(?![\w:])")
_CODES = re.compile(r"err_code:(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{4})")
_LABEL = re.compile(r'labels? "(.{0,300}?)": ?(.{0,300})')
_SOCKET = re.compile(r"SrcID#(\d{1,3})")

HIGHEST = 1 << 64
PAGE_BITS = 12
"""EDAC tells a page and an offset; the kernel's pages are of 4 KiB but for some arm64 and ppc64 kernels of 64 KiB."""
FIELDS = {
    "channel", "slot", "csrow", "branch", "memory", "row", "grain", "syndrome", "node", "card", "module", "rank",
    "bank", "column", "device", "socket", "ha", "imc", "bg", "ba", "page", "offset", "addr", "channel_mask",
    "ProcessorSocketId", "MemoryControllerId", "ChannelId", "DimmSlotId", "PhysicalRankId", "Row", "Column", "Bank",
    "BankGroup",
}  # fmt: skip
NAMES = {
    "ProcessorSocketId": "socket", "MemoryControllerId": "imc", "ChannelId": "channel", "DimmSlotId": "slot",
    "PhysicalRankId": "rank", "Row": "row", "Column": "column", "Bank": "bank", "BankGroup": "bg",
    "memory": "all_memory",
}  # fmt: skip
"""What skx_edac calls its fields, in the older drivers' names; and a layer that would hide our own ``memory``."""
SEVERITIES = {"CE": "corrected", "UE": "uncorrected"}
OWN_NAMES = re.compile(r"mc#\d|CPU_SrcID#\d|CPU#\d")
"""Labels that a driver makes up where nobody gave it the board's."""
SLOT = (
    "find that DIMM's slot (the board's manual, or ras-mc-ctl --print-labels), then reseat or replace it and test the "
    "memory"
)
NOWHERE = frozenset(("", "any memory", "unknown memory", ":", "-"))
"""Labels that name no DIMM."""


@dataclass
class Raw:
    """The registers that a driver printed before it located the error."""

    line: int
    told: dict[str, Any] = field(default_factory=dict)


def find_edac(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors that EDAC's core told, with the registers that a driver printed just before."""
    raw: dict[str, Raw] = {}
    alone: list[tuple[str, Raw]] = []
    for line in lines:
        if not line.text.startswith("EDAC "):
            continue
        if found := _RAW.match(line.text):
            if found[1] in raw and _ends(raw[found[1]], found[2]):
                alone.append((found[1], raw.pop(found[1])))
                alone = _worst(alone)
            _registers(raw.setdefault(found[1], Raw(line.number)).told, found[2], found[3].rstrip())
            continue
        for pattern, read in READERS:
            if found := pattern.match(line.text):
                record = read(line.number, found)
                yield _with(record, raw.pop(found[1], None)) if record.decoded["class"] == "memory" else record
                break
    for controller, registers in [*alone, *raw.items()]:
        yield _unlocated(controller, registers)


def _ends(raw: Raw, name: str) -> bool:
    """Does a line of registers begin another error's?"""
    return name.startswith("HANDLING") or (name == "CPU" and "status" in raw.told)


def _worst(alone: list[tuple[str, Raw]]) -> list[tuple[str, Raw]]:
    """Of very many, those that matter: to read the registers of each would take too long."""
    return alone if len(alone) < 8 * MOST else nlargest(MOST, alone, key=lambda one: _weight(one[1]))


def _weight(raw: Raw) -> tuple[bool, int]:
    return bit(int(raw.told.get("status", "0"), 16), UC), raw.line


def _registers(told: dict[str, Any], name: str, words: str) -> None:
    if name == "CPU" and (found := _CHECK.match(words)):
        told.update(cpu=int(found[1]), mcg_status=register(found[2]), bank=int(found[3]), status=register(found[4]))
    elif name == "PROCESSOR" and (found := _CPU.match(words)):
        family, model, stepping = cpuid(int(found[2], 16))
        told.update(vendor=VENDORS.get(int(found[1])), family=family, model=model, stepping=stepping)
        told.update(time=int(found[3]) or None, socket=int(found[4]), apic=int(found[5], 16))
    elif name in ("TSC", "ADDR", "MISC") and (found := _REGISTER.match(words)):
        told[name.lower()] = register(found[1])


def _with(record: HardwareError, raw: Raw | None) -> HardwareError:
    if raw is None:
        return record
    more = {name: value for name, value in raw.told.items() if getattr(record, name) is None}
    return replace(record, line=raw.line, **more)


def _unlocated(controller: str, raw: Raw) -> HardwareError:
    text = "memory error that the driver did not locate"
    if "status" in raw.told:
        record = HardwareError("edac", line=raw.line, **raw.told)
        record = replace(record, decoded={**meaning.read(record), "controller": int(controller), "edac": text})
        return replace(record, summary=summarise(record))
    where = [f"memory controller {controller}", raw.told.get("addr") and f"address {raw.told['addr']}"]
    return HardwareError(
        "edac", line=raw.line, **raw.told,
        decoded={"class": "memory", "text": text, "severity": "unknown", "controller": int(controller)},
        summary=sentence(text, where, "how bad was not told", "test the memory"),
    )  # fmt: skip


def _located(number: int, found: re.Match[str]) -> HardwareError:
    """3.5 and later: "1 CE memory read error on LABEL (LOCATION page: offset: grain: syndrome: - DETAIL)"."""
    message, _, tail = f" {found[4]}".partition(" on ")
    label, _, details = tail.partition(" (")
    return memory(number, found[1], found[3], int(found[2]), message.strip(), label.strip(), details)


def _old(number: int, found: re.Match[str]) -> HardwareError:
    """Before 3.5: "CE page 0x12, offset 0x0, grain 8, syndrome 0x1, row 0, channel 1, label "DIMM": driver"."""
    label = _LABEL.search(found[3])
    return memory(number, found[1], found[2], 1, "", label[1] if label else "", found[3])


def memory(
    number: int, controller: str, severity: str, count: int, message: str, label: str, details: str
) -> HardwareError:
    """Return the record of a memory error; ``severity`` is "CE" or "UE", ``details`` what stands in the brackets."""
    told = {NAMES.get(name, name): _value(value) for name, value in _FIELD.findall(details) if name in FIELDS}
    page, offset = (int(str(told.pop(name, 0)), 0) for name in ("page", "offset"))
    place = page << PAGE_BITS | offset or int(str(told.pop("addr", 0)), 0)
    addr = f"{place:#x}" if 0 < place < HIGHEST else None
    codes, named = _CODES.search(details), _SOCKET.search(label)
    decoded = {
        "class": "memory",
        "text": message if "error" in message else f"memory error: {message}".rstrip(": "),
        "severity": SEVERITIES[severity],
        "count": count,
        "controller": int(controller),
        "overflow": "OVERFLOW" in details,
        **({} if label in NOWHERE else {"dimm": label}),
        **({"mscod": f"0x{codes[1]}", "mcacod": f"0x{codes[2]}"} if codes else {}),
        **told,
    }
    return HardwareError(
        "edac", line=number, addr=addr, socket=_socket(told.get("socket"), named[1] if named else None),
        injected="an error made up by EDAC's fake_inject" if "FAKE ERROR" in message else None,
        decoded=decoded, summary=_summary(decoded, addr),
    )  # fmt: skip


def _socket(told: int | str | None, named: str | None) -> int | None:
    if told is not None:
        return int(str(told), 0)
    return None if named is None else int(named)


def _summary(decoded: dict[str, Any], addr: str | None) -> str:
    dimm = decoded.get("dimm")
    where = [
        f'DIMM "{dimm}"' if dimm else f"memory controller {decoded['controller']}, DIMM not told",
        " ".join(f"{name} {decoded[name]}" for name in ("channel", "slot", "csrow", "row", "rank") if name in decoded),
        addr and f"address {addr}",
        f"{decoded['count']} times" if decoded["count"] > 1 else None,
    ]
    severity = decoded["severity"]
    return sentence(
        decoded["text"], where, HOW_BAD[severity], calm(severity, _remedy(dimm, addr), times=decoded["count"])
    )


def _remedy(dimm: str | None, addr: str | None) -> str:
    if dimm is not None:
        return SLOT if OWN_NAMES.match(dimm) else MEMORY
    return FIND_DIMM if addr else "test the memory"


def _device(number: int, found: re.Match[str]) -> HardwareError:
    """Caches, interconnects and other parts with a driver of their own."""
    severity, text = SEVERITIES[found[2]], f"error in {found[3]}: {found[7] or 'no words told'}"
    count = int(found[6] or 1)
    decoded = {"class": "device", "text": text, "severity": severity, "controller": int(found[1]), "device": found[3],
               "instance": found[4], "block": found[5], "count": count}  # fmt: skip
    where = [f"instance {found[4]}", f"block {found[5]}"]
    remedy = "update firmware; when it comes back, replace the board or processor that holds it"
    summary = sentence(text, where, HOW_BAD[severity], calm(severity, remedy, times=count))
    return HardwareError("edac", line=number, decoded=decoded, summary=summary)


def _pci(number: int, found: re.Match[str]) -> HardwareError:
    """Parity errors that a PCI device kept in its status register."""
    text = f"PCI error: {found[1].strip(' -')}"
    decoded = {"class": "pci", "text": text, "severity": "uncorrected", "pci": found[2]}
    summary = sentence(text, [f"device {found[2]}"], "not corrected: data on the bus was bad", LINK)
    return HardwareError("edac", line=number, decoded=decoded, summary=summary)


def _value(number: str) -> int | str:
    return number if number.startswith("0x") else int(number)


READERS: tuple[tuple[re.Pattern[str], Callable[[int, re.Match[str]], HardwareError]], ...] = (
    (_LOCATED, _located), (_OLD, _old), (_DEVICE, _device), (_PCI, _pci),
)  # fmt: skip
