"""The lines by which a kernel tells that it crashed, or that something is wrong: a table, in the kernel's own words.

Finding them and choosing the first cause is panic.py's work; finding the function is culprit.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FATAL = "fatal"
"""The kernel cannot go on after it."""
REPORT = "report"
"""The kernel says that something is wrong, and goes on unless told otherwise."""
NOTE = "note"
"""The kernel says that something is wrong of which it cannot die."""
ECHO = "echo"
"""What follows a cause that the kernel cannot go on from; the cause itself only where the log lost that."""

# Where the function at fault is looked for, in this order.
LINE = "line"  # the line itself names it
NEXT = "next"  # one of the next lines names it ("caller is", "last function:", "at:")
WORK = "work"  # the list of works in flight names what the pool that hangs is busy with
HELD = "held"  # the list of locks still held names who took them
PC = "pc"  # where the CPU stood
STACK = "stack"  # the first trace
FIRST = "first"  # the very first trace, although it tells of an earlier time
OWNER = "owner"  # the very first trace: of who allocated what is broken
BACKTRACE = "backtrace"  # the trace under "stack backtrace:", behind lockdep's own
LOOP = "loop"  # the trace of a CPU that makes no progress, or that ran out of stack: by where the loop was entered
PAIR = "pair"  # the line itself names it, as one of two that are equally at fault
NOWHERE: tuple[str, ...] = ()
OOPS = (PC, STACK)
WARNED = (LINE, PC, STACK)
LOCKED = (NEXT, STACK)

_NAMED = r"(?P<fn>[A-Za-z_][\w.]{0,255})"
_FN = _NAMED + r"\+0x[0-9a-f]"


@dataclass(frozen=True)
class Rule:
    """One form of line."""

    kind: str
    word: str
    """Stands in every line of this form, to find them fast."""
    pattern: re.Pattern[str]
    title: str
    """``{1}`` is the pattern's first group, ``{in}`` the function at fault, ``{rw}`` Read or Write."""
    weight: str
    look: tuple[str, ...]


def _rules(kind: str, weight: str, look: tuple[str, ...], *forms: tuple[str, str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(kind, word, re.compile(pattern), title, weight, look) for word, pattern, title in forms)


PANIC = "Kernel panic - not syncing"
_NOT = PANIC + r": {0,2}"

# The first rule that fits a line wins, so the more telling ones come first.
RULES: tuple[Rule, ...] = (
    # arch/x86/kernel/cpu/mce/core.c, print_mce and mce_panic; arch/powerpc/platforms/powernv/opal.c
    *_rules(
        "mce", FATAL, NOWHERE,
        (PANIC, _NOT + r".{0,80}(?:[Mm]achine [Cc]heck|broadcast exception|MCE)", "fatal machine check"),
        ("Oops: Machine check", r"Oops: Machine check", "fatal machine check"),
    ),
    *_rules(
        "mce", REPORT, NOWHERE,
        ("Machine Check Exception", r"CPU \d+: Machine Check Exception: +0*[1-9a-f]", "machine check"),
    ),
    # drivers/acpi/apei/ghes.c, arch/arm64/kernel/traps.c, drivers/edac
    *_rules(
        "hardware", FATAL, NOWHERE,
        (PANIC, _NOT + r".{0,80}(?:hardware (?:memory )?error|SError|EDAC|UE (?:row|page)|CXL cachemem error)",
         "fatal hardware error"),
        ("SError", r"SError Interrupt on CPU ?\d+|-- SError", "SError interrupt"),
        ("xternal abort", r"^Internal error: .{0,40}external abort", "external abort"),
    ),
    # arch/arm/mm/fault.c: of a program's own fault it says no more; of the kernel's an Oops follows
    *_rules(
        "hardware", REPORT, NOWHERE,
        ("xternal abort", r"^(?:8<--- cut here ---)?Unhandled fault: .{0,40}external abort", "external abort"),
    ),
    *_rules(
        "page_fault", REPORT, OOPS,
        ("Unhandled fault", r"^(?:8<--- cut here ---)?Unhandled (?:fault|prefetch abort): ", "unhandled fault {in}"),
    ),
    # What a watchdog's or a warning's report asked for; kernel/panic.c and the files named below
    *_rules(
        "hardlockup", FATAL, (LOOP,),
        (PANIC, _NOT + r"(?:.{0,20}[Ww]atchdog detected )?[Hh]ard LOCKUP", "hard lockup {in}"),
    ),
    *_rules("softlockup", FATAL, (LOOP,), (PANIC, _NOT + r"softlockup: ", "soft lockup {in}")),
    *_rules("rcu_stall", FATAL, NOWHERE, (PANIC, _NOT + r"RCU Stall", "RCU stall")),
    *_rules("hung_task", FATAL, NOWHERE, (PANIC, _NOT + r"hung_task: ", "task hung")),
    *_rules("warn", FATAL, (STACK,), (PANIC, _NOT + r".{0,60}panic_on_warn set", "WARNING {in}")),
    # mm/kasan/report.c
    *_rules(
        "kasan", REPORT, (LINE, STACK),
        ("BUG: ", r"BUG: KASAN: ([a-z0-9 -]{3,60}?) in " + _NAMED, "KASAN: {1} {rw} {in}"),
        ("BUG: ", r"BUG: KASAN: ([a-z0-9 -]{3,60}?) on address", "KASAN: {1} {rw} {in}"),
        ("BUG: ", r"BUG: KASAN: ([a-z0-9 -]{3,60})", "KASAN: {1} {rw} {in}"),
    ),
    # mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c
    *_rules(
        "kfence", REPORT, (LINE, STACK),
        ("BUG: ", r"BUG: KFENCE: ([a-z -]{3,60}?)(?: in " + _NAMED + r"|$)", "KFENCE: {1} {in}"),
    ),
    *_rules(
        "kmsan", REPORT, (LINE, STACK),
        ("BUG: ", r"BUG: KMSAN: ([a-z -]{3,60}?)(?: in " + _NAMED + r"|$)", "KMSAN: {1} {in}"),
    ),
    *_rules(
        "kcsan", REPORT, (PAIR, STACK),
        ("BUG: ", r"BUG: KCSAN: ([a-z: -]{3,60}?) in " + _NAMED + r"( / [\w.]{1,255})?", "KCSAN: {1} {in}{3}"),
    ),
    # lib/ubsan.c
    *_rules(
        "ubsan", REPORT, (STACK,),
        ("UBSAN: ", r"UBSAN: ([\w -]{3,60}?) in (\S{1,200}?:\d{1,6}(?=:\d|$))?", "UBSAN: {1} {in}"),
    ),
    *_rules(
        "ubsan", FATAL, OOPS,
        ("UBSAN: ", r"^Internal error: UBSAN: ([\w -]{3,60}?): [0-9a-f]", "UBSAN: {1} {in}"),
    ),
    # arch/x86/kernel/traps.c, dumpstack; arch/arm64/kernel/traps.c; arch/riscv/kernel/traps.c; kernel/sched/core.c
    *_rules(
        "stack", FATAL, (LOOP,),
        ("BUG: ", r"BUG: (?:[A-Z]+ )?stack guard page was hit", "stack overflow {in}"),
        ("ernel stack overflow", r"^(?:BUG: )?[Kk]ernel stack overflow|" + _NOT + r"[Kk]ernel stack overflow",
         "stack overflow {in}"),
        ("nsufficient stack space", r"Insufficient stack space to handle exception", "stack overflow {in}"),
        ("overran stack", r"Thread overran stack", "stack overflow {in}"),
        ("Bad kernel stack pointer", r"Bad kernel stack pointer", "bad stack pointer {in}"),
        ("orrupt", r"corrupted stack end detected|" + _NOT + "Corrupt kernel stack", "stack overflow {in}"),
    ),
    *_rules(
        "stack", FATAL, (LINE, STACK),
        ("stack is corrupted", r"stack-protector: [Kk]ernel stack is corrupted in: (?:" + _FN + ")?",
         "stack corrupted {in}"),
    ),
    *_rules(
        "double_fault", FATAL, OOPS,
        ("double fault", r"(?:PANIC: |^(?:Oops: )?|traps: )double fault[:,]", "double fault {in}"),
    ),
    # arch/*/mm/fault.c
    *_rules(
        "null_deref", FATAL, OOPS,
        ("NULL pointer dereference", r"(?:BUG: |Unable to handle |kernel )(?:.{0,20})NULL pointer dereference",
         "NULL pointer dereference {in}"),
        ("NULL pointer?", r"Unable to handle kernel instruction fetch \(NULL pointer\?\)", "jump to NULL {in}"),
    ),
    *_rules(
        "page_fault", FATAL, OOPS,
        ("nable to handle", r"(?:BUG: )?[Uu]nable to handle (?:kernel|page fault|paging request|unknown|unaligned)",
         "page fault {in}"),
        ("kernel paging request", r"^CPU \d+ Unable to handle kernel paging request", "page fault {in}"),
        ("Bad pagetable", r"^(?:Oops: )?Bad pagetable: ", "bad page table {in}"),
    ),
    # arch/x86/kernel/traps.c
    *_rules(
        "gpf", FATAL, OOPS,
        ("general protection fault", r"general protection fault(?:[:,]|$)", "general protection fault {in}"),
        ("segment", r"^(?:Oops: )?(?:stack segment|segment not present|invalid TSS): [0-9a-f]{4} \[#",
         "bad segment {in}"),
    ),
    *_rules(
        "divide", FATAL, OOPS,
        ("divide", r"divide[ _]error: [0-9a-f]{4}", "divide error {in}"),
        ("fixpoint divide", r"fixpoint divide exception", "divide error {in}"),
    ),
    # lib/list_debug.c: a warning, or a BUG() right behind it; mm/usercopy.c; rust/helpers/bug.c
    *_rules(
        "list_corruption", FATAL, (PC, STACK),
        ("ernel BUG at", r"[Kk]ernel BUG at lib/list_debug\.c", "list corruption {in}"),
    ),
    *_rules(
        "bug", FATAL, (STACK,),
        ("ernel BUG at", r"[Kk]ernel BUG at lib/string(?:_helpers)?\.c", "buffer overflow {in}"),  # __fortify_panic
        ("ernel BUG at", r"[Kk]ernel BUG at mm/usercopy\.c", "bad usercopy {in}"),
        ("ernel BUG at", r"[Kk]ernel BUG at rust/helpers", "Rust panic {in}"),
    ),
    *_rules(
        "list_corruption", REPORT, (PC, STACK),
        ("list_", r"list_(add|del) corruption[.,]", "list corruption {in}"),
    ),
    *_rules(
        "bug", REPORT, (STACK,),
        ("detected buffer", r"^detected buffer overflow in \w", "buffer overflow {in}"),
        ("usercopy: ", r"usercopy: [Kk]ernel memory (?:exposure|overwrite) attempt", "bad usercopy {in}"),
        ("skb_", r"skb(?:uff: |_)(?:skb_)?(?:over|under)_panic", "skb overrun {in}"),
    ),
    *_rules(
        "bug", FATAL, OOPS,
        ("ernel BUG at", r"[Kk]ernel BUG at (\S{1,200}?)!", "kernel BUG {in}"),
        ("ernel BUG at", r"[Kk]ernel BUG at", "kernel BUG {in}"),
        ("BUG: ", r"BUG: failure at (\S{1,200}?)/" + _NAMED + r"\(\)!", "kernel BUG {in}"),
        ("ernel bug detected", r"^Kernel bug detected\[#", "kernel BUG {in}"),
        ("Kernel BUG [#", r"^Kernel BUG \[#", "kernel BUG {in}"),
        ("Oops - BUG", r"Internal error: Oops - BUG", "kernel BUG {in}"),
        ("CFI failure", r"CFI failure at " + _FN, "CFI failure {in}"),
        ("Missing ENDBR", r"^(?:traps: )?Missing ENDBR: " + _FN, "jump to a function not to be jumped to {in}"),
        ("Oops - CFI", r"Oops - CFI", "CFI failure {in}"),
    ),
    *_rules(
        "invalid_opcode", FATAL, OOPS,
        ("invalid opcode", r"invalid opcode: [0-9a-f]{4}", "invalid opcode {in}"),
        ("ndefined instruction", r"Oops - [Uu]ndefined instruction", "undefined instruction {in}"),
        ("illegal ", r"Oops - illegal instruction|^illegal operation: [0-9a-f]{4}", "illegal instruction {in}"),
        ("Reserved instruction", r"^Reserved instruction in kernel code", "illegal instruction {in}"),
    ),
    # kernel/watchdog.c, kernel/watchdog_perf.c, arch/powerpc/kernel/watchdog.c
    *_rules(
        "softlockup", REPORT, (LOOP,),
        ("BUG: ", r"BUG: soft lockup", "soft lockup {in}"),
    ),
    *_rules(
        "hardlockup", REPORT, (LOOP,),
        ("LOCKUP on", r"[Ww]atchdog.{0,20}detected (?:hard )?LOCKUP on", "hard lockup {in}"),
        ("ard LOCKUP", r"CPU \d+ (?:self-detected )?[Hh]ard LOCKUP", "hard lockup {in}"),
        ("ard LOCKUP", r"^Watchdog CPU:\d+ (?:detected )?Hard LOCKUP", "hard lockup {in}"),  # powerpc, 4.13 to 4.16
    ),
    *_rules(
        "workqueue_lockup", REPORT, (WORK,),
        ("BUG: ", r"BUG: workqueue lockup", "workqueue lockup {in}"),
    ),
    # kernel/rcu/tree_stall.h, kernel/rcu/tree_exp.h, kernel/rcu/tasks.h
    *_rules(
        "rcu_stall", REPORT, (LOOP,),
        (" stall", r"INFO: \S{0,40}(?:rcu|RCU)\S{0,40} (?:self-)?detected (?:expedited )?stalls?", "RCU stall {in}"),
        ("RCU detected", r"RCU detected CPU", "RCU stall {in}"),
        ("kthread starved", r"rcu\w{0,20} kthread starved for", "RCU stall {in}"),
    ),
    # kernel/hung_task.c
    *_rules(
        "hung_task", REPORT, (STACK,),
        ("INFO: task ", r"INFO: task .{1,64}:\d{1,10} blocked ", "task hung {in}"),
        ("INFO: task ", r"INFO: task .{1,64}:\d{1,10} can't die ", "task cannot die {in}"),
    ),
    # kernel/locking/lockdep.c, include/linux/rcupdate.h
    *_rules(
        "lockdep", REPORT, LOCKED,
        ("dependency detected", r"possible circular locking dependency detected", "possible circular locking {in}"),
        ("recursive locking", r"possible recursive locking detected", "possible recursive locking {in}"),
        ("lock state", r"inconsistent lock state", "inconsistent lock state {in}"),
        ("bad unlock balance", r"bad unlock balance detected", "bad unlock balance {in}"),
        ("bad contention", r"bad contention detected", "bad lock contention {in}"),
        ("held lock freed", r"held lock freed!", "held lock freed {in}"),
        ("nvalid wait context", r"Invalid wait context \]", "invalid wait context {in}"),
    ),
    *_rules(
        "lockdep", REPORT, (FIRST,),
        ("lock order detected", r"-(?:un)?safe lock order detected", "possible irq lock order {in}"),
    ),
    *_rules(
        "lockdep", REPORT, (NEXT, FIRST),
        ("lock inversion", r"possible irq lock inversion dependency", "possible irq lock inversion {in}"),
    ),
    *_rules(
        "lockdep", REPORT, (HELD, BACKTRACE),
        ("returning to user", r"lock held when returning to user space!", "lock held on return to user space {in}"),
        ("has locks held", r"still has locks held!|has locks held ", "locks still held {in}"),
    ),
    *_rules(
        "lockdep", REPORT, (BACKTRACE,),
        ("suspicious ", r"(?:WARNING|INFO): suspicious (?:RCU usage|rcu_dereference)", "suspicious RCU usage {in}"),
        ("non-static key", r"INFO: trying to register non-static key", "lock without a key {in}"),
        ("Nested lock", r"Nested lock was not taken", "nested lock was not taken {in}"),
        ("BUG: ", r"BUG: MAX_\w{4,30} too low!", "lockdep ran out of room {in}"),
    ),
    # kernel/sched/core.c, lib/smp_processor_id.c
    *_rules(
        "atomic_sleep", REPORT, (STACK,),
        ("BUG: ", r"BUG: scheduling while atomic", "scheduling while atomic {in}"),
        ("BUG: ", r"BUG: sleeping function called from (?:invalid|illegal) context",
         "sleeping while atomic {in}"),
        ("from the idle", r"bad: scheduling from the idle thread", "scheduling while atomic {in}"),
    ),
    *_rules(
        "bug", REPORT, (NEXT, STACK),
        ("BUG: ", r"BUG: using (\S{1,64}) in preemptible", "{1} used while preemptible {in}"),
        ("BUG: ", r"BUG: workqueue leaked (?:lock|atomic|RCU)", "lock or atomic leaked {in}"),
    ),
    # mm/kmemleak.c
    *_rules(
        "memory_leak", NOTE, (OWNER,),
        ("BUG: ", r"BUG: memory leak", "memory leak {in}"),
        ("kmemleak: ", r"kmemleak: \d+ new suspected memory leaks", "memory leak {in}"),
    ),
    # mm/page_alloc.c, mm/memory.c, kernel/fork.c
    *_rules(
        "bad_page", REPORT, (OWNER,),
        ("BUG: ", r"BUG: Bad page (state|map|cache)", "bad page {1} {in}"),
        ("BUG: ", r"BUG: Bad rss-counter state", "bad page counter {in}"),
        ("BUG: ", r"BUG: [Bb]ad page table", "bad page table {in}"),
        ("BUG: ", r"BUG: non-zero (?:pgtables_bytes|nr_ptes|nr_pmds)", "page tables left over {in}"),
    ),
    # mm/slub.c, mm/slab.c
    *_rules(
        "bug", REPORT, (STACK,),
        ("BUG ", r"^BUG (\S{1,64}) \((?:Not tainted|Tainted: .{1,60})\): (.{1,60})", "slab {1}: {2} {in}"),
        ("lab corruption", r"Slab corruption", "slab corruption {in}"),
        ("slab error in", r"slab error in \w{1,64}\(\): cache `([^']{1,64})': (.{1,60})", "slab {1}: {2} {in}"),
        ("BUG: ", r"BUG: (spinlock|rwlock|rwlock-lockup)( .{3,40}?) on CPU", "{1}{2} {in}"),
        ("BUG: ", r"BUG: (rwlock)( .{3,40}?) on CPU", "{1}{2} {in}"),
        ("BUG: ", r"BUG: Dentry .{0,120}still in use", "dentry still in use {in}"),
    ),
    *_rules(
        "bug", NOTE, NOWHERE,
        ("Busy inodes", r"VFS: Busy inodes after unmount", "busy inodes after unmount"),
        ("unregister_netdevice", r"unregister_netdevice: waiting for \S{1,40} to become free",
         "network device cannot go: still in use"),
        ("file count is 0", r"VFS: Close: file count is 0", "a closed file was closed again"),
    ),
    # lib/refcount.c; kernel/locking/lockdep.c, DEBUG_LOCKS_WARN_ON
    *_rules(
        "warn", REPORT, WARNED,
        ("detected buffer", r"^\w{1,40}: detected buffer overflow: \d", "buffer overflow {in}"),
        ("refcount_t: ", r"^refcount_t: ([a-z].{4,60}?)\.?$", "refcount {1} {in}"),
    ),
    *_rules(
        "lockdep", REPORT, (PC, STACK),
        ("lockdep.c:", r"WARNING: (?:CPU: \d{1,5} PID: \d{1,10} )?(?:at )?\S{0,200}kernel/(?:locking/)?lockdep\.c:\d",
         "locking bug {in}"),
    ),
    *_rules(
        "list_corruption", REPORT, WARNED,
        ("list_debug.c:", r"WARNING: .{0,40}at \S{0,200}lib/list_debug\.c:\d{1,6}(?: " + _FN + ")?",
         "list corruption {in}"),
    ),
    # kernel/panic.c, __warn(): 2.6.32, 2.6.39 to 6.17, 6.18
    *_rules(
        "warn", REPORT, WARNED,
        ("ODEBUG: ", r"ODEBUG: (\w{1,40}(?: \w{1,40})?) .{0,80}object type: (\w{1,40})", "ODEBUG: {1} {2} {in}"),
        ("WARNING: ", r"WARNING: CPU: \d{1,5} PID: \d{1,10} at (\S{1,200}:\d{1,6})(?: " + _FN + ")?", "WARNING {in}"),
        ("WARNING: ", r"WARNING: at (\S{1,200}:\d{1,6})(?: " + _FN + ")?", "WARNING {in}"),
        ("WARNING: ", r"WARNING: (\S{1,200}:\d{1,6}) at " + _FN, "WARNING {in}"),
        ("WARNING: ", r"WARNING: (\S{1,200}:\d{1,6}) at " + _NAMED + r" \S{1,200} \[inline\], CPU#", "WARNING {in}"),
        ("WARNING: ", r"WARNING: (\S{1,200}:\d{1,6}) at \S{1,80}, CPU#", "WARNING {in}"),
        ("WARNING: ", r"WARNING: kernel stack (?:regs|frame pointer) at .{0,80} has bad", "bad frame pointer"),
    ),
    # What comes of an Oops: arch/*/kernel/traps.c, kernel/exit.c, kernel/panic.c
    *_rules(
        "oops", ECHO, OOPS,
        ("Oops - ", r"^(?:Internal error: )?Oops - ([A-Za-z][A-Za-z /-]{1,38})", "oops: {1} {in}"),  # arm64, riscv
        ("[#1]:", r"^([A-Z][A-Za-z ]{3,60})\[#1\]:", "oops: {1} {in}"),  # mips
        ("Oops", r"(?:^|error: )Oops(?:[:\[ -]|$)", "oops {in}"),
        ("Internal error: ", r"^Internal error: ([^:\[]{1,60})", "oops: {1} {in}"),
        ("Internal error: ", r"^Internal error: : [0-9a-f]{1,16} \[#", "oops {in}"),
        ("exception: 0", r"^([A-Za-z -]{1,40} exception): [0-9a-f]{4} ", "oops: {1} {in}"),  # s390
        ("[#1]", r"^[A-Za-z0-9 -]{1,40}: [0-9a-f]{4} (?:ilc:\d )?\[#1\]", "oops {in}"),
        ("Unrecoverable ", r"^(?:Oops: )?Unrecoverable .{0,40}[Ee]xception", "unrecoverable exception {in}"),
    ),
    *_rules(
        "init_killed", FATAL, NOWHERE,
        (PANIC, _NOT + r"Attempted to kill init! exitcode=0x0000[0-9a-f]{2}00\b", "init exited"),  # wait(2): no signal
        (PANIC, _NOT + r"Attempted to kill init", "init was killed"),
    ),
    *_rules(
        "vfs_root", FATAL, NOWHERE,
        (PANIC, _NOT + r"VFS: Unable to mount root", "no root file system"),
    ),
    *_rules(
        "oom", FATAL, NOWHERE,
        (PANIC, _NOT + r"(?:Out of memory|System is deadlocked)", "out of memory"),
    ),
    # drivers/tty/sysrq.c
    *_rules(
        "sysrq", FATAL, NOWHERE,
        ("Trigger a crash", r"[Ss]ys[Rr]q ?: (?:SysRq : )?Trigger a crash", "crash asked for by sysrq"),
        (PANIC, _NOT + r"sysrq triggered crash", "crash asked for by sysrq"),
    ),
    # arch/x86/kernel/nmi.c, drivers/watchdog/hpwdt.c
    *_rules(
        "nmi", FATAL, NOWHERE,
        (PANIC, _NOT + r".{0,20}(?:NMI|[Nn]on[ -]maskable)", "NMI panic"),
        ("System Reset", r"^Oops: System Reset", "NMI panic"),  # powerpc
    ),
    *_rules(
        "panic", ECHO, (PC,),
        (PANIC, _NOT + r"(?:.{0,20}Fatal exception|Aiee|Attempted to kill the idle task)",
         "kernel panic: fatal exception {in}"),
    ),
    # Lustre's libcfs/include/libcfs/libcfs_private.h, LASSERT: its LBUG() panics; OpenZFS's spl-err.c: its thread stops
    *_rules(
        "bug", REPORT, (LINE, STACK),
        ("PANIC at ", r"^PANIC at \S{1,80}:\d{1,6}:" + _NAMED + r"\(\)", "ZFS assertion failed {in}"),
        ("ASSERTION( ", r"^LustreError: \d{1,10}:\d{1,5}:\(\S{1,80}:\d{1,6}:" + _NAMED + r"\(\)\) ASSERTION\( ",
         "Lustre assertion failed {in}"),
    ),
    *_rules(
        "panic", FATAL, (STACK,),
        (PANIC, _NOT + r"(.{0,120})", "kernel panic: {1}"),
    ),
    *_rules(
        "bug", REPORT, OOPS,
        ("BUG: ", r'^BUG: (["A-Za-z].{2,80}?)(?: at |$|:|!| \()', "BUG: {1} {in}"),
    ),
)  # fmt: skip

UNKNOWN_BUG = RULES[-1]
"""A form that programs use too: the kernel's own has a stack behind it."""

NULL_DEREFERENCE = next((rule.kind, rule.title) for rule in RULES if rule.kind == "null_deref")
"""Kind and title of an access to the first page, which some kernels call a page fault like any other."""

POINTS_BACK: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(_NOT + pattern), frozenset(kinds.split()))
    for pattern, kinds in (
        (
            r".{0,60}panic_on_warn set|.{0,60}panic=warn|kasan\.fault=panic set",
            "warn kasan kfence kmsan kcsan ubsan lockdep atomic_sleep bug list_corruption bad_page",
        ),
        (r"softlockup: ", "softlockup"),
        (r"(?:.{0,20}[Ww]atchdog detected )?[Hh]ard LOCKUP", "hardlockup"),
        (r"hung_task: ", "hung_task"),
        (r"RCU Stall", "rcu_stall"),
        (r"scheduling while atomic", "atomic_sleep"),
    )
)
"""Panics that only carry out what an earlier report asked for: of which kinds."""
