"""What a debugger found in the dump, as a person reads it on a terminal. Works on the document alone.

The document comes of hostile memory and may be of a later version: what is there is shown, and escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdump_agent.units import show_duration, show_size

from .terminal import BOLD, DIM, Paper
from .words import Document, source, spot

MOST_FRAMES = 40
MOST_STACKS = 16
_PANICKED = "The task that panicked"
_MEMORY = (("total", "in all"), ("free", "free"), ("cached", "cached"), ("slab", "slab"), ("swap_used", "swap used"))


def render(analysis: Document, paper: Paper, *, stack: bool = True) -> str:
    """Return an analysis as lines of text; ``stack`` says whether that of the panic task is wanted, too."""
    lines = [paper.ink("Inside the dump", BOLD), *_facts(analysis, paper)]
    for title, block in _blocks(analysis, paper):
        if (found := list(block)) and (stack or title != _PANICKED):
            lines += ["", paper.ink(title, BOLD), *found]
    return "\n".join(lines)


def _facts(analysis: Document, paper: Paper) -> Iterator[str]:
    for label, words in (
        ("Opened", opened(analysis)),
        ("Install", str(analysis.get("install") or "")),
        ("System", system(analysis)),
        ("Memory", _memory(analysis.get("memory") or {})),
        ("Panic", str(analysis.get("panic") or "")),
    ):
        if words:
            first, *others = paper.wrap(words, label.ljust(10))
            yield paper.ink(first[:10], DIM) + first[10:]
            yield from others


def opened(analysis: Document) -> str:
    """Say whether the dump could be opened, by whom and with which kernel."""
    tools = [each for each in (analysis.get("tool"), analysis.get("helper")) if each]
    by = " and ".join(f"{tool.get('name')} {tool.get('version') or ''}".rstrip() for tool in tools)
    vmlinux = analysis.get("vmlinux") or {}
    words = [str(analysis.get("opened")), f"by {by}" if by else ""]
    if vmlinux:
        words.append(f"with {vmlinux.get('path')}, which fits by its {vmlinux.get('matched_by')}")
    return " ".join(filter(None, words))


def system(analysis: Document) -> str:
    """Say in a line how the machine was: its CPUs, load and tasks."""
    tasks, load, up = analysis.get("tasks") or {}, analysis.get("load"), analysis.get("uptime_seconds")
    states = ", ".join(f"{count} {state}" for state, count in (tasks.get("states") or {}).items())
    few = {"yes": "", "no": ", not all", "unknown": ", perhaps not all"}.get(str(tasks.get("complete")), "")
    return ", ".join(filter(None, (
        f"{analysis['cpus']} CPUs" if analysis.get("cpus") is not None else "",
        f"load {' '.join(f'{each:.2f}' for each in load)}" if load else "",
        f"up {show_duration(float(up))}" if up is not None else "",
        f"{tasks['count']} tasks{few} ({states})" if tasks.get("count") is not None else "",
    )))  # fmt: skip


def _memory(memory: Document) -> str:
    known = [(label, memory[name]) for name, label in _MEMORY if memory.get(name) is not None]
    return ", ".join(f"{show_size(size)} {label}" for label, size in known)


def _blocks(analysis: Document, paper: Paper) -> Iterator[tuple[str, Iterator[str]]]:
    panicked = analysis.get("panic_task")
    yield _PANICKED, _stacks([panicked] if panicked else [], paper)
    others = [stack for stack in analysis.get("cpu_stacks") or [] if stack.get("task") != (panicked or {}).get("task")]
    yield "The other CPUs", _stacks(others, paper)
    yield "Blocked tasks", _stacks(list(analysis.get("blocked") or []), paper)
    yield "Machine checks in its memory", (f"  {check}" for check in machine_checks(analysis))
    yield "In doubt", (line for doubt in analysis.get("doubts") or [] for line in paper.wrap(str(doubt), "  - "))


def _stacks(stacks: list[Mapping[str, object]], paper: Paper) -> Iterator[str]:
    for stack in stacks[:MOST_STACKS]:
        yield from paper.wrap(who(stack), "  ")
        frames: list[Document] = list(stack.get("frames") or [])  # type: ignore[call-overload]
        for frame in frames[:MOST_FRAMES]:
            yield from _frame(frame, paper)
        if len(frames) > MOST_FRAMES:
            yield f"    ... and {len(frames) - MOST_FRAMES} more"
    if len(stacks) > MOST_STACKS:
        yield f"  ... and {len(stacks) - MOST_STACKS} more"


def who(stack: Document) -> str:
    """Say in a line whose stack it is."""
    waited = stack.get("waited_seconds")
    return ", ".join(filter(None, (
        str(stack.get("comm") or "a task"),
        *(f"{label} {stack[name]}" for label, name in (("PID", "pid"), ("CPU", "cpu"), ("state", "state"))
          if stack.get(name) is not None),
        f"last ran {show_duration(float(waited))} before" if waited is not None and waited >= 1 else "",
    )))  # fmt: skip


def _frame(frame: Document, paper: Paper) -> Iterator[str]:
    name = spot(frame) if frame.get("symbol") else str(frame.get("address") or "?")
    where = source(frame)
    notes = "".join(
        f" ({words})" for words, key in (("inlined", "inline"), ("exception", "exception")) if frame.get(key)
    )
    yield from paper.wrap(f"{name}{notes}" + (f"  {where}" if where else ""), "    ", "        ")


def machine_checks(analysis: Document) -> Iterator[str]:
    """Yield what each CPU's record of a machine check holds."""
    for check in analysis.get("machine_checks") or []:
        if check.get("status") in (None, "0x0"):
            yield f"CPU {check.get('cpu')}: took part, and no bank of its own is recorded"
            continue
        known = [f"{name} {check[name]}" for name in ("bank", "status", "addr", "misc", "mcgstatus", "ip")
                 if check.get(name) not in (None, "0x0")]  # fmt: skip
        yield f"CPU {check.get('cpu')}: {', '.join(known)}"
