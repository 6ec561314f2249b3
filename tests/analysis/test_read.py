"""Reading what crash says: recorded from real dumps, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.analysis.document import Frame, Kernel
from kdump_agent.analysis.read.machinecheck import read_machine_checks
from kdump_agent.analysis.read.memory import read_memory
from kdump_agent.analysis.read.modules import read_modules
from kdump_agent.analysis.read.place import read_place
from kdump_agent.analysis.read.stack import read_stacks
from kdump_agent.analysis.read.system import read_system
from kdump_agent.analysis.read.tasks import read_tasks, read_waits
from kdump_agent.analysis.read.warnings import read_warnings, says_mismatch

from .recorded import DATA, texts_of

NULL, MCE, NEWER = texts_of("null"), texts_of("mce"), texts_of("null-8.0.6")


def test_sys_tells_the_machine_and_its_load() -> None:
    found = read_system(NULL["sys"])
    version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)"
    assert found.kernel == Kernel("6.1.0-50-amd64", version, "x86_64")
    assert (found.nodename, found.cpus, found.load, found.uptime_seconds) == ("kdumplab", 2, (3.26, 0.83, 0.28), 43.0)


def test_the_quoted_message_is_the_panic_and_not_the_log_before_it() -> None:
    assert read_system(NULL["sys"]).panic == "Oops: 0002 [#1] PREEMPT SMP NOPTI"
    assert read_system(MCE["sys"]).panic == "Kernel panic - not syncing: Fatal machine check"


@pytest.mark.parametrize(
    ("words", "seconds"), [("00:00:43", 43), ("1 days, 00:00:01", 86401), ("1 day, 02:00:00", 93600)]
)
def test_uptime_is_read_with_and_without_days(words: str, seconds: float) -> None:
    assert read_system(f"      UPTIME: {words}\n").uptime_seconds == seconds


def test_the_stack_has_offsets_modules_files_and_lines() -> None:
    (stack,) = read_stacks(NULL["bt -s -l"])
    assert (stack.pid, stack.comm, stack.cpu, stack.task) == (432, "insmod", 1, "0xff1cc1218a5e4200")
    assert len(stack.frames) == 23
    assert stack.frames[3] == Frame(
        "oops_end",
        161,
        None,
        "0xffffffffaa4362e1",
        "debian/build/build_amd64_none_amd64/arch/x86/kernel/dumpstack.c",
        380,
    )
    assert stack.frames[8] == Frame("_MODULE_INIT_START_crashme", 37, "crashme", "0xffffffffc038d025")


def test_an_exception_is_a_frame_of_its_own() -> None:
    (stack,) = read_stacks(NULL["bt -s -l"])
    assert stack.frames[7] == Frame("crashme_null", 38, None, "0xffffffffc08f50dc", exception=True)


def test_an_exception_that_changed_stacks_is_one_frame_with_its_place() -> None:
    (stack,) = read_stacks(MCE["bt -s -l"])
    (came,) = [frame for frame in stack.frames if frame.symbol == "native_safe_halt"]
    assert (came.exception, came.line) == (True, 52)


def test_every_cpu_has_its_stack() -> None:
    stacks = read_stacks(MCE["bt -a -s -l"])
    assert [(stack.cpu, stack.comm) for stack in stacks] == [(0, "swapper/0"), (1, "swapper/1")]
    assert "do_machine_check" in {frame.symbol for frame in stacks[1].frames}


def test_an_exception_of_arm64_is_read() -> None:
    text = (
        'PID: 7  TASK: ffff000012345678  CPU: 3  COMMAND: "sh"\n'
        " #0 [ffff80001000bb10] el1_abort at ffff800010c0d4e4\n"
        "     PC: ffff800010804d08  [sysrq_handle_crash+28]\n"
        "     LR: ffff800010805000  [__handle_sysrq+140]\n"
    )
    assert [frame.symbol for frame in read_stacks(text)[0].frames] == ["el1_abort", "sysrq_handle_crash"]


def test_a_table_of_tasks_without_kthreadd_is_not_whole() -> None:
    found = read_tasks(NULL["ps"])
    assert (found.count, found.complete, found.states) == (3, "no", {"RU": 3})


def test_a_crash_that_is_new_enough_tells_all_tasks() -> None:
    found = read_tasks(NEWER["ps"])
    assert (found.count, found.complete, found.states) == (100, "yes", {"RU": 3, "IN": 41, "ID": 56})
    assert read_system(NEWER["sys"]).tasks == 100
    assert len(read_waits(NEWER["ps -m"])) == 100


def test_another_version_of_crash_is_read_alike() -> None:
    assert read_modules(NEWER["mod"]) == read_modules(NULL["mod"])
    (new,), (old,) = read_stacks(NEWER["bt -s -l"]), read_stacks(NULL["bt -s -l"])
    assert new.frames[:12] == old.frames[:12]
    memory = read_memory(NEWER["kmem -i"], 4096)
    assert memory is not None
    assert memory.total == 179832 * 4096


def test_a_table_of_tasks_with_kthreadd_is_whole() -> None:
    more = ">       2       0   1  ffff8ed981262100  IN   0.0        0        0  [kthreadd]\n"
    assert read_tasks(NULL["ps"] + more).complete == "yes"


def test_no_table_of_tasks_tells_nothing() -> None:
    found = read_tasks("ps: cannot read\n")
    assert (found.count, found.complete) == (None, "unknown")


def test_when_each_task_last_ran() -> None:
    assert read_waits(NULL["ps -m"])["0xff1cc1218a5e4200"] == ("RU", 0.021)
    (wait,) = read_waits('[2 01:00:00.500] [UN]  PID: 9  TASK: ffff8ed981262100  CPU: 0  COMMAND: "a"\n').values()
    assert wait == ("UN", 2 * 86400 + 3600.5)


def test_memory_is_told_in_bytes() -> None:
    found = read_memory(NULL["kmem -i"], 4096)
    assert found is not None
    assert (found.total, found.free, found.slab) == (179832 * 4096, 140211 * 4096, 4161 * 4096)
    assert (found.swap_total, found.commit_limit, found.committed) == (0, 89916 * 4096, 21317 * 4096)


def test_modules_of_new_and_old_crash_are_read() -> None:
    found = {module.name: module for module in read_modules(NULL["mod"])}
    assert len(found) == 75
    assert (found["crashme"].base, found["crashme"].size, found["crashme"].symbols) == (
        "0xffffffffc08f5000", 16384, "names"
    )  # fmt: skip
    (old,) = read_modules("ffffffffa0005480  ext4   374902  /usr/lib/debug/ext4.ko.debug \n")
    assert (old.name, old.base, old.size, old.symbols) == ("ext4", None, 374902, "full")


def test_the_machine_check_is_the_one_that_was_injected() -> None:
    first, second = read_machine_checks(MCE["p mces_seen:a"])
    assert (first.cpu, first.status, first.addr, first.bank) == (0, "0xbe00000000000135", "0x12345000", 1)
    assert (second.cpu, second.status, second.mcgstatus) == (1, "0x0", "0x5")


def test_a_cpu_without_a_machine_check_has_no_record() -> None:
    assert [check.cpu for check in read_machine_checks(texts_of("amd")["p mces_seen:a"])] == [0]


@pytest.mark.parametrize(
    "text",
    [
        "ffffffffaae4e8cb (t) native_safe_halt+11 debian/build/irqflags.h: 52\n",
        "ffffffffc08f50dc (t) crashme_null+38 [crashme] debian/build/irqflags.h: 52\n",
        "debian/build/irqflags.h: 52\n0xffffffffaae4e8cb <native_safe_halt+11>:\tsti\n",
    ],
)
def test_a_place_is_read_from_sym_and_dis(text: str) -> None:
    assert read_place(text) == ("debian/build/irqflags.h", 52)


def test_a_symbol_without_a_place_has_none() -> None:
    assert read_place("ffffffffab5613e0 (D) linux_banner\n") is None


def test_complaints_are_told_once_with_their_words() -> None:
    text = "WARNING: active task ff1cc1218a5e4200 on cpu 1 not found in PID hash\n" * 2
    text += "vm: invalid structure member offset: mm_struct_mmap\n    FILE: memory.c\n"
    first, second = read_warnings(text)
    assert first.startswith("crash did not find every task (")
    assert "mm_struct_mmap" in second


def test_a_clean_session_has_no_complaint() -> None:
    assert read_warnings("".join(MCE.values())) == ()


def test_another_kernels_vmlinux_is_told_by_the_complaint() -> None:
    assert says_mismatch("crash: vmlinux and /proc/self/fd/3 do not match!")
    assert not says_mismatch(NULL["sys"])


READERS = (
    read_system, read_stacks, read_tasks, read_waits, lambda text: read_memory(text, 4096), read_modules,
    read_machine_checks, read_place, read_warnings, says_mismatch,
)  # fmt: skip
LINES = sorted({line for path in sorted(DATA.glob("*/*.txt")) for line in path.read_text().split("\n")})


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=40)), max_size=30).map("\n".join))
def test_no_text_makes_a_reader_raise(text: str) -> None:
    for read in READERS:
        read(text)


@given(st.sampled_from(LINES), st.integers(0, 200), st.text(max_size=6))
def test_no_damaged_line_makes_a_reader_raise(line: str, at: int, what: str) -> None:
    for read in READERS:
        read(line[:at] + what + line[at + len(what) :])
