"""What the power control units of Diamond Rapids (13_01H) say in MCi_STATUS bits 31:16; data only.

The names are those that Intel's own patch gave to mcelog (diamond.c, 2025); the SDM does not have this processor yet.
One unit is on each compute die (CBB), one on each I/O and memory hub (IMH).
"""

from __future__ import annotations

from .intel_power import SHUTDOWN
from .registers import choice, pages

_COMPUTE = {
    0x16: "MCA_DVFS_COUNTER_EXPIRED", 0x23: "MCA_UNSUPP_RESP", 0x25: "MCA_FUSA_MBIST", 0x26: "MCA_SA_PLL_LOCKED",
    0x27: "MCA_XTAL_FREQ_MON_ERROR", 0x28: "MCA_PMSB_FUSE_PULLER_ERROR", 0x29: "MCA_GPSB_FUSE_PULLER_ERROR",
    0x30: "MCA_PCODE_WATCHDOG", 0x31: "MCA_BGR_FUSA_ERR", 0x32: "MCA_CORE_FIVR_ERR", 0x33: "MCA_D2D_FIVR_ERR",
    0x34: "MCA_MLC_FIVR_ERR", 0x35: "MCA_RING_FIVR_ERR", 0x36: "MCA_D2D_MONF_PLL_FUSA_0",
    0x37: "MCA_D2D_MONF_PLL_FUSA_1", 0x38: "MCA_TOP0_FUSA_PLL_ERR", 0x39: "MCA_BASE_FUSA_PLL_ERR",
    0x40: "MCA_UCIE_RESET_BUS_STOP_ON_ERROR", 0x41: "MCA_RSRC_ADAPT_0_ERR", 0x42: "MCA_RSC_ADAPT_1_ERR",
    0x45: "MCA_TOP1_FUSA_PLL_ERR", 0x46: "MCA_TOP2_FUSA_PLL_ERR", 0x47: "MCA_TOP3_FUSA_PLL_ERR",
    0x48: "UC_PATCH_LOAD_ACK_ERROR",
}  # fmt: skip
_CONTROLLER = {
    0x01: "MCA_UC_IRAM_DOUBLE_ERROR", 0x02: "MCA_UC_DOUBLE_EXCEPTION_ERROR", 0x03: "MCA_UC_TELEM_SRAM_ERROR",
    0x04: "MCA_UC_DRAM_DOUBLE_ERROR", 0x05: "MCA_UC_TPMI_SRAM_ERROR",
}  # fmt: skip
_VOLTAGE = {0x01: "MCA_FIVR_HI_YELLOW", 0x02: "MCA_FIVR_HI_RED"}
_HUB = {
    0x09: "MCA_TSC_DOWNLOAD_TIMEOUT", 0x0A: "MCA_INVALID_XTALFREQ_RANGE", 0x0B: "MCA_GPSB_TIMEOUT",
    0x0C: "MCA_PMSB_TIMEOUT", 0x0D: "MCA_CFG_ACK_TIMEOUT", 0x23: "MCA_PCU_SVID_ERROR",
    0x35: "MCA_SVID_LOADLINE_INVALID", 0x36: "MCA_SVID_ICCMAX_INVALID", 0x4A: "MCA_FIVR_PD_HARDERR",
    0x4C: "MCA_HPM_DOUBLE_BIT_ERROR_DETECTED", 0x58: "MCA_INVALID_MEMORY_FREQUENCY",
    0x63: "MCA_SVID_VCCIN_PROTOCOL_ERROR", 0x6A: "MCA_SPPR_TIMEOUT", 0x6F: "MCA_INVALID_SID_ERROR",
    0x70: "MCA_INVALID_REMOTE_LEGACY_AGENT_ERROR", 0x71: "MCA_INVALID_REMOTE_LT_AGENT_ERROR",
    0x7B: "MCA_THERMAL_SENSOR_INVALID", 0x7C: "MCA_CXL_DEVICE_NO_CREDIT", 0x7E: "MCA_RECOVERABLE_DIE_THERMAL_TOO_HOT",
    0x83: "MCA_PKGS_RECOVERABLE_RESET_PREP_ACK_TIMEOUT",
}  # fmt: skip
_HUB_CONTROLLER = {
    **dict.fromkeys((0x02, 0x03), "double-bit ECC error in the unit's microcontroller"),
    **dict.fromkeys((0x08, 0x09, 0x30), "error in the unit's microcontroller"),
    0x0A: "the microcontroller's patch did not load", 0x0B: "POReqValid error in the unit's microcontroller",
    0x0C: "RAM address error in the unit's microcontroller", 0x0D: "RAM access error in the unit's microcontroller",
    0x10: "the unit's firmware watchdog expired (MISC tells 1), or double-bit ECC error in TeleSRAM (3)",
    0x20: "a power management agent signalled an error", 0xA0: "double-bit ECC error in HPMSRAM",
    0xB0: "double-bit ECC error in TPMISRAM",
}  # fmt: skip

COMPUTE = (
    choice(15, 0, {0x040B: "scan-at-field error"}),
    pages(31, 24, {
        0x00: choice(23, 16, SHUTDOWN), 0x08: choice(23, 16, _COMPUTE), 0x0C: choice(23, 16, _CONTROLLER),
        0x14: choice(23, 16, _VOLTAGE),
    }),
)  # fmt: skip
HUB = (choice(31, 24, _HUB), pages(31, 24, {0x00: choice(23, 16, _HUB_CONTROLLER)}))
