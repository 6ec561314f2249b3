from __future__ import annotations

import pytest

from kdump_agent.decode.hardware import aer_status
from kdump_agent.decode.hardware.aer import find_aer
from kdump_agent.decode.hardware.aer_block import find_aer_block
from kdump_agent.decode.hardware.aer_trace import find_aer_trace

from .logs import AER_2_6_32, AER_FIRMWARE, AER_NEW, AER_OLD, AER_TRACE, DPC, lines, stamped


def test_new_form_names_device_port_error_and_recovery() -> None:
    (record,) = find_aer(lines(stamped(AER_NEW)))
    assert (record.kind, record.status, record.line) == ("aer", "0x104000", 0)
    expected = {
        "class": "pcie", "severity": "uncorrected", "pci": "0000:84:00.0", "product": "144d:a80a", "driver": "nvme",
        "reporter": "0000:80:1b.4", "received_from": "0000:84:00.0", "layer": "Transaction Layer",
        "errors": ["completion timeout"], "tlp": "0x34000000 0x00000052 0x00000000 0x00000000",
        "recovery": ["0000:84:00.0: can't recover (no error_detected callback)",
                     "0000:80:1b.4: device recovery failed"],
    }  # fmt: skip
    assert expected.items() <= record.decoded.items()
    assert record.summary == (
        "PCI Express transaction layer error: completion timeout (device 0000:84:00.0 [144d:a80a], told by port "
        "0000:80:1b.4, recovery failed); not corrected: a request or its data was lost; update that device's firmware "
        "and driver; when it comes back, replace it."
    )


def test_old_form_tells_the_source_as_a_requester_id() -> None:
    (record,) = find_aer(lines(AER_OLD))
    assert (record.decoded["received_from"], record.decoded["multiple"]) == ("0000:02:14.1", True)
    assert (record.decoded["severity"], record.decoded["errors"]) == ("corrected", ["receiver error"])
    assert "reseat the card" in record.summary


def test_port_interrupt_alone_is_an_error_of_the_source_it_names() -> None:
    (record,) = find_aer(lines("pcieport 0000:00:1c.5: AER: Corrected error received: 0000:02:00.0"))
    assert (record.decoded["pci"], record.decoded["severity"]) == ("0000:02:00.0", "corrected")
    assert "not told which" in record.summary


@pytest.mark.parametrize(("severe", "told"), [("0x00066010", "fatal"), ("0x00022010", "uncorrected")])
def test_error_that_firmware_handed_over_is_as_bad_as_its_severity_register_says(severe: str, told: str) -> None:
    (record,) = find_aer(lines(AER_FIRMWARE.replace("0x00066010", severe)))
    assert (record.decoded["severity"], record.decoded["errors"]) == (told, ["completion timeout"])


def test_containment_and_its_cause_are_one_error() -> None:
    (record,) = find_aer(lines(DPC))
    assert (record.decoded["severity"], record.decoded["containment"]) == ("fatal", "unmasked uncorrectable error")
    assert record.decoded["errors"] == ["surprise down"]
    assert "port shut by DPC" in record.summary
    assert "lost power" in record.summary


@pytest.mark.parametrize(
    ("status", "why"),
    [("0x1f03", "ERR_NONFATAL received"), ("0x1f05", "ERR_FATAL received"),
     ("0x1f07", "root port programmed I/O error"),     ("0x1f27", "software trigger")],
)  # fmt: skip
def test_containment_says_why_by_its_status_register(status: str, why: str) -> None:
    (old,) = find_aer(lines(f"dpc 0000:10:01.0:pcie210: DPC containment event, status:{status} source:0x0100"))
    assert (old.decoded["containment"], old.decoded["pci"]) == (why, "0000:10:01.0")


def test_firmware_first_containment_joins_what_the_port_then_tells() -> None:
    (record,) = find_aer(lines("pcieport 0000:3c:01.0: EDR: EDR event received\n" + DPC))
    assert record.decoded["errors"] == ["surprise down"]


def test_two_devices_of_one_interrupt_are_two_errors() -> None:
    second = AER_NEW.split("\n", 1)[1].replace("0000:84:00.0", "0000:85:00.0")
    assert [record.decoded["pci"] for record in find_aer(lines(AER_NEW + second))] == ["0000:84:00.0", "0000:85:00.0"]


def test_errors_of_a_device_and_of_another_port_do_not_join() -> None:
    told = list(find_aer(lines(AER_OLD + DPC)))
    assert [record.decoded["pci"] for record in told] == ["0000:02:14.1", "0000:3c:01.0"]


def test_second_error_of_a_device_without_an_interrupt_told_is_another() -> None:
    bare = AER_OLD.split("\n", 1)[1]
    assert len(list(find_aer(lines(bare + bare)))) == 2


def test_registers_of_another_device_in_between_are_not_taken() -> None:
    stray = "pcieport 0000:00:1d.0:   device [8086:ffff] error status/mask=00000080/00000000\n"
    head, tail = AER_OLD.split("  device", 1)
    (record,) = find_aer(lines(head.rsplit("\n", 1)[0] + "\n" + stray + "pcieport 0000:02:14.1:   device" + tail))
    assert (record.decoded["product"], record.status) == ("8086:9d15", "0x1")


def test_first_error_is_told_first_and_masked_ones_not_at_all() -> None:
    assert aer_status.errors(0x0014_4010, 0x0010_0000, corrected=False, first=18) == [
        "malformed TLP", "data link protocol error", "completion timeout"
    ]  # fmt: skip
    assert aer_status.errors(0x2, 0, corrected=True) == ["reserved bit 1"]


def test_what_a_driver_merely_says_of_a_pci_device_is_no_error() -> None:
    assert list(find_aer(lines("pci 0000:00:1c.0: [8086:a110] type 01\nnvme 0000:01:00.0: AER: enabled"))) == []


@pytest.mark.parametrize("tab", ["\t", "^I", "  "])
def test_the_block_of_2_6_32_is_read_behind_any_syslog(tab: str) -> None:
    (record,) = find_aer_block(lines(stamped(AER_2_6_32.replace("\t", tab))))
    expected = {
        "severity": "uncorrected", "layer": "Transaction Layer", "errors": ["flow control protocol error"],
        "multiple": True, "agent": "Receiver ID", "pci": "0000:00:02.0", "product": "1106:a238",
        "tlp": "04000001 00200a03 05010000 00050100",
    }  # fmt: skip
    assert expected.items() <= record.decoded.items()


def test_a_block_that_was_cut_is_still_an_error() -> None:
    (record,) = find_aer_block(lines("+------ PCI-Express Device Error ------+\n"))
    assert record.summary.startswith("PCI Express error: not told which (device unknown)")


def test_the_traced_event_is_read() -> None:
    (record,) = find_aer_trace(lines(AER_TRACE))
    assert (record.decoded["pci"], record.decoded["severity"]) == ("0000:00:05.0", "corrected")
    assert record.decoded["errors"] == ["bad TLP", "replay number rollover"]
    assert "reseat the card" in record.summary


def test_flit_mode_s_header_and_cxl_s_bus_are_read() -> None:
    flit = AER_NEW.replace("TLP Header:", "TLP Header (Flit):").replace("PCIe Bus Error", "CXL Bus Error")
    (record,) = find_aer(lines(flit))
    assert record.decoded["tlp"] == "0x34000000 0x00000052 0x00000000 0x00000000"
    assert record.decoded["layer"] == "Transaction Layer"
