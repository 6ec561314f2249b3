"""Signatures: the same bug groups, another does not; the same part groups, whatever the panic."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent.decode import part
from kdump_agent.decode.hardware.record import HardwareError
from kdump_agent.decode.log import decode
from kdump_agent.decode.machinery import MACHINERY

from . import logs


def crash(log: str) -> str | None:
    return decode(log.encode()).signature.crash


LAB = [path.read_text() for path in sorted((Path(__file__).resolve().parent.parent / "data/dmesg").glob("*.txt"))]
CRASHES = [value for name, value in vars(logs).items() if name.isupper()]
SUFFIXES = ("", ".isra.0", ".constprop.3", ".cold", ".part.1", ".isra.0.cold", ".llvm.123456789")


def moved(log: str, chance: Random) -> str:
    """The same crash on another day: other offsets, addresses, CPU, task, user and time, built by another compiler."""

    def hexadecimal(found: re.Match[str]) -> str:
        return found[0][:4] + "".join(chance.choice("0123456789abcdef") for _ in found[0][4:])

    suffixes: dict[str, str] = {}

    def suffixed(found: re.Match[str]) -> str:
        return found[1] + suffixes.setdefault(found[1], "" if "." in found[1] else chance.choice(SUFFIXES)) + "+0x"

    shift, cpu, pid = chance.randrange(5000), chance.randrange(64), chance.randrange(2, 99999)
    task = chance.choice(("other", "kworker/7:1", "CPU 0/KVM", "(a b)"))
    log = re.sub(r"\b([A-Za-z_][\w.]*)\+0x", suffixed, log)
    log = re.sub(
        r"\+0x[0-9a-f]+/0x[0-9a-f]+", lambda _: f"+{chance.randrange(999):#x}/{chance.randrange(999, 9999):#x}", log
    )
    log = re.sub(r"\b(?:ffff|c008|000003)[0-9a-f]{10,12}\b|\b[c-f][0-9a-f]{7}\b", hexadecimal, log)
    log = re.sub(r"CPU: \d+ (?:UID: \d+ )?PID: \d+ Comm: \S+", f"CPU: {cpu} UID: {pid} PID: {pid} Comm: {task}", log)
    return re.sub(r"^\[ *(\d+)\.", lambda found: f"[{int(found[1]) + shift:5}.", log, flags=re.M)


@given(st.sampled_from(CRASHES), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_where_when_and_by_whom_a_bug_was_met_is_not_in_it(log: str, chance: Random) -> None:
    assert crash(moved(log, chance)) == crash(log)


@given(st.sampled_from(LAB), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_same_holds_for_real_crashes(log: str, chance: Random) -> None:
    log = log[-12_000:]
    assert crash(moved(log, chance)) == crash(log)


_WORD = st.from_regex(r"[a-z]{3,12}_[a-z]{3,12}", fullmatch=True).filter(lambda name: f"demo_{name}" not in MACHINERY)
NAMED = [log for log in CRASHES if "demo_" in log]


@given(st.sampled_from(NAMED), _WORD, _WORD)
@settings(max_examples=100, deadline=None)
def test_a_bug_in_another_function_differs(log: str, one: str, other: str) -> None:
    signatures = {crash(re.sub(r"\bdemo_\w+", f"demo_{name}", log)) for name in (one, other)}
    assert len(signatures) == len({one, other})


@given(_WORD, _WORD)
@settings(max_examples=50, deadline=None)
def test_a_bug_reached_through_another_caller_differs(one: str, other: str) -> None:
    frames = "Call Trace:\n demo_fault+0x1/0x2\n demo_{}+0x1/0x2\n"
    fault = "BUG: kernel NULL pointer dereference, address: 0000000000000008\nRIP: 0010:demo_fault+0x1/0x2\n"
    signatures = {crash(fault + frames.format(name)) for name in (one, other)}
    assert len(signatures) == len({one, other})


def test_different_kinds_of_crash_in_one_function_differ() -> None:
    heads = ["kernel BUG at a.c:1!", "BUG: kernel NULL pointer dereference, address: 8",
             "general protection fault: 0000 [#1]", "divide error: 0000 [#1]", "BUG: KASAN: bad in demo+0x1/0x2",
             "BUG: soft lockup - CPU#0 stuck for 9s! [a:1]", "WARNING: at a.c:1 demo+0x1/0x2"]  # fmt: skip
    found = {crash(f"{head}\nRIP: 0010:demo+0x1/0x2\nCall Trace:\n demo+0x1/0x2\n") for head in heads}
    assert len(found) == len(heads)


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
        ("WARNING: at net/core/dev.c:123", "1:warn:WARNING at net/core/dev.c:N"),
        ("BUG: KASAN: wild-memory-access on address ffff8881", "1:kasan:KASAN: wild-memory-access"),
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


def test_without_symbols_the_place_in_the_source_tells_two_bugs_apart() -> None:
    found = decode(b"UBSAN: array-index-out-of-bounds in drivers/demo.c:2395:30\nCall Trace:\n 0xffffffffa32e28b7\n")
    assert found.panic is not None
    assert found.panic.title == "UBSAN: array-index-out-of-bounds at drivers/demo.c:2395"
    assert found.signature.crash == "1:ubsan:UBSAN: array-index-out-of-bounds at drivers/demo.c:N"


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
        ({"kind": "edac", "decoded": {"class": "cache"}}, "1:mce:intel:socket 1:bank 8:cache"),
        ({"decoded": {"class": "bus", "reported_by": "0000:80:01.0"}}, "1:pci:0000:80:01.0"),
        ({"decoded": {"part": "memory", "memory": {"channel": 3, "rank": 5}}}, "1:memory:socket 1:channel 3"),
        ({"kind": "aer", "decoded": {"class": "pcie", "pci": "0000:3b:00.0"}}, "1:pci:0000:3b:00.0"),
    ],
)
def test_a_part_is_named_by_what_names_it_best(change: dict[str, Any], signature: str) -> None:
    assert part.signature([replace(MCE, **change)]) == signature


def test_the_worst_record_of_this_boot_names_the_part() -> None:
    mild = replace(MCE, socket=0, decoded={"class": "cache", "severity": "corrected"})
    former = replace(MCE, socket=5, boot="previous")
    assert part.signature([mild, former, MCE]) == part.signature([MCE])
    assert part.signature([former]) is None
    assert part.signature([]) is None


def test_the_record_that_says_where_the_lost_memory_is_names_the_part_that_another_used() -> None:
    used = replace(MCE, bank=1, decoded={"class": "cache", "part": "memory", "severity": "fatal"})
    lost = replace(MCE, bank=13, decoded={**MCE.decoded, "severity": "UCNA"})
    mild = replace(lost, addr="0x1", decoded={**MCE.decoded, "severity": "corrected", "memory": {"channel": 7}})
    assert part.signature([used]) == "1:memory:socket 1"
    assert part.signature([mild, used]) == "1:memory:socket 1"
    assert part.signature([mild, lost, used]) == "1:memory:socket 1:channel 2:dimm 1"
