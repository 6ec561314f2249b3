"""What the banks of AMD's families 0Fh to 16h say: bank, class of the error code and extended error code; data only.

AMD BKDGs, "MCi_STATUS" and "Error Signatures": 26094 (0Fh), 31116 (10h), 41256 (11h), 41131 (12h), 43170 (14h), 42301
and 49125 (15h), 48751 and 52740 (16h). The extended code is bits 19:16; from family 15h on and in the northbridge
20:16.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

ANY = range(0x20)
K8, F10, F11, F12, F14, F15, F16 = 0x0F, 0x10, 0x11, 0x12, 0x14, 0x15, 0x16
OLD = frozenset((K8, F10, F11, F12))
CAT = frozenset((F14, F16))
ALL = OLD | CAT | {F15}
L2_BY_BUS_UNIT = OLD | {F14}


@dataclass(frozen=True)
class Bank:
    """One bank of these families."""

    unit: str
    part: str


@dataclass(frozen=True)
class Signature:
    """A rule: in these families and this bank, such an error code means such an error."""

    families: frozenset[int]
    bank: int
    kind: str
    """The class of the error code."""
    words: str
    codes: Collection[int] = ANY
    """Extended error codes."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What fields of the error code must be."""


BANKS = {
    0: Bank("data cache", "processor"), 1: Bank("instruction cache", "processor"), 2: Bank("bus unit", "processor"),
    3: Bank("load/store unit", "processor"), 4: Bank("northbridge", "processor"),
    5: Bank("reorder buffer", "processor"), 6: Bank("floating point unit", "processor"),
}  # fmt: skip
BANKS_F15 = {**BANKS, 2: Bank("combined unit (L2)", "processor"), 5: Bank("execution unit", "processor")}
BANKS_F16 = {**BANKS, 2: Bank("L2 cache", "processor")}


def _each(families: frozenset[int], bank: int, kind: str, words: Mapping[int, str]) -> list[Signature]:
    return [Signature(families, bank, kind, text, (code,)) for code, text in words.items()]


_F15, _F16 = frozenset((F15,)), frozenset((F16,))

_DATA_CACHE = [
    Signature(ALL, 0, "tlb", "data TLB parity error", (0,), {"transaction": "data"}),
    Signature(ALL, 0, "tlb", "locked miss in the data TLB", (2,), {"transaction": "data"}),
    Signature(ALL, 0, "tlb", "several matches in the data TLB", ANY, {"transaction": "data"}),
    Signature(frozenset((K8,)), 0, "bus", "error while a line was filled from the system"),
    Signature(frozenset((K8, F10)), 0, "cache", "error found by a data scrub", ANY, {"request": "ERR", "level": "L1"}),
    Signature(OLD, 0, "cache", "error while a line was filled from the L2", ANY, {"level": "L2"}),
    Signature(OLD, 0, "cache", "data or tag error", ANY, {"level": "L1"}),
    Signature(CAT, 0, "cache", "data or tag parity error on a load or prefetch", ANY,
              {"transaction": "data", "level": "L1", "request": "DRD"}),
    Signature(CAT, 0, "cache", "data or tag parity error on a store", ANY,
              {"transaction": "data", "level": "L1", "request": "DWR"}),
    Signature(CAT, 0, "cache", "copyback parity error on a tag miss", ANY,
              {"transaction": "data", "level": "L1", "request": "EVICT"}),
    Signature(CAT, 0, "cache", "tag parity error during a snoop", ANY,
              {"transaction": "data", "level": "L1", "request": "SNOOP"}),
    Signature(CAT, 0, "bus", "system read data error on a TLB reload", ANY, {"level": "LG", "request": "RD"}),
    Signature(CAT, 0, "bus", "system read data error on a store", ANY, {"level": "LG", "request": "DWR"}),
    Signature(CAT, 0, "bus", "system read data error on a load", ANY, {"level": "LG", "request": "DRD"}),
    *_each(_F15, 0, "cache", {
        0x00: "data array error", 0x01: "uncorrectable error while a line was filled from the L2 or northbridge",
        0x02: "store queue error", 0x03: "store coalescing buffer error", 0x10: "tag error", 0x11: "store queue error",
        0x12: "load queue error",
    }),
    *_each(_F15, 0, "bus", {
        0x00: "error while a line was filled from the system", 0x01: "internal livelock",
        **dict.fromkeys(range(0x02, 0x20), "internal deadlock"),
    }),
]  # fmt: skip
_INSTRUCTION_CACHE = [
    Signature(ALL, 1, "tlb", "instruction TLB parity error", (0,)),
    Signature(ALL, 1, "tlb", "several matches in the instruction TLB"),
    Signature(frozenset((K8,)), 1, "bus", "error while a line was filled from the system"),
    Signature(ALL - {K8}, 1, "bus", "error in data read from the northbridge"),
    Signature(OLD, 1, "cache", "error while a line was filled from the L2", ANY, {"level": "L2"}),
    Signature(OLD, 1, "cache", "parity error while data was loaded", ANY, {"level": "L1", "request": "IRD"}),
    Signature(OLD, 1, "cache", "copyback parity error on a victim", ANY, {"level": "L1", "request": "EVICT"}),
    Signature(OLD, 1, "cache", "tag error on a snoop", ANY, {"level": "L1", "request": "SNOOP"}),
    Signature(CAT, 1, "cache", "data or tag array parity error on a tag hit", ANY,
              {"transaction": "instruction", "level": "L1", "request": "IRD"}),
    Signature(CAT, 1, "cache", "tag error during a snoop or victimization", ANY,
              {"transaction": "instruction", "level": "L1", "request": "SNOOP"}),
    Signature(_F16, 1, "cache", "tag parity error on a victim", (0,), {"transaction": "instruction", "level": "L1"}),
    Signature(_F16, 1, "cache", "microcode patch RAM parity error", (2,),
              {"transaction": "instruction", "level": "L1"}),
    *_each(_F15, 1, "cache", {
        0x00: "uncorrectable error on a demand fill from the L2", 0x01: "parity error while data was loaded",
        0x02: "valid bit parity error", 0x03: "main tag parity error", 0x04: "prediction queue parity error",
        0x05: "prefetch buffer data or address parity error", 0x06: "branch status register parity error",
        0x07: "prefetch buffer promotion address error", 0x08: "tag error during a probe or victimization",
        0x09: "probe tag valid bit parity error", 0x0A: "prefetch buffer non-cacheable bit parity error",
        0x0D: "prefetch buffer valid bit parity error", 0x10: "decoder patch RAM parity error",
        0x11: "decoder micro-op queue parity error", 0x12: "decoder instruction buffer parity error",
        0x13: "decoder predecode buffer parity error", 0x14: "decoder fetch address FIFO parity error",
        0x15: "decoder dispatch micro-op queue parity error",
    }),
]  # fmt: skip
_BUS_UNIT = [
    *(Signature(L2_BY_BUS_UNIT, 2, kind, "error in the write data buffers", (1,)) for kind in ("tlb", "bus", "cache")),
    *(Signature(L2_BY_BUS_UNIT, 2, kind, "error in the victim data buffers", (3,)) for kind in ("tlb", "bus", "cache")),
    Signature(L2_BY_BUS_UNIT, 2, "cache", "L2 tag error", (2,)),
    Signature(L2_BY_BUS_UNIT, 2, "tlb", "error in a page descriptor cache or guest TLB", (0,)),
    Signature(L2_BY_BUS_UNIT, 2, "bus", "parity or ECC error in data read from the northbridge", (0,)),
    Signature(L2_BY_BUS_UNIT, 2, "cache", "error while data was copied back", (0,), {"request": "EVICT"}),
    Signature(L2_BY_BUS_UNIT, 2, "cache", "error while data was copied back", (0,), {"request": "SNOOP"}),
    Signature(L2_BY_BUS_UNIT, 2, "cache", "parity or ECC error in data from the L2", (0,), {"request": "ERR"}),
    Signature(L2_BY_BUS_UNIT, 2, "cache", "parity or ECC error in data from the L2", (0,), {"request": "RD"}),
    *_each(_F15, 2, "tlb", {0x00: "TLB read data parity error", 0x01: "poisoned data for a TLB fill"}),
    *_each(_F15, 2, "bus", {**dict.fromkeys(range(0x03), "error in data read from the northbridge")}),
    *_each(_F15, 2, "cache", {
        0x04: "fill ECC error on data fills", 0x05: "fill parity error on instruction fills",
        0x06: "prefetcher request FIFO parity error", 0x07: "page reload queue address parity error",
        0x08: "page reload queue data parity error", 0x09: "write coalescing cache tag ECC error",
        0x0A: "write coalescing cache data ECC error", 0x0B: "write combining buffer data parity error",
        0x0C: "victim buffer data or ECC error", 0x10: "L2 tag ECC error", 0x11: "hard L2 tag ECC error",
        0x12: "several hits on an L2 tag", 0x13: "XAB parity error", 0x14: "probe buffer address parity error",
    }),
    Signature(_F16, 2, "cache", "instruction buffer (IBUFF) parity error", (0x04, 0x05), {"request": "RD"}),
    *_each(_F16, 2, "cache", {
        **dict.fromkeys(range(0x04, 0x06), "output buffer (OBUFF) parity error"),
        **dict.fromkeys((*range(0x09, 0x0C), *range(0x0D, 0x10)), "ECC error in an L2 tag"),
        **dict.fromkeys((*range(0x10, 0x1A), 0x1B), "ECC error in the L2 data array"),
        **dict.fromkeys((0x1C, 0x1D, 0x1F), "parity error in the L2 attribute bits"),
    }),
]  # fmt: skip
_LOAD_STORE = [
    Signature(OLD, 3, "bus", "error while data was loaded", (0,), {"request": "DRD"}),
    Signature(OLD, 3, "bus", "error while data was stored", (0,), {"request": "DWR"}),
]
_EXECUTION = {
    0x00: "watchdog expired: no instruction finished for too long", 0x01: "wakeup array destination tag parity error",
    0x02: "address generator payload array parity error", 0x03: "EX payload array parity error",
    0x04: "immediate displacement register file parity error", 0x05: "retire dispatch queue parity error",
    0x06: "mapper checkpoint array parity error", 0x07: "physical register file EX0 port parity error",
    0x08: "physical register file EX1 port parity error", 0x09: "physical register file AG0 port parity error",
    0x0A: "physical register file AG1 port parity error", 0x0B: "flag register file parity error",
    0x0C: "a correctable DE error could not be corrected", 0x0D: "retire status queue parity error",
}  # fmt: skip

SIGNATURES = (*_DATA_CACHE, *_INSTRUCTION_CACHE, *_BUS_UNIT, *_LOAD_STORE)
"""The first that fits is the one."""
_WATCHDOG = {0x00: _EXECUTION[0x00]}
EXECUTION = {F10: _WATCHDOG, F12: _WATCHDOG, F14: _WATCHDOG, F15: _EXECUTION, F16: _WATCHDOG}
FLOATING_POINT = {
    0x00: "hardware assertion", 0x01: "free list parity error", 0x02: "physical register file parity error",
    0x03: "retire queue parity error",
    0x04: "scheduler table parity error", 0x05: "status register file parity error", 0x06: "hardware assertion",
}  # fmt: skip
NORTHBRIDGE = {
    0x00: ("DRAM ECC error", "memory"), 0x01: ("CRC error on a HyperTransport link", "interconnect"),
    0x02: ("sync packets on a HyperTransport link", "interconnect"),
    0x03: ("master abort: a request to no device", "io"), 0x04: ("target abort: a device refused a request", "io"),
    0x05: ("invalid entry in a GART table walk", "io"), 0x06: ("unsupported atomic request from an I/O link", "io"),
    0x07: ("watchdog expired: a request was never answered", "io"), 0x08: ("DRAM ECC error (Chipkill)", "memory"),
    0x09: ("a device broke the DMA exclusion vector", "io"), 0x0A: ("HyperTransport link data error", "interconnect"),
    0x0B: ("protocol error: link, L3 or probe filter", "interconnect"),
    0x0C: ("parity error in an array of the northbridge", "processor"),
    0x0D: ("parity error on the DRAM's address or command lines", "memory"),
    0x0E: ("an I/O link had to retry", "interconnect"), 0x19: ("compute unit data error", "processor"),
    0x1C: ("L3 data ECC error", "processor"), 0x1D: ("L3 tag ECC error", "processor"),
    0x1E: ("L3 LRU parity error", "processor"), 0x1F: ("probe filter ECC error", "processor"),
}  # fmt: skip
NORTHBRIDGE_WALKS = {
    "tlb": ("data error in a GART table walk", "io"), "bus": ("data error in a DMA exclusion vector walk", "io"),
}  # fmt: skip
"""Extended code 0Fh, by the class of the error code."""
CHIPKILL, DRAM_ECC = 0x08, 0x00
L3_CODES = (0x1C, 0x1D, 0x1E)
"""Extended codes with which bits 43:42 name the part of the L3."""
LINK_CODES = (0x01, 0x02, 0x03, 0x04, 0x06, 0x0A, 0x0E)
"""Extended codes with which bits 39:36 name the link."""
