"""Decode a whole log: bytes in, everything that it tells out. Never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from . import panic, signature, stack, taint
from .hardware.find import find
from .line import Line
from .lines import split
from .machinery import bare, is_machinery
from .report import Decoded, Frame, Kernel, LogFacts, Module, Panic, Place

WINDOW = 400
"""Lines after a cause that belong to it."""
_CPU = re.compile(
    r"CPU: ?(\d{1,5}) (?:UID: \d+ )?PID: ?(\d{1,10}) Comm: (.{1,32}?) (?:Kdump: loaded )?(?:Tainted|Not tainted|[\d.]+)"
)
_OLD = re.compile(r"Pid: (\d{1,10}), comm: (\S{1,32})")
_LOCKUP = re.compile(r"CPU#(\d{1,5}) stuck for .{0,20}\[(.{1,32}):(\d{1,10})\]")
_RELEASE = re.compile(r"Linux version (\S{1,64}) (.{0,400})")
_RELEASE_IN_OOPS = re.compile(r"(?:Not tainted|Tainted: .{1,80}?) {1,8}(\d+\.\d+\.\S{1,64}) #(\S.{0,80})")
_HARDWARE = re.compile(r"Hardware name: (.{1,200})|DMI: (.{1,200})")
_ERROR = re.compile(r"error_code\(0x([0-9a-f]{1,8})\)|Oops: ([0-9a-f]{4,8})\b|(?:fault|opcode|error): ([0-9a-f]{4})\b")
_ADDRESS = re.compile(
    r"address:? (?:0x)?([0-9a-f]{8,16})"
    r"|(?:paging request|dereference) at (?:virtual address )?(?:0x)?([0-9a-f]{1,16}|\(null\))"
    r"|CR2: ([0-9a-f]{8,16})"
)
_MODULE = re.compile(r"([\w-]{1,64})(?:\(([A-Z+-]{1,8})\))?")


def decode(log: bytes) -> Decoded:
    """Return what a log tells; what it does not is None."""
    cut = split(log)
    lines = cut.lines
    hardware = find(lines)
    cause = panic.first(panic.causes(lines))
    decoded = Decoded(
        hardware_name=_first(_HARDWARE, lines),
        hardware_errors=tuple(hardware),
        kernel=_kernel(lines),
        uptime_seconds=next((line.time for line in reversed(lines) if line.time is not None), None),
        dmesg=LogFacts(len(lines), cut.truncated),
        doubts=("the log is longer than is read; its end was not looked at",) if cut.truncated else (),
    )
    if cause is None:
        return decoded
    after = _own(lines[cause.at : cause.at + WINDOW])
    frames = stack.trace(after)
    told = _tell(cause, after, frames)
    return replace(
        decoded, panic=told, frames=frames, modules=_modules(after), signature=signature.of(told, frames, hardware),
        uptime_seconds=lines[cause.at].time or decoded.uptime_seconds,
    )  # fmt: skip


def _own(lines: Sequence[Line]) -> list[Line]:
    """The lines of the first one's CPU or thread, where the kernel wrote which; else all."""
    caller = lines[0].caller
    return [line for line in lines if line.caller in (caller, None)] if caller else list(lines)


def _tell(cause: panic.Cause, after: Sequence[Line], frames: Sequence[Frame]) -> Panic:
    rip = stack.instruction(after)
    function = _function(cause, rip, frames)
    cpu, pid, comm = _who(after)
    title = cause.title.replace("{in}", f"in {function}" if function else "").replace("{rw}", _access(after))
    return Panic(
        title=" ".join(title.split())[:200], kind=cause.kind, message=cause.message[:400], function=function, cpu=cpu,
        pid=pid, comm=comm, taint=next((names for line in after if (names := taint.names(line.text))), ()),
        rip=rip, error_code=_first(_ERROR, after), fault_address=_first(_ADDRESS, after),
    )  # fmt: skip


def _function(cause: panic.Cause, rip: Place | None, frames: Sequence[Frame]) -> str | None:
    """The first of these that is not common machinery: what the line names, where the CPU stood, the stack."""
    if cause.kind in ("mce", "hardware", "sysrq", "oom", "init_killed", "vfs_root", "nmi", "panic", "workqueue_lockup"):
        return stack.culprit(frames) if cause.kind == "panic" else None
    named = [name for name in (cause.function, rip.symbol if rip else None) if name and not is_machinery(name)]
    if cause.kind == "hung_task":
        named = []
    return bare(named[0]) if named else stack.culprit(frames)


def _who(after: Sequence[Line]) -> tuple[int | None, int | None, str | None]:
    for line in after:
        if found := _CPU.search(line.text):
            return int(found[1]), int(found[2]), found[3]
        if found := _LOCKUP.search(line.text):
            return int(found[1]), int(found[3]), found[2]
        if found := _OLD.search(line.text):
            return None, int(found[1]), found[2]
    return None, None, None


def _access(after: Sequence[Line]) -> str:
    found = next((m for line in after[:6] if (m := re.match(r"(Read|Write) (?:of size|at addr)", line.text))), None)
    return f"{found[1]} " if found else ""


def _kernel(lines: Sequence[Line]) -> Kernel:
    for pattern in (_RELEASE, _RELEASE_IN_OOPS):
        for line in lines:
            if found := pattern.search(line.text):
                version = found[2].rsplit("#", 1)[-1].strip()
                return Kernel(release=found[1], version=f"#{version}" if version else None, machine=_machine(lines))
    return Kernel(machine=_machine(lines))


_MACHINES = (
    ("x86_64", re.compile(r"\bRIP: |\bRAX: |x86/|x86_64")),
    ("aarch64", re.compile(r"\bpc : .*\+0x|\bx29: |arm64|pstate: ")),
    ("ppc64le", re.compile(r"\bNIP \[|GPR00: ")), ("s390x", re.compile(r"Krnl PSW|Krnl GPRS")),
    ("riscv64", re.compile(r"\bepc : |riscv")), ("i686", re.compile(r"\bEIP: ")), ("arm", re.compile(r"\bPC is at ")),
)  # fmt: skip


def _machine(lines: Sequence[Line]) -> str | None:
    return next((name for name, pattern in _MACHINES if any(pattern.search(line.text) for line in lines)), None)


def _modules(after: Sequence[Line]) -> tuple[Module, ...]:
    words = next((line.text[18:] for line in after if line.text.startswith("Modules linked in: ")), "")
    listed = words.split("[last unloaded", 1)[0]
    return tuple(Module(found[1], found[2]) for found in _MODULE.finditer(listed))


def _first(pattern: re.Pattern[str], lines: Sequence[Line]) -> str | None:
    for line in lines:
        if found := pattern.search(line.text):
            return next((group.strip() for group in found.groups() if group), None)
    return None
