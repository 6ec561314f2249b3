"""Find the first cause in a log, and name it as a kernel engineer would.

The table is in the kernel's own words; where several lines tell of one crash, the most telling comes first in it only
where it also comes first in the log: the first cause wins over the last line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .line import Line


@dataclass(frozen=True)
class Cause:
    """A line that tells of a crash."""

    at: int
    """Its index among the lines."""
    kind: str
    title: str
    message: str
    function: str | None = None
    """Named by the line itself."""
    weak: bool = False
    """A warning, on which the kernel goes on unless told otherwise."""


FN = r"([A-Za-z_][\w.]{0,255})\+0x"

# kind, the line, its title ({1} is group 1, {in} is "in FUNCTION"), and whether the kernel may go on after it.
CAUSES: tuple[tuple[str, str, str, bool], ...] = (
    (
        "mce",
        r"mce: .*\[Hardware Error\]: CPU \d+: Machine Check Exception|Machine Check Exception: +[0-9a-f]",
        "fatal machine check",
        False,
    ),
    (
        "mce",
        r"Kernel panic - not syncing: (?:.{0,80}[Mm]achine check|.{0,80}broadcast exception)",
        "fatal machine check",
        False,
    ),
    (
        "hardware",
        r"Kernel panic - not syncing: (?:Fatal hardware error|GHES: Fatal|Uncorrected hardware)",
        "fatal hardware error",
        False,
    ),
    ("hardware", r"(?:SError Interrupt on CPU|synchronous external abort|synchronous parity or ECC)", "{0}", False),
    ("kasan", r"(?:BUG: )?KASAN: ([a-z0-9 -]{3,60}?)(?: in " + FN + r"|$)", "KASAN: {1} {rw}{in}", True),
    ("kfence", r"BUG: KFENCE: ([a-z -]{3,60}?)(?: (?:read|write))? in " + FN, "KFENCE: {1} {in}", True),
    ("kmsan", r"BUG: KMSAN: ([a-z -]{3,60}?) in " + FN, "KMSAN: {1} {in}", True),
    ("kcsan", r"BUG: KCSAN: ([a-z -]{3,60}?) in ([A-Za-z_][\w.]*)", "KCSAN: {1} {in}", True),
    ("ubsan", r"UBSAN: (?:Undefined behaviour|([\w -]{3,60}?)) in ", "UBSAN: {1} {in}", True),
    (
        "null_deref",
        r"(?:BUG: )?(?:unable to handle kernel|kernel) NULL pointer dereference|Unable to handle kernel NULL pointer",
        "NULL pointer dereference {in}",
        False,
    ),
    (
        "page_fault",
        r"BUG: unable to handle (?:kernel )?(?:page fault|paging request)"
        r"|Unable to handle kernel (?:paging request|access|read|write|pointer)|BUG: Unable to handle kernel"
        r"|Unhandled fault",
        "page fault {in}",
        False,
    ),
    ("double_fault", r"(?:PANIC: )?double fault[:,]", "double fault {in}", False),
    (
        "stack",
        r"BUG: (?:IRQ |TASK )?stack guard page was hit|kernel stack overflow"
        r"|stack-protector: [Kk]ernel stack is corrupted"
        r"|corrupted stack end detected|Insufficient stack space",
        "stack overflow {in}",
        False,
    ),
    ("gpf", r"general protection fault", "general protection fault {in}", False),
    ("bug", r"kernel BUG at ([^\s!]{1,200})!?", "kernel BUG {in}", False),
    ("divide", r"divide error:", "divide error {in}", False),
    ("invalid_opcode", r"invalid opcode:", "invalid opcode {in}", False),
    ("softlockup", r"BUG: soft lockup - CPU#\d+", "soft lockup {in}", True),
    (
        "hardlockup",
        r"(?:Watchdog detected hard LOCKUP|NMI watchdog: .*hard LOCKUP|hard lockup)",
        "hard lockup {in}",
        True,
    ),
    ("workqueue_lockup", r"BUG: workqueue lockup", "workqueue lockup", True),
    (
        "rcu_stall",
        r"rcu.{0,40}(?:detected (?:expedited )?stalls?|self-detected stall|kthread starved)|INFO: rcu",
        "RCU stall {in}",
        True,
    ),
    ("hung_task", r"INFO: task (\S{1,64}):\d+ blocked for more than|INFO: task \S+ can't die", "task hung {in}", True),
    (
        "lockdep",
        r"WARNING: possible (?:circular locking|recursive locking"
        r"|irq lock inversion)|possible (?:circular|recursive) locking"
        r"|(?:inconsistent lock state|bad unlock balance|held lock freed|suspicious RCU usage"
        r"|lock held when returning|Invalid wait context|irq lock inversion dependency)"
        r"|trying to register non-static key|DEADLOCK",
        "{0} {in}",
        True,
    ),
    (
        "atomic_sleep",
        r"BUG: (?:scheduling while atomic|sleeping function called from invalid context)",
        "{0} {in}",
        True,
    ),
    ("memory_leak", r"^BUG: memory leak|kmemleak: \d+ new suspected", "memory leak {in}", True),
    ("bad_page", r"BUG: Bad (?:page|rss|pagetable)", "{0} {in}", True),
    ("list_corruption", r"list_(?:add|del) corruption|slab corruption", "list corruption {in}", True),
    ("oops", r"(?:Internal error: )?Oops(?::|[ -])|Internal error:", "oops {in}", False),
    ("init_killed", r"Attempted to kill init", "init was killed", False),
    ("vfs_root", r"VFS: Unable to mount root", "no root file system", False),
    ("oom", r"Kernel panic - not syncing: (?:Out of memory|System is deadlocked)", "out of memory", False),
    (
        "sysrq",
        r"sysrq: (?:Trigger a crash|SysRq : Trigger a crash)|SysRq : Trigger a crash|Kernel panic - not syncing: sysrq",
        "crash asked for by sysrq",
        False,
    ),
    ("nmi", r"Kernel panic - not syncing: (?:NMI|.*non maskable)", "NMI panic", False),
    (
        "warn",
        r"WARNING: (?:CPU: \d+ PID: \d+ )?(?:at )?([^\s]{1,200}:\d+)(?: at)? (?:" + FN + r")?",
        "WARNING {in}",
        True,
    ),
    ("bug", r"^BUG: ", "{0} {in}", True),
    ("panic", r"Kernel panic - not syncing: ?(.{0,200})", "kernel panic: {1}", False),
)
_COMPILED = tuple((kind, re.compile(pattern), title, weak) for kind, pattern, title, weak in CAUSES)
_HINT = re.compile(
    r"BUG|Oops|panic|fault|error|KASAN|KFENCE|KMSAN|KCSAN|UBSAN|WARNING|INFO|Unable|Machine Check|LOCKUP"
    r"|lock|stall|SysRq|sysrq"
    r"|corrupt|kill init|abort|SError|opcode|DEADLOCK|suspicious|non-static|leak|Unhandled|stack|context"
)


def causes(lines: Sequence[Line]) -> list[Cause]:
    """Return every line that tells of a crash, in the order of the log; at most a thousand."""
    found: list[Cause] = []
    for at, line in enumerate(lines):
        if len(found) == 1000:
            break
        if _HINT.search(line.text) and (cause := _cause(at, line.text)) is not None:
            found.append(cause)
    return found


def first(found: Sequence[Cause]) -> Cause | None:
    """Return the cause of the crash: the first that the kernel could not go on from, or what led straight to it.

    A warning counts only when nothing worse follows; a report on which the kernel panicked counts as the cause.
    """
    if not found:
        return None
    fatal = next((cause for cause in found if not cause.weak), None)
    if fatal is None:
        return found[0]
    if fatal.kind != "panic":
        earlier = [cause for cause in found if cause.weak and cause.at < fatal.at and fatal.kind in ("oops",)]
        return earlier[-1] if earlier else fatal
    before = [cause for cause in found if cause.weak and cause.at < fatal.at]
    return before[0] if before else fatal


def _cause(at: int, text: str) -> Cause | None:
    for kind, pattern, title, weak in _COMPILED:
        found = pattern.search(text)
        if found:
            groups = found.groups()
            function = next(
                (group for group in reversed(groups) if group and re.fullmatch(r"[A-Za-z_][\w.]*", group)), None
            )
            named = function if "+0x" in pattern.pattern or kind == "kcsan" else None
            first_group = (groups[0] if groups and groups[0] else "") or found[0]
            words = title.replace(
                "{0}", found[0].removeprefix("BUG: ") if hasattr(str, "removeprefix") else found[0]
            ).replace("{1}", first_group.strip())
            return Cause(at, kind, words, text, named, weak)
    return None
