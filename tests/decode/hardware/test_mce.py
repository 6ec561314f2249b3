"""The records of machine checks, as every generation of kernels logs them."""

from __future__ import annotations

from .checks import HW, one, read

PANIC = f"""\
[   39.421066] {HW}CPU 0: Machine Check Exception: 5 Bank 1: be00000000000135
[   39.421251] {HW}RIP !INEXACT! 10:<ffffffff827436d0> {{__list_add_valid+0x0/0x50}}
[   39.422011] {HW}TSC 196a761903 ADDR 12345000 MISC 8c PPIN 2b1d5e6f70819203
[   39.422057] {HW}PROCESSOR 0:50651 TIME 1795466785 SOCKET 1 APIC 2a microcode 1
[   39.422164] {HW}Run the above through 'mcelog --ascii'
[   39.422319] {HW}Machine check: Processor context corrupt
[   39.431445] Kernel panic - not syncing: Fatal machine check
"""


def test_every_register_of_a_record_is_told() -> None:
    record = one(PANIC)
    assert (record.kind, record.cpu, record.socket, record.apic, record.bank) == ("mce", 0, 1, 0x2A, 1)
    assert (record.mcg_status, record.status) == ("0x5", "0xbe00000000000135")
    assert (record.addr, record.misc, record.ppin) == ("0x12345000", "0x8c", "0x2b1d5e6f70819203")
    assert (record.tsc, record.time, record.microcode) == ("0x196a761903", 1795466785, "0x1")
    assert (record.vendor, record.family, record.model, record.stepping) == ("intel", 6, 0x55, 1)
    assert (record.boot, record.injected) == ("crashed", None)


def test_the_place_of_the_program_is_told_and_that_it_is_inexact() -> None:
    record = one(PANIC)
    assert record.rip_exact is False
    assert record.rip == {
        "cs": "10", "address": "0xffffffff827436d0", "symbol": "__list_add_valid", "offset": 0, "size": 0x50,
        "module": None,
    }  # fmt: skip


def test_it_is_decoded_to_words() -> None:
    decoded = one(PANIC).decoded
    assert decoded["text"] == "Data cache level-1 data-read error"
    assert decoded["flags"] == ["VAL", "UC", "EN", "MISCV", "ADDRV", "PCC"]
    assert decoded["mcg_flags"] == ["RIPV", "MCIP"]
    assert (decoded["severity"], decoded["part"]) == ("fatal", "processor")
    assert (decoded["address_mode"], decoded["address_lsb"]) == ("physical", 12)


def test_the_kernels_words_after_a_record_are_explained() -> None:
    hints = one(PANIC).decoded["hints"]
    assert any("registers cannot be trusted" in hint for hint in hints)


def test_the_summary_says_what_where_how_bad_and_what_to_try() -> None:
    assert one(PANIC).summary == (
        "Data cache level-1 data-read error (socket 1, CPU 0, bank 1, address 0x12345000); fatal: the processor's "
        "state cannot be trusted, so nothing could go on; update firmware and microcode; if it comes back, replace the "
        "processor of socket 1."
    )


def test_a_kernel_2_6_32_record_is_read() -> None:
    record = one(
        "HARDWARE ERROR\n"
        "CPU 1: Machine Check Exception:                4 Bank 8: b200000000000400\n"
        "RIP 10:<ffffffff8101b8a2> {mwait_idle+0x62/0x70}\n"
        "TSC 5ad4d4dd4d \n"
        "PROCESSOR 0:106a5 TIME 1262304000 SOCKET 0 APIC 2\n"
        "This is not a software problem!\n"
    )
    assert (record.cpu, record.bank, record.mcg_status, record.model) == (1, 8, "0x4", 0x1A)
    assert (record.rip_exact, record.microcode, record.addr) == (True, None, None)


def test_a_record_without_a_processor_line_takes_it_from_the_start_of_the_log() -> None:
    record = one(
        "[    0.1] smpboot: CPU0: AMD EPYC 7742 64-Core Processor (family: 0x17, model: 0x31, stepping: 0x0)\n"
        "[   90.2] CPU 0: Machine Check Exception: 4 Bank 5: bea0000000000108\n"
    )
    assert (record.vendor, record.family, record.model, record.stepping) == ("amd", 0x17, 0x31, 0)


def test_an_i386_kernels_bank_lines_are_read() -> None:
    record = one(
        "CPU 0: Machine Check Exception: 0000000000000004\n"
        "Bank 4: b604a00100000813 at 000000007e4f2f68\n"
        "Kernel panic: CPU context corrupt\n"
    )
    assert (record.cpu, record.bank, record.status) == (0, 4, "0xb604a00100000813")
    assert (record.mcg_status, record.addr) == ("0x4", "0x7e4f2f68")
    assert any("registers cannot be trusted" in hint for hint in record.decoded["hints"])


def test_two_cpus_that_print_at_once_keep_their_own_registers() -> None:
    first, second = read(
        f"[1.0][   C0] {HW}CPU 0: Machine Check Exception: 5 Bank 1: be00000000000135\n"
        f"[1.0][   C1] {HW}CPU 1: Machine Check Exception: 5 Bank 2: be00000000000136\n"
        f"[1.0][   C1] {HW}TSC b ADDR bbb000 \n"
        f"[1.0][   C0] {HW}TSC a ADDR aaa000 \n"
        f"[1.0][   C1] {HW}PROCESSOR 0:50654 TIME 1 SOCKET 1 APIC 1 microcode 1\n"
        f"[1.0][   C0] {HW}PROCESSOR 0:50654 TIME 1 SOCKET 0 APIC 0 microcode 1\n"
    )
    assert (first.bank, first.addr, first.socket) == (1, "0xaaa000", 0)
    assert (second.bank, second.addr, second.socket) == (2, "0xbbb000", 1)


def test_without_callers_interleaved_lines_go_to_the_record_that_waits_first() -> None:
    first, second = read(
        f"{HW}CPU 0: Machine Check Exception: 5 Bank 1: be00000000000135\n"
        f"{HW}CPU 1: Machine Check Exception: 5 Bank 2: be00000000000136\n"
        f"{HW}TSC a ADDR aaa000 \n{HW}TSC b ADDR bbb000 \n"
        f"{HW}PROCESSOR 0:50654 TIME 1 SOCKET 0 APIC 0 microcode 1\n"
        f"{HW}PROCESSOR 0:50654 TIME 1 SOCKET 1 APIC 1 microcode 1\n"
    )
    assert (first.addr, first.socket) == ("0xaaa000", 0)
    assert (second.addr, second.socket) == ("0xbbb000", 1)


def test_a_record_that_a_reset_left_belongs_to_the_boot_before() -> None:
    record = one(
        f"[    0.7] {HW}CPU 5: Machine Check: 0 Bank 5: bea0000000000108\n"
        f"[    0.7] {HW}TSC 0 ADDR 1ffffc0b5e3c6 MISC d012000100000000 SYND 4d000000 IPID 500b000000000\n"
        f"[    0.7] {HW}PROCESSOR 2:870f10 TIME 1575912637 SOCKET 0 APIC 4 microcode 8701013\n"
    )
    assert record.boot == "previous"
    assert record.summary.startswith("Left by the boot before: ")


def test_a_corrected_error_that_a_later_poll_found_belongs_to_this_boot() -> None:
    record = one(
        f"[  900.7] {HW}CPU 0: Machine Check: 0 Bank 17: 9c2040000000011b\n[  900.7] {HW}TSC 0 ADDR 7f3b2c0 \n"
    )
    assert record.boot == "crashed"


def test_mce_inject_is_told() -> None:
    record = one(f"[ 50.0] Triggering MCE exception on CPU 0\n{PANIC.replace('[   39', '[   51')}")
    assert record.injected == "the log says: Triggering MCE exception on CPU 0"
    assert "injected on purpose" in record.summary


def test_a_panic_that_was_only_played_was_injected() -> None:
    record = one(PANIC.replace("Kernel panic - not syncing: ", "mce: [Hardware Error]: Fake kernel panic: "))
    assert record.injected == "fake_panic was on: the kernel only played a panic"


def test_an_error_long_after_an_injection_is_not_called_injected() -> None:
    record = one(f"[ 50.0] Starting machine check poll CPU 0\n{PANIC.replace('[   39', '[  999')}")
    assert record.injected is None


def test_a_bank_that_no_hardware_has_is_injected() -> None:
    record = one(f"{HW}CPU 0: Machine Check Exception: 5 Bank 254: be00000000000135\n")
    assert record.injected == "bank 254 is no bank of hardware"


def test_the_bank_that_the_kernel_makes_up_for_firmware_is_no_injection() -> None:
    record = one(f"{HW}CPU 0: Machine Check: 0 Bank 255: 940000000000009f\n")
    assert record.injected is None
    assert (record.decoded["unit"], record.decoded["part"]) == ("firmware (APEI)", "memory")


def test_a_panic_that_tells_no_bank_is_still_explained() -> None:
    record = one(
        "[   42.5] mce: CPUs not responding to MCE broadcast (may include false positives): 1\n"
        "[   42.5] Kernel panic - not syncing: Timeout: Not all CPUs entered broadcast exception handler\n"
    )
    assert (record.bank, record.status, record.decoded["class"]) == (None, None, "no_bank")
    assert (record.decoded["severity"], record.decoded["part"]) == ("fatal", "watchdog")
    assert "CPUs 1 did not answer the broadcast" in record.summary


def test_a_machine_check_from_an_unknown_source_points_outside_the_cpus() -> None:
    record = one("Kernel panic - not syncing: Fatal machine check from unknown source\n")
    assert "management controller" in record.summary


def test_logged_events_without_records_say_where_to_look() -> None:
    record = one("[    0.9] mce: [Hardware Error]: Machine check events logged\n")
    assert (record.boot, record.decoded["severity"]) == ("previous", "unknown")
    assert "rasdaemon" in record.summary


def test_logged_events_add_nothing_to_a_record() -> None:
    record = one(f"[   38.0] {HW}Machine check events logged\n{PANIC}")
    assert record.bank == 1


def test_the_last_record_is_kept_however_many_came_before() -> None:
    flood = "".join(f"CPU {n}: Machine Check: 0 Bank 1: 9000000000000135\n" for n in range(1000))
    records = read(f"{flood}CPU 7: Machine Check Exception: 5 Bank 9: be00000000000135\n")
    assert len(records) == 256
    assert records[-1].bank == 9


def test_an_uncorrected_error_is_kept_before_any_number_of_corrected_ones() -> None:
    flood = "".join(f"CPU {n}: Machine Check: 0 Bank 1: 9000000000000135\n" for n in range(1000))
    records = read(f"{flood}CPU 7: Machine Check Exception: 5 Bank 9: be00000000000135\n{flood}")
    assert [record.bank for record in records].count(9) == 1


def test_a_record_says_at_which_line_it_begins() -> None:
    assert one(f"[    0.0] Linux version 6.1.0\n[    1.0] foo\n{PANIC}").line == 2


def test_a_k8_of_kernel_3_14_is_read_beside_its_edac_lines() -> None:
    record = one(
        "[Hardware Error]: CPU:0 (f:6b:2) MC0_STATUS[-|UE|-|PCC|-]: 0xb200000000000000\n"
        "[Hardware Error]: cache level: RESV, tx: INSN\n"
        "mce: [Hardware Error]: CPU 0: Machine Check Exception: 0 Bank 0: b200000000000000\n"
        "mce: [Hardware Error]: TSC 15f2d1714af92 \n"
        "mce: [Hardware Error]: PROCESSOR 2:60fb2 TIME 1414547938 SOCKET 0 APIC 0 microcode 0\n"
        "[Hardware Error]: Machine check: Invalid\n"
        "Kernel panic - not syncing: Fatal machine check on current CPU\n"
    )
    assert (record.vendor, record.family, record.model, record.boot) == ("amd", 0xF, 0x6B, "crashed")
    assert (record.decoded["unit"], record.decoded["severity"]) == ("data cache", "fatal")
    assert len(record.decoded["hints"]) == 2


def test_a_log_without_machine_checks_has_no_record() -> None:
    assert read("[    0.1] mce: CPU supports 32 MCE banks\n[    0.2] RIP: 0010:foo+0x1/0x2\n") == ()
