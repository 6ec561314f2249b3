"""Whatever a kernel prints of a machine check comes back whole: every generation, every prefix, several at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, zip_longest

from hypothesis import given, settings
from hypothesis import strategies as st

from .checks import read
from .kernels import CHECKS, KERNELS, Check, Kernel, expected, printed
from .logs import MCE_TRACE_4_9, MCE_TRACE_6_12

PREFIXES = st.sampled_from((
    "", "[   39.421066] ", "[   39.421066][    C3] ", "[39421.066000][T1234] ", "<0>[   39.421066] ", "<0>",
    "Nov 24 20:47:11 host kernel: ", "Nov  4 20:47:11 host.example.org kernel: [   39.421066] ",
    "2026-11-24T20:47:11.123456+00:00 host kernel: [   39.421066] ", "[Tue Nov 24 20:47:11 2026] ",
    "2026-11-24T20:47:11,123456+00:00 ", "kern  :emerg : [   39.421066] ", "0,1234,39421066,-;",
    "[   39.421066] host kernel: ", "Tue 2026-11-24 20:47:11 UTC host kernel: ", "Nov 24 20:47:11.123456 host kernel: ",
    "1795466785.123456 host kernel: ", "<4>Nov 24 20:47:11 host kernel: ", "[   39.421066] [ T1234] ",
))  # fmt: skip
OTHERS = st.sampled_from((
    "usb 1-1: new high-speed USB device number 2 using xhci_hcd", "Call Trace:", "{1}[Hardware Error]: event severity:",
    "RIP: 0010:native_safe_halt+0xb/0x10", "CPU: 1 PID: 0 Comm: swapper/1 Not tainted 6.1.0 #1", "{bad",
))  # fmt: skip


def whole(check: Check, kernel: Kernel, log: str, count: int = 1) -> None:
    found = read(log)
    assert len(found) == count
    for name, value in expected(check, kernel).items():
        assert getattr(found[0], name) == value, name


@given(CHECKS, st.sampled_from(KERNELS), PREFIXES)
@settings(max_examples=300, deadline=None)
def test_a_record_comes_back_whole(check: Check, kernel: Kernel, prefix: str) -> None:
    whole(check, kernel, "".join(f"{prefix}{line}\n" for line in printed(check, kernel)))


@given(st.lists(CHECKS, min_size=2, max_size=6), st.sampled_from(KERNELS), PREFIXES)
@settings(max_examples=100, deadline=None)
def test_records_one_after_the_other_keep_their_own_fields(checks: list[Check], kernel: Kernel, prefix: str) -> None:
    log = "".join(f"{prefix}{line}\n" for check in checks for line in printed(check, kernel))
    found = read(log)
    assert len(found) == len(checks)
    for check, record in zip(checks, found):
        for name, value in expected(check, kernel).items():
            assert getattr(record, name) == value, name


@given(CHECKS, st.sampled_from(KERNELS), st.lists(OTHERS, max_size=12))
@settings(max_examples=100, deadline=None)
def test_lines_of_others_between_do_no_harm(check: Check, kernel: Kernel, others: list[str]) -> None:
    own = list(printed(check, kernel))
    mixed = chain.from_iterable(zip_longest(own, others, fillvalue=""))
    whole(check, kernel, "\n".join(mixed))


@given(CHECKS, CHECKS, st.sampled_from(KERNELS), st.lists(st.booleans(), max_size=12))
@settings(max_examples=200, deadline=None)
def test_two_cpus_that_print_at_once_are_told_apart_by_their_callers(
    one: Check, other: Check, kernel: Kernel, turns: list[bool]
) -> None:
    one, other = replace(one, cpu=1), replace(other, cpu=2)
    streams = [[f"[   1.0][   C{check.cpu}] {line}" for line in printed(check, kernel)] for check in (one, other)]
    merged = [streams[turn].pop(0) for turn in turns if streams[turn]]
    found = {record.cpu: record for record in read("\n".join([*merged, *streams[0], *streams[1]]))}
    for check in (one, other):
        for name, value in expected(check, kernel).items():
            assert getattr(found[check.cpu], name) == value, name


@given(CHECKS, st.booleans())
@settings(deadline=None)
def test_an_i386_kernels_bank_line_comes_back_whole(check: Check, names_cpu: bool) -> None:
    """Before 2.6.32: mcheck/p4.c, p6.c and k7.c; from 2.6.27 on the bank's line names its CPU."""
    own = f"CPU {check.cpu}: " if names_cpu else ""
    (record,) = read(
        f"CPU {check.cpu}: Machine Check Exception: {check.mcg_status:016x}\n"
        f"{own}Bank {check.bank}: {check.status:016x}[{check.misc:016x}] at {check.addr:016x}\n"
    )
    assert (record.cpu, record.bank, record.status) == (check.cpu, check.bank, f"{check.status:#x}")
    assert (record.mcg_status, record.misc, record.addr) == (
        f"{check.mcg_status:#x}", f"{check.misc:#x}", f"{check.addr:#x}",
    )  # fmt: skip


def test_a_corrected_error_of_an_i386_kernel_is_read() -> None:
    (record,) = read(
        "MCE: The hardware reports a non fatal, correctable incident occurred on CPU 2.\nBank 1: 9400000000000151\n"
    )
    assert (record.cpu, record.bank, record.mcg_status) == (2, 1, None)
    assert record.decoded["severity"] == "corrected"


def test_xens_dump_of_two_banks_is_read() -> None:
    first, second = read(
        "(XEN) CPU1: Machine Check Exception:                5\n"
        "(XEN) Bank 5: b200000080200e0f\n(XEN) Bank 8: be0000000001009f[              8c] at        12345000\n"
    )
    assert (first.cpu, first.bank, first.status) == (1, 5, "0xb200000080200e0f")
    assert (second.cpu, second.misc, second.addr) == (1, "0x8c", "0x12345000")


def test_a_pentiums_machine_check_has_no_bank_but_its_address() -> None:
    (record,) = read("CPU#0: Machine Check Exception: 0x   12340 (type 0x       8).\n")
    assert record.decoded["class"] == "no_bank"
    assert "0x12340" in record.summary


def test_a_socket_that_the_kernel_does_not_know_is_not_told() -> None:
    (record,) = read(
        "[Hardware Error]: CPU 0: Machine Check Exception: 4 Bank 5: b200000000000400\n"
        "[Hardware Error]: PROCESSOR 0:206d7 TIME 1395000000 SOCKET 4294967295 APIC 0 microcode 0\n"
    )
    assert (record.socket, record.apic, record.microcode) == (None, 0, "0x0")


def test_a_traced_machine_check_is_read_in_both_forms() -> None:
    old, new = read(MCE_TRACE_4_9 + MCE_TRACE_6_12)
    assert (old.cpu, old.bank, old.status, old.mcg_status) == (2, 8, "0xbe0000000001009f", "0x5")
    assert (old.addr, old.misc, old.synd, old.ipid) == ("0x12345000", "0x8c", None, None)
    assert (old.vendor, old.model, old.socket, old.apic, old.time) == ("intel", 0x55, 1, 0x2A, 1576170000)
    assert (old.rip, old.rip_exact) == ({"cs": "10", "address": "0xffffffff8101b8a2"}, False)
    assert (new.cpu, new.bank, new.addr, new.misc) == (2, 21, "0x12345000", None)
    assert (new.synd, new.ipid, new.ppin) == ("0x5d3d00010a801203", "0x9600150f00", "0x2b0a1b2c3d4e5f6")
    assert (new.vendor, new.family, new.microcode, new.rip) == ("amd", 0x19, "0xa101148", None)
    assert new.decoded["memory"] == {"channel": 1, "chip_select": 3}
