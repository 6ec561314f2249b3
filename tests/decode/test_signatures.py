"""Signatures: the same bug groups, another does not; the same part groups, whatever the panic."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from kdump_agent.decode import part
from kdump_agent.decode.hardware.record import HardwareError
from kdump_agent.decode.log import decode

from . import logs


def crash(log: str) -> str | None:
    return decode(log.encode()).signature.crash


def moved(log: str) -> str:
    """The same crash on another day: other addresses, offsets, CPU, task and time."""
    log = re.sub(r"\+0x[0-9a-f]+/0x[0-9a-f]+", "+0x111/0x222", log)
    log = re.sub(r"\b(?:ffff|c00|0000)[0-9a-f]{8,12}\b", "ffff888012345678", log)
    log = re.sub(r"CPU: \d+ PID: \d+ Comm: \S+", "CPU: 63 PID: 99999 Comm: other", log)
    return re.sub(r"^\[ *\d+\.\d+\]", "[99999.000001]", log, flags=re.M)


@pytest.mark.parametrize("log", [logs.ARM64, logs.POWER, logs.ARM, logs.EL6, logs.HARD_LOCKUP, logs.HUNG_TASK])
def test_addresses_offsets_cpus_and_tasks_are_not_in_it(log: str) -> None:
    assert moved(log) != log
    assert crash(moved(log)) == crash(log)


@pytest.mark.parametrize("suffix", [".isra.0", ".constprop.3", ".cold", ".part.1", ".isra.0.cold", ".llvm.123456789"])
def test_what_a_compiler_hangs_on_a_name_is_not_in_it(suffix: str) -> None:
    assert crash(logs.ARM64.replace("demo_read+", f"demo_read{suffix}+")) == crash(logs.ARM64)


def test_small_differences_between_kernels_do_not_matter() -> None:
    older = logs.ARM64.replace(" ksys_read+0x74/0x110\n", " SyS_read+0x74/0x110\n").replace(
        "__arm64_sys_read+0x24/0x38", "el0_svc_naked+0x24/0x28"
    )
    assert crash(older) == crash(logs.ARM64) == "1:null_deref:demo_read:sys_read"


def test_different_bugs_differ() -> None:
    crashes = [logs.ARM64, logs.POWER, logs.S390, logs.EL6, logs.HARD_LOCKUP, logs.HUNG_TASK, logs.I386, logs.RISCV]
    assert len({crash(log) for log in crashes}) == len(crashes)
    assert crash(logs.ARM64.replace("demo_read", "demo_poll")) != crash(logs.ARM64)


def test_how_deep_a_recursion_went_does_not_matter() -> None:
    log = (
        "BUG: TASK stack guard page was hit at 0001\nCall Trace:\n"
        + " demo_recurse+0x1/0x2 [demo]\n" * 5
        + " demo_start+0x1/0x2 [demo]\n"
    )
    deeper = log.replace(" demo_recurse+0x1/0x2 [demo]\n", " demo_recurse+0x1/0x2 [demo]\n" * 3)
    assert crash(log) == crash(deeper) == "1:stack:demo_recurse:demo_start"


@pytest.mark.parametrize(
    ("line", "signature"),
    [
        ("Kernel panic - not syncing: sysrq triggered crash", "1:sysrq"),
        ("Kernel panic - not syncing: Fatal machine check", "1:mce"),
        ("Kernel panic - not syncing: No init in slot 0x1f", "1:panic:kernel panic: No init in slot N"),
        ("nothing of interest", None),
    ],
)
def test_without_a_function_the_kind_or_the_title_is_all(line: str, signature: str | None) -> None:
    assert crash(line) == signature


MCE = HardwareError(
    kind="mce", cpu=3, socket=1, bank=8, status="0xbe00000000000135", addr="0x12345000", vendor="intel",
    decoded={"class": "memory_controller", "severity": "fatal", "part": "memory",
             "memory": {"channel": 2, "dimm": 1, "row": 77, "column": 9}},
)  # fmt: skip


def test_one_dimm_groups_whatever_its_address_cpu_and_row() -> None:
    other = replace(MCE, cpu=9, addr="0x777000", status="0x9c00004000010090", decoded={
        **MCE.decoded, "severity": "uncorrected", "memory": {"channel": 2, "dimm": 1, "row": 5, "column": 1},
    })  # fmt: skip
    assert part.signature([MCE]) == part.signature([other]) == "1:memory:socket 1:channel 2:dimm 1"


@pytest.mark.parametrize(
    ("change", "signature"),
    [
        ({"ppin": "0x2b5a1f1c"}, "1:memory:ppin 0x2b5a1f1c:channel 2:dimm 1"),
        ({"ppin": "0x0"}, "1:memory:socket 1:channel 2:dimm 1"),
        (
            {"decoded": {"class": "memory", "dimm": "CPU1_DIMM_B2", "channel": 4, "row": 1}},
            "1:memory:socket 1:dimm CPU1_DIMM_B2",
        ),
        ({"decoded": {"class": "cache"}}, "1:mce:intel:socket 1:bank 8:cache"),
        ({"decoded": {"class": "cache"}, "socket": None, "bank": None, "vendor": None}, "1:mce:unknown:cache"),
        ({"kind": "aer", "decoded": {"class": "pcie", "pci": "0000:3b:00.0"}}, "1:pci:0000:3b:00.0"),
    ],
)
def test_a_part_is_named_by_what_names_it_best(change: dict[str, Any], signature: str) -> None:
    assert part.signature([replace(MCE, **change)]) == signature


def test_the_worst_record_of_this_boot_names_the_part() -> None:
    mild = replace(MCE, socket=0, decoded={"class": "cache", "severity": "corrected"})
    former = replace(MCE, socket=5, boot="previous")
    assert part.signature([mild, former, MCE]) == part.signature([MCE])
    assert part.signature([]) is None
