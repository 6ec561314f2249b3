"""Who was running: CPU, PID and name of the task, in all the forms in which kernels tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .line import Line

_COMM = r"(?P<comm>.{1,32}?)"
_CPU = r"(?P<cpu>\d{1,5})"
_PID = r"(?P<pid>\d{1,10})"
_WHO = rf"CPU: ?{_CPU} (?:UID: (?P<uid>\d{{1,10}}) )?PID: ?{_PID} Comm:"


def _forms(*forms: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((word, re.compile(pattern)) for word, pattern in forms)


_TASKS = _forms(  # a word of the line, to find it fast; its form
    # lib/dump_stack.c, dump_stack_print_info: since 3.9; with UID since 6.12. A name may hold blanks and digits.
    ("PID: ", rf"{_WHO} {_COMM} (?:Kdump: loaded )?(?:Tainted: |Not tainted\b)"),
    ("PID: ", rf"{_WHO} (?P<comm>\S{{1,32}})"),
    # 6.18: WARNING: file:line at function+0x0/0x0, CPU#1: name/123
    ("CPU#", rf"WARNING: .{{1,400}}, CPU#{_CPU}: {_COMM}/{_PID}$"),
    # kernel/watchdog.c; kernel/hung_task.c
    ("CPU#", rf"CPU#{_CPU} stuck for .{{0,20}}\[{_COMM}:{_PID}\]"),
    ("INFO: task ", rf"INFO: task {_COMM}:{_PID} (?:blocked|<\S{{1,40}}> blocked|can't die)"),
    # until 3.8: x86, s390, arm; powerpc
    ("Pid: ", rf"Pid: {_PID}, comm: {_COMM} (?:Tainted: |Not tainted\b|xid: )"),
    ("Process ", rf"Process {_COMM} \(pid: {_PID}, "),
    ("TASK = ", rf"TASK = \S{{1,18}}\[{_PID}\] '{_COMM}' THREAD: \S{{1,18}}(?: CPU: {_CPU})?"),
    ("comm = ", rf"pid {{1,4}}= {_PID}, comm = {_COMM}$"),  # powerpc's xmon
    # mm/kasan/report.c, kernel/kcsan/report.c, mm/kmemleak.c, mm/page_alloc.c
    ("by task ", rf"by task {_COMM}/{_PID}$"),
    ("by task ", rf"by task {_PID} on cpu {_CPU}:"),
    ('comm "', rf'comm "{_COMM}", pid {_PID}[, ]'),
    ("in process ", rf"in process {_COMM} {{1,3}}(?:pfn|pte|pmd):"),
    # kernel/locking/lockdep.c, kernel/locking/spinlock_debug.c, kernel/sched/core.c, kernel/workqueue.c
    (" is trying to ", rf"^{_COMM}/{_PID} (?:\[.{{1,60}}\] )?is trying to "),
    (" takes:", rf"^{_COMM}/{_PID} \[.{{1,60}}\] takes:"),
    (" is freeing ", rf"^{_COMM}/{_PID} is freeing memory"),
    ("on CPU#", rf"on CPU#{_CPU}, {_COMM}/{_PID}(?:,|$)"),
    ("atomic: ", rf"scheduling while atomic: {_COMM}/{_PID}/0x"),
    ("atomic: ", rf"leaked .{{4,30}}: {_COMM}/0x[0-9a-f]{{1,8}}/{_PID}$"),
    ("name: ", rf"pid: {_PID}, name: (?P<comm>.{{1,32}})$"),
    ("code: ", rf"(?:code|caller)\S{{0,20}}: {_COMM}/{_PID}$"),
    # kernel/sched/core.c, sched_show_task: since 5.12, and before; a stall shows RCU's own thread too
    ("task:", rf"^task:(?!rcu){_COMM} {{1,15}}state:\S .{{0,40}}pid: {{0,10}}{_PID} "),
    (" running task ", rf"^{_COMM} {{1,15}}R {{1,2}}running task {{1,8}}\d{{1,8}} {{1,6}}{_PID} {{1,10}}\d{{1,10}} 0x"),
)
_CPUS = _forms(  # these tell of a CPU alone
    # kernel/watchdog.c, arch/powerpc/kernel/watchdog.c
    ("LOCKUP on", rf"LOCKUP on (?:other CPUs |cpu |CPU ){_CPU}"),
    ("ard LOCKUP", rf"CPU[ :]{_CPU} (?:self-detected )?[Hh]ard LOCKUP"),
    ("LOCKUP other", rf"LOCKUP other CPUS:{_CPU}"),
    ("lockup - pool", rf"workqueue lockup - pool cpus={_CPU}"),
    # kernel/rcu/tree_stall.h; lib/nmi_backtrace.c
    (" stall", rf"stalls? on CPUs?(?:/tasks)?:? \{{ ?{_CPU}"),
    ("RCU detected CPU", rf"RCU detected CPU {_CPU} stall"),
    (" idle=", rf"^(?:rcu: )?\s{{0,4}}{_CPU}-[.?!A-Za-z0-9]{{3,5}}: \("),
    ("for cpu ", rf"NMI backtrace for cpu {_CPU}"),
    ("for CPU ", rf"Task dump for CPU {_CPU}:"),
    ("on CPU", rf"on CPU ?{_CPU}\b"),
    ("CPU", rf"^CPU:? {_CPU}(?:$| {{1,4}}(?:Tainted: |Not tainted))"),  # until 3.8: x86; arm, s390
)


_DUMPED = re.compile(rf"(?:CPU: ?|NMI backtrace for cpu ){_CPU}(?:$| (?:UID: |PID: |skipped))")


@dataclass(frozen=True)
class Task:
    """What was running; what the log does not tell is None."""

    cpu: int | None = None
    pid: int | None = None
    comm: str | None = None
    uid: int | None = None
    """The user for whom it ran."""


def running(lines: Sequence[Line], *, asleep: bool = False) -> Task:
    """Return who was running, each fact from the first line that tells it; of one ``asleep`` no CPU is told."""
    told: dict[str, str] = {}
    forms = _TASKS if asleep else (*_TASKS, *_CPUS)
    for line in lines:
        facts = _facts(line.text, forms)
        if all(facts[name] == told.get(name, facts[name]) for name in ("cpu", "pid") if name in facts):
            told = {**facts, **told}  # a line of another task or CPU tells nothing of ours
        if told.keys() >= {"cpu", "pid", "comm"}:
            break
    numbers = {name: int(told[name]) for name in ("cpu", "pid", "uid") if name in told}
    return Task(comm=told["comm"].strip() if "comm" in told else None, **numbers)


def own_first(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines of a stall with what the stalled CPU printed before what others did, where that came first."""
    cpu = running(lines).cpu
    dumps = [(at, int(found["cpu"])) for at, line in enumerate(lines) if (found := _DUMPED.search(line.text))]
    own = next((at for at, number in dumps if number == cpu), None)
    other = next((at for at, number in dumps if number != cpu), None)
    if own is None or other is None or own < other:
        return lines
    return [*lines[:other], *lines[own:], *lines[other:own]]


def _facts(text: str, forms: Sequence[tuple[str, re.Pattern[str]]]) -> dict[str, str]:
    """What the first form that fits tells."""
    for word, form in forms:
        if word in text and (found := form.search(text)):
            return {name: fact for name, fact in found.groupdict().items() if fact is not None}
    return {}
