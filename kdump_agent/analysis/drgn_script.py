"""What drgn tells of a dump, as one JSON document on standard output.

Runs as a program of its own, ``python3 -I drgn_script.py VMCORE VMLINUX [MODULE.ko.debug ...]``, under whichever Python
has drgn (0.0.22 or later), and so imports nothing of ours. Each part of the answer is found for itself: what this
kernel or this drgn does not give is a doubt, and the rest stands. Exit codes: 0 answered, 3 no drgn in this Python.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from typing import Any, Callable

try:
    import drgn
    from drgn.helpers.linux.cpumask import for_each_online_cpu
    from drgn.helpers.linux.list import list_for_each_entry
    from drgn.helpers.linux.percpu import per_cpu
    from drgn.helpers.linux.pid import for_each_task
    from drgn.helpers.linux.printk import get_dmesg
    from drgn.helpers.linux.sched import task_state_to_char
except ImportError:
    sys.exit(3)

MOST_FRAMES = 256
MOST_BLOCKED = 1000
MOST_MODULES = 4096
MOST_SYMBOLS = 200_000
# crash's two letters for what task_state_to_char calls
STATES = {"R": "RU", "S": "IN", "D": "UN", "T": "ST", "t": "TR", "X": "DE", "Z": "ZO", "P": "PA", "I": "ID"}
HEXADECIMAL = (
    "status", "addr", "misc", "mcgstatus", "mcgcap", "ip", "synd", "ipid", "ppin", "cpuid", "microcode",
)  # fmt: skip
NO_TASKS: dict[str, object] = {"count": None, "complete": "unknown", "states": {}}
DECIMAL = ("bank", "cs", "socketid", "apicid", "cpuvendor", "tsc", "time")


class Modules:
    """The loaded modules: which one holds an address, and which of its functions."""

    def __init__(self, prog: Any) -> None:
        self._prog = prog
        self.all: list[tuple[str, int, int, Any]] = []
        for module in list_for_each_entry("struct module", prog["modules"].address_of_(), "list"):
            if len(self.all) == MOST_MODULES:
                break
            name = module.name.string_().decode("ascii", "replace")
            self.all += [(name, base, size, module) for base, size in _ranges(module)]

    def at(self, address: int) -> tuple[str, Any] | None:
        """Return (name, struct module *) of the module that holds an address."""
        found = ((name, module) for name, base, size, module in self.all if base <= address < base + size)
        return next(found, None)

    def symbol(self, module: Any, address: int) -> tuple[str, int] | None:
        """Return (function, offset) by the symbols that the kernel itself keeps of a module."""
        table = module.kallsyms
        count = min(int(table.num_symtab), MOST_SYMBOLS)
        entry = struct.Struct("IBBHQQ")  # Elf64_Sym: name, info, other, section, value, size
        raw = self._prog.read(int(table.symtab), count * entry.size)
        best = (0, 0)
        for name, _, _, section, value, _ in entry.iter_unpack(raw):
            if name and section and best[0] < value <= address:  # the symbol of a section has no name
                best = (value, name)
        if not best[0]:
            return None
        words = self._prog.read(int(table.strtab) + best[1], 200).split(b"\0")[0]
        return words.decode("ascii", "replace"), address - best[0]


def _ranges(module: Any) -> Iterator[tuple[int, int]]:
    """Yield (base, size) of a module's code first: Linux 6.4 has an array of memories, older ones have layouts."""
    try:
        for memory in module.mem:
            if memory.size:
                yield int(memory.base), int(memory.size)
    except AttributeError:
        yield int(module.core_layout.base), int(module.core_layout.size)
        if module.init_layout.size:
            yield int(module.init_layout.base), int(module.init_layout.size)


class Reader:
    """Finds the parts of the answer."""

    def __init__(self, prog: Any, modules: Modules | None) -> None:
        self.prog, self.modules = prog, modules

    def uts(self) -> dict[str, str]:
        name = self.prog["init_uts_ns"].name
        return {key: _text(getattr(name, key)) for key in ("release", "version", "machine", "nodename")}

    def load(self) -> list[float]:
        return [round(int(each) / 2048, 2) for each in self.prog["avenrun"]]  # FSHIFT, include/linux/sched/loadavg.h

    def uptime(self) -> float:
        keeper = self.prog["tk_core"].timekeeper
        return float(int(keeper.ktime_sec) + int(keeper.offs_boot) // 10**9)

    def panic(self) -> str | None:
        lines = [line.partition(b"] ")[2] for line in get_dmesg(self.prog).split(b"\n")]
        for words in (b"Kernel panic - not syncing", b"Oops: ", b"BUG: ", b"kernel BUG at", b"general protection"):
            found = [line for line in lines if words in line]
            if found:
                return str(found[-1].decode("utf-8", "replace"))[:2000]
        return None

    def memory(self) -> dict[str, int | None]:
        prog, page = self.prog, int(self.prog["PAGE_SIZE"])
        total = int(prog["_totalram_pages"].counter)
        free = self._zone("NR_FREE_PAGES")
        slab = self._node("NR_SLAB_RECLAIMABLE_B") + self._node("NR_SLAB_UNRECLAIMABLE_B")
        swap = int(prog["total_swap_pages"])
        pages = {
            "total": total, "free": free, "used": total - free, "cached": self._node("NR_FILE_PAGES"), "slab": slab,
            "swap_total": swap, "swap_used": swap - int(prog["nr_swap_pages"].counter) if swap else 0,
            "committed": int(prog["vm_committed_as"].count),
        }  # fmt: skip
        return {name: max(0, count) * page for name, count in pages.items()}

    def _zone(self, item: str) -> int:
        return int(self.prog["vm_zone_stat"][self.prog[item]].counter)

    def _node(self, item: str) -> int:
        return int(self.prog["vm_node_stat"][self.prog[item]].counter)

    def module_rows(self) -> list[dict[str, object]]:
        rows: dict[str, dict[str, object]] = {}
        for name, base, size, _ in self.modules.all if self.modules else ():
            rows.setdefault(name, {"name": name, "base": hex(base), "size": size, "symbols": "names"})
        return list(rows.values())

    def machine_checks(self) -> list[dict[str, object]]:
        rows = []
        for cpu in for_each_online_cpu(self.prog):
            seen = per_cpu(self.prog["mces_seen"], cpu)
            if int(seen.mcgstatus):
                row: dict[str, object] = {"cpu": cpu}
                row.update((name, hex(int(getattr(seen, name)))) for name in HEXADECIMAL if hasattr(seen, name))
                row.update((name, int(getattr(seen, name))) for name in DECIMAL if hasattr(seen, name))
                rows.append({**dict.fromkeys((*HEXADECIMAL, *DECIMAL)), **row})
        return rows

    def tasks(self) -> tuple[dict[str, object], list[Any]]:
        """Return the count by state, and the tasks in uninterruptible sleep."""
        states: dict[str, int] = {}
        blocked = []
        for task in for_each_task(self.prog):
            letter = task_state_to_char(task)
            state = STATES.get(letter, letter)
            states[state] = states.get(state, 0) + 1
            if state == "UN":
                blocked.append(task)
        return {"count": sum(states.values()), "complete": "yes", "states": states}, blocked[:MOST_BLOCKED]

    def panic_cpu(self) -> int:
        for name in ("panic_cpu", "crashing_cpu"):
            try:
                found = self.prog[name]
            except KeyError:
                continue
            cpu = int(found.counter if name == "panic_cpu" else found)
            if cpu >= 0:
                return cpu
        raise LookupError("the kernel names no CPU that panicked")

    def running(self, cpu: int) -> dict[str, object]:
        return self.stack(per_cpu(self.prog["runqueues"], cpu).curr, cpu)

    def stack(self, task: Any, cpu: int | None = None) -> dict[str, object]:
        letter = task_state_to_char(task)
        return {
            "pid": int(task.pid), "comm": _text(task.comm), "cpu": cpu if cpu is not None else _cpu_of(task),
            "state": STATES.get(letter, letter), "task": hex(int(task)), "waited_seconds": self._waited(task, cpu),
            "frames": list(self._frames(task)),
        }  # fmt: skip

    def _waited(self, task: Any, cpu: int | None) -> float | None:
        """As ``ps -m`` of crash: the run queue's clock less the time at which the task last came onto a CPU."""
        try:
            clock = int(per_cpu(self.prog["runqueues"], cpu if cpu is not None else _cpu_of(task) or 0).clock)
            return max(0.0, round((clock - int(task.sched_info.last_arrival)) / 1e9, 3))
        except (AttributeError, drgn.FaultError):
            return None

    def _frames(self, task: Any) -> Iterator[dict[str, object]]:
        for number, frame in enumerate(self.prog.stack_trace(task)):
            if number == MOST_FRAMES:
                return
            pc = _get(lambda each: each.pc, frame)
            symbol, offset, module = self._name(frame, pc)
            file, line = _source(frame)
            yield {
                "symbol": symbol, "offset": offset, "module": module, "address": None if pc is None else hex(pc),
                "file": file, "line": line, "inline": bool(frame.is_inline),
                "exception": bool(number and frame.interrupted and not frame.is_inline),
            }  # fmt: skip

    def _name(self, frame: Any, pc: int | None) -> tuple[str | None, int | None, str | None]:
        found = self.modules.at(pc) if self.modules is not None and pc is not None else None
        module = found[0] if found else None
        if frame.is_inline:
            return frame.name, None, module
        symbol = _get(lambda each: each.symbol(), frame)
        if symbol is not None and pc is not None:
            return symbol.name, pc - symbol.address, module
        if found and self.modules is not None and pc is not None:
            named = _get(self.modules.symbol, found[1], pc)
            if named:
                return named[0], named[1], module
        return frame.name or None, None, module


def _get(read: Callable[..., Any], *given: Any) -> Any:
    try:
        return read(*given)
    except (LookupError, AttributeError, drgn.FaultError):
        return None


def _source(frame: Any) -> tuple[str | None, int | None]:
    found = _get(lambda each: each.source(), frame)
    return (found[0], found[1]) if found and found[0] else (None, None)


def _cpu_of(task: Any) -> int | None:
    """Since Linux 5.16 (and before 4.9 elsewhere) it is in thread_info, inside the task."""
    for read in (lambda each: each.thread_info.cpu, lambda each: each.cpu):
        cpu = _get(read, task)
        if cpu is not None:
            return int(cpu)
    return None


def _text(value: Any) -> str:
    return value.string_().decode("utf-8", "replace")  # type: ignore[no-any-return]


def tell(prog: Any) -> dict[str, object]:
    """Return the answer."""
    doubts: list[str] = []

    def part(what: str, read: Callable[..., Any], *given: Any, otherwise: Any = None) -> Any:
        try:
            return read(*given)
        except Exception as exc:  # noqa: BLE001 (a damaged dump fails in any way)
            doubts.append(f"drgn could not tell {what}: {type(exc).__name__}: {str(exc)[:200]}")
            return otherwise

    reader = Reader(prog, part("which modules were loaded", lambda: Modules(prog)))
    uts = part("which kernel it was", reader.uts, otherwise={})
    cpus = part("which CPUs there were", lambda: list(for_each_online_cpu(prog)), otherwise=[])
    tasks, blocked = part("its tasks", reader.tasks, otherwise=(NO_TASKS, []))
    panic_cpu = part("the CPU that panicked", reader.panic_cpu)
    stacks = {cpu: part(f"the stack of CPU {cpu}", reader.running, cpu) for cpu in cpus}
    x86 = uts.get("machine") in ("x86_64", "i686", "i386")
    return {
        "tool": {"name": "drgn", "version": drgn.__version__, "minimal": False},
        "kernel": {key: uts.get(key) for key in ("release", "version", "machine")},
        "nodename": uts.get("nodename"),
        "cpus": len(cpus) or None,
        "load": part("the load", reader.load),
        "uptime_seconds": part("how long it had been up", reader.uptime),
        "panic": part("with which message it died", reader.panic),
        "tasks": tasks,
        "memory": part("how the memory was used", reader.memory),
        "panic_task": stacks.get(panic_cpu),
        "cpu_stacks": [stack for stack in stacks.values() if stack is not None],
        "blocked": [stack for task in blocked if (stack := part("a blocked task", reader.stack, task)) is not None],
        "modules": reader.module_rows(),
        "machine_checks": part("the machine checks", reader.machine_checks, otherwise=[]) if x86 else [],
        "doubts": doubts,
    }


def main(vmcore: str, vmlinux: str, *modules: str) -> int:
    """Print the answer."""
    prog = drgn.Program()
    prog.set_core_dump(vmcore)
    doubts = []
    try:
        prog.load_debug_info([vmlinux, *modules])
    except drgn.MissingDebugInfoError as exc:
        doubts.append(f"drgn: {str(exc)[:300]}")
    answer = tell(prog)
    answer["doubts"] = [*doubts, *answer["doubts"]]  # type: ignore[misc]
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
