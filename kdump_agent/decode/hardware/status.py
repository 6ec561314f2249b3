"""The bits of the machine check registers, by name.

Intel SDM vol. 3B, chapter "Machine-Check Architecture": IA32_MCG_STATUS, IA32_MCi_STATUS, IA32_MCi_MISC (figure "UCR
Support in IA32_MCi_MISC"). AMD APM vol. 2, "Machine Check Architecture"; the BKDGs of families 0Fh to 16h for what
MC4_STATUS says of the L3 and of scrubbing; the PPR of family 17h for Scalable MCA. How bad it is: severity.py.
"""

from __future__ import annotations

from .processor import Processor
from .registers import bit, field

VAL, OVER, UC, EN, MISCV, ADDRV, PCC, S, AR = 63, 62, 61, 60, 59, 58, 57, 56, 55
TCC, SYNDV, CECC, UECC, DEFERRED, POISON, SCRUB = 55, 53, 46, 45, 44, 43, 40
NORTHBRIDGE = 4
RIPV, EIPV, MCIP, LMCE = 0, 1, 2, 3

MCG = ((RIPV, "RIPV"), (EIPV, "EIPV"), (MCIP, "MCIP"), (LMCE, "LMCE_S"))
COMMON = ((VAL, "VAL"), (OVER, "OVER"), (UC, "UC"), (EN, "EN"), (MISCV, "MISCV"), (ADDRV, "ADDRV"), (PCC, "PCC"))
INTEL = ((S, "S"), (AR, "AR"))
AMD_ECC = ((CECC, "CECC"), (UECC, "UECC"))
AMD_DEFERRED = ((DEFERRED, "DEFERRED"), (POISON, "POISON"))
AMD_SCALABLE = ((TCC, "TCC"), (SYNDV, "SYNDV"))
AMD_SCRUB = ((SCRUB, "SCRUB"),)

ADDRESS_MODES = ("segment offset", "linear", "physical", "memory", None, None, None, "generic")
THRESHOLDS = (None, "green", "yellow", None)


def names(value: int, table: tuple[tuple[int, str], ...]) -> list[str]:
    """Return the names of the bits that are set, in the order of the table."""
    return [name for number, name in table if bit(value, number)]


def flags(status: int, processor: Processor, bank: int | None = None) -> list[str]:
    """Return the names of the MCi_STATUS bits that are set, as this processor's maker means them in this bank."""
    own = (each for each in _own(processor) if each[1] != "POISON" or tells_poison(processor, bank))
    return names(status, (*COMMON, *own))


def tells_poison(processor: Processor, bank: int | None) -> bool:
    """Does bit 43 say that poison was met? In the northbridge of family 15h it is a part of the L3's number."""
    family = processor.family or 0x17
    return processor.amd and family >= 0x15 and (family, bank) != (0x15, NORTHBRIDGE)


def _own(processor: Processor) -> tuple[tuple[int, str], ...]:
    if not processor.amd:
        return INTEL
    if processor.scalable:
        return AMD_SCALABLE + AMD_ECC + AMD_DEFERRED + AMD_SCRUB
    return AMD_ECC + (AMD_DEFERRED if (processor.family or 0) >= 0x15 else ()) + AMD_SCRUB


def corrected_count(status: int, processor: Processor) -> int | None:
    """Return how many corrected errors the bank counted (bits 52:38), where there is such a counter (MCG_CMCI_P)."""
    return field(status, 52, 38) if processor.counts_corrected else None


def threshold(status: int, processor: Processor) -> str | None:
    """Return "green" or "yellow" (bits 54:53 of a corrected error): yellow cache errors came too often."""
    return None if processor.amd or bit(status, UC) else THRESHOLDS[field(status, 54, 53)]


def address_mode(misc: int) -> tuple[str | None, int]:
    """Return what kind of address ADDR holds, and its lowest valid bit (MISC bits 8:6 and 5:0)."""
    return ADDRESS_MODES[field(misc, 8, 6)], field(misc, 5, 0)
