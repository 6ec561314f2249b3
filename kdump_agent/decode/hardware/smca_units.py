"""The units of AMD's Scalable MCA and their extended error codes; data only.

AMD Processor Programming References, "MCA Banks": 54945 and 55570 (family 17h), 55898, 55901 and 56713 (family 19h),
57238 (family 1Ah): a bank's IPID tells its HwID and McaType, and MCA_STATUS bits 21:16 number the error within it.
Genoa's revision guide, erratum 1384, renumbers the errors of the coherent station. The error names are the manuals'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Unit:
    """One kind of hardware that reports errors."""

    name: str
    part: str
    """What a technician looks at."""
    errors: tuple[str, ...]
    """By extended error code; empty where the manual reserves it."""
    parts: Mapping[int, str] = field(default_factory=dict)
    """By extended error code, where it is another part that a technician looks at."""


_SRAM = "ECC or parity error"
_LOAD_STORE_1 = (
    "load queue parity", "store queue parity", "miss address buffer payload parity", "L1 data TLB parity",
    "data cache tag error type 5", "data cache tag error type 6", "data cache tag error type 1",
    "internal error type 1", "internal error type 2", "system read data error, thread 0",
    "system read data error, thread 1", "data cache tag error type 2",
    "data cache data error type 1: poison was consumed", "data cache data error type 2", "data cache data error type 3",
    "data cache tag error type 4", "L2 data TLB parity", "page directory cache parity", "data cache tag error type 3",
    "data cache tag error type 5", "L2 fill data error", "store coalescing buffer state or address error",
    "store coalescing buffer data error, commit pipe 0", "store coalescing buffer data error, commit pipe 1",
    "store coalescing buffer data error of non-cacheable DRAM or I/O",
    "system read data error seen by the write combining buffer", "hardware assertion",
)  # fmt: skip
_LOAD_STORE_2 = (
    "data cache ECC error on a probe or victimization", "data cache ECC error or L2 poison on a load",
    "data cache ECC error on a store", "tag ECC error or poison mismatch on a probe or victimization",
    "tag ECC error or poison mismatch on a load", "tag ECC error or poison mismatch on a store",
    "EMEM ECC error on a load", "EMEM ECC error on a store", "L1 TLB parity", "L2 TLB parity",
    "page walk cache parity", "store queue parity", "load queue parity", "miss address buffer parity",
    "store coalescing buffer state parity", "store coalescing buffer address parity",
    "store coalescing buffer data parity", "write combining buffer parity",
    "poisoned line in the store coalescing buffer", "system read data error on a load",
    "system read data error on a store", "system read data error on a write combining store", "hardware assertion",
    "store to load forwarding or store data parity",
)  # fmt: skip
_FETCH = (
    "microtag probe port parity", "microtag or full tag hit several ways", "full tag parity", "data array parity",
    "physical request queue parity", "L0 instruction TLB parity", "L1 instruction TLB parity",
    "L2 instruction TLB parity", "branch queue snoop parity, thread 0", "branch queue snoop parity, thread 1",
    "L1 branch target buffer hit several entries", "L2 branch target buffer hit several entries",
    "poison in the L2's response", "system read data error", "hardware assertion",
    "L1 instruction TLB hit several entries", "L2 instruction TLB hit several entries", "BSR parity", "CT error",
)  # fmt: skip
_L2 = (
    "tag hit several ways", "tag or state array ECC error", "data array ECC error", "hardware assertion",
    "SDP read response parity", "error from a programmable state machine",
)  # fmt: skip
_DECODE = (
    "micro-op cache tag parity", "micro-op cache data parity", "instruction byte buffer parity",
    "micro-op queue parity", "instruction dispatch queue parity", "fetch address FIFO parity",
    "patch RAM data parity", "patch RAM sequencer parity", "micro-op fetch queue parity", "hardware assertion",
)  # fmt: skip
_EXECUTION = (
    "watchdog expired: no instruction finished for too long", "physical register file parity",
    "flag register file parity", "immediate displacement register file parity", "address generator payload parity",
    "execution payload parity", "checkpoint queue parity", "retire dispatch queue parity",
    "retire status queue parity", "scheduler queue parity", "branch buffer queue parity", "hardware assertion",
    "speculative map parity", "retire map parity",
)  # fmt: skip
_FLOATING_POINT = (
    "physical register file parity", "free list parity", "schedule queue parity", "non-schedulable queue parity",
    "retire queue parity", "status register file parity", "hardware assertion", "mask register file parity",
)  # fmt: skip
_L3 = (
    "shadow tag ECC error", "shadow tag hit several ways", "tag ECC error", "tag hit several ways", "data ECC error",
    "SDP parity error from the XI", "victim queue data fabric error", "hardware assertion",
    "XI write combining buffer parity: poison was made", "error made by a debug action (DSM)",
)  # fmt: skip
_STATION = (
    "illegal request", "address violation", "security violation", "illegal response", "unexpected response",
    "request or probe parity", "read response parity", "atomic request parity",
)  # fmt: skip
_STATION_1 = (*_STATION, "probe filter ECC error")
_NO_DATA = (
    "illegal request on the no-data channel", "address violation on the no-data channel",
    "security violation on the no-data channel", "hardware assertion",
)  # fmt: skip
_STATION_2 = (
    *_STATION, "read response matched no request", "probe filter protocol error", "probe filter ECC error",
    "unexpected retry of a read response", "counter overflow", "counter underflow", *_NO_DATA,
    "shadow tag protocol error", "shadow tag ECC error", "shadow tag transaction error",
)  # fmt: skip
_STATION_1384 = (
    *_STATION, "read response matched no request", "unexpected retry of a read response", "counter overflow",
    "counter underflow", "probe filter protocol error", "probe filter ECC error", *_NO_DATA,
)  # fmt: skip
_FABRIC = (
    "hardware assertion", "register security violation", "link error", "poison was consumed",
    "deferred error in the data fabric", "watchdog expired", "SRAM ECC error in the CNLI",
    "register access during a fabric C-state", "debug action (DSM) error",
)  # fmt: skip
_MEMORY = (
    "DRAM ECC error", "data poison error", "SDP parity error", "APB error", "address or command parity error",
    "write data CRC error", "DCQ SRAM ECC error", "AES SRAM ECC error", "ECS row error", "ECS error",
    "throttling error", "read CRC error", "", "", "", "", "RFM SRAM ECC error",
)  # fmt: skip
_MEMORY_HBM = (
    "DRAM on-die ECC error", "data poison error", "SDP parity error", "", "address or command parity error",
    "HBM write data parity error", "consolidated SRAM ECC error", "", "", "read buffer SRAM ECC error",
    "thermal throttling", "HBM read data parity error", "", "firmware error", "SRAM parity error", "HBM CRC error",
)  # fmt: skip
_MEMORY_2 = (
    "DRAM ECC error", "data poison error", "SDP parity error", "", "address or command parity error",
    "write data parity error", "DCQ SRAM ECC error", "", "read data parity error", "read buffer SRAM ECC error",
    "read response SRAM ECC error", "LM32 MP error",
)  # fmt: skip
_MEMORY_CACHE = (
    "counter overflow", "counter underflow", "write data parity", "read response parity", "tag ECC error, macro 0",
    "tag ECC error, macro 1", "data ECC error",
)  # fmt: skip
_SECURITY_2 = (
    f"high SRAM {_SRAM}", f"low SRAM {_SRAM}", f"instruction cache bank 0 {_SRAM}",
    f"instruction cache bank 1 {_SRAM}", "instruction tag RAM 0 parity", "instruction tag RAM 1 parity",
    *(f"data cache bank {bank} {_SRAM}" for bank in range(4)), *(f"data tag bank {bank} parity" for bank in range(4)),
    "dirty data RAM parity", "TLB bank 0 parity", "TLB bank 1 parity", f"system hub read buffer {_SRAM}",
    f"fuse SRAM {_SRAM}", f"PCRU fuse SRAM {_SRAM}", "SIB SRAM parity", "mpASP SECEMC error", "mpASP A5 hang",
    "SIB watchdog expired",
)  # fmt: skip
_CACHES = (
    *(f"{kind} cache bank {bank} {_SRAM}" for kind in ("data", "data tag") for bank in "AB"),
    *(f"{kind} cache bank {bank} {_SRAM}" for kind in ("instruction", "instruction tag") for bank in "AB"),
)
_MANAGEMENT = (f"high SRAM {_SRAM}", f"low SRAM {_SRAM}", *_CACHES)
_MANAGEMENT_2 = (
    *_MANAGEMENT, f"system hub read buffer {_SRAM}", "PHY RAS ECC error", *("",) * 46,
    "correctable error from a graphics unit", "fatal error from a graphics unit", "", "",
    "poison error from a graphics unit",
)  # fmt: skip
_DMA = (
    *(f"main SRAM {banks} {_SRAM}" for banks in ("31:0", "63:32", "95:64", "127:96")), *_CACHES, *_CACHES, *_CACHES,
    f"system hub read buffer {_SRAM}", f"TVF DVSEC memory {_SRAM}", f"TVF MMIO mailbox 0 {_SRAM}",
    f"TVF MMIO mailbox 1 {_SRAM}", f"TVF doorbell memory {_SRAM}",
    *(f"TVF SDP target memory {memory} {_SRAM}" for memory in range(3)),
    *(f"TVF SDP initiator memory {memory} {_SRAM}" for memory in range(7)), "SDP watchdog expired",
    f"PTE command FIFO {_SRAM}", f"PTE hub data FIFO {_SRAM}", f"PTE internal data FIFO {_SRAM}",
    f"PTE command memory DMA {_SRAM}", f"PTE command memory internal {_SRAM}", f"TVF SDP initiator memory 7 {_SRAM}",
)  # fmt: skip
_NORTHBRIDGE_IO = (
    _SRAM, "PCIe error", "external SDP error event", "SDP egress poison", "internal poison", "internal fatal error",
)  # fmt: skip
_PCIE = (
    "CCIX PER message", "CCIX read response with a non-data error", "CCIX write response with a non-data error",
    "CCIX read response with a data error", "CCIX write response with a data error",
)  # fmt: skip
_LINK_TAIL = (
    "flow control initialization time-out", "recovery time-out", "ready serial time-out", "ready serial attempts",
    "recovery attempts", "recovery relock attempts",
)  # fmt: skip
_XGMI = (
    "data loss", "training error", "flow control acknowledge error", "receive FIFO underflow",
    "receive FIFO overflow", "CRC error", "bit error rate exceeded", "transmit VCID data error",
    "replay buffer parity", "data parity", "replay FIFO overflow", "replay FIFO underflow", "elastic FIFO overflow",
    "deskew error", "flow control CRC error", "data startup limit", *_LINK_TAIL, "replay attempts",
    "sync header error", "transmit replay time-out", "receive replay time-out", "sublink transmit time-out",
    "sublink receive time-out", "receive command packet error",
)  # fmt: skip
_GMI = (
    "data loss", "training error", "replay parity", "receive FIFO underflow", "receive FIFO overflow", "CRC error",
    "bit error rate exceeded", "transmit FIFO underflow", "replay buffer parity", "transmit overflow",
    "replay FIFO overflow", "replay FIFO underflow", "elastic FIFO overflow", "deskew error", "offline error",
    "data startup limit", *_LINK_TAIL, "deskew abort", "receive buffer error", "receive LFDS FIFO overflow",
    "receive LFDS FIFO underflow", "sublink transmit time-out", "sublink receive time-out",
    "receive command packet error", "LFDS training time-out", "LFDS flow control initialization time-out", "data loss",
)  # fmt: skip
_PHY = ("RAM ECC error", "ARC instruction buffer parity", "ARC data buffer parity", "PHY APB error")
_NBIF = ("time-out from the GMI", "SRAM ECC error", "NTB error event", "SDP parity")
_SATA = tuple(f"parity error of port {port}" for port in range(8))
_USB = (
    *(f"S0 RAM{ram} {_SRAM}" for ram in range(3)), "PHY RAM0 parity", "PHY RAM1 parity", "AXI response error",
)  # fmt: skip
_USR_DATA = (
    "initiator command error", "initiator receive FIFO error", "initiator deskew error", "initiator detect time-out",
    "initiator flow control error", "initiator data valid FIFO error", "MAC link state error", "deskew error",
    "initialization time-out", "initialization attempts", "recovery time-out", "recovery attempts",
    "eye training time-out", "data startup limit", "LS0 exit error", "PLL power state time-out", "receive FIFO error",
    "LCU error", "converter corrected ECC error", "converter uncorrected ECC error", "", "receive data loss",
    "replay corrected ECC error", "replay uncorrected ECC error", "CRC error", "bit error rate exceeded",
    "flow control initialization time-out", "flow control initialization attempts", "replay time-out",
    "replay attempts", "replay underflow", "replay overflow",
)  # fmt: skip
_USR_CONTROL = (
    "packet type error", "receive FIFO error", "deskew error", "receive detect time-out", "data parity", "data loss",
    "LCU error", "HB1 handshake time-out", "HB2 handshake time-out", "clock sleep response time-out",
    "clock wake response time-out", "reset attack", "fatal error of the remote link",
)  # fmt: skip

_AT_THE_DRAM = {
    **dict.fromkeys((0, 4, 5, 8, 9, 11), "memory"), **dict.fromkeys((2, 3, 6, 7, 16), "processor"),
}  # fmt: skip
"""A DIMM is behind ECC, ECS, command and CRC errors only: the controller's own arrays and buses fail as well."""
MEMORY_CONTROLLER = Unit("unified memory controller", "unknown", _MEMORY, _AT_THE_DRAM)
MEMORY_CONTROLLER_HBM = Unit("unified memory controller of the HBM", "memory", _MEMORY_HBM)
MEMORY_CONTROLLER_2 = Unit("unified memory controller of the HBM", "memory", _MEMORY_2)
STATION = Unit("coherent station", "processor", _STATION_2)
STATION_1384 = Unit("coherent station", "processor", _STATION_1384)
RESERVED = Unit("reserved bank", "processor", ())

UNITS = {  # (HwID, McaType)
    (0xB0, 0x00): Unit("load/store unit", "processor", _LOAD_STORE_1),
    (0xB0, 0x10): Unit("load/store unit", "processor", _LOAD_STORE_2),
    (0xB0, 0x01): Unit("instruction fetch unit", "processor", _FETCH),
    (0xB0, 0x02): Unit("L2 cache", "processor", _L2),
    (0xB0, 0x03): Unit("decode unit", "processor", _DECODE),
    (0xB0, 0x04): RESERVED,
    (0xB0, 0x05): Unit("execution unit", "processor", _EXECUTION),
    (0xB0, 0x06): Unit("floating point unit", "processor", _FLOATING_POINT),
    (0xB0, 0x07): Unit("L3 cache", "processor", _L3),
    (0x2E, 0x00): Unit("coherent station", "processor", _STATION_1),
    (0x2E, 0x01): Unit("power, interrupts and fabric (PIE)", "processor", _FABRIC, {2: "interconnect"}),
    (0x2E, 0x02): STATION,
    (0x2E, 0x04): Unit("memory attached last level cache", "processor", _MEMORY_CACHE),
    (0x96, 0x00): MEMORY_CONTROLLER,
    (0x96, 0x01): MEMORY_CONTROLLER_2,
    (0x05, 0x00): Unit("parameter block", "processor", (f"parameter RAM {_SRAM}",)),
    (0xFF, 0x00): Unit("security processor", "processor", (f"RAM {_SRAM}",)),
    (0xFF, 0x01): Unit("security processor", "processor", _SECURITY_2),
    (0x01, 0x00): Unit("system management unit", "power", (f"RAM {_SRAM}",)),
    (0x01, 0x01): Unit("system management unit", "power", _MANAGEMENT_2),
    (0x01, 0x02): Unit("microprocessor 5", "power", (*_MANAGEMENT, f"fuse SRAM {_SRAM}")),
    (0x01, 0x03): Unit("management DMA unit", "power", _DMA),
    (0x18, 0x00): Unit("northbridge I/O unit", "io", _NORTHBRIDGE_IO),
    (0x46, 0x00): Unit("PCIe root port", "io", _PCIE),
    (0x46, 0x01): Unit("PCIe root port", "io", ("SDP data parity",)),
    (0x50, 0x00): Unit("xGMI link", "interconnect", _XGMI),
    (0x6C, 0x00): Unit("NBIF", "io", _NBIF),
    (0x80, 0x00): Unit("system hub", "io", _NBIF),
    (0xA8, 0x00): Unit("SATA controller", "io", _SATA),
    (0xAA, 0x00): Unit("USB controller", "io", _USB),
    (0x170, 0x00): Unit("die link (USR, data)", "interconnect", _USR_DATA),
    (0x180, 0x00): Unit("die link (USR, control)", "interconnect", _USR_CONTROL),
    (0x241, 0x00): Unit("GMI link", "interconnect", _GMI),
    (0x259, 0x00): Unit("xGMI link's PHY", "interconnect", _PHY),
    (0x267, 0x00): Unit("WAFL link's PHY", "interconnect", _PHY),
    (0x269, 0x00): Unit("GMI link's PHY", "interconnect", _PHY),
}
