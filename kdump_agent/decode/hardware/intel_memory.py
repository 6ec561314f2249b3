"""What Intel's memory controllers say in MCi_STATUS bits 31:16; data only. Where in the DIMM: intel_place.py.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes", the memory controller, M2M, B2CMI and MCCHAN tables
of CPUID signatures 06_1AH (Nehalem, Westmere), 06_2DH (Sandy Bridge-EP), 06_3EH (Ivy Bridge-EP), 06_3FH (Haswell-EP),
06_56H and 06_4FH (Broadwell), 06_55H (Skylake-SP, Cascade Lake), 06_5FH (Denverton), 06_6AH and 06_6CH (Ice Lake-SP),
06_8FH and 06_CFH (Sapphire and Emerald Rapids), 06_ADH (Granite Rapids). What the manual does not have is told as
Intel's own patches to mcelog do: 06_57H (Knights Landing) and 13_01H (Diamond Rapids).
"""

from __future__ import annotations

from .registers import bits, choice, pages

_SCRUB = {
    19: "corrected patrol scrub error", 20: "uncorrected patrol scrub error", 21: "corrected sparing error",
    22: "uncorrected sparing error",
}  # fmt: skip
_NEHALEM = {
    16: "ECC error on a read", 17: "ECC error during a scrub", 18: "parity error on a write",
    19: "error in one half of redundant memory", 21: "access out of range", 22: "invalid internal RTID",
    23: "address parity error", 24: "byte enable parity error",
}  # fmt: skip
_NEHALEM_INTERNAL = {
    0x03: "the reset firmware did not finish", 0x08: "invalid CMPD received",
    0x0A: "invalid power management request", 0x0D: "invalid S-state transition",
    0x11: "the VID controller is not the one that the platform selected", 0x1A: "the board's MSID is not the CPU's",
}  # fmt: skip
_SANDY_BRIDGE = {
    **_SCRUB, 16: "address parity error", 17: "home agent write buffer data parity error",
    18: "home agent write byte enable parity error",
}  # fmt: skip
_IVY_BRIDGE = {**_SANDY_BRIDGE, 23: "corrected read error", 24: "write data buffer parity error"}
_BROADWELL = {
    **_SCRUB, 16: "DDR address parity error", 17: "uncorrected home agent write data error",
    18: "uncorrected home agent byte enable error", 24: "write data buffer parity error",
    25: "DDR4 command or address parity error",
}  # fmt: skip
_HASWELL = {**_BROADWELL, 23: "corrected read error"}
_SKYLAKE = bits({
    **_SCRUB, 16: "address parity error", 17: "home agent write data parity error",
    18: "home agent write byte enable parity error", 23: "read error", 24: "write data buffer read parity error",
    25: "DDR4 command or address parity error", 26: "uncorrected address parity error",
})  # fmt: skip
_SKYLAKE_DDRT = choice(23, 16, {
    0x00: "unrecognized request", 0x01: "read response to an invalid entry", 0x02: "unexpected read response",
    0x03: "DDR4 completion to an invalid entry", 0x04: "completion to an invalid entry",
    0x05: "completion FIFO overflow", 0x06: "correctable parity error", 0x07: "uncorrectable error",
    0x08: "interrupt while another was not acknowledged", 0x09: "ERID FIFO overflow", 0x0A: "write credit error",
    0x0B: "read credit error", 0x0C: "scheduler error", 0x0D: "error event of the persistent memory",
})  # fmt: skip
_DENVERTON = {
    16: "command or address parity error", 17: "corrected demand or patrol scrub error",
    18: "uncorrected patrol scrub error", 19: "uncorrected demand read error", 20: "write data buffer ECC error",
}  # fmt: skip
_M2M_SKYLAKE = {
    16: "data read error", 18: "partial write error", 19: "full write error", 20: "clock crossing buffer (BGF) error",
    21: "time-out", 22: "tracker parity error", 23: "fatal error (Bucket1)",
}  # fmt: skip

_KNIGHTS_LANDING = {
    **_SCRUB, 16: "command or address parity error", 17: "internal parity error outside the write data buffer",
    18: "internal parity error of the write data buffer",
    23: "corrected error of a whole chip (MCDRAM: of a burst of 4 bits)",
}  # fmt: skip

_READ = {
    0x01: "address parity error", 0x02: "data parity error", 0x03: "data ECC error",
    0x04: "data byte enable parity error", 0x07: "transaction ID parity error", 0x08: "corrected patrol scrub error",
    0x10: "uncorrected patrol scrub error", 0x20: "corrected sparing error", 0x40: "uncorrected sparing error",
    0x80: "corrected read error", 0xA0: "uncorrected read error", 0xC0: "uncorrected metadata",
}  # fmt: skip
_READ_ICE_LAKE = {**_READ, 0x05: "uncorrectable data received", 0x06: "uncorrectable metadata received"}
_WRITE_ICE_LAKE = {
    0x00: "write data buffer read parity error", 0x03: "RPA parity error", 0x04: "RPA parity error",
    0x05: "WPA parity error", 0x06: "DDR-T DPPP byte enable error", 0x07: "DDR-T DPPP data error",
    0x08: "DDR link failure", 0x11: "PCLS CAM error", 0x12: "PCLS data error",
}  # fmt: skip
_BUS_ICE_LAKE = {
    0x00: "DDR4 command or address parity error", 0x20: "HBM command or address parity error",
    0x21: "HBM data parity error",
}  # fmt: skip
_QUEUE_ICE_LAKE = {
    0x00: "read pending queue parity error (primary)", 0x01: "read pending queue parity error (buddy)",
    0x04: "write pending queue parity error (primary)", 0x05: "write pending queue parity error (buddy)",
    0x08: "read pending buffer parity error (primary)", 0x09: "read pending buffer parity error (buddy)",
}  # fmt: skip
_DDRT = {
    0x00: "DDR-T bad request", 0x01: "DDR data response to an invalid entry",
    0x02: "DDR data response to an entry that expects none", 0x03: "DDR completion to an invalid entry",
    0x04: "DDR-T completion to an invalid entry", 0x05: "DDR data or completion FIFO overflow",
    0x06: "DDR-T ERID correctable parity error", 0x07: "DDR-T ERID uncorrectable error",
    0x08: "DDR-T interrupt while another was not acknowledged", 0x09: "ERID FIFO overflow",
    0x0A: "DDR-T write credit error", 0x0B: "DDR-T read credit error", 0x0C: "DDR-T scheduler error",
    0x0D: "DDR-T FNV error event", 0x0E: "DDR-T FNV thermal event", 0x0F: "CMI packet while idle",
    0x10: "DDR_T_RPQ_REQ_PARITY_ERR", 0x11: "DDR_T_WPQ_REQ_PARITY_ERR", 0x12: "2LM_NMFILLWR_CAM_ERR",
    0x13: "CMI_CREDIT_OVERSUB_ERR", 0x14: "CMI_CREDIT_TOTAL_ERR", 0x15: "CMI_CREDIT_RSVD_POOL_ERR",
    0x16: "DDR_T_RD_ERROR", 0x17: "WDB_FIFO_ERR", 0x18: "CMI_REQ_FIFO_OVERFLOW", 0x19: "CMI_REQ_FIFO_UNDERFLOW",
    0x1A: "CMI_RSP_FIFO_OVERFLOW", 0x1B: "CMI_RSP_FIFO_UNDERFLOW", 0x1C: "CMI_MISC_MC_CRDT_ERRORS",
    0x1D: "CMI_MISC_MC_ARB_ERRORS", 0x1E: "DDR_T_WR_CMPL_FIFO_OVERFLOW", 0x1F: "DDR_T_WR_CMPL_FIFO_UNDERFLOW",
    0x20: "CMI_RD_CPL_FIFO_OVERFLOW", 0x21: "CMI_RD_CPL_FIFO_UNDERFLOW", 0x22: "TME_KEY_PAR_ERR",
    0x23: "TME_CMI_MISC_ERR", 0x24: "TME_CMI_OVFL_ERR", 0x25: "TME_CMI_UFL_ERR", 0x26: "TME_TEM_SECURE_ERR",
    0x27: "TME_UFILL_PAR_ERR",
}  # fmt: skip
_DDRT_SAPPHIRE = {
    **_DDRT, 0x29: "INTERNAL_ERR", 0x2A: "TME_INTEGRITY_ERR", 0x2B: "TME_TDX_ERR", 0x2C: "TME_UFILL_TEM_SECURE_ERR",
    0x2D: "TME_KEY_POISON_ERR", 0x2E: "TME_SECURITY_ENGINE_ERR",
}  # fmt: skip
_SECOND_MIRROR = {
    0x08: "corrected patrol scrub error, second mirror", 0x10: "uncorrected patrol scrub error, second mirror",
    0x20: "corrected sparing error, second mirror", 0x40: "uncorrected sparing error, second mirror",
    0x80: "read error, second mirror", 0xA0: "uncorrected read error, second mirror",
}  # fmt: skip
_M2M_SAPPHIRE = {
    0x01: "read ECC error", 0x02: "fatal error (Bucket1)", 0x03: "tracker parity error",
    0x05: "prefetch channel mismatch", 0x07: "read completion parity error", 0x08: "response parity error",
    0x09: "time-out", 0x0A: "CMI reserved credit pool error", 0x0B: "CMI total credit error",
    0x0C: "CMI credit oversubscription",
}  # fmt: skip
_B2CMI = {
    0x01: "read ECC error", 0x02: "fatal error (Bucket1)", 0x03: "tracker parity error", 0x04: "security mismatch",
    0x07: "read completion parity error", 0x08: "response parity error", 0x09: "time-out",
    0x0A: "address parity error", 0x0C: "CMI credit oversubscription", 0x0D: "SAI mismatch",
}  # fmt: skip
_WRITE_CMI = {
    0x02: "CMI write data parity error", 0x03: "CMI ECC error", 0x04: "CMI write byte enable parity error",
    0x05: "CMI write MAC parity error",
}  # fmt: skip
_WRITE_BUFFER = {
    0x00: "write data buffer read parity error", 0x02: "write data buffer ECC error",
    0x04: "write data buffer byte enable parity error", 0x06: "persistent corrected ECC error in the write data buffer",
}  # fmt: skip
_GRANITE_READ = {
    0x01: "address parity error (APPP)", 0x08: "corrected patrol scrub error",
    0x10: "uncorrected patrol scrub error", 0x20: "corrected sparing error", 0x40: "uncorrected sparing error",
    0x80: "transient or corrected error on a read", 0xA0: "uncorrected error on a read",
    0xB0: "poison read while poison was disabled", 0xC0: "metadata error on a read (2LM)",
}  # fmt: skip
_DIAMOND_READ = {
    0x01: "address parity error (APPP)", 0x02: "CMI write data parity error",
    0x04: "CMI write byte enable parity error", 0x08: "transient or corrected error on a patrol read",
    0x10: "uncorrected patrol scrub error", 0x20: "corrected error on a sparing read",
    0x40: "uncorrected sparing error", 0x80: "transient or corrected error on a read",
    0xA0: "uncorrected error on a read", 0xB0: "poison read while poison was disabled",
    0xC0: "metadata error on a read (2LM)",
}  # fmt: skip
_DIAMOND_WRITE = {
    0x02: "write data buffer ECC error", 0x04: "write data buffer byte enable parity error",
    0x06: "persistent ECC error in the write data buffer", 0x08: "DDR link failure", 0x09: "illegal opcode received",
}  # fmt: skip
_DIAMOND_INTERNAL = {
    0x13: "CMI credit oversubscription", 0x14: "CMI total credit error", 0x15: "CMI reserved credit pool error",
    0x32: "internal error", 0x34: "read completion tracker parity error", 0x36: "write completion tracker parity error",
}  # fmt: skip


def _on(half: str, words: dict[int, str]) -> dict[int, str]:
    return {code: f"{text} on subchannel {half}" for code, text in words.items()}


NEHALEM = (bits(_NEHALEM),)
NEHALEM_INTERNAL = (choice(31, 24, _NEHALEM_INTERNAL),)
SANDY_BRIDGE = (bits(_SANDY_BRIDGE),)
IVY_BRIDGE = BROADWELL_DE = (bits(_IVY_BRIDGE),)
HASWELL = (bits(_HASWELL),)
BROADWELL = (bits(_BROADWELL),)
SKYLAKE = (pages(27, 27, {0: _SKYLAKE, 1: _SKYLAKE_DDRT}),)
M2M_SKYLAKE = (bits(_M2M_SKYLAKE),)
DENVERTON = (bits(_DENVERTON),)
KNIGHTS_LANDING = (bits(_KNIGHTS_LANDING),)
ICE_LAKE = (
    pages(31, 24, {
        0: choice(23, 16, _READ_ICE_LAKE), 1: choice(23, 16, _WRITE_ICE_LAKE), 2: choice(23, 16, _BUS_ICE_LAKE),
        4: choice(23, 16, _QUEUE_ICE_LAKE), 8: choice(23, 16, _DDRT),
    }),
)  # fmt: skip
SAPPHIRE = (
    pages(31, 24, {
        0: choice(23, 16, _READ),
        1: choice(23, 16, {0x00: "write data buffer read parity error", 0x08: "DDR link failure"}),
        2: choice(23, 16, {0x00: "DDR5 command or address parity error"}),
        4: choice(23, 16, {0x00: "read pending queue parity error (primary)"}),
        8: choice(23, 16, _DDRT_SAPPHIRE), 0x10: choice(23, 16, _SECOND_MIRROR),
    }),
)  # fmt: skip
M2M_SAPPHIRE = (choice(25, 24, {1: "of the HBM"}), choice(23, 16, _M2M_SAPPHIRE))
B2CMI = (choice(31, 16, _B2CMI),)
GRANITE = (
    pages(31, 24, {
        0x00: choice(23, 16, {**_GRANITE_READ, **_on("0", _WRITE_CMI)}),
        0x01: choice(23, 16, {**_on("0", _WRITE_BUFFER), 0x08: "DDR link failure", 0x09: "illegal opcode received"}),
        0x02: choice(23, 16, {0x00: "DDR command or address parity, or write CRC error"}),
        0x04: choice(23, 16, {0x00: "scheduler address parity error"}),
        0x08: choice(23, 16, {0x32: "internal error", 0x33: "tracker address parity error"}),
        0x20: choice(23, 16, _on("1", _WRITE_CMI)), 0x21: choice(23, 16, _on("1", _WRITE_BUFFER)),
    }),
)  # fmt: skip
DIAMOND = (
    pages(31, 24, {
        0x00: choice(23, 16, _DIAMOND_READ), 0x01: choice(23, 16, _DIAMOND_WRITE),
        0x02: choice(23, 16, {0x00: "DDR command or address parity, or write CRC error", 0x40: "decoder error"}),
        0x04: choice(23, 16, {0x00: "internal address parity error"}), 0x08: choice(23, 16, _DIAMOND_INTERNAL),
    }),
)  # fmt: skip
