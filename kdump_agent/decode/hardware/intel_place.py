"""Where in the memory, or on the link, an Intel machine check was: what MCi_MISC adds to the address; data only.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes": the MISC tables of 06_1AH (Nehalem), 06_2DH, 06_3EH
and 06_3FH (failing ranks), 06_6AH (Ice Lake-SP), 06_8FH (Sapphire Rapids) and 06_ADH (Granite Rapids). 13_01H (Diamond
Rapids) is told as Intel's own patch to mcelog does, and so are the ranks of 06_55H, 06_56H and 06_57H.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .registers import bit
from .registers import field as bits_of

Piece = tuple[int, int, int]
"""Bits ``high:low`` of the register, shifted left by so many."""
TRANSIENT = 63


@dataclass(frozen=True)
class Place:
    """How one kind of bank tells a place."""

    fields: Mapping[str, tuple[Piece, ...]]
    ecc_modes: Mapping[int, str] = field(default_factory=dict)
    ecc_bits: tuple[int, int] = (62, 59)
    valid: Mapping[str, int] = field(default_factory=dict)
    """The bit of MISC without which a field means nothing."""
    told: int | None = None
    """The bit of STATUS without which all of it means nothing."""
    proprietary: range = range(0)
    """Model-specific codes (STATUS bits 31:16) with which MISC holds something else."""

    def read(self, status: int, misc: int) -> dict[str, Any]:
        """Return the place's parts by name; empty where the bank did not tell."""
        if bits_of(status, 31, 16) in self.proprietary or (self.told is not None and not bit(status, self.told)):
            return {}
        place: dict[str, Any] = {
            name: sum(bits_of(misc, high, low) << shift for high, low, shift in pieces)
            for name, pieces in self.fields.items()
            if name not in self.valid or bit(misc, self.valid[name])
        }
        if self.ecc_modes:
            place["ecc_mode"] = self.ecc_modes.get(bits_of(misc, *self.ecc_bits))
            place["transient"] = bit(misc, TRANSIENT)
            if place["transient"]:
                place.pop("device", None)
        return place


NEHALEM = Place({
    "dimm": ((17, 16, 0),), "channel": ((19, 18, 0),), "tracker": ((7, 0, 0),), "syndrome": ((63, 32, 0),),
})  # fmt: skip
QPI_NEHALEM = Place({
    "opcode": ((7, 0, 0),), "transaction": ((13, 8, 0),), "node": ((18, 16, 0),), "head": ((24, 24, 0),),
})  # fmt: skip
FAILING_RANKS = Place(
    {
        "rank": ((50, 46, 0),), "device_mask": ((29, 14, 0),),
        "second_rank": ((55, 51, 0),), "second_device_mask": ((45, 30, 0),),
    },
    valid={"rank": 62, "device_mask": 62, "second_rank": 63, "second_device_mask": 63},
)  # fmt: skip
ICE_LAKE = Place(
    {
        "rank": ((58, 56, 0),), "subrank": ((55, 52, 0),), "device": ((51, 46, 0),),
        "bank_group": ((41, 40, 0), (44, 44, 2)), "bank": ((43, 42, 0),), "row": ((39, 19, 0),),
        "column": ((18, 9, 2),),
    },
    ecc_modes={0: "SDDC, memory mode", 1: "SDDC", 4: "ADDDC, memory mode", 5: "ADDDC", 8: "DDR-T read"},
)  # fmt: skip
SAPPHIRE = Place(
    {
        "rank": ((58, 56, 0),), "subrank": ((55, 52, 0),), "device": ((48, 43, 0),),
        "bank_group": ((38, 37, 0), (41, 41, 2)), "bank": ((40, 39, 0),), "row": ((36, 19, 0),),
        "column": ((18, 9, 2),),
    },
    ecc_modes={
        0: "SDDC, 2LM", 1: "SDDC", 2: "SDDC+1, 2LM", 3: "SDDC+1", 4: "ADDDC, 2LM", 5: "ADDDC", 6: "ADDDC+1, 2LM",
        7: "ADDDC+1", 8: "DDR-T read",
    },
)  # fmt: skip
SAPPHIRE_HBM = Place(SAPPHIRE.fields, ecc_modes={1: "HBM read of 64 bytes", 9: "HBM read of 32 bytes"})
GRANITE = Place(
    {
        "chip_select": ((57, 55, 0),), "subrank": ((54, 51, 0),), "device": ((48, 43, 0),),
        "bank_group": ((41, 39, 0),), "bank": ((38, 37, 0),), "row": ((36, 19, 0),), "column": ((18, 9, 2),),
    },
    ecc_modes={
        1: "SDDC 128b, 1LM", 2: "SDDC 125b, 1LM", 3: "SDDC 96b, 1LM", 4: "SDDC 96b, 2LM", 5: "ADDDC 80b, 1LM",
        6: "ADDDC 80b, 2LM", 7: "ADDDC 64b, 1LM", 8: "9x4 61b, 1LM", 9: "9x4 32b, 1LM", 10: "9x4 32b, 2LM",
    },
    ecc_bits=(61, 58),
    told=33,
    proprietary=range(0x800, 0x830),
)  # fmt: skip
DIAMOND = Place(
    {
        **GRANITE.fields, "chip_select": ((56, 55, 0),), "subchannel": ((49, 49, 0),), "device": ((48, 44, 0),),
    },
    ecc_modes={
        1: "SDDC 128b, 1LM", 2: "SDDC 125b, 1LM", 3: "SDDC 125b, 2LM", 4: "ADDDC 80b, 1LM", 5: "ADDDC 80b, 2LM",
        9: "5x8 128b, 1LM", 10: "5x8 125b, 1LM", 11: "5x8 125b, 2LM",
    },
    ecc_bits=(61, 58),
    valid={"device": 42},
    told=33,
    proprietary=range(0x800, 0x10000),
)  # fmt: skip
