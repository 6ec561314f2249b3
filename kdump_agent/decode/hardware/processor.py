"""Which processor it is, as far as reading its machine checks depends on it."""

from __future__ import annotations

from dataclasses import dataclass

VENDORS = {
    0: "intel", 1: "cyrix", 2: "amd", 3: "umc", 5: "centaur", 7: "transmeta", 8: "nsc", 9: "hygon", 10: "zhaoxin",
    11: "vortex",
}  # fmt: skip
"""X86_VENDOR_* of the kernel's arch/x86/include/asm/processor.h."""

# Intel's family 6 without software error recovery (MCG_SER_P): all before Nehalem-EX, the desktop's and the small ones.
_NO_RECOVERY = frozenset((*range(0x2C), 0x2C, 0x35, 0x36, 0x37, 0x3A, 0x3C, 0x3D, 0x45, 0x46, 0x47, 0x4A, 0x4C, 0x4D,
                          0x4E, 0x5A, 0x5C, 0x5D, 0x5E, 0x8E, 0x9E))  # fmt: skip
_FIRST_COUNTING = 0x1A
"""Nehalem: the first Intel model with a counter of corrected errors (MCG_CMCI_P)."""


@dataclass(frozen=True)
class Processor:
    """Who made it, and CPUID's family, model and stepping; None where the log does not tell."""

    vendor: str | None = None
    family: int | None = None
    model: int | None = None
    stepping: int | None = None

    @property
    def amd(self) -> bool:
        """Does it follow AMD's manual? Hygon's family 18h is AMD's 17h by licence."""
        return self.vendor in ("amd", "hygon")

    @property
    def scalable(self) -> bool:
        """Does it have AMD's Scalable MCA, family 17h on?"""
        return self.amd and (self.family or 0) >= 0x17

    @property
    def many_dies(self) -> bool:
        """May a socket hold several dies, each counting its channels from 0? Magny-Cours, Naples, and Hygon's."""
        model = self.model or 0
        return self.amd and (
            self.family == 0x18 or (self.family == 0x17 and model < 0x10) or (self.family == 0x10 and model >= 8)
        )

    @property
    def recovers(self) -> bool:
        """Does it tell software what to recover (bits S and AR)? Unknown ones are taken to."""
        return not self.amd and not (
            self.vendor == "intel" and (self.family == 0xF or (self.family == 6 and self.model in _NO_RECOVERY))
        )

    @property
    def counts_corrected(self) -> bool:
        """Does it count corrected errors in MCi_STATUS?"""
        if self.vendor != "intel":
            return self.vendor == "zhaoxin"
        return (self.family or 0) > 0xF or (self.family == 6 and (self.model or 0) >= _FIRST_COUNTING)


def cpuid(eax: int) -> tuple[int, int, int]:
    """Split CPUID leaf 1's EAX into family, model and stepping (SDM vol. 2A, CPUID, "Version Information")."""
    family, model = eax >> 8 & 0xF, eax >> 4 & 0xF
    if family == 0xF:
        family += eax >> 20 & 0xFF
    if family >= 6:
        model += (eax >> 16 & 0xF) << 4
    return family, model, eax & 0xF
