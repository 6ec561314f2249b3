from __future__ import annotations

from kdump_agent.decode import part
from kdump_agent.decode.hardware.edac import find_edac
from kdump_agent.decode.hardware.edac_amd import find_edac_amd
from kdump_agent.decode.hardware.edac_amd_old import find_edac_amd_old
from kdump_agent.decode.hardware.edac_trace import find_edac_trace
from kdump_agent.decode.hardware.find import find

from .logs import (
    EDAC_TRACE,
    GHES_EDAC,
    MCE_AMD_2_6_32,
    MCE_AMD_2_6_36,
    MCE_AMD_3_0,
    MCE_AMD_17H,
    MCE_AMD_K8,
    SBRIDGE,
    lines,
    stamped,
)


def test_located_error_has_the_registers_printed_before_it() -> None:
    (record,) = find_edac(lines(stamped(SBRIDGE)))
    told = (record.cpu, record.bank, record.status, record.socket, record.apic, record.addr, record.misc, record.time)
    assert told == (8, 11, "0x8c00004f000800c2", 1, 0x20, "0xee40b1000", "0x900040004001e8c", 1519356497)
    expected = {
        "class": "memory", "severity": "corrected", "count": 1, "controller": 1, "channel": 0, "slot": 0, "rank": 0,
        "dimm": "CPU_SrcID#1_Ha#0_Chan#0_DIMM#0", "overflow": True, "mscod": "0x0008", "mcacod": "0x00c2",
    }  # fmt: skip
    assert expected.items() <= record.decoded.items()
    assert record.summary == (
        'Memory scrubbing error (DIMM "CPU_SrcID#1_Ha#0_Chan#0_DIMM#0", channel 0 slot 0 rank 0, address 0xee40b1000); '
        "corrected, nothing was lost; one of these needs nothing; if they go on, find that DIMM's slot (the board's "
        "manual, or ras-mc-ctl --print-labels), then reseat or replace it and test the memory."
    )


def test_address_that_the_driver_translated_wins_over_the_registers() -> None:
    (record,) = find_edac(lines(SBRIDGE.replace("ADDR ee40b1000", "ADDR 1000")))
    assert record.addr == "0xee40b1000"


def test_registers_without_a_located_error_are_an_error_of_their_own() -> None:
    (record,) = find_edac(lines(SBRIDGE.rsplit("EDAC MC1", 1)[0]))
    assert (record.status, record.decoded["severity"]) == ("0x8c00004f000800c2", "corrected")
    assert (record.family, record.model, record.decoded["memory"]) == (6, 0x3E, {"channel": 2})
    assert record.decoded["edac"] == "memory error that the driver did not locate"


def test_skylake_form_names_its_place_in_its_own_words() -> None:
    words = (
        "EDAC MC3: 1 UE memory read error on CPU_SrcID#1_MC#1_Chan#0_DIMM#1 (channel:0 slot:1 page:0x123456 "
        "offset:0x40 grain:32 -  OVERFLOW recoverable err_code:0x0101:0x0090 ProcessorSocketId:0x1 "
        "MemoryControllerId:0x1 PhysicalRankId:0x2 Row:0x1a2b Column:0x3c0 Bank:0x1 BankGroup:0x2)"
    )
    (record,) = find_edac(lines(words))
    assert (record.socket, record.addr, record.decoded["severity"]) == (1, "0x123456040", "uncorrected")
    assert (record.decoded["rank"], record.decoded["bg"], record.decoded["mcacod"]) == ("0x2", "0x2", "0x0090")


def test_firmware_located_error_names_the_label() -> None:
    (record,) = find_edac(lines(GHES_EDAC))
    assert (record.decoded["dimm"], record.addr) == ("P1 DIMM_B2", "0x12345678c0")


def test_forms_of_kernels_before_3_5() -> None:
    page, none, row = find_edac(
        lines(
            'EDAC MC0: CE page 0x7a2f1, offset 0x3c0, grain 8, syndrome 0x1ac, row 3, channel 1, label "DIMM_B1": x\n'
            "EDAC MC0: UE - no information available: amd64_edac Error Overflow\n"
            'EDAC MC2: CE row 1, channel 0, label "CPU_SrcID#1_Channel#0_DIMM#0": 1 Unknown error(s): '
            "memory read error on FATAL area : cpu=0 Err=0001:0090 (ch=0), addr = 0x7d3ee2c40 "
            "=> socket=1, Channel=0(mask=1), rank=4\n"
        )
    )
    assert (page.addr, page.decoded["dimm"], page.decoded["syndrome"]) == ("0x7a2f13c0", "DIMM_B1", "0x1ac")
    assert (page.decoded["row"], page.decoded["channel"]) == (3, 1)
    assert (none.decoded["severity"], none.addr, none.decoded.get("dimm")) == ("uncorrected", None, None)
    assert "DIMM not told" in none.summary
    assert (row.addr, row.socket, row.decoded["rank"]) == ("0x7d3ee2c40", 1, 4)


def test_socket_is_taken_from_the_label_where_nothing_else_tells_it() -> None:
    (record,) = find_edac(lines("EDAC MC0: 1 CE memory read error on CPU_SrcID#01_Chan#0_DIMM#0 (channel:0 page:0x1)"))
    assert record.socket == 1


def test_label_that_names_no_dimm_is_none() -> None:
    (record,) = find_edac(lines("EDAC MC2: 5 UE ie31200 UE on any memory ( page:0x0 offset:0x0 grain:1)"))
    assert (record.decoded.get("dimm"), record.decoded["count"], record.addr) == (None, 5, None)
    assert "5 times" in record.summary


def test_made_up_error_says_so() -> None:
    (record,) = find_edac(
        lines("EDAC MC0: 1 CE FAKE ERROR on DIMM_A (channel:0 page:0x1 offset:0x0 - for EDAC testing only)")
    )
    assert record.injected


def test_other_parts_with_an_edac_driver() -> None:
    cache, bus = find_edac(
        lines(
            "EDAC DEVICE0: CE: cpu_cache instance: L2_0 block: L2_data count: 3 'ECC'\n"
            "EDAC PCI: Bridge Detected Parity Error on 0000:00:1e.0\n"
        )
    )
    assert (cache.decoded["class"], cache.decoded["block"], cache.decoded["count"]) == ("device", "L2_data", 3)
    assert (bus.decoded["class"], bus.decoded["pci"]) == ("pci", "0000:00:1e.0")


def test_driver_start_is_no_error() -> None:
    starts = (
        "EDAC MC: Ver: 3.0.0\nEDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0: DEV 0"
    )
    assert list(find_edac(lines(starts))) == []


def test_amd_decoder_tells_bank_registers_and_words() -> None:
    (record,) = find_edac_amd(lines(stamped(MCE_AMD_17H)))
    assert (record.cpu, record.bank, record.status) == (2, 18, "0xdc2040000400011b")
    assert (record.vendor, record.family, record.model, record.stepping) == ("amd", 0x17, 0x71, 0)
    assert (record.addr, record.ppin, record.ipid) == ("0x7d41b7940", "0x2b0a1b2c3d4e5f6", "0x9600150f00")
    assert record.synd == "0x5d3d00010a801203"
    assert record.decoded["flags"] == ["VAL", "OVER", "EN", "MISCV", "ADDRV", "SYNDV", "CECC"]
    assert (record.decoded["part"], record.decoded["severity"]) == ("memory", "corrected")
    assert record.decoded["edac"] == "Unified Memory Controller Ext. Error Code: 0, DRAM ECC error"
    assert record.decoded["memory"] == {"channel": 1, "chip_select": 3}
    assert record.summary.startswith(
        "Unified memory controller: DRAM ECC error (CPU 2, bank 18, memory channel 1, chip select 3, normalized "
        "address "
    )


def test_what_amd_s_decoder_told_at_the_start_was_left_by_the_boot_before() -> None:
    (left,) = find(lines(stamped(MCE_AMD_17H, start=1.2)))
    assert left.boot == "previous"
    assert left.summary.startswith("Left by the boot before: Unified memory controller: DRAM ECC error")
    (later,) = find(lines(stamped(MCE_AMD_17H, start=301.0)))
    assert later.boot == "crashed"


def test_amd_decoder_of_3_14_told_the_bank_before_the_status() -> None:
    (record,) = find_edac_amd(lines(MCE_AMD_K8))
    assert (record.cpu, record.family, record.model, record.bank) == (0, 0xF, 0x6B, 0)
    assert (record.decoded["severity"], record.decoded["flags"]) == ("fatal", ["VAL", "UC", "EN", "PCC"])
    assert "makes no sense to the kernel" in record.decoded["edac"]


def test_amd_decoder_of_3_0_told_neither_model_nor_severity() -> None:
    (record,) = find_edac_amd(lines(MCE_AMD_3_0))
    assert (record.cpu, record.bank, record.addr, record.family) == (3, 4, "0x123456780", None)
    assert (record.decoded["severity"], record.decoded["node"], record.decoded["class"]) == ("corrected", 4, "memory")


def test_amd_decoder_s_family_is_taken_from_the_start_of_the_log_where_it_told_none() -> None:
    boot = "CPU0: AMD Opteron(tm) Processor 6128 (fam: 10, model: 09, stepping: 01)\n"
    (record,) = find_edac_amd(lines(boot + MCE_AMD_3_0))
    assert (record.family, record.model, record.decoded["part"]) == (0x10, 9, "memory")
    assert record.decoded["memory"]["syndrome"] == 0x4020


def test_the_names_that_smca_banks_had_at_first_and_the_part_s_name_of_today_are_read() -> None:
    first, last = find_edac_amd(
        lines(
            "[Hardware Error]: Uncorrected, software restartable error.\n"
            "[Hardware Error]: CPU:1 (17:1:2) MC0_STATUS[-|UE|MiscV|-|AddrV|-|Poison|SyndV|TCC]: 0xbca0080000000000\n"
            "[Hardware Error]: Load Store Unit Extended Error Code: 12\n"
            "[Hardware Error]: Load Store Unit Error: DC data error type 1 (poison consumption).\n"
            "[Hardware Error]: cache level: RESV, tx: INSN\n"
            "[Hardware Error]: CPU:2 (1a:11:0) MC21_STATUS[-|CE|MiscV|AddrV|-|-|SyndV|CECC|-|-|-]: 0x9c2040000400011b\n"
            "[Hardware Error]: IPID: 0x0000009600150f00, Syndrome: 0x5d3d00010a801203\n"
            "[Hardware Error]: FRU Text: DIMM_P0_B1\n"
            "[Hardware Error]: cache level: L3/GEN, tx: GEN, mem-tx: RD\n"
        )
    )
    assert "poison consumption" in first.decoded["edac"] or "Code: 12" in first.decoded["edac"]
    assert last.decoded["fru_text"] == "DIMM_P0_B1"


def test_the_first_amd_decoder_told_the_bits_in_words() -> None:
    (record,) = find_edac_amd_old(lines(stamped(MCE_AMD_2_6_36)))
    assert (record.bank, record.status, record.decoded["flags"]) == (2, None, ["VAL", "OVER", "CECC"])
    assert record.decoded["severity"] == "corrected"
    assert record.summary.startswith(
        "Bus Unit Error: generic read parity/ECC error during data access from L2 (bank 2)"
    )


def test_the_first_amd_decoder_s_words_belong_to_the_machine_check_before_them() -> None:
    (record,) = find(lines(stamped(MCE_AMD_2_6_32)))
    assert (record.kind, record.cpu, record.bank, record.status) == ("mce", 1, 4, "0xb600200108080813")
    assert record.decoded["edac"] == "Northbridge Error, node 0, core: 1: ECC/ChipKill ECC error"
    assert (record.decoded["part"], record.decoded["severity"]) == ("memory", "fatal")


def test_amd_errors_one_after_the_other_are_two() -> None:
    cut = MCE_AMD_17H.rsplit("[Hardware Error]: cache", 1)[0]
    told = list(find_edac_amd(lines(MCE_AMD_17H + MCE_AMD_K8 + cut + cut)))
    assert [record.bank for record in told] == [18, 0, 18, 18]


def test_the_traced_event_names_the_dimm() -> None:
    (record,) = find_edac_trace(lines(EDAC_TRACE))
    assert (record.addr, record.socket, record.decoded["severity"]) == ("0x12345678c0", 1, "corrected")
    assert (record.decoded["dimm"], record.decoded["count"]) == ("CPU_SrcID#1_MC#0_Chan#2_DIMM#0", 2)
    assert (record.decoded["location"], record.decoded["channel"]) == ("2:0:-1", 2)


def test_a_driver_s_layer_called_memory_is_no_place_of_ours() -> None:
    (record,) = find(lines("EDAC MC0: 1 UE unknown on unknown memory (memory:5 page:0x12 offset:0x0 grain:4)"))
    assert record.decoded["all_memory"] == 5
    assert part.signature([record]) == "1:memory:controller 0"


def test_a_page_that_no_address_can_hold_gives_none() -> None:
    (record,) = find_edac(lines("EDAC MC0: 1 CE x on y (page:0xffffffffffffff offset:0x0 grain:1)"))
    assert record.addr is None
