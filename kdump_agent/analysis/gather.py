"""Put what crash told into one analysis. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .document import Analysis, Frame, Line, Module, Stack, Tool
from .heard import Heard
from .question import Question
from .read.machinecheck import read_machine_checks
from .read.memory import read_memory
from .read.modules import read_modules
from .read.stack import read_stacks
from .read.system import read_system
from .read.tasks import read_tasks, read_waits
from .read.warnings import read_warnings
from .versions import too_old

# crash's texts that are the dead kernel's own words
_LOG = "log"
_EVERY_CPU, _BLOCKED = re.compile(r"bt (?:.* )?-a\b"), re.compile(r"foreach (?:.* )?UN (?:.* )?bt\b")
_PANIC = re.compile(r"bt(?! .*-a\b)")


def gather(heard: Heard, question: Question) -> Analysis:
    """Return the analysis; what was not asked, or not answered, is missing in it."""
    system = read_system(heard.texts.get("sys", ""))
    tasks = read_tasks(heard.texts.get("ps", ""))
    waits = read_waits(heard.texts.get("ps -m", ""))
    modules = read_modules(heard.texts.get("mod", ""))
    panic_task, cpus, blocked = (_located(found, waits, heard, modules) for found in _stacks(heard.texts))
    broken = any(asked.ended in ("timed out", "died", "not run") for asked in heard.asked)
    analysis = Analysis(
        opened="no" if not heard.answered else "partly" if heard.minimal or broken else "yes",
        tool=Tool("crash", ".".join(map(str, heard.version)) if heard.version else None, heard.minimal)
        if heard.answered
        else None,
        kernel=system.kernel,
        nodename=system.nodename,
        cpus=system.cpus,
        load=system.load,
        uptime_seconds=system.uptime_seconds,
        panic=system.panic,
        tasks=replace(tasks, count=tasks.count if tasks.count is not None else system.tasks),
        memory=read_memory(heard.texts.get("kmem -i", ""), question.page_size),
        panic_task=panic_task[0] if panic_task else None,
        cpu_stacks=cpus,
        blocked=blocked,
        modules=modules,
        machine_checks=tuple(
            check for text in heard.texts.values() if "mces_seen" in text for check in read_machine_checks(text)
        ),
        commands=tuple(heard.asked),
    )
    return replace(
        analysis,
        lines=tuple(_lines(heard, question)),
        doubts=(*heard.doubts, *too_old(heard.version, question.release), *_doubts(heard)),
    )


def _stacks(texts: Mapping[str, str]) -> Iterator[tuple[Stack, ...]]:
    """Yield the stacks of the panic task, of every CPU and of the blocked tasks: each command has its own."""
    for mine in (_PANIC, _EVERY_CPU, _BLOCKED):
        yield next((read_stacks(text) for command, text in texts.items() if mine.match(command)), ())


def _located(
    stacks: tuple[Stack, ...], waits: Mapping[str, tuple[str, float]], heard: Heard, modules: tuple[Module, ...]
) -> tuple[Stack, ...]:
    """Add to each stack the state of its task, and to its frames their modules and places, where asked one by one."""
    return tuple(
        replace(
            stack,
            state=waits.get(stack.task or "", (None, None))[0],
            waited_seconds=waits.get(stack.task or "", (None, None))[1],
            frames=tuple(_placed(frame, heard, modules) for frame in stack.frames),
        )
        for stack in stacks
    )


def _placed(frame: Frame, heard: Heard, modules: tuple[Module, ...]) -> Frame:
    """crash names the module of a call, but not that of an exception."""
    file, line = heard.places.get(frame.address or "", (frame.file, frame.line))
    return replace(frame, module=frame.module or _module_at(frame.address, modules), file=file, line=line)


def _module_at(address: str | None, modules: tuple[Module, ...]) -> str | None:
    at = int(address or "0", 16)
    ranges = ((module.name, int(module.base or "0", 16), module.size or 0) for module in modules)
    return next((name for name, base, size in ranges if base and base <= at < base + size), None)


def _lines(heard: Heard, question: Question) -> Iterator[Line]:
    for wanted in dict.fromkeys(question.wanted):
        place = heard.places.get(wanted.key)
        if place is not None:
            yield Line(wanted.symbol, wanted.offset, wanted.module, *place)


def _doubts(heard: Heard) -> Iterator[str]:
    yield from read_warnings(
        "\n".join([heard.opening, *(_short(text) for command, text in heard.texts.items() if command != _LOG)])
    )
    if heard.answered and heard.minimal:
        yield "crash could be started with --minimal only, so nothing but the log was read"


def _short(text: str) -> str:
    """A complaint is short or comes first; the rest of anything long is a table."""
    return text if len(text) < 4000 else text[:2000]
