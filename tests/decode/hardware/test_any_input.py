"""Whatever the registers and the log hold, the decoder answers with words and never raises."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent.decode.hardware.find import find
from kdump_agent.decode.line import Line
from kdump_agent.decode.lines import split

from .checks import HW, check, read

REGISTER = st.integers(0, 2**64 - 1)
VENDOR = st.sampled_from((0, 2, 5, 9, 10, 42))
FRAGMENTS = st.sampled_from((
    f"{HW}CPU 0: Machine Check Exception: 5 Bank 1: be00000000000135", f"{HW}TSC 1 ADDR 2 MISC 3",
    "RIP !INEXACT! 10:<1>", "PROCESSOR 2:a00f11 TIME 1 SOCKET 0 APIC 0 microcode 1", "IPID ffffffffffffffff",
    "CPU 0: Machine Check Exception: 0000000000000004",
    "Bank 4: b604a00100000813[0000000000000001] at 000000007e4f2f68", "Machine check events logged", "Machine check: ",
    "Triggering MCE exception on CPU 0", "Kernel panic - not syncing: Fatal machine check",
    "mce: CPUs not responding to MCE broadcast (may include false positives): 1-3,5",
))  # fmt: skip


@given(
    REGISTER, REGISTER, REGISTER, REGISTER, st.integers(0, 255), VENDOR, st.integers(0, 2**32 - 1), st.integers(0, 15)
)
@settings(max_examples=400, deadline=None)
def test_any_registers_of_any_processor_have_words(
    status: int, misc: int, ipid: int, synd: int, bank: int, vendor: int, cpuid: int, mcg: int
) -> None:
    registers = f"TSC 1 ADDR 2 MISC {misc:x} SYND {synd:x} IPID {ipid:x}"
    record = check(status, bank=bank, processor=f"{vendor}:{cpuid:x}", registers=registers, mcg=mcg)
    assert record.decoded["text"]
    assert record.decoded["severity"] in (
        "fatal",
        "uncorrected",
        "SRAR",
        "SRAO",
        "UCNA",
        "deferred",
        "corrected",
        "unknown",
    )
    assert record.summary.endswith(".")
    assert record.summary.isprintable()
    json.dumps(asdict(record))


@given(st.binary(max_size=2000))
@settings(deadline=None)
def test_any_bytes_are_read(log: bytes) -> None:
    for record in find(split(log).lines):
        assert record.summary


@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=40)), max_size=40))
@settings(max_examples=300, deadline=None)
def test_the_kernels_lines_in_any_order_are_read(lines: list[str]) -> None:
    for record in read("\n".join(lines)):
        json.dumps(asdict(record))
        assert record.summary


@given(
    st.lists(
        st.builds(Line, st.one_of(FRAGMENTS, st.text()), st.integers(), st.none() | st.floats(), st.none() | st.text())
    )
)
@settings(deadline=None)
def test_any_lines_are_read(lines: list[Line]) -> None:
    for record in find(lines):
        assert record.summary
