from __future__ import annotations

import pytest

from kdump_agent.decode.hardware import esr
from kdump_agent.decode.hardware.arm import find_arm
from kdump_agent.decode.hardware.nmi import find_nmi
from kdump_agent.decode.hardware.power import find_power
from kdump_agent.decode.hardware.s390 import find_s390

from .logs import ABORT, NMI, POWER_NEW, POWER_OLD, S390, SERROR, lines, stamped


def test_serror_is_decoded_by_its_syndrome() -> None:
    (record,) = find_arm(lines(stamped(SERROR)))
    assert (record.kind, record.cpu, record.status) == ("arm", 4, "0xbe000411")
    assert (record.decoded["class"], record.decoded["error_type"], record.decoded["severity"]) == (
        "serror",
        "UEU",
        "fatal",
    )
    assert record.summary.startswith("Asynchronous SError, unrecoverable (CPU 4, syndrome 0xbe000411); fatal")


def test_serror_of_a_makers_own_syndrome_is_not_read_as_arms() -> None:
    (record,) = find_arm(lines("Bad mode in Error handler detected on CPU1, code 0xbf000002 -- SError"))
    assert (record.cpu, record.decoded["ids"], record.decoded["severity"]) == (1, True, "fatal")
    assert "error_type" not in record.decoded


def test_abort_that_killed_the_kernel_is_fatal_and_finds_its_cpu() -> None:
    (record,) = find_arm(lines(ABORT))
    assert (record.cpu, record.status, record.decoded["severity"]) == (2, "0x96001210", "fatal")
    assert (record.decoded["fault"], record.decoded["error_type"]) == ("synchronous external abort", "UC")


def test_abort_that_killed_a_program_is_not() -> None:
    fault, user = find_arm(
        lines(
            "Unhandled fault: synchronous parity or ECC error (0x92000018) at 0x0000ffff8e0d1000\n"
            "memtest[77]: unhandled exception: DABT (lower EL), ESR 0x92000010, synchronous external abort in x\n"
        )
    )
    assert (fault.addr, fault.decoded["text"]) == ("0xffff8e0d1000", "synchronous parity or ECC error")
    assert [fault.decoded["severity"], user.decoded["severity"]] == ["uncorrected", "uncorrected"]


@pytest.mark.parametrize("name", ["imprecise external abort", "external abort on non-linefetch"])
def test_arm_fault_is_known_by_its_name(name: str) -> None:
    (record,) = find_arm(lines(f"Unhandled fault: {name} (0x1008) at 0xf0801000"))
    assert (record.decoded["text"], record.status, record.addr) == (name, "0x1008", "0xf0801000")


@pytest.mark.parametrize(
    "oops",
    [
        "Internal error: Oops: 0000000096000004 [#1] SMP",
        "Internal error: Oops - BUG: 00000000f2000800 [#1] SMP",
        "Unhandled fault: alignment fault (0x96000021) at 0xffff000012345679",
        "app[1]: unhandled exception: DABT (lower EL), ESR 0x0000000092000006, level 2 translation fault in x",
    ],
)
def test_fault_of_software_is_no_hardware_error(oops: str) -> None:
    assert list(find_arm(lines(oops))) == []


@pytest.mark.parametrize(
    ("syndrome", "fault", "severity"),
    [
        (0x96000010, "synchronous external abort", None),
        (0x96001810, "synchronous external abort", "uncorrected"),
        (0x86000018, "synchronous parity or ECC error", None),
        (0x96000016, "synchronous external abort on a translation table walk, level 2", None),
        (0x9600001C, "synchronous parity or ECC error on a translation table walk, level 0", None),
        (0xBE000011, "asynchronous SError, uncontainable", "fatal"),
        (0xBE000811, "asynchronous SError, restartable", "uncorrected"),
        (0xBE001811, "asynchronous SError, corrected", "corrected"),
        (0xBE000C00, "SError of no known cause", None),
    ],
)
def test_syndromes_by_the_manual(syndrome: int, fault: str, severity: str | None) -> None:
    fields = esr.decode(syndrome)
    assert (fields["fault"], esr.severity(fields)) == (fault, severity)


def test_power_machine_check_of_memory_names_the_address() -> None:
    (record,) = find_power(lines(stamped(POWER_NEW)))
    assert (record.kind, record.cpu, record.addr) == ("power", 3, "0x12340000")
    assert (record.decoded["class"], record.decoded["severity"]) == ("memory", "fatal")
    assert record.decoded["error_class"] == "Probable Hardware error"
    assert "UE Load/Store" in record.summary


def test_power_machine_check_that_the_kernel_repaired_is_corrected() -> None:
    (record,) = find_power(lines(stamped(POWER_OLD)))
    assert (record.decoded["text"], record.decoded["severity"]) == ("POWER machine check, SLB Multihit", "corrected")
    assert record.decoded["effective_address"] == "0xd000000000010000"


def test_ibm_z_interruption_code_is_decoded_from_the_left() -> None:
    (record,) = find_s390(lines(S390))
    assert record.decoded["conditions"] == ["instruction-processing damage", "storage error uncorrected"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (NMI, ["serr"]),
        ("Uhhuh. NMI received for unknown reason b1 on CPU 3.", ["serr"]),
        ("NMI: IOCK error (debug interrupt?) for reason 61 on CPU 1.", ["iochk"]),
        ("Uhhuh. NMI received for unknown reason 21 on CPU 0.", []),
        ("Uhhuh. NMI received for unknown reason 3d on CPU 0.", []),
    ],
)
def test_reason_byte_decides_whether_an_nmi_is_a_hardware_error(line: str, told: list[str]) -> None:
    assert [record.decoded["class"] for record in find_nmi(lines(line))] == told
