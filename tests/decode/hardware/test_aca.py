"""Errors of AMD's accelerators; the first log is of an MI300X, from a report to its maker."""

from __future__ import annotations

from kdump_agent.decode import part
from kdump_agent.decode.hardware.find import find

from .logs import ACA_LATER, ACA_MI300X, lines


def test_each_accelerator_has_the_errors_of_its_own_banks() -> None:
    poison, fatal = find(lines(ACA_MI300X))
    assert (poison.kind, poison.decoded["pci"], poison.decoded["unit"]) == (
        "aca", "0000:42:00.0", "system management unit",
    )  # fmt: skip
    assert poison.decoded["severity"] == "deferred"
    assert poison.decoded["details"] == ["poison error from a graphics unit"]
    assert (fatal.decoded["pci"], fatal.decoded["severity"]) == ("0000:1b:00.0", "fatal")
    assert (fatal.synd, fatal.addr, fatal.family) == ("0x5d003e1b", None, None)
    assert "accelerator 0000:1b:00.0" in fatal.summary
    assert part.signature([fatal]) == "1:pci:0000:1b:00.0"


def test_the_later_form_is_read_and_a_bank_without_an_error_is_none() -> None:
    (record,) = find(lines(ACA_LATER))
    assert (record.ipid, record.addr, record.decoded["severity"]) == ("0x9600292f00", "0x16f6c00", "corrected")
    assert record.decoded["unit"] == "unified memory controller of the HBM"
    assert "DIMM" not in record.summary


def test_the_first_form_had_no_number_and_another_bracket() -> None:
    old = ACA_LATER.replace("{1}[Hardware Error]: ACA[01/02]", "amdgpu: [Hardware error] aca entry[00]")
    assert find(lines(old))[0].status == "0x9c2040000000011b"
