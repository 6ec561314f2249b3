"""Which function is at fault, and how stacks are cut into traces."""

from __future__ import annotations

import pytest

from kdump_agent.decode.lines import split
from kdump_agent.decode.log import decode
from kdump_agent.decode.machinery import ALLOCATING, BOUNDARIES, INTERRUPTS, MACHINERY, REPORTING, Words, bare
from kdump_agent.decode.stack import traces


def function_of(*lines: str) -> str | None:
    panic = decode("\n".join(lines).encode()).panic
    assert panic is not None
    return panic.function


def stack(*symbols: str) -> list[str]:
    return [
        "Call Trace:",
        *(symbol if symbol.startswith(("<", "RIP")) else f" {symbol}+0x10/0x20" for symbol in symbols),
    ]


def test_helpers_that_were_handed_a_bad_pointer_are_passed_over() -> None:
    fault = "BUG: unable to handle page fault for address: ffffc90000a51000"
    assert function_of(fault, "RIP: 0010:memcpy_orig+0x1/0x2", *stack("copy_to_iter", "demo_read")) == "demo_read"


def test_where_all_is_machinery_the_first_that_does_not_only_report_is_told() -> None:
    lines = stack("dump_stack", "kasan_report", "process_one_work", "worker_thread", "kthread")
    assert function_of("BUG: KASAN: use-after-free in __asan_load8+0x1/0x2", *lines) == "process_one_work"


def test_nothing_but_reporters_is_nobody() -> None:
    assert (
        function_of("BUG: KASAN: use-after-free in __asan_load8+0x1/0x2", *stack("dump_stack", "kasan_report")) is None
    )


def test_what_an_interrupt_broke_into_is_not_at_fault() -> None:
    lines = stack(
        "dump_stack", "kasan_report", "run_timer_softirq", "irq_exit", "asm_sysvec_apic_timer_interrupt", "innocent"
    )
    assert function_of("BUG: KASAN: use-after-free in call_timer_fn+0x1/0x2", *lines) == "call_timer_fn"


def test_a_driver_s_own_interrupt_handler_is_at_fault_and_no_machinery() -> None:
    lines = stack(
        "dump_stack", "kasan_report", "demo_interrupt", "__handle_irq_event_percpu", "common_interrupt", "innocent"
    )
    assert function_of("BUG: KASAN: use-after-free in demo_interrupt+0x1/0x2", *lines) == "demo_interrupt"
    assert function_of("kernel BUG at a.c:1!", *lines) == "demo_interrupt"


def test_where_only_machinery_stood_its_first_function_is_told() -> None:
    fault = "BUG: unable to handle page fault for address: ffffc90000a51000"
    lines = stack("hrtimer_interrupt", "local_apic_timer_interrupt", "apic_timer_interrupt", "innocent")
    assert function_of(fault, "RIP: 0010:0xffff88807a92fb10", *lines) == "hrtimer_interrupt"
    assert function_of(fault, "RIP: 0010:__sanitizer_cov_trace_pc+0x1/0x2") == "__sanitizer_cov_trace_pc"


def test_a_lock_is_blamed_on_who_takes_it() -> None:
    lines = [
        "WARNING: possible circular locking dependency detected",
        "cat/7 is trying to acquire lock:",
        " (&a->lock){+.+.}, at: mutex_lock_nested+0x1/0x2",
        "but task is already holding lock:",
        " (&b->lock){+.+.}, at: demo_hold+0x1/0x2",
        "-> #1 (&b->lock){+.+.}:",
        "       lock_acquire+0x1/0x2",
        "       demo_other+0x1/0x2",
        "stack backtrace:",
        *stack("dump_stack", "check_noncircular", "lock_acquire", "demo_take"),
    ]
    assert function_of(*lines) == "demo_hold"
    assert function_of(*(line.replace("mutex_lock_nested", "demo_take") for line in lines)) == "demo_take"
    found = decode("\n".join(lines).encode())
    assert [frame.symbol for frame in found.frames][-1] == "demo_take", "lockdep's own stacks are kept apart"


def test_the_caller_is_read_from_the_line_that_names_it() -> None:
    using = "BUG: using smp_processor_id() in preemptible [00000000] code: cat/7"
    assert function_of(using, "caller is demo_read+0x1/0x2", *stack("dump_stack", "other")) == "demo_read"
    leaked = "BUG: workqueue leaked lock or atomic: kworker/0:1/0x00000000/23"
    assert function_of(leaked, "     last function: demo_work", *stack("dump_stack")) == "demo_work"


@pytest.mark.parametrize(
    ("pool", "works", "function"),
    [
        ("cpus=3 node=0 flags=0x1 nice=0", "in-flight: 14164:refill_work, 29532:other_work", "refill_work"),
        ("cpus=3 node=0 flags=0x1 nice=0", "in-flight: 59(RESCUER):demo_work [demo] BAR(7)", "demo_work"),
        ("cpus=3 node=0 flags=0x1 nice=0", "in-flight: 59:wq_barrier_func", None),
        ("cpus=3 node=0 flags=0x1 nice=0", "pending: victim_work, victim_work", None),
        ("cpus=4 node=0 flags=0x1 nice=0", "in-flight: 14164:innocent_work", None),
        ("cpus=0-7 flags=0x4 nice=0", "in-flight: 11518:wb_workfn, 1705:wb_workfn", None),
    ],
)  # koverstreet/bcachefs' issues 114 and 37
def test_a_pool_that_hangs_is_busy_with_what_is_in_flight_in_it(pool: str, works: str, function: str | None) -> None:
    lockup = "BUG: workqueue lockup - pool cpus=3 node=0 flags=0x1 nice=0 stuck for 31s!"
    told = ["Showing busy workqueues and worker pools:", "workqueue events: flags=0x0",
            "  pwq 2: cpus=1 node=0 flags=0x0 nice=0 active=1/256", "    in-flight: 7:stranger_work",
            f"  pwq 6: {pool} active=15/256 refcnt=16", f"    {works}"]  # fmt: skip
    assert function_of(lockup, *told) == function


STALL = "rcu: INFO: rcu_sched self-detected stall on CPU"
SAMPLED = ["<IRQ>", "dump_stack", "nmi_cpu_backtrace", "rcu_dump_cpu_stacks", "rcu_sched_clock_irq",
           "hrtimer_interrupt", "asm_sysvec_apic_timer_interrupt", "</IRQ>",
           "RIP: 0010:where_it_was_found+0x1/0x2"]  # fmt: skip


@pytest.mark.parametrize(
    ("behind", "function"),
    [
        (["called_by", "kvm_vcpu_ioctl", "__x64_sys_ioctl", "do_syscall_64"], "kvm_vcpu_ioctl"),
        (["called_by", "__x64_sys_futex", "do_syscall_64"], "sys_futex"),
        (["called_by", "demo_timer", "call_timer_fn", "run_timer_softirq", "innocent"], "demo_timer"),
        (["called_by", "demo_work", "process_one_work", "worker_thread", "kthread"], "demo_work"),
        (["called_by", "ip_rcv", "__netif_receive_skb_core", "net_rx_action"], "ip_rcv"),
    ],
)
def test_a_stall_is_blamed_on_who_entered_the_loop(behind: list[str], function: str) -> None:
    assert function_of(STALL, *stack(*SAMPLED, *behind)) == function


def test_a_stall_in_a_module_is_blamed_on_the_module_s_innermost_function() -> None:
    lines = [*stack(*SAMPLED), " mod_inner+0x1/0x2 [mod]", " mod_outer+0x1/0x2 [mod]", " __x64_sys_ioctl+0x1/0x2"]
    assert function_of(STALL, *lines) == "mod_inner"


def test_a_cpu_that_waits_for_the_others_says_so() -> None:
    lockup = "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:77]"
    lines = stack("smp_call_function_many", "on_each_cpu", "text_poke_bp", "demo")
    assert function_of(lockup, "RIP: 0010:csd_lock_wait+0x1/0x2", *lines) == "smp_call_function_many"


def test_a_soft_lockup_counts_from_where_the_cpu_stood() -> None:
    lockup = "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [cat:77]"
    lines = ["RIP: 0010:demo_spin+0x1/0x2 [demo]", *stack("do_one_initcall", "do_init_module")]
    assert function_of(lockup, *lines) == "demo_spin"


def test_a_leak_is_blamed_on_who_asked_the_allocator() -> None:
    assert (
        function_of("BUG: memory leak", "  backtrace:", *stack("kmem_cache_alloc", "sk_prot_alloc", "inet_create")[1:])
        == "inet_create"
    )


def test_a_jump_to_nowhere_is_blamed_on_the_caller() -> None:
    fault = "BUG: kernel NULL pointer dereference, address: 0000000000000000"
    found = decode("\n".join([fault, "RIP: 0010:0x0", *stack("demo_call", "vfs_read")]).encode())
    assert found.panic is not None
    assert (found.panic.function, found.panic.rip) == ("demo_call", None)


def test_who_holds_the_lock_is_blamed_for_leaving_with_it() -> None:
    lines = ["WARNING: lock held when returning to user space!", "cat/7 is leaving the kernel with locks still held!",
             "1 lock held by cat/7:", " #0: ffff8880 (&demo->lock){+.+.}-{3:3}, at: demo_take+0x1/0x2"]  # fmt: skip
    assert function_of(*lines) == "demo_take"


def test_the_lock_that_changed_its_state_is_blamed_for_an_inversion() -> None:
    lines = ["WARNING: possible irq lock inversion dependency detected", "swapper/0/0 just changed the state of lock:",
             "ffff8880 (&demo->lock){..-.}-{2:2}, at: demo_timer+0x1/0x2", "but this lock took another:",
             " (fs_reclaim){+.+.}-{0:0}", "-> (fs_reclaim){+.+.} ops: 1 {", "   HARDIRQ-ON-W at:",
             "     lock_acquire+0x1/0x2", "     other+0x1/0x2"]  # fmt: skip
    assert function_of(*lines) == "demo_timer"


@pytest.mark.parametrize(
    ("behind", "function"),
    [
        (["nfs_wait_bit_killable", "__wait_on_bit", "nfs4_run_open_task"], "nfs4_run_open_task"),
        (["mutex_lock", "rtnl_lock", "demo"], "rtnl_lock"),
        (["wait_for_completion", "__synchronize_srcu", "demo"], "__synchronize_srcu"),
        (["rwsem_down_write_slowpath", "inode_lock", "demo"], "demo"),
    ],
)
def test_a_hung_task_is_blamed_on_what_it_waits_for_and_not_on_the_waiting(behind: list[str], function: str) -> None:
    log = ["INFO: task cat:77 blocked for more than 120 seconds.", *stack("__schedule", "schedule", *behind)]
    assert function_of(*log) == function


def test_a_bug_in_a_wrapper_is_its_caller_s() -> None:
    log = ["kernel BUG at net/core/skbuff.c:1!", "RIP: 0010:skb_panic+0x1/0x2", *stack("skb_push", "demo_xmit")]
    assert function_of(*log) == "demo_xmit"


def test_a_rust_panic_is_blamed_on_who_panicked() -> None:
    inner = ["_RNvCs_7___rustc17rust_begin_unwind", "_RNvNtCs9_4core9panicking9panic_fmt", "_RNvXs1_demo4mmap"]
    log = ["kernel BUG at rust/helpers/bug.c:7!", "RIP: 0010:rust_helper_BUG+0x8/0x10", *stack(*inner)]
    found = decode("\n".join(log).encode()).panic
    assert found is not None
    assert (found.title, found.kind) == ("Rust panic in _RNvXs1_demo4mmap", "bug")


def test_calls_that_the_compiler_dissolved_where_the_cpu_stood_are_the_innermost() -> None:
    for prefix in ("RIP: 0010:", "pc : ", "epc : ", "NIP [c008000000000000] "):
        spot = [f"{prefix}demo_inner fs/a.c:7 [inline]", f"{prefix}demo_outer+0x1/0x2 fs/a.c:9"]
        assert function_of("kernel BUG at fs/a.c:7!", *spot) == "demo_inner"


def test_a_symboliser_s_lines_are_frames_too() -> None:
    lines = [
        "Call Trace:",
        " __list_del include/linux/list.h:89 [inline]",
        " demo_remove+0x21/0x80 drivers/demo.c:12",
        " demo_exit (drivers/demo.c:30 drivers/demo.h:3) demo",
        " rust_fn rust/kernel/lib.rs:12:5 [inline]",
    ]
    (trace,) = traces(split("\n".join(lines).encode()).lines)
    assert [(frame.symbol, frame.offset, frame.module) for frame in trace.frames] == [
        ("__list_del", None, None), ("demo_remove", 0x21, None), ("demo_exit", None, "demo"), ("rust_fn", None, None),
    ]  # fmt: skip


def test_traces_are_kept_apart_by_their_headings() -> None:
    lines = [
        "Call Trace:",
        " one+0x1/0x2",
        "Allocated by task 7:",
        " two+0x1/0x2",
        "Freed by task 8:",
        " three+0x1/0x2",
    ]
    found = traces(split("\n".join(lines).encode()).lines)
    assert [(trace.heading, [frame.symbol for frame in trace.frames]) for trace in found] == [
        ("Call Trace:", ["one"]), ("Allocated by task 7:", ["two"]), ("Freed by task 8:", ["three"]),
    ]  # fmt: skip


def test_the_stack_of_rcu_s_own_thread_is_not_the_stalled_cpu_s() -> None:
    lines = [
        "rcu: INFO: rcu_sched self-detected stall on CPU",
        "rcu: RCU grace-period kthread stack dump:",
        "task:rcu_sched       state:I stack:0     pid:14    tgid:14    ppid:2      flags:0x00000000",
        "Call Trace:",
        " rcu_gp_fqs_loop+0x124/0x3fc",
        "NMI backtrace for cpu 1",
        "Call Trace:",
        " demo_spin+0x1/0x2",
    ]
    found = decode("\n".join(lines).encode())
    assert [frame.symbol for frame in found.frames] == ["demo_spin"]
    assert [frame.symbol for stack in found.other_stacks for frame in stack.frames] == ["rcu_gp_fqs_loop"]


def test_the_stalled_cpu_is_told_though_another_was_dumped_before_it() -> None:
    lines = [
        "rcu: INFO: rcu_sched self-detected stall on CPU",
        "rcu: \t1-....: (8382 ticks this GP) idle=3a04/1/0x40000002 softirq=118/122 fqs=1344",
        "rcu: Stack dump where RCU GP kthread last ran:",
        "NMI backtrace for cpu 0",
        "CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.3.0 #24",
        "RIP: 0010:default_idle+0x1c/0x30",
        "Call Trace:",
        " do_idle+0xb8/0x11c",
        "CPU: 1 PID: 98 Comm: modprobe Not tainted 6.3.0 #24",
        "RIP: 0010:demo_spin+0x1c/0x380 [demo]",
        "Call Trace:",
        " demo_probe+0x1c/0x380 [demo]",
    ]
    found = decode("\n".join(lines).encode())
    assert found.panic is not None
    assert found.panic.rip is not None
    assert (found.panic.function, found.panic.rip.symbol) == ("demo_spin", "demo_spin")
    assert (found.panic.cpu, found.panic.comm) == (1, "modprobe")
    assert [frame.symbol for frame in found.frames] == ["demo_probe"]
    assert [frame.symbol for stack in found.other_stacks for frame in stack.frames] == ["do_idle"]


def test_a_stranger_s_line_does_not_end_a_trace_but_many_do() -> None:
    few = ["Call Trace:", " one+0x1/0x2", "usb 1-1: new device", " two+0x1/0x2"]
    many = ["Call Trace:", " one+0x1/0x2", *["usb 1-1: new device"] * 9, " two+0x1/0x2"]
    assert [len(trace.frames) for trace in traces(split("\n".join(few).encode()).lines)] == [2]
    assert [len(trace.frames) for trace in traces(split("\n".join(many).encode()).lines)] == [1, 1]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("foo.isra.0", "foo"), ("foo.constprop.3", "foo"), ("foo.cold", "foo"), ("foo.part.1", "foo"),
        ("foo.12", "foo"),
        ("foo.llvm.1234567890123456789", "foo"), ("foo.isra.0.cold", "foo"), (".foo", "foo"), ("foo", "foo"),
        ("__x64_sys_read", "sys_read"), ("__arm64_sys_read", "sys_read"), ("__se_sys_read", "sys_read"),
        ("SyS_read", "sys_read"),
        ("__do_sys_read", "sys_read"), ("__ia32_compat_sys_ioctl", "sys_ioctl"), ("ksys_read", "ksys_read"),
    ],
)  # fmt: skip
def test_a_name_is_freed_of_what_compilers_and_architectures_hang_on_it(symbol: str, name: str) -> None:
    assert bare(symbol) == name


def test_words_with_stars_stand_for_more() -> None:
    words = Words("exact head* *tail *middle*")
    assert [name for name in ("exact", "exactly", "header", "retail", "amiddled", "mid") if name in words] == [
        "exact", "header", "retail", "amiddled",
    ]  # fmt: skip


def test_names_that_only_look_like_machinery_are_somebody_s_own() -> None:
    own = ["__update_features", "list_lru_add", "cache_check", "watchdog_release", "irq_domain_add", "ext4_write_begin",
           "kernfs_remove", "rtnl_lock", "synchronize_rcu", "bus_driver_foo", "schedule_tail"]  # fmt: skip
    assert [name for name in own if name in MACHINERY] == []


def test_where_threads_and_calls_begin_is_nobody_s_own_on_older_and_rarer_kernels() -> None:
    for name in ("kernel_thread_helper", "child_rip", "kernel_thread_starter", "handle_syscall", "start_here_common"):
        assert name in MACHINERY


def test_what_only_reports_is_machinery_too() -> None:
    for name in ("panic", "exc_page_fault", "kasan_report.cold", "kmalloc_trace", "trace_hardirqs_on"):
        assert name in REPORTING
        assert name in ALLOCATING
        assert name in MACHINERY
    assert "process_one_work" in BOUNDARIES
    assert "asm_sysvec_apic_timer_interrupt" in INTERRUPTS
