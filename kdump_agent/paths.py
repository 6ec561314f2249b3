"""Every path of the host, under one root.

Tests and ``--root`` give another root; nothing else in the program spells an absolute path of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HostPaths:
    """Where a host keeps what the agent looks at."""

    root: Path = Path("/")

    @property
    def config(self) -> Path:
        """Our own settings; ``config.d/*.toml`` beside it is read after it."""
        return self.root / "etc/kdump-agent/config.toml"

    @property
    def os_release(self) -> Path:
        return self.root / "etc/os-release"

    @property
    def machine_id(self) -> Path:
        return self.root / "etc/machine-id"

    @property
    def hostname(self) -> Path:
        return self.root / "proc/sys/kernel/hostname"

    @property
    def boot_id(self) -> Path:
        return self.root / "proc/sys/kernel/random/boot_id"

    @property
    def uptime(self) -> Path:
        return self.root / "proc/uptime"

    @property
    def mountinfo(self) -> Path:
        return self.root / "proc/self/mountinfo"

    @property
    def kdump_conf(self) -> Path:
        """Fedora, RHEL, CentOS: kdump.conf(5)."""
        return self.root / "etc/kdump.conf"

    @property
    def sysconfig_kdump(self) -> Path:
        """Fedora, RHEL, CentOS (command line) and SUSE (everything)."""
        return self.root / "etc/sysconfig/kdump"

    @property
    def default_kdump_tools(self) -> Path:
        """Debian, Ubuntu."""
        return self.root / "etc/default/kdump-tools"
