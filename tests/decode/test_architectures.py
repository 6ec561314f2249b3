"""One crash of each architecture and age, decoded whole."""

from __future__ import annotations

from typing import Any

import pytest

from kdump_agent.decode.log import decode
from kdump_agent.decode.report import Decoded, Kernel, Place

from . import logs

CRASHES: list[tuple[str, dict[str, Any], str | None, str | None]] = [
    (
        logs.ARM64,
        {"kind": "null_deref", "function": "demo_read", "cpu": 3, "pid": 611, "comm": "cat", "taint": ("OOT_MODULE",),
         "rip": Place("demo_read", 0x24, 0x80, "demo"), "error_code": "0x96000004", "fault_address": "0x8"},
        "aarch64", "6.6.30-1.el9.aarch64",
    ),
    (
        logs.POWER,
        {"kind": "null_deref", "function": "demo_write", "cpu": 5, "pid": 4242, "comm": "tee",
         "taint": ("OOT_MODULE", "UNSIGNED_MODULE"), "rip": Place("demo_write", 0x50, 0xE0, "demo"),
         "error_code": "0x40000000", "fault_address": "0x10"},
        "ppc64le", "6.4.0-150600.23.17-default",
    ),
    (
        logs.POWER_OLD,
        {"kind": "null_deref", "function": "demo_init", "cpu": 1, "pid": 1234, "comm": "insmod", "taint": (),
         "rip": Place("demo_init", 0x44, 0x1000, "demo"), "error_code": None, "fault_address": "0x0"},
        "ppc64", "3.10.0-327.el7.ppc64",
    ),
    (
        logs.XMON,
        {"kind": "page_fault", "function": "demo_mark", "pid": 5167, "comm": "mount",
         "rip": Place("demo_mark", 0x198, 0x5A0), "error_code": "0x40000000", "fault_address": "0xc00000005e980000"},
        "ppc64le", None,
    ),
    (
        logs.LOONGARCH,
        {"kind": "null_deref", "function": "demo_probe", "cpu": 0, "uid": 0, "pid": 1, "comm": "swapper/0",
         "rip": Place("demo_probe", 0x30, 0x100), "fault_address": "0x40"},
        "loongarch64", "6.12.0",
    ),
    (
        logs.S390,
        {"kind": "null_deref", "function": "demo_store", "cpu": 2, "pid": 999, "comm": "bash", "taint": ("OOT_MODULE",),
         "rip": Place("demo_store", 0x2E, 0x58, "demo"), "error_code": "0x4", "fault_address": "0x0"},
        "s390x", "5.14.0-362.8.1.el9_3.s390x",
    ),
    (
        logs.RISCV,
        {"kind": "page_fault", "function": "demo_show", "cpu": 1, "pid": 77, "comm": "sh", "taint": (),
         "rip": Place("demo_show", 0x1E, 0x3C), "error_code": "0xd", "fault_address": "0xdfffffc810040000"},
        "riscv64", "6.5.0-rc5",
    ),
    (
        logs.ARM,
        {"kind": "null_deref", "function": "demo_init", "cpu": 0, "pid": 233, "comm": "insmod",
         "taint": ("OOT_MODULE",),
         "rip": Place("demo_init", 0x18, 0x1000, "demo"), "error_code": "0x805", "fault_address": "0x4"},
        "armv7l", "5.15.32-v7l+",
    ),
    (
        logs.EL6,
        {"kind": "null_deref", "function": "demo_open", "cpu": 2, "pid": 2211, "comm": "cat", "taint": (),
         "rip": Place("demo_open", 0x17, 0x40, "demo"), "error_code": "0x2", "fault_address": "0x0"},
        "x86_64", "2.6.32-431.el6.x86_64",
    ),
    (
        logs.I386,
        {"kind": "page_fault", "function": "demo_ioctl", "cpu": 0, "pid": 1300, "comm": "tool",
         "taint": ("PROPRIETARY_MODULE", "OOT_MODULE"), "rip": Place("demo_ioctl", 0x2A, 0x60, "demo"),
         "error_code": "0x0", "fault_address": "0xf7ff1234"},
        "i686", "4.9.0-12-686",
    ),
    (
        logs.WARNING_618,
        {"kind": "warn", "function": "dev_foo", "cpu": 1, "pid": 5982, "comm": "ip", "taint": (),
         "rip": Place("dev_foo", 0x4DC, 0x570), "error_code": None, "fault_address": None},
        "x86_64", "6.18.0",
    ),
    (
        logs.WARNING_2632,
        {"kind": "warn", "function": "dev_watchdog", "cpu": None, "pid": 0, "comm": "swapper", "taint": (),
         "rip": None},
        "x86_64", "2.6.32-220.el6.x86_64",
    ),
    (
        logs.HARD_LOCKUP,
        {"kind": "hardlockup", "function": "mlx5_cmd_exec", "cpu": 7, "pid": 4321, "comm": "kworker/7:1",
         "taint": ("OOT_MODULE", "UNSIGNED_MODULE"), "rip": Place("native_queued_spin_lock_slowpath", 0x5D, 0x1D0)},
        "x86_64", "4.18.0-477.el8.x86_64",
    ),
    (
        logs.HUNG_TASK,
        {"kind": "hung_task", "function": "xlog_cil_push_now", "cpu": None, "pid": 612, "comm": "xfsaild/dm-0",
         "rip": None},
        None, "5.14.0-427.el9.x86_64",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("log", "expected", "machine", "release"), CRASHES)
def test_a_crash_is_read_whole(log: str, expected: dict[str, Any], machine: str | None, release: str | None) -> None:
    found = decode(log.encode())
    assert found.panic is not None
    assert {fact: getattr(found.panic, fact) for fact in expected} == expected
    assert found.kernel.release == release
    assert machine is None or found.kernel.machine == machine


def test_a_null_address_is_read_however_wide_the_kernel_wrote_it() -> None:
    """lib/vsprintf.c, ``pointer``: since 2.6.38 as wide as any other."""
    panic = decode(b"BUG: unable to handle kernel NULL pointer dereference at           (null)\n").panic
    assert panic is not None
    assert panic.fault_address == "0x0"


STACKS = [
    (logs.ARM64, ["demo_read", "vfs_read", "ksys_read", "__arm64_sys_read", "invoke_syscall"], [True] * 5),
    (
        logs.POWER,
        ["demo_write", "vfs_write", "ksys_write", "system_call_exception", "system_call_vectored_common"],
        [False, True, True, True, True],
    ),
    (logs.XMON, ["demo_clear", "demo_replay"], [True, True]),
    (logs.POWER_OLD, ["demo_init", "do_one_initcall"], [False, True]),
    (
        logs.S390,
        ["demo_store", "demo_store", "kernfs_fop_write_iter", "vfs_write", "ksys_write", "__do_syscall"],
        [True, False, True, True, True, True],
    ),
    (logs.ARM, ["demo_init", "do_one_initcall", "do_init_module", "sys_finit_module"], [True] * 4),
    (logs.I386, ["do_vfs_ioctl", "SyS_ioctl", "do_fast_syscall_32"], [False] * 3),
    (
        logs.EL6,
        ["chrdev_open", "__dentry_open", "chrdev_open", "nameidata_to_filp", "do_filp_open", "system_call_fastpath"],
        [True, True, False, True, True, True],
    ),
]


@pytest.mark.parametrize(("log", "symbols", "reliable"), STACKS)
def test_a_stack_is_read_frame_by_frame(log: str, symbols: list[str], reliable: list[bool]) -> None:
    frames = decode(log.encode()).frames
    assert [frame.symbol for frame in frames] == symbols
    assert [frame.reliable for frame in frames] == reliable


def test_the_sections_of_a_stack_are_kept() -> None:
    frames = decode(logs.WARNING_2632.encode()).frames
    assert [frame.section for frame in frames] == ["irq", "irq", "irq", None]


def modules(found: Decoded) -> list[tuple[str, str | None]]:
    return [(module.name, module.flags) for module in found.modules]


def test_modules_keep_their_flags_and_the_unloaded_are_not_among_them() -> None:
    assert modules(decode(logs.ARM.encode())) == [("demo", "O+")]
    assert modules(decode(logs.EL6.encode())) == [("demo", "U"), ("autofs4", None), ("sunrpc", None), ("ipv6", None)]


def test_a_list_of_modules_that_the_log_cut_is_read_on() -> None:
    first = " ".join(f"module{number}" for number in range(100))
    log = f"kernel BUG at a.c:1!\nModules linked in: {first}\n one(OE) two [last unloaded: three]\nCPU: 1 PID: 2\n"
    assert modules(decode(log.encode()))[-2:] == [("one", "OE"), ("two", None)]


def test_the_last_unloaded_and_those_that_tainted_before_they_went_are_told() -> None:
    log = (
        b"kernel BUG at a.c:1!\nModules linked in: demo(O) [last unloaded: foo(OE)]\n"
        b"Unloaded tainted modules: mei(E):1 bar():2 foo(OE):1\n"
    )
    gone = decode(log).unloaded_modules
    assert [(module.name, module.flags) for module in gone] == [("foo", "OE"), ("mei", "E"), ("bar", None)]
    assert [module.name for module in decode(logs.EL6.encode()).unloaded_modules] == ["scsi_wait_scan"]


def test_the_stacks_of_who_allocated_and_freed_are_kept_apart_from_the_crash_s_own() -> None:
    log = (
        "BUG: KASAN: slab-use-after-free in demo_read+0x1/0x2\nRead of size 8 at addr ffff8881 by task cat/7\n"
        "Call Trace:\n dump_stack+0x1/0x2\n demo_read+0x1/0x2\nAllocated by task 5:\n demo_open+0x1/0x2\n"
        "Freed by task 6:\n demo_close+0x1/0x2\nLast potentially related work creation:\n demo_work+0x1/0x2\n"
    )
    found = decode(log.encode())
    assert [frame.symbol for frame in found.frames] == ["dump_stack", "demo_read"]
    assert [(stack.heading, stack.frames[0].symbol) for stack in found.other_stacks] == [
        ("Allocated by task 5:", "demo_open"), ("Freed by task 6:", "demo_close"),
        ("Last potentially related work creation:", "demo_work"),
    ]  # fmt: skip


def test_the_stack_of_a_lock_s_past_is_not_the_crash_s_own_although_it_names_the_function() -> None:
    log = (
        "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected\nwhich became SOFTIRQ-irq-safe at:\n"
        "  lock_acquire+0x1/0x2\n  demo_irq+0x1/0x2\nstack backtrace:\nCPU: 1 PID: 2 Comm: cat Not tainted 6.1.0 #1\n"
        "Call Trace:\n dump_stack+0x1/0x2\n demo_take+0x1/0x2\n"
    )
    found = decode(log.encode())
    assert found.panic is not None
    assert found.panic.function == "demo_irq"
    assert [frame.symbol for frame in found.frames] == ["dump_stack", "demo_take"]


@pytest.mark.parametrize("hidden", ["(ptrval)", "(____ptrval____)"])
def test_addresses_that_a_kernel_hides_do_not_hide_its_stack(hidden: str) -> None:
    # openrisc/linux's issue 9
    found = decode(
        f"""WARNING: CPU: 0 PID: 0 at net/sched/sch_generic.c:442 dev_watchdog+0x2dc/0x2e4
CPU: 0 PID: 0 Comm: swapper Not tainted 5.5.0-simple-smp #95
Call trace:
[<{hidden}>] ? __warn+0xf0/0x120
[<{hidden}>] dev_watchdog+0x2dc/0x2e4
""".encode()
    )
    assert [(frame.symbol, frame.reliable) for frame in found.frames] == [("__warn", False), ("dev_watchdog", True)]


def test_another_stack_is_named_by_its_task_or_cpu() -> None:
    log = (
        "INFO: task a:1 blocked for more than 9 seconds.\nCall Trace:\n mine+0x1/0x2\n"
        "INFO: task a:1 is blocked on a mutex likely owned by task b:2.\n"
        "task:b               state:D stack:0     pid:2     ppid:1\nCall Trace:\n owner+0x1/0x2\n"
        "NMI backtrace for cpu 3\nCall Trace:\n other+0x1/0x2\n"
    )
    assert [stack.heading for stack in decode(log.encode()).other_stacks] == [
        "task:b               state:D stack:0     pid:2     ppid:1", "NMI backtrace for cpu 3",
    ]  # fmt: skip


def test_the_page_fault_s_register_is_not_believed_of_another_fault() -> None:
    oops = "RIP: 0010:demo+0x1/0x2\nCR2: 00007f1234567000 CR3: 0\n"
    panic = decode(f"general protection fault: 0000 [#1] SMP\n{oops}".encode()).panic
    assert panic is not None
    assert panic.fault_address is None
    panic = decode(f"PANIC: double fault, error_code: 0x0\n{oops}".encode()).panic
    assert panic is not None
    assert panic.fault_address == "0x7f1234567000"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("general protection fault, probably for non-canonical address 0xdffffc0000000002: 0000 [#1] SMP KASAN", "gpf"),
        ("Unable to handle kernel paging request at virtual address dfff800000000002", "null_deref"),
    ],
)
def test_the_address_is_the_one_meant_and_not_that_of_kasan_s_shadow(fault: str, kind: str) -> None:
    log = f"{fault}\nKASAN: null-ptr-deref in range [0x0000000000000010-0x0000000000000017]\nRIP: 0010:demo+0x1/0x2\n"
    panic = decode(log.encode()).panic
    assert panic is not None
    assert (panic.kind, panic.fault_address) == (kind, "0x10")


KERNELS = [
    ("CPU: 0 UID: 0 PID: 1 Comm: x Not tainted 6.12.23 #1 b8de21ba31122219d6c6778e419c74a11adc861d",
     Kernel("6.12.23", "#1", None, "b8de21ba31122219d6c6778e419c74a11adc861d")),
    ("CPU: 0 UID: 0 PID: 1 Comm: x Tainted: G    W     6.18.0 #1 PREEMPT(full)", Kernel("6.18.0", "#1 PREEMPT(full)")),
    ("CPU: 0 UID: 0 PID: 1 Comm: x Tainted: G    W     custom-name #1 PREEMPT(full)",
     Kernel("custom-name", "#1 PREEMPT(full)")),
    ("4.15.0-rc3+ #10 Not tainted", Kernel("4.15.0-rc3+", "#10")),
    ("3.0.5 #1", Kernel("3.0.5", "#1")),
    ("Pid: 7, comm: cat Tainted: P           ---------------    2.6.32-431.el6.i686 #1 HP ProLiant",
     Kernel("2.6.32-431.el6.i686", "#1")),
    ("Pid: 7, comm: cat Not tainted (2.6.32 #1) HP ProLiant", Kernel("2.6.32", "#1")),
    ("Pid: 7, comm: nfsd Tainted: P        W  O 3.2.0-4-amd64 #1 Debian 3.2.68-1+deb7u1 HP ProLiant DL360p Gen8",
     Kernel("3.2.0-4-amd64", "#1 Debian 3.2.68-1+deb7u1", "x86_64")),
    # A hung task has no registers: raspberrypi/linux's issue 1587, balena-os/meta-balena's 2193
    ("[<807762c0>] (__schedule) from [<80776938>] (schedule+0x50/0xa8)", Kernel(None, None, "armv7l")),
    ("[<ffffff8008f0d09c>] __schedule+0x22c/0x570", Kernel(None, None, "aarch64")),
    ("[<ffffffff8168c889>] schedule_preempt_disabled+0x29/0x70", Kernel(None, None, None)),
    ("CPU: 1 PID: 2 Comm: x Tainted: P      OE  X --------- -t - 4.18.0-477.el8.x86_64 #1",
     Kernel("4.18.0-477.el8.x86_64", "#1", "x86_64")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "kernel"), KERNELS)
def test_a_crash_names_its_kernel(line: str, kernel: Kernel) -> None:
    assert decode(f"kernel BUG at a.c:1!\n{line}\n".encode()).kernel == kernel


@pytest.mark.parametrize(
    ("log", "name"),
    [
        (logs.ARM64, "Ampere Mt. Jade, BIOS 2.10.20220810 08/10/2022"),
        (logs.S390, "IBM 8561 T01 701 (z/VM 7.2.0)"),
        (logs.EL6, "Red Hat KVM"),
        (
            "kernel BUG at a.c:1!\nPid: 7, comm: a Not tainted 3.2.0-4-amd64 #1 Debian 3.2.68-1 HP ProLiant\n",
            "HP ProLiant",
        ),
        ("DMI: QEMU Standard PC, BIOS 1.16\n", "QEMU Standard PC, BIOS 1.16"),
        ("Machine model: Raspberry Pi 4\n", "Raspberry Pi 4"),
        ("nothing\n", None),
    ],
)
def test_the_hardware_s_name_is_the_firmware_s(log: str, name: str | None) -> None:
    assert decode(log.encode()).hardware_name == name


def test_the_boot_s_banner_tells_the_kernel_where_the_crash_does_not() -> None:
    banner = "Linux version 6.1.0-50-amd64 (debian@x) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-04)\n"
    kernel = decode((banner + "Kernel panic - not syncing: sysrq triggered crash\n").encode()).kernel
    assert (kernel.release, kernel.version) == (
        "6.1.0-50-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-04)",
    )  # fmt: skip


TAINTS = [
    ("Tainted: G           OE      6.1.0 #1", ("OOT_MODULE", "UNSIGNED_MODULE")),
    ("Tainted: P        W  O L    4.9.0 #1", ("PROPRIETARY_MODULE", "WARN", "OOT_MODULE", "SOFTLOCKUP")),
    ("Tainted: G   M              5.14.0 #1", ("MACHINE_CHECK",)),
    ("Tainted: GF S  R    BUDAWCIOELKXTNJ 6.18.0 #1",
     ("FORCED_MODULE", "CPU_OUT_OF_SPEC", "FORCED_RMMOD", "BAD_PAGE", "USER", "DIE", "OVERRIDDEN_ACPI_TABLE", "WARN",
      "CRAP", "FIRMWARE_WORKAROUND", "OOT_MODULE", "UNSIGNED_MODULE", "SOFTLOCKUP", "LIVEPATCH", "AUX", "RANDSTRUCT",
      "TEST", "FWCTL")),
    ("Tainted: [B]=BAD_PAGE, [W]=WARN", ("BAD_PAGE", "WARN")),
    ("Tainted: G           OE    --------- -  - 4.18.0-477.el8 #1", ("OOT_MODULE", "UNSIGNED_MODULE")),
    ("Not tainted 6.1.0 #1", ()),
]  # fmt: skip


@pytest.mark.parametrize(("words", "names"), TAINTS)
def test_taint_letters_have_the_kernel_s_names(words: str, names: tuple[str, ...]) -> None:
    panic = decode(f"kernel BUG at a.c:1!\nCPU: 1 PID: 2 Comm: cat {words}\n".encode()).panic
    assert panic is not None
    assert panic.taint == names
