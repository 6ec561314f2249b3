"""Each form of line by which a kernel tells of a crash: its kind and its title. The forms are of 2.6.32 to 6.18."""

from __future__ import annotations

import pytest

from kdump_agent.decode.causes import RULES
from kdump_agent.decode.lines import split
from kdump_agent.decode.log import decode
from kdump_agent.decode.panic import causes

FRAMES = "Call Trace:\n dump_stack+0x10/0x20\n demo_read+0x24/0x80 [demo]\n vfs_read+0xb0/0x2e0\n"
OOPS = "CPU: 1 PID: 7 Comm: cat Not tainted 6.1.0 #1\nRIP: 0010:demo_read+0x24/0x80 [demo]\n" + FRAMES

FAULTS = [
    ("BUG: kernel NULL pointer dereference, address: 0000000000000008", "null_deref", "NULL pointer dereference"),
    ("BUG: unable to handle kernel NULL pointer dereference at 0000000000000008", "null_deref", None),
    ("BUG: unable to handle kernel NULL pointer dereference at (null)", "null_deref", None),
    ("Unable to handle kernel NULL pointer dereference at virtual address 00000004", "null_deref", None),
    ("BUG: Kernel NULL pointer dereference on read at 0x00000010", "null_deref", None),
    ("Unable to handle kernel paging request for data at address 0x00000010", "null_deref", None),
    ("BUG: unable to handle page fault for address: ffffc90000a51000", "page_fault", "page fault"),
    ("BUG: unable to handle kernel paging request at ffffc90000a51000", "page_fault", None),
    ("Unable to handle kernel paging request at virtual address dead000000000108", "page_fault", None),
    (
        "Unable to handle kernel access to user memory outside uaccess routines at virtual address ffff10",
        "page_fault",
        None,
    ),
    ("Unable to handle kernel write to read-only memory at virtual address ffff800008a51000", "page_fault", None),
    ("BUG: Unable to handle kernel data access on write at 0xc00800000a2c0110", "page_fault", None),
    (
        "CPU 1 Unable to handle kernel paging request at virtual address 80000420, epc == 801, ra == 80",
        "page_fault",
        None,
    ),
    ("general protection fault: 0000 [#1] SMP", "gpf", "general protection fault"),
    ("general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] PREEMPT", "gpf", None),
    ("Oops: general protection fault, maybe for address 0x108: 0000 [#1] SMP NOPTI", "gpf", None),
    ("Oops: stack segment: 0000 [#1] SMP", "gpf", None),
    ("divide error: 0000 [#1] SMP", "divide", "divide error"),
    ("Oops: divide error: 0000 [#1] SMP", "divide", None),
    ("invalid opcode: 0000 [#1] SMP", "invalid_opcode", "invalid opcode"),
    ("Internal error: Oops - undefined instruction: 0 [#1] SMP ARM", "invalid_opcode", None),
    ("PANIC: double fault, error_code: 0x0", "double_fault", "double fault"),
    ("traps: PANIC: double fault, error_code: 0x0", "double_fault", None),
    ("double fault: 0000 [#1] SMP", "double_fault", None),
    ("kernel BUG at fs/ext4/inode.c:2721!", "bug", "kernel BUG"),
    ("Kernel BUG at 0000000000000000 [verbose debug info unavailable]", "bug", None),
    ("Kernel bug detected[#1]:", "bug", None),
    ("kernel BUG at lib/list_debug.c:51!", "list_corruption", "list corruption"),
    ("Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] SMP", "ubsan", None),
    ("Internal error: Oops - Undefined instruction: 0000000002000000 [#1] SMP", "invalid_opcode", None),
    ("Unrecoverable FP Unavailable Exception 801 at c00000000001abcd", "oops", "unrecoverable exception"),
    ("illegal operation: 0001 ilc:1 [#1] SMP", "invalid_opcode", None),
    ("data exception: 0007 ilc:3 [#1] SMP", "oops", None),
    ("Internal error: Oops - BUG: 00000000f2000800 [#1] SMP", "bug", None),
    ("Internal error: Oops - BTI: 0000000036000002 [#1] PREEMPT SMP", "oops", "oops: BTI"),
    ("Internal error: Oops - bad mode: 0 [#1] PREEMPT SMP", "oops", "oops: bad mode"),
    ("kernel BUG at lib/string_helpers.c:1029!", "bug", "buffer overflow"),
    ("traps: Missing ENDBR: demo_read+0x0/0x80 [demo]", "bug", None),
    ("CFI failure at demo_read+0x24/0x80 [demo] (target: foo+0x0/0x10; expected type: 0x1234)", "bug", "CFI failure"),
    ("Oops: 0002 [#1] SMP", "oops", "oops"),
    ("Internal error: SP/PC alignment exception: 8a000000 [#1] SMP", "oops", None),
    ("specification exception: 0006 ilc:2 [#1] SMP", "oops", "oops: specification exception"),
    ("Oops - load address misaligned [#1]", "oops", "oops: load address misaligned"),
    ("Unhandled kernel unaligned access[#1]:", "oops", "oops: Unhandled kernel unaligned access"),
    ("Unknown program exception: 0028 [#1] SMP", "oops", "oops: Unknown program exception"),
]


@pytest.mark.parametrize(("line", "kind", "title"), FAULTS)
def test_a_fault_is_told_by_its_kind_and_the_function_where_it_stood(line: str, kind: str, title: str | None) -> None:
    panic = decode(f"{line}\n{OOPS}".encode()).panic
    assert panic is not None
    assert (panic.kind, panic.function, panic.message) == (kind, "demo_read", line)
    assert panic.title.endswith(" in demo_read")
    assert title is None or panic.title == f"{title} in demo_read"


REPORTS = [
    ("BUG: KASAN: slab-use-after-free in demo_read+0x24/0x80 [demo]\nRead of size 8 at addr ffff8880 by task cat/7",
     "kasan", "KASAN: slab-use-after-free Read in demo_read"),
    ("BUG: KASAN: use-after-free in memcpy+0x1d/0x40 at addr ffff8800\nWrite of size 8 by task cat/7",
     "kasan", "KASAN: use-after-free Write in demo_read"),
    ("BUG: KASAN: double-free or invalid-free in demo_read+0x24/0x80",
     "kasan", "KASAN: double-free or invalid-free in demo_read"),
    ("BUG: KFENCE: use-after-free read in demo_read+0x24/0x80", "kfence", "KFENCE: use-after-free read in demo_read"),
    ("BUG: KMSAN: uninit-value in demo_read+0x24/0x80", "kmsan", "KMSAN: uninit-value in demo_read"),
    ("BUG: KCSAN: data-race in demo_read / demo_write", "kcsan", "KCSAN: data-race in demo_read / demo_write"),
    ("UBSAN: array-index-out-of-bounds in drivers/demo.c:12:3",
     "ubsan", "UBSAN: array-index-out-of-bounds in demo_read"),
    ("UBSAN: Undefined behaviour in drivers/demo.c:12:3", "ubsan", "UBSAN: Undefined behaviour in demo_read"),
    ("watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [cat:77]", "softlockup", "soft lockup in demo_read"),
    ("BUG: soft lockup - CPU#0 stuck for 61s! [cat:77]", "softlockup", "soft lockup in demo_read"),
    ("watchdog: Watchdog detected hard LOCKUP on cpu 3", "hardlockup", "hard lockup in demo_read"),
    ("NMI Watchdog detected LOCKUP on CPU 0", "hardlockup", "hard lockup in demo_read"),
    ("watchdog: CPU 3 detected hard LOCKUP on other CPUs 1", "hardlockup", "hard lockup in demo_read"),
    ("Watchdog CPU:59 Hard LOCKUP", "hardlockup", "hard lockup in demo_read"),
    ("rcu: INFO: rcu_sched self-detected stall on CPU", "rcu_stall", "RCU stall in demo_read"),
    ("INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu_stall", "RCU stall in demo_read"),
    ("rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... }",
     "rcu_stall", "RCU stall in demo_read"),
    ("INFO: RCU detected CPU 0 stall (t=1000 jiffies)", "rcu_stall", "RCU stall in demo_read"),
    ("INFO: task cat:77 blocked for more than 120 seconds.", "hung_task", "task hung in demo_read"),
    ("INFO: task cat:77 blocked in I/O wait for more than 120 seconds.", "hung_task", "task hung in demo_read"),
    ("BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!",
     "workqueue_lockup", "workqueue lockup"),
    ("WARNING: possible circular locking dependency detected", "lockdep", "possible circular locking in demo_read"),
    ("[ INFO: possible recursive locking detected ]", "lockdep", "possible recursive locking in demo_read"),
    ("WARNING: possible irq lock inversion dependency detected", "lockdep", "possible irq lock inversion in demo_read"),
    ("WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "lockdep", "possible irq lock order in demo_read"),
    ("WARNING: inconsistent lock state", "lockdep", "inconsistent lock state in demo_read"),
    ("[ BUG: bad unlock balance detected! ]", "lockdep", "bad unlock balance in demo_read"),
    ("WARNING: held lock freed!", "lockdep", "held lock freed in demo_read"),
    ("WARNING: suspicious RCU usage", "lockdep", "suspicious RCU usage in demo_read"),
    ("[ BUG: Invalid wait context ]", "lockdep", "invalid wait context in demo_read"),
    ("INFO: trying to register non-static key.", "lockdep", "lock without a key in demo_read"),
    ("WARNING: lock held when returning to user space!", "lockdep", "lock held on return to user space in demo_read"),
    ("WARNING: cat/77 still has locks held!", "lockdep", "locks still held in demo_read"),
    ("BUG: scheduling while atomic: cat/77/0x00000002", "atomic_sleep", "scheduling while atomic in demo_read"),
    ("BUG: sleeping function called from invalid context at mm/slab.h:494",
     "atomic_sleep", "sleeping while atomic in demo_read"),
    ("BUG: using smp_processor_id() in preemptible [00000000] code: cat/77",
     "bug", "smp_processor_id() used while preemptible in demo_read"),
    ("BUG: memory leak", "memory_leak", "memory leak in demo_read"),
    ("kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
     "memory_leak", "memory leak in demo_read"),
    ("BUG: Bad page state in process cat  pfn:12345", "bad_page", "bad page state in demo_read"),
    ("BUG: Bad page map in process cat  pte:ffff pmd:1234", "bad_page", "bad page map in demo_read"),
    ("BUG: Bad rss-counter state mm:ffff888012345678 type:MM_FILEPAGES val:1",
     "bad_page", "bad page counter in demo_read"),
    ("BUG kmalloc-64 (Not tainted): Poison overwritten", "bug", "slab kmalloc-64: Poison overwritten in demo_read"),
    ("BUG: spinlock bad magic on CPU#0, cat/77", "bug", "spinlock bad magic in demo_read"),
    ("list_add corruption. next->prev should be prev (ffff1), but was ffff2. (next=ffff3).",
     "list_corruption", "list corruption in demo_read"),
    ("list_del corruption, ffff1->next is LIST_POISON1 (dead000000000100)",
     "list_corruption", "list corruption in demo_read"),
    ("WARNING: CPU: 0 PID: 7 at lib/list_debug.c:53 __list_del_entry+0x63/0xd0\n"
     "list_del corruption, ffff1->next is LIST_POISON1 (dead000000000100)",
     "list_corruption", "list corruption in demo_read"),
    ("WARNING: CPU: 0 PID: 7 at net/core/dev.c:123 demo_read+0x24/0x80 [demo]", "warn", "WARNING in demo_read"),
    ("WARNING: at net/core/dev.c:123 demo_read+0x24/0x80() (Not tainted)", "warn", "WARNING in demo_read"),
    ("WARNING: net/core/dev.c:123 at demo_read+0x24/0x80, CPU#0: cat/7", "warn", "WARNING in demo_read"),
    ("refcount_t: underflow; use-after-free.", "warn", "refcount underflow; use-after-free in demo_read"),
    ("detected buffer overflow in strncpy", "bug", "buffer overflow in demo_read"),
    ("strncpy: detected buffer overflow: 33 byte write of buffer size 32", "warn", "buffer overflow in demo_read"),
    ("PANIC at space_map.c:383:space_map_load_callback()", "bug", "ZFS assertion failed in space_map_load_callback"),
    ("LustreError: 12345:0:(ldlm_lock.c:213:ldlm_lock_put()) ASSERTION( atomic_read(&lock->l_refc) > 0 ) failed:",
     "bug", "Lustre assertion failed in ldlm_lock_put"),
    ("WARNING: CPU: 0 PID: 7 at kernel/locking/lockdep.c:4915 lock_release+0x1/0x2",
     "lockdep", "locking bug in demo_read"),
    ("WARNING: fs/a.c:7 at demo_read fs/a.c:7 [inline], CPU#1: cat/7", "warn", "WARNING in demo_read"),
    ("WARNING: lib/debugobjects.c:615 at 0x0, CPU#1: cat/7", "warn", "WARNING in demo_read"),
    ("slab error in cache_free_debugcheck(): cache `kmalloc-64': double free detected",
     "bug", "slab kmalloc-64: double free detected in demo_read"),
    ("INFO: task cat:77 blocked for more than 368 seconds.", "hung_task", "task hung in demo_read"),
    ("WARNING: CPU: 0 PID: 7 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110", "warn", "WARNING in demo_read"),
    ('BUG: "hc->tx_t_ipi == 0" holds (exception!) at net/dccp/ccids/ccid3.c:90/ccid3_update_send_interval()',
     "bug", 'BUG: "hc->tx_t_ipi == 0" holds in demo_read'),
    ("unregister_netdevice: waiting for eth0 to become free. Usage count = 3",
     "bug", "network device cannot go: still in use"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "kind", "title"), REPORTS)
def test_a_report_is_told_by_its_kind_and_title(lines: str, kind: str, title: str) -> None:
    found = decode(f"{lines}\n{FRAMES}".encode())
    assert found.panic is not None
    assert (found.panic.kind, found.panic.title) == (kind, title)
    assert found.doubts == ("no line says that the kernel stopped: it may have gone on after this report",)


PANICS = [
    ("Attempted to kill init! exitcode=0x0000000b", "init_killed", "init was killed"),
    ("Attempted to kill init! exitcode=0x00000100", "init_killed", "init exited"),
    ("VFS: Unable to mount root fs on unknown-block(0,0)", "vfs_root", "no root file system"),
    ("Out of memory: compulsory panic_on_oom is enabled", "oom", "out of memory"),
    ("System is deadlocked on memory", "oom", "out of memory"),
    ("sysrq triggered crash", "sysrq", "crash asked for by sysrq"),
    ("NMI: Not continuing", "nmi", "NMI panic"),
    ("Fatal machine check on current CPU", "mce", "fatal machine check"),
    ("Timeout: Not all CPUs entered broadcast exception handler", "mce", "fatal machine check"),
    ("Fatal hardware error!", "hardware", "fatal hardware error"),
    ("Asynchronous SError Interrupt", "hardware", "fatal hardware error"),
    ("stack-protector: Kernel stack is corrupted in: demo_read+0x24/0x80", "stack", "stack corrupted in demo_read"),
    ("corrupted stack end detected inside scheduler", "stack", "stack overflow in demo_read"),
    ("hung_task: blocked tasks", "hung_task", "task hung"),
    ("softlockup: hung tasks", "softlockup", "soft lockup in demo_read"),
    ("Hard LOCKUP", "hardlockup", "hard lockup in demo_read"),
    ("Fatal exception in interrupt", "panic", "kernel panic: fatal exception"),
    ("No working init found.  Try passing init= option to kernel.", "panic",
     "kernel panic: No working init found. Try passing init= option to kernel."),
]  # fmt: skip


@pytest.mark.parametrize(("words", "kind", "title"), PANICS)
def test_a_panic_line_alone_tells_its_kind(words: str, kind: str, title: str) -> None:
    found = decode(f"Kernel panic - not syncing: {words}\n{FRAMES}".encode())
    assert found.panic is not None
    assert (found.panic.kind, found.panic.title) == (kind, title)
    assert found.doubts == ()


HARMLESS = [
    "traps: cat[77] general protection fault ip:7f0000000000 sp:7ffc00000000 error:0 in libc.so",
    "cat[77]: segfault at 8 ip 0000000000401136 sp 00007ffc error 4 in cat[401000+1000]",
    "traps: cat[77] trap divide error ip:401136 sp:7ffc error:0 in cat",
    "Spectre V2 : WARNING: Unprivileged eBPF is enabled, data leaks possible via Spectre v2 BHB attacks!",
    "Out of memory: Killed process 77 (cat) total-vm:1kB, anon-rss:1kB",
    "mce: [Hardware Error]: Machine check events logged",
    "mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 8: 8c00004000010090",
    "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
    "rcu: Hierarchical RCU implementation.",
    "kasan: KernelAddressSanitizer initialized",
    "ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PCI0], AE_NOT_FOUND",
    "DMAR: [Firmware Bug]: Your BIOS is broken",
    "[Hardware Error]: event severity: fatal",
    "INFO: lockdep is turned off.",
    "BUG: no syscalls can create resource fd, enable some syscalls that can",
    "rcu: INFO: Stall ended before state dump start",
    "INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1.5 msecs",
    "WARNING: workqueue cpumask: online intersect > possible intersect",
    "WARNING: fbcon: Driver 'simple' missed to adjust virtual screen size (1x1 vs. 2x2)",
    "EXT4-fs error (device sda1): ext4_lookup:1: inode #2: comm ls: deleted inode referenced: 3",
    "cat: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)",
    'audit: type=1400 audit(1.2:3): avc: denied { read } for pid=1 comm="BUG: x" name="log"',
    "Disabling lock debugging due to kernel taint",
    "kfence: initialized - using 2097152 bytes for 255 objects at 0x(____ptrval____)-0x(____ptrval____)",
    "Kernel panic is what it would be, but it is not",
    "systemd[1]: kernel panic is what this service guards against",
]


@pytest.mark.parametrize("line", HARMLESS)
def test_lines_of_a_living_kernel_are_no_crash(line: str) -> None:
    assert decode(f"[    1.000000] {line}\n".encode()).panic is None


def test_every_rule_can_be_found_by_its_word() -> None:
    """A rule whose word its own lines lack would never be asked."""
    told = [line for line, *_ in (*FAULTS, *REPORTS)] + [f"Kernel panic - not syncing: {words}" for words, *_ in PANICS]
    asked = {cause.rule for line in told for cause in causes(split(line.encode()))}
    fitting = {rule for rule in RULES for line in told for part in line.split("\n") if rule.pattern.search(part)}
    assert asked
    for rule in fitting:
        assert any(rule.word in part for line in told for part in line.split("\n") if rule.pattern.search(part)), rule
