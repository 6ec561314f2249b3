"""Read a machine check of AMD's Scalable MCA (families 17h, 18h, 19h, 1Ah): unit, error, and where in the memory.

AMD PPRs, "MCA_IPID", "MCA_SYND" and "MCA_STATUS"; the units and their errors are in smca_units.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .processor import Processor
from .registers import bit, field
from .smca_units import (
    MEMORY_CONTROLLER,
    MEMORY_CONTROLLER_2,
    MEMORY_CONTROLLER_HBM,
    STATION,
    STATION_1384,
    UNITS,
    Unit,
)

RENUMBERED = {0x19: (range(0x10, 0x20), range(0x60, 0x7C), range(0xA0, 0xB0)), 0x1A: (range(0x40, 0x50),)}
"""Models by family that renumber the coherent station's errors (erratum 1384)."""
ACCELERATORS = {0x19: (range(0x90, 0xA0),)}
"""Models by family whose memory controllers drive HBM (MI300A)."""
FIRST_LSB_IN_STATUS = 0x19
"""The first family whose MCA_STATUS tells the lowest valid bit of the address."""
DRAM_ECC = 0
NAMELESS = "error {:#x}, which the manuals do not name"
PADDRV, PHYSICAL, NORMALIZED = 54, "physical", "normalized"
"""A memory controller's address: its own, counted within what it holds (PPR, "MCA_ADDR_UMC"), not a physical one,
unless bit 54 says so (MCI_STATUS_PADDRV of the kernel's mce.h)."""
CORE_VALID = 56
"""ErrCoreIdVal: bits 37:32 tell which core's request it was."""


CORE = {0: 0x10, 1: 0x01, 2: 0x02, 3: 0x03, 5: 0x05, 6: 0x06}
"""McaType by bank, for a core's banks in every PPR so far: what is left to go by where a guest's log has no IPID."""
CORE_HARDWARE, OLD_LOAD_STORE = 0xB0, 0x00
FIRST_NEW_LOAD_STORE, OLD_AGAIN = (0x17, 0x30), 0x1A
"""The models between which the load/store unit is of the second type: Zen 5's tell the first again."""


def explain(processor: Processor, bank: int, status: int, ipid: int | None, synd: int | None) -> dict[str, Any]:
    """Return unit, part, text, extended code, the memory's place and the address's lowest bit, as far as told."""
    extended = field(status, 21, 16)
    told: dict[str, Any] = {"extended_code": extended}
    if bit(status, CORE_VALID):
        told["core"] = field(status, 37, 32)
    if (processor.family or 0) >= FIRST_LSB_IN_STATUS:
        told["address_lsb"] = field(status, 29, 24)
    if ipid is None:
        unit = _core_unit(processor, bank)
        if unit is None:
            return told
        details = _error(unit, extended) if field(status, 15, 0) else []  # a hypervisor's own error has no code
        return {**told, "unit": unit.name, "part": unit.part, "details": details}
    hardware, kind = field(ipid, 43, 32), field(ipid, 63, 48)
    told["hardware_id"], told["mca_type"] = f"{hardware:#x}", f"{kind:#x}"
    unit = _unit(processor, hardware, kind)
    if unit is None:
        return {**told, "unit": f"unknown unit {hardware:#x}/{kind:#x}"}
    told.update(
        unit=unit.name, part=unit.parts.get(extended, unit.part),
        details=_error(unit, extended) or [NAMELESS.format(extended)],
    )  # fmt: skip
    if place := _place(unit, extended, ipid, synd):
        told["memory"] = place
    if unit is MEMORY_CONTROLLER:
        told["address_mode"] = PHYSICAL if bit(status, PADDRV) else NORMALIZED
    return told


def _core_unit(processor: Processor, bank: int) -> Unit | None:
    kind = CORE.get(bank)
    family = processor.family or 0
    if bank == 0 and (family >= OLD_AGAIN or (family, processor.model or 0) < FIRST_NEW_LOAD_STORE):
        kind = OLD_LOAD_STORE
    return None if kind is None else UNITS[CORE_HARDWARE, kind]


def _unit(processor: Processor, hardware: int, kind: int) -> Unit | None:
    unit = UNITS.get((hardware, kind))
    if unit is STATION and _among(processor, RENUMBERED):
        return STATION_1384
    if unit is MEMORY_CONTROLLER and _among(processor, ACCELERATORS):
        return MEMORY_CONTROLLER_HBM
    return unit


def _among(processor: Processor, models: Mapping[int, tuple[range, ...]]) -> bool:
    return any(processor.model in some for some in models.get(processor.family or 0, ()))


def _error(unit: Unit, extended: int) -> list[str]:
    return [unit.errors[extended]] if extended < len(unit.errors) and unit.errors[extended] else []


def _place(unit: Unit, extended: int, ipid: int, synd: int | None) -> dict[str, Any]:
    """The channel is in the IPID's instance, the chip select of an ECC error in the syndrome.

    A memory controller of the second type belongs to an accelerator with HBM: its PHY counts as the chip select.
    """
    instance = field(ipid, 31, 20)
    if unit is MEMORY_CONTROLLER:
        place = {"channel": instance}
        if extended == DRAM_ECC and synd is not None:
            place["chip_select"] = field(synd, 2, 0)
        return place
    if unit is MEMORY_CONTROLLER_HBM:
        return {"die": field(ipid, 47, 44) // 4}
    if unit is MEMORY_CONTROLLER_2:
        return {"channel": field(ipid, 15, 12) + 4 * (instance % 2), "chip_select": instance // 2}
    return {}
