"""The facts that decide whether a host can capture a crash: nouns only.

``gather/`` fills them, ``verdict.py`` judges them. None is "it is not there"; where it is rather "we could not
look", the reason stands in ``Facts.doubts`` under the topic's name. Paths are the host's own, without any root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .distros.distribution import Distribution


@dataclass(frozen=True)
class Kernel:
    """The running kernel."""

    release: str | None = None
    arguments: tuple[str, ...] = ()
    """The words of its command line."""
    build_id: str | None = None
    """Hexadecimal."""
    memory: Mapping[str, int] = field(default_factory=dict)
    """/proc/meminfo, in bytes."""
    sysctls: Mapping[str, int] = field(default_factory=dict)
    """kernel.*, without that prefix."""
    tolerant: int | None = None
    """The machine check handler's tolerance, 0 to 3 (Documentation/arch/x86/x86_64/machinecheck)."""
    lockdown: str | None = None
    """none, integrity or confidentiality."""
    secure_boot: bool | None = None

    def argument(self, name: str) -> str | None:
        """Return the last value of ``name=value`` on the command line, "" when it has none, None when it is absent."""
        found = [word.partition("=")[2] for word in self.arguments if word.partition("=")[0] == name]
        return found[-1] if found else None


@dataclass(frozen=True)
class Reservation:
    """Memory for the crash kernel, and whether one lies in it."""

    supported: bool | None = None
    """Has the kernel kexec at all? None when there is no /sys to ask."""
    loaded: bool | None = None
    reserved: int | None = None
    """Bytes, as the kernel says; where it does not, those of /proc/iomem."""
    range_size: int | None = None
    """Bytes of the "Crash kernel" ranges of /proc/iomem."""
    fadump_enabled: bool | None = None
    fadump_registered: bool | None = None


@dataclass(frozen=True)
class Unit:
    """The service that loads the crash kernel at boot, in systemd's words (systemctl(1), ``show``)."""

    name: str
    load: str = ""
    active: str = ""
    sub: str = ""
    result: str = ""
    condition_met: bool | None = None
    """None when it was never started."""
    enabled: str = ""
    since: str = ""

    @property
    def skipped(self) -> bool:
        """Was it not started because a condition of its own said no? Neither failed nor active then."""
        return self.active == "inactive" and (self.condition_met is False or self.result == "exec-condition")


@dataclass(frozen=True)
class File:
    """A file that matters to capturing."""

    path: str
    modified: float | None = None
    """Seconds since 1970; None when the file is not there."""
    signed: bool | None = None
    """Has the kernel image a signature? None when that cannot be told."""


@dataclass(frozen=True)
class CrashKernel:
    """What would boot after a panic, and what it was made from."""

    running: File | None = None
    """The image of the kernel that runs now."""
    kernel: File | None = None
    initrd: File | None = None
    sources: tuple[File, ...] = ()
    """What the initrd was built from: settings, the kernel's modules, and the kernel."""


@dataclass(frozen=True)
class Target:
    """Where kdump writes to."""

    folder: str
    source: str
    """What said so."""
    exists: bool = False
    remote: str | None = None
    """Where dumps leave the host for, instead: "ssh", "nfs" ..."""
    unmounted: str | None = None
    """The device of the settings that is not mounted now."""
    encrypted: str | None = None
    """The device that the crash kernel must unlock first, by the kernel's name."""
    read_only: bool = False
    bytes_free: int | None = None
    inodes_free: int | None = None


@dataclass(frozen=True)
class Tools:
    """The programs that write and read dumps."""

    collector: str | None = None
    """Path of makedumpfile."""
    collector_version: tuple[int, ...] = ()
    analyser_version: tuple[int, ...] = ()
    """Of ``crash``; empty when it is not there."""
    vmlinux: str | None = None
    """Path of the running release's vmlinux with debugging information."""
    vmlinux_build_id: str | None = None


@dataclass(frozen=True)
class Watchdog:
    """A hardware watchdog."""

    name: str
    timeout: int | None
    """Seconds."""


@dataclass(frozen=True)
class Facts:
    """All that was seen of one host."""

    distribution: Distribution
    kernel: Kernel
    reservation: Reservation
    unit: Unit | None
    """The one that loads the crash kernel."""
    settings: Mapping[str, str]
    """kdump's own, as they are written."""
    settings_file: str | None
    crash_kernel: CrashKernel
    target: Target
    tools: Tools
    kexec_load: Unit | None = None
    """Debian's unit that loads a kernel for a fast reboot: not for a crash, though its name says as much."""
    watchdogs: tuple[Watchdog, ...] = ()
    rivals: tuple[str, ...] = ()
    """Others that purge or take dumps: "apport", "abrt"."""
    container: str | None = None
    """The file that tells that this is a container; its kernel is another host's."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """Topic -> why we could not look."""
