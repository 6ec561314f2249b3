"""Read the part of a Zhaoxin machine check that only its model explains: KH-40000 and KH-50000 (family 7).

Zhaoxin publishes no manual; this is what its engineers told to mcelog and rasdaemon (zhaoxin-kh40000.c and
zhaoxin-kh50000.c of mcelog, 2026). Of other models Intel's architectural words are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .processor import Processor
from .registers import Reader, bit, choice
from .registers import field as bits_of
from .status import MISCV

Fields = Mapping[str, tuple[int, int]]
"""Parts of a place: the bits ``high:low`` of a register."""


@dataclass(frozen=True)
class Bank:
    """What one bank reports."""

    unit: str
    part: str
    says: tuple[Reader, ...] = ()
    """Readers of MCi_STATUS."""
    core: Fields = field(default_factory=dict)
    """Which core, in MCi_STATUS."""
    place: Fields = field(default_factory=dict)
    """Where, in MCi_MISC."""


_CACHE = {
    1: "single-bit ECC error in the data of one line", 2: "single-bit ECC error in another line",
    3: "multi-bit ECC error in the data",
}  # fmt: skip
_VOLTAGE = {
    1: "SVID resend failed", 2: "overcurrent of a voltage regulator", 3: "a voltage regulator is too hot",
    4: "parity error of a voltage regulator",
}  # fmt: skip
_LINK = {
    1: "receiver overflow", 2: "flow control protocol error", 3: "surprise down", 4: "data link protocol error",
    5: "replay timer timeout", 6: "replay number rollover", 7: "bad data link layer packet",
    8: "bad transaction layer packet", 9: "receiver error", 11: "the link fell back to fewer lanes",
}  # fmt: skip
_LINK_40000 = {**_LINK, 10: "unsupported or undefined packet", 12: "the link fell back to a lower speed"}
_LINK_50000 = {
    **_LINK, 10: "physical layer training error", 14: "the link fell back to a lower speed",
    **{code: f"the link fell back to {lanes} lanes" for code, lanes in
       ((16, "32 or 24"), (17, "16 or 12"), (18, "8"), (19, "4"), (20, "2"))},
    **{code: f"the link fell back to generation {speed}" for code, speed in ((21, 4), (22, 3), (23, 2))},
}  # fmt: skip
_DIE_LINK = {
    1: "receiver overflow", 2: "physical layer training error", 3: "flow control protocol error", 4: "surprise down",
    5: "data link protocol error", 6: "replay timer timeout", 7: "replay number rollover",
    8: "bad data link layer packet", 9: "bad transaction layer packet",
    **{code: f"unreliable at generation {speed}" for code, speed in ((10, 2), (11, 3), (12, 4))},
    **{code: f"unreliable at {lanes} lanes" for code, lanes in
       ((13, "2"), (14, "4"), (15, "8"), (16, "16 or 12"), (17, "32 or 24"))},
}  # fmt: skip
_MEMORY = {
    1: "single-bit ECC error", 2: "multi-bit ECC error", 3: "command parity error", 4: "CRC error",
    5: "parity error, retry failed", 6: "CRC error, retry failed",
}  # fmt: skip
_MEMORY_40000 = {**_MEMORY, 7: "address decode (DVAD) error of the CPU interface", 8: "address decode (DVAD) error"}
_MEMORY_50000 = {**_MEMORY, **dict.fromkeys(range(7, 16), "address decode (DVAD) error"), 16: "key not hit"}
_PCIE = {0: "fatal error", 1: "non-fatal error", 2: "corrected error"}
_HOST = {
    1: "address decode (DVAD) error", 2: "multi-bit ECC error of the snoop filter",
    3: "single-bit ECC error of the snoop filter", 4: "uncorrected CXL error, poison removed",
    5: "corrected CXL error, poison removed", 6: "CXL parity error",
}  # fmt: skip
_CODE_50000 = {5: "poison from a normal read", 6: "poison from a patrol read", 7: "key hit"}
"""Requests of the memory controller's error code that the architecture leaves free."""
CHANNELS = ("A0", "B0", "A1", "B1", "C0", "C1", "A2", "B2", "C2", "A3", "B3", "C3")
"""KH-50000's names of its memory channels."""
_CORE_40000 = {"core": (17, 16), "cluster": (19, 18), "subnode": (22, 20), "package": (23, 23)}
_CORE_50000 = {"core": (18, 16), "die": (22, 19), "io_die": (24, 23)}
_DIMM = {"rank": (26, 25), "syndrome": (16, 9), "parity_log": (63, 31)}
_REGULATOR = {"regulator": (25, 24)}
_ADDRESS = (choice(15, 0, {1: "address decode (DVAD) error"}),)

_KH_40000 = {
    0: Bank("core", "processor", (choice(26, 24, {1: "thermal trip", 2: "machine hung", 3: "undefined microcode "
                                                 "address"}),), _CORE_40000),
    1: Bank("L2 cache", "processor", (choice(26, 24, _CACHE),), _CORE_40000),
    4: Bank("voltage regulator (SVID)", "power", (choice(31, 24, _VOLTAGE),), place=_REGULATOR),
    5: Bank("ZPI link", "interconnect", (choice(31, 16, _LINK_40000),), place={"device": (26, 25)}),
    6: Bank("PCIe", "io", (choice(31, 16, _PCIE),)),
    **dict.fromkeys((9, 10), Bank("memory controller", "memory", (*_ADDRESS, choice(31, 16, _MEMORY_40000)),
                                  place=_DIMM)),
    17: Bank("last level cache", "processor", (choice(26, 24, _CACHE),), _CORE_40000),
}  # fmt: skip
_PCIE_50000 = Bank("PCIe", "io", (choice(23, 16, _PCIE),))
_DIES = Bank("link between dies (ZDI)", "interconnect", (choice(31, 16, _LINK_50000),), place={"devices": (30, 25)})
_KH_50000 = {
    0: Bank("core", "processor", (choice(29, 25, {2: "machine hung", 3: "undefined microcode address"}),), _CORE_50000),
    1: Bank("L2 cache", "processor", (choice(25, 24, _CACHE),)),
    2: _PCIE_50000, 6: _PCIE_50000, 3: _DIES, 5: _DIES,
    **dict.fromkeys((4, 22, 27), Bank("voltage regulator (SVID)", "power", (choice(31, 24, _VOLTAGE),),
                                      place=_REGULATOR)),
    7: Bank("link of a compute die (ZDI)", "interconnect", (choice(29, 25, _DIE_LINK),), _CORE_50000),
    **dict.fromkeys((*range(9, 17), *range(18, 22)),
                    Bank("memory controller", "memory", (*_ADDRESS, choice(31, 16, _MEMORY_50000)), place=_DIMM)),
    17: Bank("last level cache", "processor", (choice(26, 25, _CACHE),), _CORE_50000),
    26: Bank("ZPI link", "interconnect", (choice(31, 16, _LINK_50000),), place={"devices": (27, 25)}),
    **dict.fromkeys(range(28, 32), Bank("host interface (HIF)", "processor", (choice(23, 16, _HOST),))),
}  # fmt: skip
KH_40000, KH_50000 = 0x5B, 0x7B
MODELS: Mapping[int, Mapping[int, Bank]] = {KH_40000: _KH_40000, KH_50000: _KH_50000}
FAMILY = 7


def explain(processor: Processor, number: int, status: int, misc: int | None) -> dict[str, Any]:
    """Return what the model's tables add: unit, part, details, memory or link, and which core; or nothing."""
    if (processor.vendor, processor.family) != ("zhaoxin", FAMILY):
        return {}
    bank = MODELS.get(processor.model or 0, {}).get(number)
    if bank is None:
        return {}
    told: dict[str, Any] = {
        "unit": bank.unit, "part": bank.part, "details": [words for reader in bank.says for words in reader(status)],
    }  # fmt: skip
    told.update(_read(bank.core, status))
    place = _read(bank.place, misc) if misc is not None and bit(status, MISCV) else {}
    if bank.part == "memory" and processor.model == KH_50000:
        told["details"] += _request(status)
        place.update(_channel(status))
    if place:
        told["memory" if bank.part == "memory" else "link"] = place
    return told


def _read(fields: Fields, register: int) -> dict[str, Any]:
    return {name: bits_of(register, high, low) for name, (high, low) in fields.items()}


def _request(status: int) -> list[str]:
    return [words for words in choice(6, 4, _CODE_50000)(status) if bits_of(status, 11, 7) == 1]


def _channel(status: int) -> dict[str, Any]:
    """The channel's name on the board, where the error code is a memory controller's."""
    number = bits_of(status, 3, 0)
    return {"channel": CHANNELS[number]} if bits_of(status, 11, 7) == 1 and number < len(CHANNELS) else {}
