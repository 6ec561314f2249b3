from __future__ import annotations

import pytest

from kdump_agent.decode.hardware.bert import find_bert
from kdump_agent.decode.hardware.cper import find_cper

from .logs import BERT, GHES_2_6_39, GHES_ARM, GHES_CXL, GHES_MEMORY, GHES_PCIE, GHES_X64, lines, stamped


def test_memory_section_names_dimm_and_place() -> None:
    (record,) = find_cper(lines(stamped(GHES_MEMORY)))
    assert (record.kind, record.boot, record.addr, record.line) == ("cper", "crashed", "0x12345678c0", 3)
    expected = {
        "class": "memory", "severity": "corrected", "source": 2, "fru_text": "B2", "dimm": "P1 DIMM_B2", "node": 1,
        "card": 4, "module": 0, "rank": 1, "bank": 3, "device": 14, "row": 58165, "column": 816,
        "requestor_id": "0x7", "error_type": "single-bit ECC", "text": "memory error: single-bit ECC",
    }  # fmt: skip
    assert expected.items() <= record.decoded.items()
    assert record.summary == (
        'Memory error: single-bit ECC, told by firmware (DIMM "P1 DIMM_B2", part "B2", node 1 card 4 module 0 rank 1 '
        "bank 3 row 58165 column 816, address 0x12345678c0); corrected, nothing was lost; "
        "one of these needs nothing; if they go on, reseat or replace that DIMM, then test the memory."
    )


def test_dimm_that_firmware_could_not_place_is_not_named() -> None:
    (record,) = find_cper(lines(GHES_MEMORY.replace("P1 DIMM_B2", "not present. DMI handle: 0x0052")))
    assert (record.decoded.get("dimm"), record.decoded["dmi_handle"]) == (None, "0x0052")


def test_section_of_a_vendors_own_kind_is_told_by_its_guid() -> None:
    own = "section type: unknown, 00000000-1111-2222-3333-444444444444"
    (record,) = find_cper(lines(GHES_CXL.replace("section_type: CXL Protocol Error", own)))
    assert (record.decoded["class"], record.decoded["section"]) == ("unknown", own[14:])


def test_first_kernels_form_tells_two_sections_of_one_record() -> None:
    processor, memory = find_cper(lines(GHES_2_6_39))
    assert (processor.decoded["class"], processor.decoded["severity"]) == ("processor", "uncorrected")
    assert (processor.decoded["error_type"], processor.decoded["operation"]) == ("cache error", "data read")
    assert processor.addr == "0xabcd0000"
    assert (memory.decoded["class"], memory.decoded["severity"], memory.decoded["card"]) == ("memory", "info", 3)
    assert memory.addr == "0x777000"


def test_fatal_pcie_section_decodes_the_status_that_no_other_line_will_tell() -> None:
    (record,) = find_cper(lines(GHES_PCIE))
    decoded = record.decoded
    assert (decoded["pci"], decoded["vendor_id"], decoded["product_id"]) == ("0000:3a:02.0", "0x8086", "0x2032")
    assert decoded["errors"] == ["completion timeout"]
    assert decoded["stamp"] == "2026-11-20 11:12:13"
    assert "device 0000:3a:02.0" in record.summary
    assert "fatal" in record.summary


def test_first_of_several_arm_error_structures_is_told() -> None:
    (record,) = find_cper(lines(GHES_ARM))
    assert (record.decoded["class"], record.decoded["error_type"]) == ("processor", "cache error")
    assert (record.decoded["mpidr"], record.decoded["transaction"]) == ("0x0000000081080000", "Data Access")
    assert record.addr == "0xa1b2c3c0"


def test_x64_section_names_the_processor() -> None:
    (record,) = find_cper(lines(GHES_X64))
    assert (record.apic, record.decoded["class"], record.decoded["error_type"]) == (0x2C, "processor", "TLB error")
    assert (record.decoded["check"], record.decoded["context_corrupt"]) == ("0x000000000400001f", "false")
    assert "APIC 0x2c" in record.summary


def test_cxl_section_names_its_device() -> None:
    (record,) = find_cper(lines(GHES_CXL))
    assert (record.decoded["class"], record.decoded["pci"]) == ("cxl", "0000:e1:00.0")
    assert record.decoded["product_id"] == "0x0d93"


def test_records_that_two_processors_tell_at_once_are_kept_apart() -> None:
    pairs = zip(GHES_MEMORY.splitlines(), GHES_PCIE.splitlines())
    told = {
        record.decoded["class"]: record for record in find_cper(lines("\n".join(line for two in pairs for line in two)))
    }
    assert told.keys() == {"memory", "pcie"}
    assert told["memory"].decoded["card"] == 4
    assert told["pcie"].decoded["slot"] == 7


def test_record_cut_off_after_its_header_is_told_with_its_severity() -> None:
    (record,) = find_cper(lines("".join(GHES_PCIE.splitlines(keepends=True)[:2])))
    assert (record.decoded["class"], record.decoded["severity"]) == ("unknown", "fatal")


@pytest.mark.parametrize("cut", range(1, len(GHES_MEMORY.splitlines())))
def test_record_whose_begin_was_overwritten_does_not_become_one_of_the_previous_boot(cut: int) -> None:
    rest = lines(BERT.split("\n", 1)[0] + "\n" + "\n".join(GHES_MEMORY.splitlines()[cut:]))
    assert list(find_bert(rest)) == []
    assert len(list(find_cper(rest))) == (1 if cut <= 2 else 0)


def test_boot_error_record_is_of_the_previous_boot() -> None:
    (record,) = find_bert(lines(BERT + GHES_MEMORY))
    assert (record.kind, record.boot, record.decoded["class"]) == ("bert", "previous", "firmware")
    assert record.decoded["record_type"] == "SOC Firmware Error Record Type2"
    assert "of the boot before this one" in record.summary
    assert [one.kind for one in find_cper(lines(BERT + GHES_MEMORY))] == ["cper"]


def test_two_boot_error_records_are_two() -> None:
    twice = BERT + BERT.split("\n", 1)[1].replace("fatal", "recoverable")
    assert [record.decoded["event_severity"] for record in find_bert(lines(twice))] == ["fatal", "recoverable"]


def test_what_stands_before_the_boot_error_records_is_of_this_boot() -> None:
    cut = GHES_2_6_39.split("\n", 1)[1]
    assert [record.decoded["class"] for record in find_bert(lines(cut + BERT))] == ["firmware"]


def test_a_number_that_the_record_does_not_define_is_not_taken_for_a_field_of_ours() -> None:
    (record,) = find_cper(lines(GHES_MEMORY.replace("node:1 card:4", "node:1 severity:5 text:7 card:4")))
    assert (record.decoded["severity"], record.decoded["text"]) == ("corrected", "memory error: single-bit ECC")
    assert record.decoded["card"] == 4
