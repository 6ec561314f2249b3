from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.decode.hardware.find import FINDERS, MOST, find

from ...machine import shared
from . import logs
from .logs import (
    AER_FIRMWARE,
    AER_OLD,
    ALL,
    BERT,
    GHES_EDAC,
    GHES_MEMORY,
    GHES_PCIE,
    MCE_AMD_K8,
    MCE_K8,
    SBRIDGE,
    lines,
)

SEVERITIES = {"fatal", "uncorrected", "SRAR", "SRAO", "UCNA", "deferred", "corrected", "info", "unknown"}
TEXT = "".join(ALL.values())
FRAGMENTS = st.sampled_from([*TEXT.splitlines(keepends=True), *TEXT.split(), " ", ": ", "\n", "0x", "(", "[", "{9}"])
LOGS = st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=60).map("".join)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_kind_says_what_where_how_bad_and_what_to_try(name: str) -> None:
    for record in find(lines(ALL[name])):
        assert {"class", "text", "severity"} <= record.decoded.keys()
        assert record.decoded["severity"] in SEVERITIES
        assert record.summary.endswith(".")
        assert record.summary.count(";") >= 2
        assert json.loads(json.dumps(asdict(record)))["kind"] == record.kind


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_log_has_a_finder_and_its_marks(name: str) -> None:
    assert find(lines(ALL[name]))


def test_records_stand_in_the_order_of_the_log() -> None:
    told = find(lines(GHES_PCIE + SBRIDGE + BERT + AER_OLD + MCE_K8 + GHES_MEMORY))
    assert [record.kind for record in told] == ["cper", "edac", "bert", "aer", "mce", "cper"]
    assert [record.line for record in told] == sorted(record.line for record in told)


def test_why_the_chipset_reset_the_machine_is_told_where_hardware_was_the_reason() -> None:
    (record,) = find(lines(logs.RESET))
    assert (record.kind, record.boot, record.status) == ("reset", "previous", "0x8000800")
    assert "data fabric sync flood" in record.summary
    others = (
        "power button was pressed for 4 seconds",
        "hardware watchdog timer expired",
        "a software sync flood event",
    )
    for other in others:
        assert find(lines(f"x86/amd: Previous system reset reason [0x00080800]: {other}")) == ()


def test_pages_that_were_lost_are_told_with_who_used_them() -> None:
    injected, killed, known = find(lines(logs.MEMORY_FAILURE))
    assert (injected.kind, injected.addr) == ("memory_failure", "0x7f123000")
    assert injected.decoded["processes"] == ["a.out:4711"]
    assert injected.injected is not None
    assert injected.injected.startswith("the log says: Injecting memory failure for pfn 0x7f123")
    assert (killed.addr, killed.decoded["result"], killed.injected) == ("0x12345000", "Recovered", None)
    assert "used by java:77" in killed.summary
    assert (known.addr, known.decoded["result"]) == ("0x999000", None)


def test_a_lost_page_is_related_to_the_record_that_tells_its_address() -> None:
    cper, page = find(lines(GHES_MEMORY + "Memory failure: 0x1234567: recovery action for free buddy page: Delayed\n"))
    assert (cper.kind, page.kind, page.decoded["see_line"]) == ("cper", "memory_failure", cper.line)


def test_amd_words_and_registers_of_one_machine_check_are_one_record() -> None:
    (record,) = find(lines(MCE_AMD_K8 + MCE_K8))
    assert (record.kind, record.bank, record.status) == ("mce", 0, "0xb200000000000000")
    assert record.decoded["sentence"] == "System Fatal error."
    assert "makes no sense to the kernel" in record.decoded["edac"]


def test_intel_registers_that_edac_located_are_one_record_that_names_the_dimm() -> None:
    raw = (
        "mce: [Hardware Error]: CPU 8: Machine Check: 0 Bank 11: 8c00004f000800c2\nmce: [Hardware Error]: TSC 3f2a1b\n"
    )
    (record,) = find(lines(raw + SBRIDGE))
    assert (record.kind, record.decoded["dimm"]) == ("mce", "CPU_SrcID#1_Ha#0_Chan#0_DIMM#0")
    assert (record.socket, record.addr) == (1, "0xee40b1000")
    assert record.summary.endswith("; EDAC names DIMM CPU_SrcID#1_Ha#0_Chan#0_DIMM#0.")


def test_machine_checks_of_different_banks_stay_apart() -> None:
    other = MCE_K8.replace("Bank 0", "Bank 4")
    assert [record.kind for record in find(lines(MCE_AMD_K8 + other))] == ["edac", "mce"]


@pytest.mark.parametrize(("first", "second"), [(GHES_MEMORY, GHES_EDAC), (GHES_PCIE, AER_FIRMWARE)])
def test_event_told_twice_in_different_ways_is_two_records_that_know_each_other(first: str, second: str) -> None:
    earlier, later = find(lines(first + second))
    assert "see_line" not in earlier.decoded
    assert later.decoded["see_line"] == earlier.line


def test_same_error_again_and_again_is_one_record_with_a_count() -> None:
    (record,) = find(lines(AER_OLD * 50))
    assert (record.line, record.decoded["repeats"]) == (0, 49)


def test_storm_of_corrected_errors_does_not_hide_the_fatal_one() -> None:
    storm = "".join(
        f"EDAC MC0: 1 CE read error on DIMM_A (channel:0 page:{page:#x} offset:0x0 grain:8)\n"
        for page in range(1, 4000)
    )
    told = find(lines(MCE_AMD_K8 + storm + GHES_PCIE))
    assert len(told) == MOST
    assert (told[0].status, told[-1].kind) == ("0xb200000000000000", "cper")
    assert told[-2].addr == "0xf9f000"


@given(LOGS)
def test_no_log_makes_it_raise_or_grow(log: str) -> None:
    told = find(lines(log))
    assert len(told) <= MOST
    json.dumps([asdict(record) for record in told])
    for record in told:
        assert len(record.summary) < 2000
        assert record.decoded["severity"] in SEVERITIES


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_log_without_a_finders_marks_has_none_of_its_errors(log: str) -> None:
    cut = lines(log)
    text = "\n".join(line.text for line in cut)
    for marks, finder in FINDERS:
        if not any(mark in text for mark in marks):
            assert list(finder(cut)) == []


@pytest.mark.shared
def test_bugs_of_software_are_no_hardware_errors() -> None:
    cases = [path for path in shared("corpora", "syzkaller", "cases").rglob("*") if path.is_file()]
    assert cases
    told = {path.name: found for path in cases if (found := find(lines(path.read_text("utf-8", "replace"))))}
    assert told == {}
