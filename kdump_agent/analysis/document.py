"""What an analysis is: the nouns that both debuggers fill in, and the document that analysis.schema.json describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kdump_agent import __version__

SCHEMA = "kdump-agent/analysis/1"
DOCUMENT = "analysis.json"
"""Its artifact."""
SCHEMA_FILE = Path(__file__).with_name("analysis.schema.json")


@dataclass(frozen=True)
class Frame:
    """One function on a stack."""

    symbol: str | None
    offset: int | None = None
    """Bytes into the function."""
    module: str | None = None
    address: str | None = None
    """Hexadecimal, with 0x."""
    file: str | None = None
    line: int | None = None
    exception: bool = False
    """An exception came here; the frames before it are its handling."""
    inline: bool = False


@dataclass(frozen=True)
class Stack:
    """One task and where it was."""

    pid: int | None = None
    comm: str | None = None
    cpu: int | None = None
    state: str | None = None
    task: str | None = None
    """Address of its task_struct."""
    waited_seconds: float | None = None
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Module:
    """A loaded module."""

    name: str
    base: str | None
    size: int | None
    """Bytes."""
    symbols: str = "none"
    """"full", "names" or "none"."""


@dataclass(frozen=True)
class Memory:
    """Bytes, as ``kmem -i`` counts them."""

    total: int | None = None
    free: int | None = None
    used: int | None = None
    shared: int | None = None
    buffers: int | None = None
    cached: int | None = None
    slab: int | None = None
    huge_total: int | None = None
    huge_free: int | None = None
    swap_total: int | None = None
    swap_used: int | None = None
    commit_limit: int | None = None
    committed: int | None = None


@dataclass(frozen=True)
class Tasks:
    """How many tasks there were."""

    count: int | None = None
    complete: str = "unknown"
    """"yes", "no" or "unknown": was the whole process table read?"""
    states: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class MachineCheck:
    """``struct mce`` of arch/x86/include/uapi/asm/mce.h; the addresses and registers in hexadecimal with 0x."""

    cpu: int | None = None
    status: str | None = None
    addr: str | None = None
    misc: str | None = None
    mcgstatus: str | None = None
    mcgcap: str | None = None
    ip: str | None = None
    synd: str | None = None
    ipid: str | None = None
    ppin: str | None = None
    cpuid: str | None = None
    microcode: str | None = None
    bank: int | None = None
    cs: int | None = None
    socketid: int | None = None
    apicid: int | None = None
    cpuvendor: int | None = None
    tsc: int | None = None
    time: int | None = None
    """Seconds since 1970."""


@dataclass(frozen=True)
class Line:
    """Where a frame of the report is in the source."""

    symbol: str
    offset: int
    module: str | None
    file: str
    line: int | None


@dataclass(frozen=True)
class Asked:
    """One command and how it ended."""

    command: str
    file: str | None
    """The artifact with what it said."""
    bytes: int
    ended: str
    """"whole", "cut", "timed out", "died" or "not run"."""
    seconds: float | None = None


@dataclass(frozen=True)
class Tool:
    """Who filled in the document."""

    name: str
    """"crash" or "drgn"."""
    version: str | None
    minimal: bool = False


@dataclass(frozen=True)
class Vmlinux:
    """The kernel with its debugging information."""

    path: str
    build_id: str | None
    matched_by: str
    """"build-id" or "banner"."""


@dataclass(frozen=True)
class Kernel:
    """Which kernel crashed."""

    release: str | None = None
    version: str | None = None
    machine: str | None = None


@dataclass(frozen=True)
class Analysis:
    """All that a debugger told of a dump; what it did not tell is None or empty."""

    opened: str = "no"
    """"yes", "partly" or "no"."""
    tool: Tool | None = None
    helper: Tool | None = None
    """A second debugger, which told what the first could not read."""
    vmlinux: Vmlinux | None = None
    install: str | None = None
    """The package that brings the vmlinux, where none was found."""
    kernel: Kernel = Kernel()
    nodename: str | None = None
    cpus: int | None = None
    load: tuple[float, ...] | None = None
    uptime_seconds: float | None = None
    panic: str | None = None
    tasks: Tasks = Tasks()
    memory: Memory | None = None
    panic_task: Stack | None = None
    cpu_stacks: tuple[Stack, ...] = ()
    blocked: tuple[Stack, ...] = ()
    modules: tuple[Module, ...] = ()
    machine_checks: tuple[MachineCheck, ...] = ()
    lines: tuple[Line, ...] = ()
    commands: tuple[Asked, ...] = ()
    doubts: tuple[str, ...] = ()


def document(analysis: Analysis, *, crash_id: str | None) -> dict[str, Any]:
    """Return the analysis as JSON-ready values."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(analysis)))
    return {"schema": SCHEMA, "crash_id": crash_id, "agent": {"version": __version__}, **told}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of an analysis."""
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return found
