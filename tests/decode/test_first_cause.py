"""Which of several lines is the crash: the first cause wins over the last line."""

from __future__ import annotations

import pytest

from kdump_agent.decode.log import decode

WARNING = "WARNING: CPU: 0 PID: 7 at net/core/dev.c:123 old_warning+0x24/0x80"
TRACE = ["CPU: 0 PID: 7 Comm: cat Not tainted 6.1.0 #1", "Call Trace:", " some_caller+0x1/0x2"]
NULL = ["BUG: kernel NULL pointer dereference, address: 0000000000000008", "Oops: 0002 [#1] SMP",
        "CPU: 1 PID: 9 Comm: sh Not tainted 6.1.0 #1", "RIP: 0010:demo_read+0x24/0x80 [demo]", "Call Trace:",
        " vfs_read+0xb0/0x2e0", "---[ end trace 0000000000000000 ]---"]  # fmt: skip


def log(*timed: tuple[float, list[str]], caller: str = "") -> bytes:
    return "".join(
        f"[{time + n / 1e4:12.6f}]{caller} {line}\n" for time, said in timed for n, line in enumerate(said)
    ).encode()


def crash_of(content: bytes) -> tuple[str, str | None]:
    panic = decode(content).panic
    assert panic is not None
    return panic.kind, panic.function


@pytest.mark.parametrize(
    "end", ["Fatal exception", "Fatal exception in interrupt", "Attempted to kill init! exitcode=0x0b"]
)
def test_an_oops_followed_by_its_panic_is_that_oops(end: str) -> None:
    assert crash_of(log((1, NULL), (1.1, [f"Kernel panic - not syncing: {end}"]))) == ("null_deref", "demo_read")


def test_an_oops_at_the_end_without_a_panic_line_is_whole() -> None:
    found = decode(log((1, NULL)))
    assert found.panic is not None
    assert (found.panic.kind, found.doubts) == ("null_deref", ())


def test_a_kernel_that_lived_on_after_its_oops_may_have_died_of_something_else_and_it_is_said() -> None:
    found = decode(log((1, NULL), (900, ["Kernel panic - not syncing: Hard LOCKUP"])))
    assert found.panic is not None
    assert (found.panic.kind, found.doubts) == (
        "null_deref",
        ("the kernel went on for long after this, and ended with: Kernel panic - not syncing: Hard LOCKUP",),
    )
    assert decode(log((1, NULL), (20, ["Kernel panic - not syncing: Fatal exception"]))).doubts == ()


def test_hardware_that_fails_long_after_an_oops_is_the_cause() -> None:
    died = ["Kernel panic - not syncing: Fatal machine check"]
    assert crash_of(log((1, NULL), (90_000, died))) == ("mce", None)
    assert crash_of(log((1, NULL), (2, died)))[0] == "null_deref"


def test_a_stack_that_was_overrun_is_said_between_the_access_and_its_oops() -> None:
    died = ["BUG: unable to handle kernel paging request at ffffc90010b3ff58",  # moby's issue 27875
            "IP: [<ffffffff810c4d40>] cpuacct_charge+0x20/0x40", "PGD 1c0c067 PUD 0 ",
            "Thread overran stack, or stack corrupted", "Oops: 0000 [#1] SMP ",
            "CPU: 1 PID: 9 Comm: dockerd Not tainted 4.4.0 #1",
            "RIP: 0010:[<ffffffff810c4d40>]  [<ffffffff810c4d40>] cpuacct_charge+0x20/0x40", "Call Trace:",
            " [<ffffffffc0123456>] aufs_do_open+0x10/0x40 [aufs]", "CR2: ffffc90010b3ff58"]  # fmt: skip
    found = decode(log((1, died)))
    assert found.panic is not None
    assert (found.panic.title, found.panic.comm) == ("stack overflow in aufs_do_open", "dockerd")
    assert found.panic.fault_address == "0xffffc90010b3ff58"


@pytest.mark.parametrize(
    ("what", "kind", "function"),
    [
        ("alignment exception (0x001)", "page_fault", "sysc_probe"),
        ("external abort on non-linefetch (0x1028)", "hardware", None),
    ],
)
def test_arm_s_fault_without_a_name_of_its_own_is_the_kernel_s_only_where_an_oops_follows(
    what: str, kind: str, function: str | None
) -> None:
    fault = [f"Unhandled fault: {what} at 0xf9e3a000", "pgd = 3f2a1b4c"]
    oops = ["Internal error: : 1028 [#1] SMP ARM", "CPU: 0 PID: 213 Comm: systemd-udevd Not tainted 5.10.17 #1",
            "PC is at sysc_probe+0x200/0x400"]  # fmt: skip
    own, users, torn = decode(log((120, fault + oops))), decode(log((120, fault))), decode(log((120, oops)))
    assert own.panic is not None
    assert users.panic is not None
    assert torn.panic is not None
    assert (own.panic.kind, own.panic.function, own.panic.fault_address) == (kind, function, "0xf9e3a000")
    assert own.doubts == ()
    assert users.doubts == ("no line says that the kernel stopped: it may have gone on after this report",)
    assert torn.panic.title == "oops in sysc_probe"


def test_the_first_of_two_oopses_is_the_cause() -> None:
    second = ["kernel BUG at fs/inode.c:1!", "RIP: 0010:evict+0x1/0x2"]
    assert crash_of(log((1, NULL), (1.2, second))) == ("null_deref", "demo_read")


def test_an_oops_whose_headline_was_lost_is_still_the_crash() -> None:
    assert crash_of(log((1, [WARNING, *TRACE]), (900, NULL[1:]))) == ("oops", "demo_read")


def test_an_oops_of_which_only_the_end_is_left_is_still_told() -> None:
    """As in a record of pstore's that holds the log's last bytes."""
    end = [*NULL[3:], "Kernel panic - not syncing: Fatal exception"]
    found = decode(log((1, end)))
    assert found.panic is not None
    assert (found.panic.title, found.panic.kind) == ("kernel panic: fatal exception in demo_read", "panic")
    assert [frame.symbol for frame in found.frames] == ["vfs_read"]


def test_a_trace_of_long_ago_is_not_taken_for_the_end_of_an_oops() -> None:
    warned = [WARNING, *TRACE, "---[ end trace 0000000000000000 ]---"]
    found = decode(log((1, warned), (900, ["Kernel panic - not syncing: Fatal exception"])))
    assert found.panic is not None
    assert (found.panic.title, found.frames) == ("kernel panic: fatal exception", ())


def test_a_warning_of_long_ago_is_not_the_cause() -> None:
    assert crash_of(log((1, [WARNING, *TRACE]), (900, NULL))) == ("null_deref", "demo_read")


def test_a_report_right_before_the_end_is_the_cause() -> None:
    report = ["BUG: KASAN: slab-use-after-free in freed_user+0x24/0x80", *TRACE]
    assert crash_of(log((1, report), (1.5, NULL))) == ("kasan", "freed_user")


def test_what_a_kernel_cannot_die_of_is_not_what_it_died_of() -> None:
    waits = ["unregister_netdevice: waiting for eth0 to become free. Usage count = 3"]
    assert crash_of(log((1, waits), (1.5, NULL))) == ("null_deref", "demo_read")
    assert crash_of(log((1, waits)))[0] == "bug"


def test_list_corruption_is_not_the_bug_in_the_list_s_own_check() -> None:
    lines = ["list_del corruption. prev->next should be ffff1, but was ffff2", "kernel BUG at lib/list_debug.c:51!",
             "RIP: 0010:__list_del_entry_valid+0x1/0x2", "Call Trace:", " demo_remove+0x1/0x2"]  # fmt: skip
    assert crash_of(log((1, lines))) == ("list_corruption", "demo_remove")


@pytest.mark.parametrize(
    ("report", "end", "kind"),
    [
        ("WARNING: CPU: 0 PID: 7 at a.c:1 demo+0x1/0x2", "panic_on_warn set ...", "warn"),
        ("WARNING: CPU: 0 PID: 7 at a.c:1 demo+0x1/0x2", "kernel: panic_on_warn set ...", "warn"),
        ("BUG: KASAN: slab-use-after-free in demo+0x1/0x2", "KASAN: panic_on_warn set ...", "kasan"),
        ("watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cat:7]", "softlockup: hung tasks", "softlockup"),
        ("watchdog: Watchdog detected hard LOCKUP on cpu 0", "Hard LOCKUP", "hardlockup"),
        ("INFO: task cat:7 blocked for more than 120 seconds.", "hung_task: blocked tasks", "hung_task"),
        ("rcu: INFO: rcu_sched self-detected stall on CPU", "RCU Stall", "rcu_stall"),
        ("BUG: scheduling while atomic: cat/7/0x2", "scheduling while atomic", "atomic_sleep"),
    ],
)
def test_a_panic_that_a_report_asked_for_is_that_report(report: str, end: str, kind: str) -> None:
    """Even when the console took long, and although an older warning of another kind stands before."""
    older = (
        ["BUG: Bad page map in process x  pte:1 pmd:2"] if kind != "warn" else ["BUG: workqueue lockup - pool cpus=0"]
    )
    trace = ["Call Trace:", " demo+0x1/0x2"]
    kinds = crash_of(log((1, older), (50, [report, *trace]), (58, [f"Kernel panic - not syncing: {end}", *TRACE])))
    assert kinds == (kind, "demo")


def test_of_tasks_that_hung_in_one_round_the_first_is_told() -> None:
    hung = [["INFO: task old:1 blocked for more than 120 seconds.", "Call Trace:", " old_wait+0x1/0x2"],
            ["INFO: task first:2 blocked for more than 120 seconds.", "Call Trace:", " first_wait+0x1/0x2"],
            ["INFO: task second:3 blocked for more than 120 seconds.", "Call Trace:",
             " other_wait+0x1/0x2"]]  # fmt: skip
    end = ["Kernel panic - not syncing: hung_task: blocked tasks"]
    assert crash_of(log((100, hung[0]), (220, hung[1]), (221, hung[2]), (222, end))) == ("hung_task", "first_wait")


def test_a_fatal_machine_check_is_not_the_bank_s_line_before_it() -> None:
    lines = ["mce: [Hardware Error]: CPU 0: Machine Check Exception: 5 Bank 1: be00000000000135",
             "Kernel panic - not syncing: Fatal machine check"]  # fmt: skip
    panic = decode(log((1, lines))).panic
    assert panic is not None
    assert (panic.kind, panic.title) == ("mce", "fatal machine check")


def test_what_a_check_says_is_broken_is_told_and_not_that_it_has_a_bug() -> None:
    lines = ["skbuff: skb_over_panic: text:872d0998 len:1832 put:1832", "kernel BUG at net/core/skbuff.c:111!",
             "RIP: 0010:skb_panic+0x48/0x4a", "Call Trace:", " skb_put.cold+0x1/0x2", " demo_rx+0x1/0x2"]  # fmt: skip
    panic = decode(log((1, lines))).panic
    assert panic is not None
    assert (panic.kind, panic.title) == ("bug", "skb overrun in demo_rx")


def test_a_sysrq_is_not_the_fault_by_which_old_kernels_carried_it_out() -> None:
    assert crash_of(log((1, ["SysRq : Trigger a crash", *NULL]))) == ("sysrq", None)


def test_a_crash_that_was_asked_for_is_not_the_warning_a_moment_before() -> None:
    asked = ["sysrq: Trigger a crash", "Kernel panic - not syncing: sysrq triggered crash"]
    assert crash_of(log((1, [WARNING, *TRACE]), (2, asked))) == ("sysrq", None)


def test_what_the_next_boot_tells_is_not_this_crash() -> None:
    report = [WARNING, *TRACE]
    found = decode(log((500, report), (2, NULL)))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.function) == ("warn", "old_warning")
    assert found.doubts == (
        "no line says that the kernel stopped: it may have gone on after this report",
        f"the log goes on with a later boot, which is not told here and ended with: {NULL[0]}",
    )
    assert decode(log((500, NULL), (2, report))).doubts == ()


def test_lines_of_another_cpu_do_not_mix_into_the_crash() -> None:
    mine = log((1, NULL), caller="[    C1]").decode().splitlines()
    other = (
        log((1, ["Call Trace:", " stranger+0x1/0x2", "Modules linked in: strange"]), caller="[  T99]")
        .decode()
        .splitlines()
    )
    mixed = [line for pair in zip(mine, [*other, *[""] * len(mine)]) for line in pair]
    found = decode("\n".join(mixed).encode())
    assert [frame.symbol for frame in found.frames] == ["vfs_read"]
    assert found.modules == ()


def test_a_second_report_s_stack_is_not_the_first_one_s() -> None:
    found = decode(
        log((1, [WARNING, *TRACE]), (1.1, ["BUG: workqueue lockup - pool", "Call Trace:", " other+0x1/0x2"]))
    )
    assert [frame.symbol for frame in found.frames] == ["some_caller"]
