"""What the power control unit (PCU, later Punit) of Intel's Xeons says in MCi_STATUS bits 31:16; data only.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes", the tables "Machine Check Error Codes for
IA32_MC4_STATUS" of CPUID signatures 06_2DH (Sandy Bridge-EP), 06_3EH (Ivy Bridge-EP), 06_3FH and 06_4FH (Haswell-EP,
Broadwell-EP), 06_56H (Broadwell-DE), 06_55H (Skylake-SP, Cascade Lake), 06_6AH and 06_6CH (Ice Lake-SP), 06_8FH and
06_CFH (Sapphire and Emerald Rapids), and IA32_MC6_STATUS of 06_ADH (Granite Rapids). The names are the manual's.
"""

from __future__ import annotations

from collections.abc import Iterator

from .registers import bits, choice, field

_MICROCONTROLLER = {
    1: "fetched code outside its memory (Non_IMem_Sel)", 2: "code parity error (I_Parity_Error)",
    3: "bad opcode (Bad_OpCode)", 4: "code stack underflow (I_Stack_Underflow)",
    5: "code stack overflow (I_Stack_Overflow)", 6: "data stack underflow (D_Stack_Underflow)",
    7: "data stack overflow (D_Stack_Overflow)", 8: "data outside its memory (Non-DMem_Sel)",
    9: "data parity error (D_Parity_Error)",
}  # fmt: skip
_SANDY_BRIDGE = {
    0x20: "MC_RCLK_PLL_LOCK_TIMEOUT", 0x21: "MC_PCIE_PLL_LOCK_TIMEOUT", 0x22: "MC_BOOT_VID_SET_TIMEOUT",
    0x23: "MC_BOOT_FREQUENCY_SET_TIMEOUT", 0x24: "MC_START_IA_CORES_TIMEOUT", 0x26: "MC_PCIE_RCOMP_TIMEOUT",
    0x27: "MC_PMA_DNS_COMMAND_TIMEOUT", 0x28: "MC_MESSAGE_CHANNEL_TIMEOUT", 0x29: "MC_GVFSM_BGF_PROGRAM_TIMEOUT",
    0x2A: "MC_MC_PLL_LOCK_TIMEOUT", 0x2B: "MC_MS_BGF_PROGRAM_TIMEOUT",
}  # fmt: skip
_PACKAGE = {
    0x0D: "MC_IMC_FORCE_SR_S3_TIMEOUT", 0x0E: "MC_CPD_UNCPD_ST_TIMEOUT", 0x0F: "MC_PKGS_SAFE_WP_TIMEOUT",
    0x43: "MC_PECI_MAILBOX_QUIESCE_TIMEOUT",
    0x5C: "MC_MORE_THAN_ONE_LT_AGENT", 0x60: "MC_INVALID_PKGS_REQ_PCH", 0x61: "MC_INVALID_PKGS_REQ_QPI",
    0x62: "MC_INVALID_PKGS_RES_QPI", 0x63: "MC_INVALID_PKGC_RES_PCH", 0x64: "MC_INVALID_PKG_STATE_CONFIG",
    0x70: "MC_WATCHDG_TIMEOUT_PKGC_SLAVE", 0x71: "MC_WATCHDG_TIMEOUT_PKGC_MASTER",
    0x72: "MC_WATCHDG_TIMEOUT_PKGS_MASTER", 0x7A: "MC_HA_FAILSTS_CHANGE_DETECTED",
    0x81: "MC_RECOVERABLE_DIE_THERMAL_TOO_HOT",
}  # fmt: skip
_IVY_BRIDGE = {
    **_PACKAGE, 0x44: "MC_CRITICAL_VR_FAILED", 0x45: "MC_ICC_MAX_NOTSUPPORTED",
    0x7B: "MC_PCIE_R2PCIE_RW_BLOCK_ACK_TIMEOUT",
}  # fmt: skip
_BROADWELL_DE = {
    0x09: "MC_MESSAGE_CHANNEL_TIMEOUT", 0x13: "MC_DMI_TRAINING_TIMEOUT", 0x15: "MC_DMI_CPU_RESET_ACK_TIMEOUT",
    0x1E: "MC_VR_ICC_MAX_LT_FUSED_ICC_MAX", 0x25: "MC_SVID_COMMAND_TIMEOUT", 0x26: "MCA_PKGC_DIRECT_WAKE_RING_TIMEOUT",
    0x29: "MC_VR_VOUT_MAC_LT_FUSED_SVID", 0x2B: "MC_PKGC_WATCHDOG_HANG_CBZ_DOWN",
    0x2C: "MC_PKGC_WATCHDOG_HANG_CBZ_UP", 0x44: "MC_CRITICAL_VR_FAILED", 0x46: "MC_VID_RAMP_DOWN_FAILED",
    0x49: "MC_SVID_WRITE_REG_VOUT_MAX_FAILED", 0x4B: "MC_BOOT_VID_TIMEOUT_DRAM_0", 0x4F: "MC_SVID_COMMAND_ERROR",
    0x52: "MC_FIVR_CATAS_OVERVOL_FAULT", 0x53: "MC_FIVR_CATAS_OVERCUR_FAULT", 0x57: "MC_SVID_PKGC_REQUEST_FAILED",
    0x58: "MC_SVID_IMON_REQUEST_FAILED", 0x59: "MC_SVID_ALERT_REQUEST_FAILED", 0x62: "MC_INVALID_PKGS_RSP_QPI",
    0x64: "MC_INVALID_PKG_STATE_CONFIG", 0x67: "MC_HA_IMC_RW_BLOCK_ACK_TIMEOUT", 0x6A: "MC_MSGCH_PMREQ_CMP_TIMEOUT",
    0x72: "MC_WATCHDOG_TIMEOUT_PKGS_MASTER", 0x81: "MC_RECOVERABLE_DIE_THERMAL_TOO_HOT",
}  # fmt: skip
_HASWELL = {
    **{code: name for code, name in _BROADWELL_DE.items() if code != 0x26},
    0x0D: "MC_IMC_FORCE_SR_S3_TIMEOUT", 0x0E: "MC_CPD_UNCPD_SD_TIMEOUT", 0x39: "MC_PKGC_WATCHDOG_HANG_C3_UP_SF",
    0x45: "MC_ICC_MAX_NOTSUPPORTED", 0x47: "MC_EXCL_MODE_NO_PMREQ_CMP", 0x48: "MC_SVID_READ_REG_ICC_MAX_FAILED",
    0x4C: "MC_BOOT_VID_TIMEOUT_DRAM_1", 0x4D: "MC_BOOT_VID_TIMEOUT_DRAM_2", 0x4E: "MC_BOOT_VID_TIMEOUT_DRAM_3",
    0x60: "MC_INVALID_PKGS_REQ_PCH", 0x61: "MC_INVALID_PKGS_REQ_QPI", 0x63: "MC_INVALID_PKGS_RSP_PCH",
    0x68: "MC_IMC_RW_SMBUS_TIMEOUT", 0x69: "MC_HA_FAILSTS_CHANGE_DETECTED", 0x70: "MC_WATCHDOG_TIMEOUT_PKGC_SLAVE",
    0x71: "MC_WATCHDOG_TIMEOUT_PKGC_MASTER", 0x7C: "MC_BIOS_RST_CPL_INVALID_SEQ", 0x7D: "MC_MORE_THAN_ONE_TXT_AGENT",
}  # fmt: skip
_SVID = {
    0x40: "MCA_SVID_VCCIN_VR_ICC_MAX_FAILURE", 0x42: "MCA_SVID_VCCIN_VR_VOUT_FAILURE",
    0x43: "MCA_SVID_CPU_VR_CAPABILITY_ERROR", 0x44: "MCA_SVID_CRITICAL_VR_FAILED", 0x45: "MCA_SVID_SA_ITD_ERROR",
    0x46: "MCA_SVID_READ_REG_FAILED", 0x47: "MCA_SVID_WRITE_REG_FAILED", 0x4A: "MCA_SVID_PKGC_REQUEST_FAILED",
    0x4B: "MCA_SVID_IMON_REQUEST_FAILED", 0x4C: "MCA_SVID_ALERT_REQUEST_FAILED",
    0x58: "MCA_WATCHDOG_TIMEOUT_PKGC_SLAVE", 0x59: "MCA_WATCHDOG_TIMEOUT_PKGC_MASTER",
    0x5A: "MCA_WATCHDOG_TIMEOUT_PKGS_MASTER", 0x61: "MCA_PKGS_CPD_UNCPD_TIMEOUT",
    0x1E: "MCA_BIOS_RST_CPL_INVALID_SEQ", 0x1F: "MCA_BIOS_INVALID_PKG_STATE_CONFIG",
}  # fmt: skip
_SKYLAKE = {
    **_SVID,
    0x0D: "MCA_DMI_TRAINING_TIMEOUT", 0x0F: "MCA_DMI_CPU_RESET_ACK_TIMEOUT", 0x10: "MCA_MORE_THAN_ONE_LT_AGENT",
    0x25: "MCA_MESSAGE_CHANNEL_TIMEOUT", 0x27: "MCA_MSGCH_PMREQ_CMP_TIMEOUT",
    0x30: "MCA_PKGC_DIRECT_WAKE_RING_TIMEOUT", 0x31: "MCA_PKGC_INVALID_RSP_PCH",
    0x33: "MCA_PKGC_WATCHDOG_HANG_CBZ_DOWN", 0x34: "MCA_PKGC_WATCHDOG_HANG_CBZ_UP",
    0x38: "MCA_PKGC_WATCHDOG_HANG_C3_UP_SF", 0x41: "MCA_SVID_COMMAND_TIMEOUT", 0x48: "MCA_SVID_PKGC_INIT_FAILED",
    0x49: "MCA_SVID_PKGC_CONFIG_FAILED", 0x4D: "MCA_SVID_MCP_VR_ABSENT_OR_RAMP_ERROR",
    0x4E: "MCA_SVID_UNEXPECTED_MCP_VR_DETECTED", 0x51: "MCA_FIVR_CATAS_OVERVOL_FAULT",
    0x52: "MCA_FIVR_CATAS_OVERCUR_FAULT", 0x63: "MCA_PKGS_INVALID_REQ_PCH", 0x64: "MCA_PKGS_INVALID_REQ_INTERNAL",
    0x65: "MCA_PKGS_INVALID_RSP_INTERNAL", 0x6B: "MCA_PKGS_SMBUS_VPP_PAUSE_TIMEOUT",
    0x81: "MCA_RECOVERABLE_DIE_THERMAL_TOO_HOT",
}  # fmt: skip
_ICE_LAKE = {
    **_SVID,
    0x0D: "MCA_LLC_BIST_ACTIVE_TIMEOUT", 0x0E: "MCA_DMI_TRAINING_TIMEOUT", 0x0F: "MCA_DMI_STRAP_SET_ARRIVAL_TIMEOUT",
    0x10: "MCA_DMI_CPU_RESET_ACK_TIMEOUT", 0x11: "MCA_MORE_THAN_ONE_LT_AGENT", 0x14: "MCA_INCOMPATIBLE_PCH_TYPE",
    0x2D: "MCA_PCU_PMAX_CALIB_ERROR", 0x2E: "MCA_TSC100_SYNC_TIMEOUT", 0x3A: "MCA_GPSB_TIMEOUT",
    0x3B: "MCA_PMSB_TIMEOUT", 0x3E: "MCA_IOSFSB_PMREQ_CMP_TIMEOUT", 0x4D: "MCA_SVID_MCP_VR_RAMP_ERROR",
    0x56: "MCA_FIVR_PD_HARDERR", 0x5B: "MCA_WATCHDOG_TIMEOUT_MSG_CH_FSM", 0x5C: "MCA_WATCHDOG_TIMEOUT_BULK_CR_FSM",
    0x5D: "MCA_WATCHDOG_TIMEOUT_IOSFSB_FSM", 0x60: "MCA_PKGS_SAFE_WP_TIMEOUT", 0x62: "MCA_PKGS_INVALID_REQ_PCH",
    0x63: "MCA_PKGS_INVALID_REQ_INTERNAL", 0x64: "MCA_PKGS_INVALID_RSP_INTERNAL",
    **dict.fromkeys(range(0x65, 0x7B), "MCA_PKGS_RESET_PREP_TIMEOUT"), 0x7B: "MCA_PKGS_SMBUS_VPP_PAUSE_TIMEOUT",
    0x7C: "MCA_PKGS_SMBUS_MCP_PAUSE_TIMEOUT", 0x7D: "MCA_PKGS_SMBUS_SPD_PAUSE_TIMEOUT",
    0x80: "MCA_PKGC_DISP_BUSY_TIMEOUT", 0x81: "MCA_PKGC_INVALID_RSP_PCH", 0x83: "MCA_PKGC_WATCHDOG_HANG_CBZ_DOWN",
    0x84: "MCA_PKGC_WATCHDOG_HANG_CBZ_UP", 0x87: "MCA_PKGC_WATCHDOG_HANG_C2_BLKMASTER",
    0x88: "MCA_PKGC_WATCHDOG_HANG_C2_PSLIMIT", 0x89: "MCA_PKGC_WATCHDOG_HANG_SETDISP", 0x8B: "MCA_PKGC_ALLOW_L1_ERROR",
    0x90: "MCA_RECOVERABLE_DIE_THERMAL_TOO_HOT", 0xA0: "MCA_ADR_SIGNAL_TIMEOUT",
    0xA1: "MCA_BCLK_FREQ_OC_ABOVE_THRESHOLD", 0xB0: "MCA_DISPATCHER_RUN_BUSY_TIMEOUT",
}  # fmt: skip
_SAPPHIRE = {**_ICE_LAKE, 0xC0: "MCA_DISPATCHER_RUN_BUSY_TIMEOUT"}
_CONTROLLER = {
    1: "the unit's code address left the valid space", 2: "double-bit RAM error on a code fetch",
    3: "the unit met an invalid opcode", 4: "the unit's stack underflowed", 5: "the unit's stack overflowed",
    6: "the unit's data address left the valid space", 7: "double-bit RAM error on a data fetch",
}  # fmt: skip
_SOURCES = {
    4: "the clock and power unit did not answer in time", 5: "the SMBus controller raised an SMI",
    9: "the power management controller received an invalid transaction",
}  # fmt: skip
SHUTDOWN = {
    1: "machine check while CR4.MCE was clear", 2: "machine check while MCIP was set", 3: "machine check under WPS",
    4: "unrecoverable error in a security flow", 5: "triple fault shutdown",
    6: "consistency check failed on a VM exit", 7: "consistency check failed on RSM",
    8: "invalid state on entering SMM in protected mode", 9: "unrecoverable error in a security flow",
}  # fmt: skip
"""Why a core shut down."""
_SHUTDOWN_CODE = 0x040C
_INTERNAL = {0x402: "internal error", 0x403: "internal error", 0x406: "Intel TXT error", 0x407: "other UBOX error"}
_PUNIT = {
    **dict.fromkeys((0x02, 0x03), "double-bit ECC error in the unit's microcontroller"),
    **dict.fromkeys((0x08, 0x09), "error in the unit's microcontroller"),
    0x0A: "the microcontroller's patch did not load",
    0x0B: "POReqValid error in the unit's microcontroller", 0x10: "double-bit ECC error in TeleSRAM",
    0x20: "a power management agent signalled an error", 0x80: "the S3M signalled an error",
    0xA0: "double-bit ECC error in HPMSRAM", 0xB0: "double-bit ECC error in TPMISRAM",
}  # fmt: skip
_GRANITE = {
    0x09: "MCA_TSC_DOWNLOAD_TIMEOUT", 0x0B: "MCA_GPSB_TIMEOUT", 0x0C: "MCA_PMSB_TIMEOUT",
    0x10: "MCA_PMAX_CALIB_ERROR", 0x1A: "MCA_DISP_RUN_BUSY_TIMEOUT", 0x1D: "MCA_MORE_THAN_ONE_LT_AGENT",
    0x23: "MCA_PCU_SVID_ERROR", 0x35: "MCA_SVID_LOADLINE_INVALID", 0x36: "MCA_SVID_ICCMAX_INVALID",
    0x40: "MCA_SVID_VIDMAX_INVALID", 0x41: "MCA_SVID_VDDRAMP_INVALID", 0x48: "MCA_ITD_FUSE_INVALID",
    0x49: "MCA_SVID_DC_LL_INVALID", 0x4A: "MCA_FIVR_PD_HARDERR", 0x4C: "MCA_HPM_DOUBLE_BIT_ERROR_DETECTED",
    0x56: "SVID_ACTIVE_VID_FUSE_ERROR",
}  # fmt: skip


def _internal(status: int) -> Iterator[str]:
    """The kind that MCACOD names, and "PCU internal error" where any of bits 19:16 is set."""
    code = field(status, 15, 0) & ~0x1000
    if code in _INTERNAL:
        yield _INTERNAL[code]
    if field(status, 19, 16):
        yield "PCU internal error"


def _shutdown(status: int) -> Iterator[str]:
    table = SHUTDOWN if field(status, 15, 0) == _SHUTDOWN_CODE else _CONTROLLER
    yield from choice(19, 16, table)(status)


UBOX = (choice(15, 0, {0x402: "PCU internal error", 0x403: "VCU internal error", 0x407: "other UBOX error"}),)
"""Of Knights Landing, whose UBOX has a bank of its own."""
SANDY_BRIDGE = (choice(19, 16, _MICROCONTROLLER), choice(31, 24, {**_SANDY_BRIDGE, **_PACKAGE}))
IVY_BRIDGE = (choice(19, 16, _MICROCONTROLLER), choice(31, 24, _IVY_BRIDGE))
HASWELL = (_internal, choice(31, 24, _HASWELL))
BROADWELL_DE = (_internal, bits({22: "UBOX error"}), choice(31, 24, _BROADWELL_DE))
SKYLAKE = (_internal, choice(31, 24, _SKYLAKE))
ICE_LAKE = (choice(31, 24, _ICE_LAKE), choice(23, 20, _SOURCES), choice(19, 16, _CONTROLLER))
SAPPHIRE = (choice(31, 24, _SAPPHIRE), choice(23, 20, _SOURCES), _shutdown)
GRANITE = (choice(23, 16, _PUNIT), choice(31, 24, _GRANITE))
