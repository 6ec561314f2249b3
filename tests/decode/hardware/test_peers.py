"""No code that mcelog (2026-01) or rasdaemon (0.8.4 and later) put into words is without words here.

Only the codes are listed, by processor, bank and place in MCi_STATUS: events-arch-x86/mce-*.c of rasdaemon, sapphire.c
and zhaoxin-kh*.c of mcelog. What the words say is test_models.py's and test_meaning.py's; where the peers are wrong is
told in docs/hardware-errors.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from kdump_agent.decode.hardware import smca_units

from .checks import check

UNCORRECTED = 1 << 63 | 1 << 61 | 1 << 60
MEMORY, BUS, INTERNAL = 0x0090, 0x0E0F, 0x0405

Codes = tuple[str, Iterable[int], int, int, Iterable[int]]
"""A processor, its banks, the error code, the lowest bit of the model's code, and the codes that a peer names."""


def codes(text: str) -> list[int]:
    """Read "0D 0E 20-25" as numbers."""
    ends = [piece.split("-") for piece in text.split()]
    return [code for end in ends for code in range(int(end[0], 16), int(end[-1], 16) + 1)]


def bits(first: int, last: int, *without: int) -> list[int]:
    """Return a code for each bit, counted from bit 16."""
    return [1 << (bit - 16) for bit in range(first, last + 1) if bit not in without]


SNB, IVB, HSW, BDX, BDE, SKX, ICX = "0:206d7", "0:306e4", "0:306f2", "0:406f1", "0:50663", "0:50654", "0:606a6"
SPR, EMR, GNR, SRF, CWF, DMR, KNL = "0:806f8", "0:c06f2", "0:a06d1", "0:a06f3", "0:d06d0", "0:400f10", "0:50671"
NHM, XEON_7500, XEON_7400, XEON_7100, CORE_2, P6, P4 = (
    "0:106a5", "0:206e6", "0:106d1", "0:f64", "0:6f6", "0:6b1", "0:f41",
)  # fmt: skip
KH_40000, KH_50000 = "10:507b0", "10:707b0"
PACKAGE = "0D 0E 0F 43 5C 60-64 70-72 7A 81"
HASWELL_PCU = "09 0D 0E 13 15 1E 25 29 2B 2C 39 44-49 4B-4F 52 53 57-59 60-64 67-6A 70-72 7C 7D 81"
ICE_LAKE_PCU = (
    "0D-11 14 1E 1F 2D 2E 3A 3B 3E 40 42-47 4A-4D 56 58-5D 60-7D 80 81 83 84 87-89 8B 90 A0 A1 B0"
)  # fmt: skip
QPI, UPI = "02 03 10-13 15 20-23 30 31", "00-02 10-13 1F-25 30 31"
DDRT = "800-827"
NAMED: list[Codes] = [
    (SNB, [4], 0x0402, 16, codes("1-9")), (SNB, [4], 0x0402, 24, codes(PACKAGE)),
    (SNB, range(8, 12), MEMORY, 16, bits(16, 22)),
    (IVB, [4], 0x0402, 16, codes("1-9")), (IVB, [4], 0x0402, 24, codes(f"{PACKAGE} 44 45 7B")),
    (IVB, range(9, 17), MEMORY, 16, bits(16, 24)),
    *((model, [4], code, 24, codes(HASWELL_PCU)) for model in (HSW, BDX) for code in (0x402, 0x403, 0x406, 0x407)),
    *((model, [5, 20, 21], BUS, 16, codes(QPI)) for model in (HSW, BDX)),
    (HSW, range(9, 17), MEMORY, 16, bits(16, 25)), (BDX, range(9, 17), MEMORY, 16, bits(16, 25, 23)),
    (BDE, [4], INTERNAL, 24,
     codes("09 13 15 1E 25 26 29 2B 2C 44 46 49 4B 4F 52 53 57-59 62 64 67 6A 72 81")),
    (BDE, [9, 10], MEMORY, 16, bits(16, 24)),
    (SKX, [4], INTERNAL, 24,
     codes("0D 0F 10 1E 1F 25 27 30 31 33 34 38 40-4E 51 52 58-5A 61 63-65 6B 81")),
    (SKX, [5, 12, 19], BUS, 16, codes(UPI)), (SKX, [7, 8], MEMORY, 16, bits(16, 23, 17)),
    (SKX, range(13, 19), MEMORY, 16, bits(16, 26)), (SKX, range(13, 19), MEMORY, 16, codes("800-80D")),
    (ICX, [4], INTERNAL, 24, codes(ICE_LAKE_PCU)), (ICX, [4], INTERNAL, 20, codes("4 5 9")),
    (ICX, [4], INTERNAL, 16, codes("1-7")), (ICX, [5, 7, 8], BUS, 16, codes(f"{UPI} 32")),
    (ICX, [5, 7, 8], BUS, 16, bits(22, 31)), (ICX, [12, 16, 20, 24], MEMORY, 16, bits(16, 23, 17)),
    (ICX, [13, 14, 15, 17, 18, 19, 21, 22, 23, 25, 26, 27], MEMORY, 16,
     codes(f"01-04 07 08 10 20 40 80 A0 C0 100 103 106-108 111 112 200 220 221 400 {DDRT}")),
    *((model, [4], INTERNAL, 24, codes(f"{ICE_LAKE_PCU} C0")) for model in (SPR, EMR)),
    *((model, [4], 0x040C, 16, codes("1-9")) for model in (SPR, EMR)),
    *((model, [5], BUS, 16, codes(f"{UPI} 15")) for model in (SPR, EMR)),
    *((model, [12, 29], MEMORY, 16, codes("01 02 03 05 07-0C")) for model in (SPR, EMR)),
    *((model, [*range(13, 21), 30, 31], MEMORY, 16,
       codes(f"01-04 07 08 10 20 40 80 A0 C0 100 108 200 400 {DDRT} 829-82E 1008 1010 1020 1040 1080 10A0"))
      for model in (SPR, EMR)),
    *((model, [5], BUS, 16, codes("00-02 10-18 1F-25 30 31")) for model in (GNR, SRF, CWF)),
    *((model, [6], INTERNAL, 16, codes("02 03 08-0B 10 20 80 A0 B0")) for model in (GNR, SRF, CWF)),
    *((model, [6], INTERNAL, 24, codes("09 0B 0C 10 1A 1D 23 35 36 40 41 48-4A 4C 56")) for model in (GNR, SRF, CWF)),
    *((model, [12], MEMORY, 16, codes("01-04 07-0A 0C 0D")) for model in (GNR, SRF, CWF)),
    *((model, range(13, 25), MEMORY, 16,
       codes("01-05 08 10 20 40 80 A0 B0 C0 100 102 104 106 108 109 200 400 832 833 2002-2005 2100 2102 2104 2106"))
      for model in (GNR, SRF, CWF)),
    (DMR, [4], 0x040B, 16, [0]), (DMR, [4], INTERNAL, 16,
     codes("1-9 816 823 825-829 830-839 840-842 845-848 C01-C05 1401 1402")),
    (DMR, [11], INTERNAL, 16, codes("02 03 08-0D 10 20 30 A0 B0")),
    (DMR, [11], INTERNAL, 24, codes("09-0D 23 35 36 4A 4C 58 63 6A 6F-71 7B 7C 7E 83")),
    (DMR, [18], BUS, 16, codes("00 08-0C 11-14 21 23-25 28-2D 30 31 200 203-207")),
    (DMR, range(19, 27), MEMORY, 16,
     codes("01 02 04 08 10 20 40 80 A0 B0 C0 102 104 106 108 109 200 240 400 813-815 832 834 836")),
    *((KNL, [5], code, 16, [0]) for code in (0x402, 0x403, 0x407)), (KNL, range(7, 17), MEMORY, 16, bits(16, 23)),
    (NHM, [1], BUS, 16, bits(16, 26, 20, 21)), (NHM, [8], MEMORY, 16, bits(16, 24, 20)),
    *((model, [5], 0x0001, 24, codes("03 08 0A 0D 11 1A")) for model in (NHM, XEON_7500)),
    (XEON_7400, [5], BUS, 16, bits(16, 22, 17, 18, 19)), (XEON_7100, [4], BUS, 16, bits(16, 27, 19)),
    (XEON_7400, [6], 0x0400, 16, codes("01-08 0A 0B 200 300 400 500 C002 C004 C008 E002 E004 E008")),
    (XEON_7100, [4], 0x0400, 16, codes("01-09 100 200 300 400 C001 C002 C004 E001 E002 E004")),
    (P4, [1], BUS, 16, bits(16, 23)),
    *((model, [5], BUS, 16, [1 << bit for bit in (12, 13, 14, 20, 22, 26, 27)]) for model in (CORE_2, P6)),
    (CORE_2, [5], BUS, 16, [1 << 15, 1 << 18, 1 << 21]), (P6, [5], BUS, 16, [1 << bit for bit in (19, 21, 28, 29, 30)]),
    *((model, [5], BUS, 19, codes("02-06 08 0A-10 12 14 18 19 1C-1E")) for model in (CORE_2, P6)),
    *((model, [5], BUS, 25, codes("1 2 4 5")) for model in (CORE_2, P6)),
    (KH_40000, [0], 0x0001, 24, codes("41-43")), (KH_40000, [1, 17], 0x0001, 24, codes("41-43")),
    (KH_40000, [4], INTERNAL, 24, codes("1-4")), (KH_40000, [5], BUS, 16, codes("1-C")),
    (KH_40000, [6], 0x0E0B, 16, codes("0-2")), (KH_40000, [9, 10], MEMORY, 16, codes("1-8")),
    (KH_50000, [0], 0x0001, 25, codes("2 3")), (KH_50000, [1], 0x0001, 24, codes("41-43")),
    (KH_50000, [17], 0x0001, 25, codes("21-23")), (KH_50000, [2, 6], 0x0E0B, 16, codes("0-2")),
    (KH_50000, [3, 5, 26], BUS, 16, codes("1-B E 10-17")), (KH_50000, [7], BUS, 25, codes("1-11")),
    (KH_50000, [4, 22, 27], INTERNAL, 24, codes("1-4")), (KH_50000, range(28, 32), 0x0001, 16, codes("1-6")),
    (KH_50000, [*range(9, 17), *range(18, 22)], MEMORY, 16, codes("1-10")),
]  # fmt: skip


def silent(processor: str, bank: int, code: int, low: int, numbers: Iterable[int]) -> Iterator[str]:
    """Yield each number that adds no word to what the bank says without it; 0 must have a word of its own."""
    without = check(UNCORRECTED | code, bank=bank, processor=processor).decoded.get("details")
    for number in numbers:
        told = check(UNCORRECTED | number << low | code, bank=bank, processor=processor).decoded.get("details")
        if not told or (number and told == without):
            yield f"{processor} bank {bank}: {number:#x} at bit {low} with {code:#x}"


def test_every_code_that_a_peer_names_has_words() -> None:
    found = [
        each
        for processor, banks, code, low, numbers in NAMED
        for bank in banks
        for each in silent(processor, bank, code, low, numbers)
    ]
    assert found == []


SCALABLE = {
    (0xB0, 0x00): 27, (0xB0, 0x10): 24, (0xB0, 0x01): 19, (0xB0, 0x02): 6, (0xB0, 0x03): 10, (0xB0, 0x05): 14,
    (0xB0, 0x06): 8, (0xB0, 0x07): 10, (0x2E, 0x00): 9, (0x2E, 0x01): 9, (0x2E, 0x02): 21, (0x2E, 0x04): 7,
    (0x96, 0x00): 17, (0x96, 0x01): 12, (0x05, 0x00): 1, (0xFF, 0x00): 1, (0xFF, 0x01): 24, (0x01, 0x00): 1,
    (0x01, 0x01): 63, (0x01, 0x02): 11, (0x01, 0x03): 50, (0x18, 0x00): 6, (0x46, 0x00): 5, (0x46, 0x01): 1,
    (0x50, 0x00): 29, (0x6C, 0x00): 4, (0x80, 0x00): 4, (0xA8, 0x00): 8, (0xAA, 0x00): 6, (0x170, 0x00): 32,
    (0x180, 0x00): 13, (0x241, 0x00): 32, (0x259, 0x00): 4, (0x267, 0x00): 4, (0x269, 0x00): 4,
}  # fmt: skip
"""How many extended error codes rasdaemon knows of each unit (HwID, McaType); some of them are reserved."""


@pytest.mark.parametrize(("unit", "count"), SCALABLE.items())
def test_every_unit_of_amd_that_a_peer_names_has_its_errors(unit: tuple[int, int], count: int) -> None:
    assert len(smca_units.UNITS[unit].errors) == count
