"""Read the part of an Intel machine check that only its model explains: which unit, what it says, where in the memory.

The tables are in intel_models.py and what it draws on; the architectural part is mcacod.py's and status.py's.
"""

from __future__ import annotations

from typing import Any

from . import mcacod
from .intel_models import MODELS, Bank
from .processor import Processor
from .registers import bit, field
from .status import MISCV, UC

MIRRORED = {
    2: "corrected by the mirror, which took over the channel",
    3: "corrected by the mirror, which took over the channel",
    1: "corrected by the mirror, and the channel was repaired",
}
"""Bits 63:62 of MISC."""
FOREIGN = frozenset(("memory_controller", "extended_memory", "cache", "generic_cache", "tlb"))
"""Classes of errors that neither a power control unit nor a link between processors reports."""
HUB_BIT = 2
"""The bit of the APIC id that tells Diamond Rapids' two memory hubs apart (Intel's patch to mcelog, diamond.c)."""


def explain(
    processor: Processor, number: int, status: int, misc: int | None, code: dict[str, Any], apic: int | None = None
) -> dict[str, Any]:
    """Return what the model's tables add: unit, part, details, memory or link (what the bank tells of the place).

    ``code`` is what mcacod.py read, ``apic`` the CPU's APIC id; what the tables do not tell is not in the answer.
    """
    told: dict[str, Any] = {}
    bank = _bank(processor, number, code)
    misc = misc if bit(status, MISCV) else None
    if bank is not None:
        told = {"unit": bank.unit, "part": bank.part, "details": _details(bank, status, misc)}
        if place := _place(bank, status, misc, code, apic):
            told["memory" if bank.part == "memory" else "link"] = place
    if status & 0xEFFF == mcacod.IO_ERROR and misc is not None:
        told.update(part="io", reported_by=_root_port(misc))
    return told


def _bank(processor: Processor, number: int, code: dict[str, Any]) -> Bank | None:
    """The unit behind the bank; none where it cannot have reported such an error, as an injected one may have it."""
    if processor.vendor != "intel" or processor.model is None:
        return None
    model = MODELS.get(processor.family or 0, {}).get(processor.model)
    bank = None if model is None else model.banks.get(number) or model.classes.get(code["class"])
    made_up = bank is not None and bank.part in ("power", "interconnect") and code["class"] in FOREIGN
    return None if made_up else bank


def _details(bank: Bank, status: int, misc: int | None) -> list[str]:
    details = [words for reader in bank.says for words in reader(status)]
    if bank.mirrors and misc is not None and not bit(status, UC):
        details += [words for mirrored, words in MIRRORED.items() if mirrored == field(misc, 63, 62)]
    return details


def _place(bank: Bank, status: int, misc: int | None, code: dict[str, Any], apic: int | None) -> dict[str, Any]:
    """What MISC tells, and the channel counted over the whole socket."""
    place: dict[str, Any] = {} if bank.place is None or misc is None else bank.place.read(status, misc)
    channel = _channel(bank, code, apic)
    return place if channel is None else {**place, "channel": channel}


def _channel(bank: Bank, code: dict[str, Any], apic: int | None) -> int | None:
    if bank.hub_channels is not None:
        return None if apic is None else (bank.channel or 0) + bank.hub_channels * field(apic, HUB_BIT, HUB_BIT)
    if bank.channel is not None or bank.first_channel is None or code.get("channel") is None:
        return bank.channel
    return bank.first_channel + int(code["channel"])


def _root_port(misc: int) -> str:
    """The PCIe root port that reported an I/O error, as lspci writes it (Intel, "Enhanced MCA Logging")."""
    segment, bus = field(misc, 39, 32), field(misc, 31, 24)
    return f"{segment:04x}:{bus:02x}:{field(misc, 23, 19):02x}.{field(misc, 18, 16)}"
