"""The nouns of a decoded log; as plain values they are the parts of report.json that the log tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hardware.record import HardwareError


@dataclass(frozen=True)
class Place:
    """Where in the kernel's text: ``crashme_null+0x26/0x4a [crashme]``."""

    symbol: str
    offset: int | None = None
    """Bytes from the symbol's start."""
    size: int | None = None
    """Bytes of the symbol."""
    module: str | None = None


@dataclass(frozen=True)
class Frame:
    """One line of a stack trace, the innermost first."""

    symbol: str
    offset: int | None
    size: int | None
    module: str | None
    reliable: bool
    """False where the kernel wrote a question mark: a leftover on the stack."""
    section: str | None = None
    """"irq", "nmi", "task" ..., where the kernel wrote it."""


@dataclass(frozen=True)
class Stack:
    """A stack trace beside the crash's own: who allocated, who freed, who holds a lock, another CPU."""

    heading: str
    """The kernel's own line before it."""
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Module:
    """One of the modules linked in, or unloaded before."""

    name: str
    flags: str | None = None
    """As the kernel writes them: O out of tree, E unsigned, + loading, - unloading ..."""


@dataclass(frozen=True)
class Panic:
    """What happened."""

    title: str
    kind: str
    message: str | None = None
    """The kernel's own line."""
    function: str | None = None
    """The one at fault: the first that is not common machinery."""
    cpu: int | None = None
    pid: int | None = None
    comm: str | None = None
    uid: int | None = None
    """The user for whom the task ran, where the kernel tells it (since 6.12)."""
    taint: tuple[str, ...] = ()
    rip: Place | None = None
    error_code: str | None = None
    fault_address: str | None = None


@dataclass(frozen=True)
class Kernel:
    release: str | None = None
    version: str | None = None
    machine: str | None = None
    build_id: str | None = None


@dataclass(frozen=True)
class Signature:
    crash: str | None = None
    hardware: str | None = None


@dataclass(frozen=True)
class LogFacts:
    lines: int = 0
    truncated: bool = False


@dataclass(frozen=True)
class Decoded:
    """All that a log tells."""

    panic: Panic | None = None
    frames: tuple[Frame, ...] = ()
    other_stacks: tuple[Stack, ...] = ()
    modules: tuple[Module, ...] = ()
    unloaded_modules: tuple[Module, ...] = ()
    """The last unloaded, and those that are gone but had tainted the kernel."""
    hardware_name: str | None = None
    hardware_errors: tuple[HardwareError, ...] = ()
    signature: Signature = Signature()
    kernel: Kernel = Kernel()
    uptime_seconds: float | None = None
    dmesg: LogFacts = LogFacts()
    doubts: tuple[str, ...] = field(default_factory=tuple)
