"""The bits of the machine check registers.

Intel SDM vol. 3B, 15.3.1.2 (IA32_MCG_STATUS), 15.3.2.2 (IA32_MCi_STATUS), 15.3.2.4 (IA32_MCi_MISC); AMD APM vol. 2,
9.3.2 (MCi_STATUS), and the PPR of family 17h, "MCA_STATUS".
"""

from __future__ import annotations

MCG = ((0, "RIPV"), (1, "EIPV"), (2, "MCIP"), (3, "LMCE_S"))
COMMON = ((63, "VAL"), (62, "OVER"), (61, "UC"), (60, "EN"), (59, "MISCV"), (58, "ADDRV"), (57, "PCC"))
INTEL = ((56, "S"), (55, "AR"))
AMD = ((55, "TCC"), (53, "SYNDV"), (46, "CECC"), (45, "UECC"), (44, "DEFERRED"), (43, "POISON"))
ADDRESS_MODES = ("segment offset", "linear", "physical", "memory", None, None, None, "generic")


def bit(value: int, number: int) -> bool:
    """Is bit ``number`` of a register set?"""
    return bool(value >> number & 1)


def names(value: int, table: tuple[tuple[int, str], ...]) -> list[str]:
    """Return the names of the bits that are set, in the order of the table."""
    return [name for number, name in table if bit(value, number)]


def flags(status: int, vendor: str | None) -> list[str]:
    """Return the names of the status bits that are set, of this vendor's meaning."""
    return names(status, COMMON + (INTEL if vendor == "intel" else AMD if vendor in ("amd", "hygon") else ()))


def severity(status: int, mcg: int | None, vendor: str | None) -> str:
    """Return "fatal", "SRAR", "SRAO", "UCNA", "deferred" or "corrected".

    SDM vol. 3B, table 15-6 (overwrite rules) and 15.6.3 (error classes by UC, PCC, S, AR); AMD: UC, PCC, DEFERRED, TCC.
    """
    if not bit(status, 61):
        return "deferred" if vendor in ("amd", "hygon") and bit(status, 44) else "corrected"
    if bit(status, 57):
        return "fatal"
    if vendor != "intel":
        return "fatal" if bit(status, 55) or (mcg is not None and not bit(mcg, 0)) else "uncorrected"
    return {(True, True): "SRAR", (True, False): "SRAO"}.get((bit(status, 56), bit(status, 55)), "UCNA")


def address_mode(misc: int) -> tuple[str | None, int]:
    """Return what kind of address ADDR holds, and its lowest valid bit (MISC bits 8:6 and 5:0)."""
    return ADDRESS_MODES[misc >> 6 & 7], misc & 0x3F
