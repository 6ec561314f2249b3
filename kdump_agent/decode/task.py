"""Who was running: CPU, PID and name of the task, in all the forms in which kernels tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .line import Line

_COMM = r"(?P<comm>.{1,32}?)"
_CPU = r"(?P<cpu>\d{1,5})"
_PID = r"(?P<pid>\d{1,10})"
_FORMS = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        # lib/dump_stack.c, dump_stack_print_info: since 3.9; with UID since 6.11
        (
            "PID: ",
            rf"CPU: ?{_CPU} (?:UID: \d{{1,10}} )?PID: ?{_PID} Comm: {_COMM} (?:Kdump: loaded )?"
            r"(?:Tainted|Not tainted|\d)",
        ),
        ("PID: ", rf"CPU: ?{_CPU} (?:UID: \d{{1,10}} )?PID: ?{_PID} Comm: (?P<comm>\S{{1,32}})"),
        # 6.18: WARNING: file:line at function+0x0/0x0, CPU#1: name/123
        ("CPU#", rf"WARNING: .{{1,400}}, CPU#{_CPU}: {_COMM}/{_PID}$"),
        # kernel/watchdog.c
        ("CPU#", rf"CPU#{_CPU} stuck for .{{0,20}}\[{_COMM}:{_PID}\]"),
        ("LOCKUP on", rf"LOCKUP on (?:cpu|CPU) {_CPU}"),
        # kernel/hung_task.c
        ("INFO: task ", rf"INFO: task {_COMM}:{_PID} (?:blocked|can't die)"),
        # until 3.8
        ("Pid: ", rf"Pid: {_PID}, comm: {_COMM} (?:Tainted|Not tainted|\d)"),
        ("Process ", rf"Process {_COMM} \(pid: {_PID}, "),
        # mm/kasan/report.c, kernel/kcsan/report.c
        ("by task ", rf"by task {_COMM}/{_PID}$"),
        ("by task ", rf"by task {_PID} on cpu {_CPU}:"),
        # kernel/locking/lockdep.c, kernel/sched/core.c
        (" is trying to ", rf"^{_COMM}/{_PID} (?:\[.{{1,60}}\] )?is trying to "),
        (" is freeing ", rf"^{_COMM}/{_PID} is freeing memory"),
        ("atomic: ", rf"scheduling while atomic: {_COMM}/{_PID}/"),
        ("name: ", rf"pid: {_PID}, name: (?P<comm>\S{{1,32}})"),
        ("code: ", rf"(?:code|caller)\S{{0,20}}: {_COMM}/{_PID}$"),
        # kernel/rcu/tree_stall.h, lib/nmi_backtrace.c
        ("backtrace for cpu ", rf"NMI backtrace for cpu {_CPU}"),
        ("on CPU", rf"on CPU ?{_CPU}\b"),
        ("CPU ", rf"^CPU {_CPU}$"),  # x86 until 3.8
    )
)


@dataclass(frozen=True)
class Task:
    """What was running; what the log does not tell is None."""

    cpu: int | None = None
    pid: int | None = None
    comm: str | None = None


def running(lines: Sequence[Line]) -> Task:
    """Return who was running, each fact from the first line that tells it."""
    cpu = pid = comm = None
    for line in lines:
        for word, form in _FORMS:
            if word in line.text and (found := form.search(line.text)):
                facts = found.groupdict()
                if pid is None or facts.get("pid") in (None, pid):
                    cpu = cpu or facts.get("cpu")
                    pid, comm = pid or facts.get("pid"), comm or facts.get("comm")
                break
        if cpu and comm:
            break
    return Task(int(cpu) if cpu else None, int(pid) if pid else None, comm)
