"""What the registers of a machine check mean: Intel SDM vol. 3B and AMD's manuals are the judges."""

from __future__ import annotations

from typing import Any

import pytest

from kdump_agent.decode.hardware import mcacod

from .checks import check

VAL, OVER, UC, EN, MISCV, ADDRV, PCC, S, AR = (1 << place for place in range(63, 54, -1))
UNCORRECTED = VAL | UC | EN | MISCV | ADDRV

# SDM vol. 3B, "Interpreting the MCA Error Codes".
CODES: list[tuple[int, dict[str, Any]]] = [
    (0x0000, {"class": "simple"}),
    (0x0005, {"class": "simple", "text": "Internal parity error"}),
    (0x0400, {"class": "simple"}),
    (0x0405, {"class": "simple", "text": "Internal unclassified error 0x0405"}),
    (0x000E, {"class": "generic_cache", "level": "L2"}),
    (0x0014, {"class": "tlb", "transaction": "data", "level": "L0"}),
    (0x0090, {"class": "memory_controller", "request": "RD", "channel": 0}),
    (0x00CF, {"class": "memory_controller", "request": "MS", "channel": None}),
    (0x0281, {"class": "extended_memory", "request": "GEN", "channel": 1}),
    (0x0134, {"class": "cache", "level": "L0", "transaction": "data", "request": "DRD"}),
    (0x017A, {"class": "cache", "level": "L2", "transaction": "generic", "request": "EVICT"}),
    (0x0151, {"class": "cache", "level": "L1", "transaction": "instruction", "request": "IRD"}),
    (
        0x0938,
        {"class": "bus", "level": "L0", "participation": "SRC", "request": "DRD", "memory_io": "IO", "timeout": True},
    ),
    (0x0E0F, {"class": "bus", "level": "LG", "participation": "generic", "request": "ERR", "memory_io": "other"}),
    (0x0193, {"class": "cache", "request": None, "level": "LG"}),
    (0x1151, {"class": "cache", "level": "L1", "filtered": True}),
    (0x2000, {"class": "unknown"}),
]


@pytest.mark.parametrize(("code", "want"), CODES, ids=lambda value: f"{value:#06x}" if isinstance(value, int) else "")
def test_an_error_code_is_read_by_the_manuals_tables(code: int, want: dict[str, Any]) -> None:
    told = mcacod.decode(code)
    assert {name: told.get(name) for name in want} == want


def test_amd_has_no_memory_controller_codes_and_its_own_internal_ones() -> None:
    assert mcacod.decode(0x0090, amd=True)["class"] == "unknown"
    assert mcacod.decode(0x0600, amd=True)["text"] == "Internal error: hardware assertion"


@pytest.mark.parametrize(
    ("status", "want"),
    [
        (VAL | EN, "corrected"),
        (UNCORRECTED | PCC, "fatal"),
        (UNCORRECTED | PCC | S | AR, "fatal"),
        (UNCORRECTED | S | AR, "SRAR"),
        (UNCORRECTED | S, "SRAO"),
        (UNCORRECTED, "UCNA"),
        (UNCORRECTED | AR, "uncorrected"),
        (UC | EN, "unknown"),
    ],
)
def test_intel_severity_follows_the_classification_table(status: int, want: str) -> None:
    assert check(status | 0x0135).decoded["severity"] == want


def test_a_processor_without_recovery_does_not_claim_that_nothing_used_the_data() -> None:
    assert check(UNCORRECTED | 0x0135, processor="0:106a5").decoded["severity"] == "uncorrected"


def test_a_patrol_scrub_error_told_as_corrected_is_known_on_skylake() -> None:
    status = VAL | MISCV | ADDRV | 0x0010_00C1
    assert check(status, bank=13, processor="0:50654").decoded["severity"] == "SRAO"
    assert check(status, bank=13, processor="0:50653").decoded["severity"] == "corrected"


@pytest.mark.parametrize(
    ("status", "want"),
    [
        (VAL | EN, "corrected"),
        (VAL | EN | 1 << 44, "deferred"),
        (UNCORRECTED, "uncorrected"),
        (UNCORRECTED | PCC, "fatal"),
    ],
)
def test_amd_severity_follows_the_error_scope_hierarchy(status: int, want: str) -> None:
    assert check(status | 0x0135, processor="2:a00f11").decoded["severity"] == want


def test_another_error_that_was_lost_and_missing_addresses_are_said() -> None:
    words = check(UNCORRECTED | OVER | S | AR | 0x0134, mcg=4).decoded["recoverability"]
    assert "another error was lost" in words
    assert "the CPU did not tell where it stood" in words


def test_what_could_not_be_restarted_is_said_beside_an_error_that_needed_no_action() -> None:
    assert "could not be restarted" in check(UNCORRECTED | 0x00C0, mcg=6).decoded["recoverability"]
    assert "restarted" not in check(UNCORRECTED | 0x00C0, mcg=5).decoded["recoverability"]


def test_poison_that_was_consumed_points_at_the_memory_not_at_the_cache() -> None:
    record = check(UNCORRECTED | S | AR | 0x0134)
    assert record.decoded["part"] == "memory"
    assert record.decoded["consumed"] is True
    assert "find the DIMM that holds address 0x12345000" in record.summary
    assert "of socket 1" not in record.summary


def test_corrected_errors_are_counted_and_their_threshold_named() -> None:
    decoded = check(VAL | EN | 0x2 << 53 | 0x7FFE << 38 | 0x0135).decoded
    assert (decoded["corrected_count"], decoded["threshold"]) == (0x7FFE, "yellow")


def test_an_internal_timer_error_does_not_blame_the_processor_first() -> None:
    assert check(UNCORRECTED | PCC | 0x0400).decoded["part"] == "watchdog"


def test_an_io_error_names_the_root_port_that_told_it() -> None:
    decoded = check(UNCORRECTED | PCC | 0x0E0B, bank=6, registers="TSC 1 MISC 3aa20000").decoded
    assert (decoded["class"], decoded["part"], decoded["reported_by"]) == ("bus", "io", "0000:3a:14.2")


@pytest.mark.parametrize(
    ("processor", "bank", "status", "registers", "unit", "details"),
    [
        ("0:106a5", 8, 0x0001_009F, "TSC 1 MISC 60000", "memory controller", ["ECC error on a read"]),
        ("0:106a5", 0, 0x0004_0800, "TSC 1", "QPI link", ["too many retries"]),
        ("0:206d7", 4, 0x2203_0402, "TSC 1", "power control unit",
         ["bad opcode (Bad_OpCode)", "MC_BOOT_VID_SET_TIMEOUT"]),
        ("0:206d7", 9, 0x0008_00C1, "TSC 1", "memory controller", ["corrected patrol scrub error"]),
        ("0:306e4", 16, 0x0100_00A0, "TSC 1", "memory controller", ["write data buffer parity error"]),
        ("0:306f2", 20, 0x0010_0E0F, "TSC 1", "QPI link", ["control error from R3QPI"]),
        ("0:406f1", 4, 0x0902_0402, "TSC 1", "power control unit",
         ["internal error", "PCU internal error", "MC_MESSAGE_CHANNEL_TIMEOUT"]),
        ("0:50654", 13, 0x0010_00C0, "TSC 1", "memory controller", ["uncorrected patrol scrub error"]),
        ("0:50654", 13, 0x080D_0090, "TSC 1", "memory controller", ["error event of the persistent memory"]),
        ("0:50657", 12, 0x0412_0E0F, "TSC 1", "UPI link",
         ["link layer or physical layer control error", "routeback table error"]),
        ("0:506f1", 6, 0x0008_009F, "TSC 1", "memory controller", ["uncorrected demand read error"]),
        ("0:606a6", 13, 0x00A0_0090, "TSC 1", "memory controller", ["uncorrected read error"]),
        ("0:806f8", 12, 0x0101_0090, "TSC 1", "mesh to memory (M2M)", ["of the HBM", "read ECC error"]),
        ("0:c06f2", 15, 0x0100_009F, "TSC 1", "memory controller", ["write data buffer read parity error"]),
        ("0:a06d1", 6, 0x0B10_0402, "TSC 1", "power control unit",
         ["double-bit ECC error in TeleSRAM", "MCA_GPSB_TIMEOUT"]),
        ("0:a06d1", 13, 0x2004_009F, "TSC 1", "memory controller",
         ["CMI write byte enable parity error on subchannel 1"]),
        ("0:6fb", 0, 0x4040_0800, "TSC 1", "front side bus",
         ["BQ_DCU_WB_TYPE", "BQ_ERR_HARD_TYPE", "internal BINIT"]),
    ],
)  # fmt: skip
def test_intels_model_specific_codes_are_read(
    processor: str, bank: int, status: int, registers: str, unit: str, details: list[str]
) -> None:
    decoded = check(VAL | UC | EN | MISCV | PCC | status, bank=bank, processor=processor, registers=registers).decoded
    assert (decoded["unit"], decoded["details"]) == (unit, details)


def test_the_memory_channel_is_counted_over_the_socket() -> None:
    def channel(processor: str, bank: int) -> object:
        return check(VAL | UC | EN | PCC | 0x0091, bank=bank, processor=processor).decoded["memory"]["channel"]

    assert [channel("0:50654", bank) for bank in (13, 14, 17, 15, 16, 18)] == [0, 1, 2, 3, 4, 5]
    assert [channel("0:50654", bank) for bank in (7, 8)] == [1, 4]
    assert [channel("0:606a6", bank) for bank in (13, 18, 27)] == [0, 4, 11]
    assert [channel("0:806f8", bank) for bank in (13, 20)] == [0, 7]


def test_nehalem_names_the_dimm() -> None:
    record = check(
        VAL | UC | EN | MISCV | PCC | 0x009F, bank=8, processor="0:106a5", registers="TSC 1 MISC 1234567800060040"
    )
    assert record.decoded["memory"] == {"dimm": 2, "channel": 1, "tracker": 0x40, "syndrome": 0x12345678}
    assert "DIMM 2 of channel 1 of socket 1" in record.summary


def test_sapphire_rapids_names_the_place_in_the_dimm() -> None:
    misc = 5 << 59 | 3 << 56 | 2 << 52 | 9 << 43 | 1 << 41 | 2 << 39 | 1 << 37 | 0x1F << 19 | 0x15 << 9 | 0x86
    decoded = check(
        VAL | EN | MISCV | 0x0080_0090, bank=14, processor="0:806f8", registers=f"TSC 1 MISC {misc:x}"
    ).decoded
    assert decoded["memory"] == {
        "rank": 3, "subrank": 2, "device": 9, "bank_group": 5, "bank": 2, "row": 0x1F, "column": 0x54,
        "ecc_mode": "ADDDC", "transient": False, "channel": 1,
    }  # fmt: skip


def test_a_mirror_that_corrected_is_named() -> None:
    decoded = check(VAL | EN | MISCV | 0x0001_0090, bank=7, registers="TSC 1 MISC 8000000000000086").decoded
    assert decoded["details"][-1] == "corrected by the mirror, which took over the channel"


@pytest.mark.parametrize(
    ("processor", "bank", "status", "registers", "unit", "details"),
    [
        ("2:870f10", 5, 0x0000_0108, "TSC 1 IPID 500b000000000", "execution unit",
         ["watchdog expired: no instruction finished for too long"]),
        ("2:a20f12", 1, 0x060C_0859, "TSC 1 IPID 100b000000000", "instruction fetch unit",
         ["poison in the L2's response"]),
        ("2:a00f11", 17, 0x0000_011B, "TSC 1 SYND 2 IPID 9600250f00", "unified memory controller", ["DRAM ECC error"]),
        ("2:a00f11", 21, 0x000A_0000, "TSC 1 IPID 2002e00000000", "coherent station", ["probe filter ECC error"]),
        ("2:a10f11", 21, 0x000A_0000, "TSC 1 IPID 2002e00000000", "coherent station", ["counter overflow"]),
        ("2:b00f21", 22, 0x0002_080B, "TSC 1 IPID 1002e00000000", "power, interrupts and fabric (PIE)", ["link error"]),
        ("2:800f12", 0, 0x000C_0135, "TSC 1 IPID b000000000", "load/store unit",
         ["data cache data error type 1: poison was consumed"]),
        ("2:830f10", 0, 0x0001_0135, "TSC 1", "load/store unit", ["data cache ECC error or L2 poison on a load"]),
        ("9:900f01", 16, 0x0001_011B, "TSC 1 IPID 9600050f00", "unified memory controller", ["data poison error"]),
        ("2:830f10", 30, 0x0000_011B, "TSC 1 IPID 7012300000000", "unknown unit 0x123/0x7", []),
        ("2:20f12", 4, 0x0008_0A13, "TSC 1", "northbridge", ["DRAM ECC error (Chipkill)"]),
        ("2:100f42", 4, 0x000F_0010, "TSC 1", "northbridge", ["data error in a GART table walk"]),
        ("2:100f42", 4, 0x001C_010B, "TSC 1", "northbridge", ["L3 data ECC error"]),
        ("2:600f12", 2, 0x0010_0136, "TSC 1", "combined unit (L2)", ["L2 tag ECC error"]),
        ("2:600f12", 5, 0x000B_0400, "TSC 1", "execution unit", ["flag register file parity error"]),
        ("2:700f01", 2, 0x001B_0136, "TSC 1", "L2 cache", ["ECC error in the L2 data array"]),
        ("2:60fb2", 1, 0x0000_0151, "TSC 1", "instruction cache", ["parity error while data was loaded"]),
        ("2:500f10", 0, 0x0000_0145, "TSC 1", "data cache", ["data or tag parity error on a store"]),
    ],
)  # fmt: skip
def test_amds_units_and_extended_codes_are_read(
    processor: str, bank: int, status: int, registers: str, unit: str, details: list[str]
) -> None:
    decoded = check(VAL | UC | EN | PCC | status, bank=bank, processor=processor, registers=registers).decoded
    assert (decoded["unit"], decoded.get("details", [])) == (unit, details)


def test_amds_memory_controller_names_channel_and_chip_select() -> None:
    decoded = check(VAL | EN | 0x011B, bank=17, processor="2:a00f11", registers="TSC 1 SYND 5 IPID 9600350f00").decoded
    assert decoded["memory"] == {"channel": 3, "chip_select": 5}


def test_an_old_northbridge_tells_syndrome_and_link() -> None:
    dram = check(VAL | EN | 1 << 46 | 0xA5 << 47 | 1 << 41 | 0x7C08_0A13, bank=4, processor="2:100f42").decoded
    link = check(VAL | EN | 0x3 << 36 | 0x0001_0A0F, bank=4, processor="2:100f42").decoded
    assert (dram["memory"], dram["part"]) == ({"syndrome": 0x7CA5, "scrub": False, "channel": 1}, "memory")
    assert (link["link"], link["part"]) == ({"number": 3}, "interconnect")


def test_amds_own_flags_are_named_by_family() -> None:
    bits = VAL | EN | 1 << 55 | 1 << 53 | 1 << 46 | 1 << 44 | 1 << 43
    assert check(bits, processor="2:a00f11").decoded["flags"] == [
        "VAL", "EN", "TCC", "SYNDV", "CECC", "DEFERRED", "POISON",
    ]  # fmt: skip
    assert check(bits, processor="2:100f42").decoded["flags"] == ["VAL", "EN", "CECC"]


def test_the_name_of_the_part_that_firmware_left_is_read() -> None:
    decoded = check(VAL | EN | 0x011B, bank=17, processor="2:b00f21",
                    registers="TSC 1 SYND 5 SYND1 3141204d4d494444 SYND2 0 IPID 9600350f00").decoded  # fmt: skip
    assert decoded["fru_text"] == "DDIMM A1"
