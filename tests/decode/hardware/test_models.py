"""What only a model's own tables tell: Xeons MP, Knights Landing, Diamond Rapids, Zhaoxin; AMD's cores and counters."""

from __future__ import annotations

from typing import Any

import pytest

from .checks import check

VAL, UC, EN, MISCV, ADDRV, PCC = (1 << place for place in (63, 61, 60, 59, 58, 57))
UNCORRECTED = VAL | UC | EN
TULSA, DUNNINGTON, KNIGHTS, DIAMOND, CLEARWATER = "0:f64", "0:106d1", "0:50671", "0:400f10", "0:d06d0"
KH_40000, KH_50000 = "10:507b0", "10:707b0"
BUS = ("BQ_DCU_READ_TYPE", "BQ_ERR_HARD_TYPE")
"""What the codes 0 of the bus queue's request and error stand for."""


@pytest.mark.parametrize(
    ("processor", "bank", "code", "unit", "details"),
    [
        ("0:106d1", 5, 0x0001_0E0F, "front side bus", [*BUS, "parity error in the bus's request phase"]),
        ("0:106d1", 6, 0x000A_0400, "cache bus controller", ["inclusion error from core 2"]),
        ("0:106d1", 6, 0x0500_0400, "cache bus controller", ["quiet cycle time-out (corrected)"]),
        ("0:106d1", 6, 0xE00A_0400, "cache bus controller", ["uncorrectable ECC error in data to core 0",
                                                            "uncorrectable ECC error in data to core 2"]),
        ("0:f64", 4, 0x0100_0400, "cache bus controller", ["SpeedStep, TM1 or TM2 error"]),
        ("0:f64", 4, 0x07 << 32 | 0xC001_0400, "cache bus controller",
         ["correctable ECC error in data to front side bus", "7 corrected errors"]),
        ("0:f64", 4, 1 << 52 | 0x5A << 44 | 0x0010_0000 | 0x0E0F, "front side bus",
         ["parity error in the bus's response field", "ECC syndrome 0x5a"]),
        ("0:206e6", 5, 0x1100_0001, "processor",
         ["the VID controller is not the one that the platform selected"]),
        (KNIGHTS, 9, 0x0010_0090, "MCDRAM memory controller", ["uncorrected patrol scrub error"]),
        (DIAMOND, 4, 0x0830_0401, "power control unit", ["MCA_PCODE_WATCHDOG"]),
        (DIAMOND, 4, 0x0005_040C, "power control unit", ["triple fault shutdown"]),
        (DIAMOND, 11, 0x7E00_0401, "power control unit", ["MCA_RECOVERABLE_DIE_THERMAL_TOO_HOT"]),
        (DIAMOND, 18, 0x0203_0E0F, "UPI link", ["the link degraded"]),
        (DIAMOND, 20, 0x0010_0090, "memory controller", ["uncorrected patrol scrub error"]),
        (CLEARWATER, 13, 0x00A0_0090, "memory controller", ["uncorrected error on a read"]),
        (KH_40000, 0, 0x4200_0001, "core", ["machine hung"]),
        (KH_40000, 5, 0x000C_0E0F, "ZPI link", ["the link fell back to a lower speed"]),
        (KH_50000, 28, 0x0006_0001, "host interface (HIF)", ["CXL parity error"]),
        (KH_50000, 22, 0x0300_0402, "voltage regulator (SVID)", ["a voltage regulator is too hot"]),
        (KH_50000, 12, 0x0010_00F0, "memory controller", ["key not hit", "key hit"]),
        ("0:206d7", 4, 0x8100_0402, "power control unit", ["MC_RECOVERABLE_DIE_THERMAL_TOO_HOT"]),
        ("2:600f12", 5, 0x000D_0000, "execution unit", ["retire status queue parity error"]),
        ("2:600f12", 1, 0x0000_0600, "instruction cache", ["hardware assertion"]),
        ("2:60fb2", 0, 0x5A << 47 | 1 << 46 | 0x0135, "data cache", ["data or tag error", "ECC syndrome 0x5a"]),
        ("0:6f6", 5, 0x0010_0000 << 9 | 0x0E0F, "front side bus", [*BUS, "MCERR seen on the bus"]),
    ],
)  # fmt: skip
def test_a_models_own_codes_are_read(processor: str, bank: int, code: int, unit: str, details: list[str]) -> None:
    decoded = check(UNCORRECTED | code, bank=bank, processor=processor).decoded
    assert (decoded["unit"], decoded["details"]) == (unit, details)


@pytest.mark.parametrize(
    ("processor", "bank", "code", "misc", "memory"),
    [
        ("0:50657", 13, 0x0010_0090, 1 << 62 | 3 << 46, {"rank": 3, "device_mask": 0, "channel": 0}),
        ("0:50663", 10, 0x0010_0090, 1 << 62 | 5 << 46, {"rank": 5, "device_mask": 0, "channel": 1}),
        (KNIGHTS, 15, 0x0010_0092, 0, {"channel": 5}),
        (KNIGHTS, 16, 0x0010_0092, 0, {"channel": 2}),
        (KH_40000, 9, 0x0001_0091, 2 << 25 | 0x41 << 9, {"rank": 2, "syndrome": 0x41, "parity_log": 0}),
        (KH_50000, 9, 0x0001_0096, 1 << 25, {"rank": 1, "syndrome": 0, "parity_log": 0, "channel": "A2"}),
    ],
)
def test_the_place_in_memory_is_read(processor: str, bank: int, code: int, misc: int, memory: dict[str, Any]) -> None:
    record = check(VAL | EN | MISCV | code, bank=bank, processor=processor, registers=f"TSC 1 MISC {misc:x}")
    assert record.decoded["memory"] == memory


def test_diamond_rapids_counts_channels_over_both_hubs_and_hides_a_transient_device() -> None:
    status = VAL | EN | MISCV | 1 << 33 | 0x0080_0090
    misc = 1 << 42 | 7 << 44 | 1 << 49 | 2 << 55 | 1 << 58 | 5 << 19
    memory = check(status, bank=21, processor=DIAMOND, registers=f"TSC 1 MISC {misc:x}").decoded["memory"]
    assert (memory["channel"], memory["device"], memory["subchannel"], memory["chip_select"]) == (10, 7, 1, 2)
    assert (memory["ecc_mode"], memory["row"]) == ("SDDC 128b, 1LM", 5)
    transient = check(status, bank=21, processor=DIAMOND, registers=f"TSC 1 MISC {1 << 63 | misc:x}").decoded["memory"]
    assert transient["transient"]
    assert "device" not in transient
    proprietary = check(status | 0x0800_0000, bank=21, processor=DIAMOND, registers=f"TSC 1 MISC {misc:x}")
    assert proprietary.decoded["memory"] == {"channel": 10}


def test_an_error_of_a_link_that_the_fabric_tells_points_at_the_links() -> None:
    registers = "TSC 0 SYND 5a020005 IPID 1002e00000500"
    record = check(VAL | EN | MISCV | 0x0002_080B, bank=27, processor="2:870f10", registers=registers)
    assert (record.decoded["details"], record.decoded["part"]) == (["link error"], "interconnect")


def test_bit_43_of_family_15h_s_northbridge_is_no_poison() -> None:
    northbridge, cache = (
        check(UNCORRECTED | 1 << 43 | 0x0008_0813, bank=bank, processor="2:600f12").decoded for bank in (4, 0)
    )
    assert "POISON" not in northbridge["flags"]
    assert "POISON" in cache["flags"]


def test_the_text_of_a_load_of_lost_memory_says_so() -> None:
    record = check(UNCORRECTED | ADDRV | MISCV | 3 << 55 | 0x0134, bank=1, processor="0:606a6")
    assert record.decoded["text"] == "Data cache level-0 data-read error: lost memory was used"
    assert record.decoded["part"] == "memory"


def test_the_sentence_tells_one_channel_only() -> None:
    record = check(VAL | EN | 0x0080_0090, bank=16, processor="0:806f8", registers="TSC 1 ADDR 12345040")
    assert record.decoded["text"].startswith("Memory controller read error, channel 0: corrected read error")
    assert record.summary.startswith(
        "Memory controller read error: corrected read error (socket 1, CPU 3, bank 16, memory channel 3, address "
    )


@pytest.mark.parametrize(
    ("processor", "bank", "status", "core"),
    [
        ("2:20f12", 4, 0b0010 << 32 | 0x0008_0A13, 1),
        ("2:100f42", 4, 0b1000 << 32 | 0x0008_0A13, 3),
        ("2:100f91", 4, 1 << 56 | 5 << 32 | 0x0008_0A13, 5),
        ("2:100f91", 4, 5 << 32 | 0x0008_0A13, None),
        ("2:830f10", 9, 1 << 56 | 0x21 << 32 | 0x011B, 0x21),
        (KH_50000, 0, 2 << 23 | 9 << 19 | 6 << 16 | 0x0001, 6),
    ],
)
def test_the_core_that_asked_is_told(processor: str, bank: int, status: int, core: int | None) -> None:
    assert check(UNCORRECTED | status, bank=bank, processor=processor).decoded.get("core") == core


@pytest.mark.parametrize(
    ("bank", "status", "misc", "text", "part"),
    [
        (128, 1, 0, "Thermal sensor: too hot: the processor is throttled", "thermal"),
        (128, 0, 0, "Thermal sensor: cooled down: throttling ended", "thermal"),
        (165, 0, 1 << 48, "Error counter of the DRAM: the counter overflowed", "memory"),
        (218, 0, 0, "Wait for the other CPUs' machine check handlers: timed out", "watchdog"),
    ],
)
def test_the_banks_that_kernels_make_up_are_explained(bank: int, status: int, misc: int, text: str, part: str) -> None:
    record = check(status, bank=bank, processor="2:100f42", registers=f"TSC 1 MISC {misc:x}")
    assert (record.decoded["text"], record.decoded["part"], record.injected) == (text, part, None)


def test_a_bank_that_signals_an_error_without_a_code_is_not_said_to_have_none() -> None:
    record = check(UNCORRECTED | PCC, bank=0, processor="2:60fb2", registers="TSC 15f2d1714af92", mcg=0)
    assert record.decoded["text"] == "Data cache: uncorrected error of which the bank tells no code"
