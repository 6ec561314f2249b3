"""Who was running, in every form in which a kernel tells it; and the kernel's taint."""

from __future__ import annotations

import pytest

from kdump_agent.decode import taint
from kdump_agent.decode.lines import split
from kdump_agent.decode.log import decode
from kdump_agent.decode.task import Task, running

TASKS = [
    ("CPU: 3 PID: 611 Comm: cat Tainted: G           O       6.6.30 #1", Task(3, 611, "cat")),
    ("CPU: 3 PID: 611 Comm: cat Not tainted 6.6.30 #1", Task(3, 611, "cat")),
    ("CPU: 3 PID: 611 Comm: CPU 0/KVM Kdump: loaded Not tainted 5.14.0 #1", Task(3, 611, "CPU 0/KVM")),
    ("CPU: 3 PID: 611 Comm: Web Content 7 Tainted: P    W  5.14.0 #1", Task(3, 611, "Web Content 7")),
    ("CPU: 3 PID: 611 Comm: (sd-pam) Not tainted 5.14.0 #1", Task(3, 611, "(sd-pam)")),
    ("CPU: 3 PID: 611 Comm: [x] y Not tainted 5.14.0 #1", Task(3, 611, "[x] y")),
    ("CPU: 1 UID: 1000 PID: 22 Comm: ip Not tainted 6.18.0 #1 PREEMPT(full)", Task(1, 22, "ip", 1000)),
    ("WARNING: net/core/dev.c:4321 at dev_foo+0x1/0x2, CPU#1: kworker/1:2/5982", Task(1, 5982, "kworker/1:2")),
    ("watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [kworker/2:1:77]", Task(2, 77, "kworker/2:1")),
    ("watchdog: Watchdog detected hard LOCKUP on cpu 7", Task(7)),
    ("watchdog: CPU 3 detected hard LOCKUP on other CPUs 5", Task(5)),
    ("Watchdog CPU:42 Hard LOCKUP", Task(42)),
    ("Watchdog CPU:71 detected Hard LOCKUP other CPUS:42", Task(42)),
    ("watchdog: CPU 3 self-detected hard LOCKUP @ demo+0x1/0x2", Task(3)),
    ("INFO: task xfsaild/dm-0:612 blocked for more than 120 seconds.", Task(None, 612, "xfsaild/dm-0")),
    ("Pid: 2211, comm: cat Not tainted 2.6.32-431.el6.x86_64 #1 Red Hat KVM", Task(None, 2211, "cat")),
    ("Process insmod (pid: 233, stack limit = 0x5b8a8e0f)", Task(None, 233, "insmod")),
    ("TASK = c000000105800000[4242] 'tee' THREAD: c000000105804000 CPU: 5", Task(5, 4242, "tee")),
    ("Read of size 8 at addr ffff8881 by task cat/7", Task(None, 7, "cat")),
    ("read to 0xffff8881 of 8 bytes by task 1082 on cpu 7:", Task(7, 1082)),
    ('  comm "a b", pid 9, jiffies 42', Task(None, 9, "a b")),
    ("BUG: Bad page state in process cat  pfn:12345", Task(None, None, "cat")),
    ("cat/7 is trying to acquire lock:", Task(None, 7, "cat")),
    ("swapper/0/0 [HC0[0]:SC1[1]:HE1:SE0] takes:", Task(None, 0, "swapper/0")),
    ("cat/7 is freeing memory ffff1-ffff2, with a lock still held there!", Task(None, 7, "cat")),
    ("BUG: spinlock bad magic on CPU#2, syz-executor/12636", Task(2, 12636, "syz-executor")),
    ("BUG: scheduling while atomic: cat/77/0x00000002", Task(None, 77, "cat")),
    ("BUG: scheduling while atomic: swapper/1/0/0x00000002", Task(None, 0, "swapper/1")),
    ("BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/23", Task(None, 23, "kworker/0:1")),
    ("in_atomic(): 1, irqs_disabled(): 0, pid: 77, name: my task", Task(None, 77, "my task")),
    ("BUG: using smp_processor_id() in preemptible [00000000] code: cat/77", Task(None, 77, "cat")),
    ("BUG: workqueue lockup - pool cpus=3 node=0 flags=0x0 nice=0 stuck for 31s!", Task(3)),
    ("INFO: rcu_sched self-detected stall on CPU { 1}  (t=65000 jiffies)", Task(1)),
    ("rcu: \t1-...!: (1 ticks this GP) idle=2e6/1/0x4 softirq=1/1 fqs=0", Task(1)),
    ("INFO: RCU detected CPU 0 stall (t=1000 jiffies)", Task(0)),
    ("rcu: \t12-O..?D: (1 GPs behind) idle=2e6/1/0x4 softirq=1/1 fqs=0", Task(12)),
    ("task:cat             state:R  running task     stack:0     pid:77    tgid:77    ppid:1", Task(None, 77, "cat")),
    ("cat             R  running task    22056 22277   3688 0x00000008", Task(None, 22277, "cat")),
    ("NMI backtrace for cpu 6", Task(6)),
    ("CPU 2", Task(2)),
    ("CPU: 0    Not tainted  (2.6.32 #1)", Task(0)),
    ("nothing of the kind", Task()),
]


@pytest.mark.parametrize(("line", "task"), TASKS)
def test_who_was_running_is_told_by_any_of_the_kernel_s_lines(line: str, task: Task) -> None:
    assert running(split(line.encode()).lines) == task


def test_a_line_of_another_task_tells_nothing_of_ours() -> None:
    lines = split(
        b"INFO: task a:1 blocked for more than 9 seconds.\nCPU: 3 PID: 99 Comm: khungtaskd Not tainted 6.1"
    ).lines
    assert running(lines) == Task(None, 1, "a")


def test_a_line_of_another_cpu_tells_nothing_of_the_one_that_stalled() -> None:
    idle = b"CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.3.0 #24\n"
    spins = b"CPU: 1 PID: 98 Comm: modprobe Not tainted 6.3.0 #24\n"
    stall = b"rcu: \t1-....: (8382 ticks this GP) idle=3a04/1/0x40000002 softirq=118/122 fqs=1344\n"
    assert running(split(stall + idle + spins).lines) == Task(1, 98, "modprobe")


def test_a_sleeping_task_stood_on_no_cpu() -> None:
    log = b"INFO: task a:1 blocked for more than 9 seconds.\nCall Trace:\n demo+0x1/0x2\nNMI backtrace for cpu 3\n"
    panic = decode(log).panic
    assert panic is not None
    assert (panic.cpu, panic.pid) == (None, 1)


def test_rcu_s_own_thread_is_not_the_one_that_stalled() -> None:
    lines = split(
        b"task:rcu_sched       state:R  running task     stack:0     pid:2     ppid:1\nCPU: 1 PID: 5 Comm: x"
    ).lines
    assert running(lines).comm == "x"


TAINTS = [
    ("Tainted: G        W I      --------- r-  - 4.18.0-305.el8.x86_64 #1",
     ("WARN", "FIRMWARE_WORKAROUND", "SUPPORT_REMOVED")),
    ("Tainted: P           OE    --------- -t - 4.18.0-477.el8 #1",
     ("PROPRIETARY_MODULE", "OOT_MODULE", "UNSIGNED_MODULE", "TECH_PREVIEW")),
    ("Tainted: G    B           ------------ T 3.10.0-327.el7.x86_64 #1", ("BAD_PAGE", "TECH_PREVIEW")),
    ("Tainted: G                 T 6.6.0 #1", ("RANDSTRUCT",)),
    ("Tainted: G           N  5.3.18-24-default #1", ("NO_SUPPORT",)),
    ("Tainted: G                 N 6.1.0 #1", ("TEST",)),
    ("Tainted: G                   J 6.18.0 #1", ("FWCTL",)),
    ("Tainted: G           Q  7.3.0 #1", ("unknown flag Q",)),
    ("Tainted: [O]=OOT_MODULE, [Q]=QUITE_NEW", ("OOT_MODULE", "QUITE_NEW")),
    ("Tainted: G        W         rt-test #1", ("WARN",)),
    ("Tainted: GF          O--------------   3.10.0-54.el7.s390x #1", ("FORCED_MODULE", "OOT_MODULE")),
]  # fmt: skip


@pytest.mark.parametrize(("words", "names"), TAINTS)
def test_a_taint_letter_means_what_its_kernel_s_vendor_means_and_an_unknown_one_says_so(
    words: str, names: tuple[str, ...]
) -> None:
    assert taint.names(words) == names
