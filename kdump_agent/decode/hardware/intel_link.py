"""What Intel's links between sockets (QPI, UPI) and the front side bus say in MCi_STATUS; data only.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes": families 06H before Nehalem and 0FH (front
side bus), 06_1AH (Nehalem), 06_3FH and 06_4FH (QPI of Haswell-EP and Broadwell-EP), 06_55H, 06_6AH, 06_8FH and 06_ADH
(UPI).
"""

from __future__ import annotations

from .registers import amount, bits, choice, pages

_QPI = {
    0x02: "the physical layer's drift buffer raised an alarm", 0x03: "the physical layer's latency buffer rolled over",
    0x10: "control error from R3QPI", 0x11: "receiver gave up retrying on CRC errors (LLR abort)",
    0x12: "unsupported or undefined packet", 0x13: "link layer control error", 0x15: "RBT used an unset value",
    0x20: "in-band reset met, initialization aborted", 0x21: "data lane failed over (self-healing)",
    0x22: "in-band reset met, width unchanged", 0x23: "clock lane failed over",
    0x30: "CRC error on receive, retry succeeded after the link was set up again",
    0x31: "CRC error on receive, retry succeeded without setting up the link again",
}  # fmt: skip
_UPI = {
    0x00: "physical layer initialization failed", 0x01: "the physical layer's drift buffer raised an alarm",
    0x02: "the physical layer's latency buffer rolled over", 0x10: "CRC error on receive, retries failed (LLR abort)",
    0x11: "unsupported or undefined packet received", 0x12: "link layer or physical layer control error",
    0x13: "exception in the exchange of parameters", 0x1F: "control error from the link-mesh interface",
    0x20: "physical layer initialization aborted", 0x21: "physical layer reset in band",
    0x22: "a lane failed, the link goes on at half width (x8)", 0x23: "L0c error corrected without a reset",
    0x24: "L0c error that reset the physical layer", 0x25: "L0p exit error corrected by a reset",
    0x30: "CRC error on receive, retry succeeded without setting up the link again",
    0x31: "CRC error on receive, retry succeeded after the link was set up again",
}  # fmt: skip
_UPI_CONTROL = bits({
    22: "physical layer control error", 23: "unexpected Retry.Ack flit", 24: "unexpected Retry.Req flit",
    25: "RF parity error", 26: "routeback table error", 27: "unexpected protocol flit sent",
    28: "receive credits over- or underflowed (BGF)", 29: "link layer reset under way when the link came up",
    30: "link layer reset while traffic was not idle", 31: "link layer transmit parity error",
})  # fmt: skip
_NEHALEM = {
    16: "bad header parity", 17: "bad data parity", 18: "too many retries", 19: "poisoned data received",
    22: "unsupported message received", 23: "unsupported credit type", 24: "too many flits received",
    25: "the sender sent a failed response", 26: "clock jitter in the internal clocking",
}  # fmt: skip
_BUS_REQUESTS = {
    0: "BQ_DCU_READ_TYPE", 2: "BQ_IFU_DEMAND_TYPE", 3: "BQ_IFU_DEMAND_NC_TYPE", 4: "BQ_DCU_RFO_TYPE",
    5: "BQ_DCU_RFO_LOCK_TYPE", 6: "BQ_DCU_ITOM_TYPE", 8: "BQ_DCU_WB_TYPE", 10: "BQ_DCU_WCEVICT_TYPE",
    11: "BQ_DCU_WCLINE_TYPE", 12: "BQ_DCU_BTM_TYPE", 13: "BQ_DCU_INTACK_TYPE", 14: "BQ_DCU_INVALL2_TYPE",
    15: "BQ_DCU_FLUSHL2_TYPE", 16: "BQ_DCU_PART_RD_TYPE", 18: "BQ_DCU_PART_WR_TYPE", 20: "BQ_DCU_SPEC_CYC_TYPE",
    24: "BQ_DCU_IO_RD_TYPE", 25: "BQ_DCU_IO_WR_TYPE", 28: "BQ_DCU_LOCK_RD_TYPE", 29: "BQ_DCU_LOCK_WR_TYPE",
    30: "BQ_DCU_SPLOCK_RD_TYPE",
}  # fmt: skip
_BUS_ERRORS = {
    0: "BQ_ERR_HARD_TYPE", 1: "BQ_ERR_DOUBLE_TYPE", 2: "BQ_ERR_AERR2_TYPE", 4: "BQ_ERR_SINGLE_TYPE",
    5: "BQ_ERR_AERR1_TYPE",
}  # fmt: skip
_BUS_SHARED = {
    30: "internal BINIT", 36: "bad parity on a bus response", 38: "BINIT: nothing retired for a long time",
    42: "a bus transaction got a hard error response", 43: "failure that caused IERR",
}  # fmt: skip
_CORE = {
    **_BUS_SHARED, 28: "this processor drove MCERR", 29: "MCERR seen on the bus", 31: "BINIT seen on the bus",
    34: "PIC or front side bus data parity error", 37: "front side bus address parity error",
}  # fmt: skip
_P6 = {
    **_BUS_SHARED, 28: "functional redundancy check error", 29: "this processor drove BERR", 35: "BINIT from the bus",
    37: "hard error response on a split transaction", 44: "two address parity errors on the bus",
    45: "uncorrectable ECC error", 46: "correctable ECC error",
}  # fmt: skip
_PENTIUM_4 = {
    16: "front side bus address parity error", 17: "hard failure response", 18: "response parity error",
    19: "PIC and front side bus data parity error", 20: "invalid PIC request", 21: "pad state machine error",
    22: "pad strobe glitch", 23: "pad address glitch",
}  # fmt: skip

_SYNDROME = amount(54, 47, "ECC syndrome {:#x}")
_DIAMOND = {
    **dict.fromkeys((0x00, 0x01, 0x02, 0x05), "internal parity error"), 0x08: "internal queue overflowed",
    0x09: "link layer buffer overflowed", 0x0A: "internal queue underflowed", 0x0B: "link layer buffer underflowed",
    0x0C: "link layer or internal credit overflow", **dict.fromkeys((0x11, 0x12), "internal queue overflowed"),
    **dict.fromkeys((0x13, 0x14), "internal queue underflowed"), 0x21: "internal interface error",
    0x23: "invalid message", 0x24: "UPI protocol error", 0x25: "UPI interleave error",
    0x28: "internal interface error", 0x29: "link integrity or initialization error",
    **dict.fromkeys(range(0x2A, 0x2E), "power management transition timed out"),
    0x30: "poison received while poison was disabled", 0x31: "internal interface error",
}  # fmt: skip
_DIAMOND_PHYSICAL = {
    0x00: "link integrity or initialization error", 0x03: "the link degraded",
    **dict.fromkeys(range(0x04, 0x08), "power management transition timed out"),
}  # fmt: skip

QPI_NEHALEM = (bits(_NEHALEM),)
QPI = (choice(21, 16, _QPI),)
UPI_SKYLAKE = (choice(21, 16, _UPI), pages(21, 16, {0x12: _UPI_CONTROL}))
UPI_ICE_LAKE = (_UPI_CONTROL, choice(21, 16, {**_UPI, 0x32: "the other side asked for a retry"}))
UPI_SAPPHIRE = (_UPI_CONTROL, choice(21, 16, {**_UPI, 0x15: "SGX MAC error on receive"}))
UPI_GRANITE = (
    choice(31, 16, {
        **_UPI, 0x14: "TDX failure", 0x15: "SGX failure", 0x16: "SDC parity error on transmit",
        0x17: "SDC parity error on receive", 0x18: "FLE failure",
    }),
)  # fmt: skip
UPI_DIAMOND = (pages(31, 24, {0: choice(23, 16, _DIAMOND), 2: choice(23, 16, _DIAMOND_PHYSICAL)}),)
FRONT_SIDE_BUS_CORE = (choice(24, 19, _BUS_REQUESTS), choice(27, 25, _BUS_ERRORS), bits(_CORE))
FRONT_SIDE_BUS_P6 = (choice(24, 19, _BUS_REQUESTS), choice(27, 25, _BUS_ERRORS), bits(_P6), _SYNDROME)
FRONT_SIDE_BUS_PENTIUM_4 = (bits(_PENTIUM_4),)
