"""What is in a guest: a Debian, its packages, the files under root/. Building it is image.py's work."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE / "root"
"""Files that lie in every guest as they lie here."""

KERNEL = ("linux-image-amd64", "initramfs-tools", "zstd")
SYSTEM = ("systemd", "systemd-sysv", "udev", "kmod", "dbus", "procps", "iproute2", "ca-certificates")
KDUMP = ("kdump-tools", "makedumpfile", "kexec-tools")
AGENT = ("python3-pyinotify", "python3-requests", "python3-sdnotify", "python3-structlog", "python3-tomli")
"""What the agent's package depends on: the guest reaches this host and nothing else."""


@dataclass(frozen=True)
class Recipe:
    """A Debian that crashes in the lab."""

    suite: str
    packages: tuple[str, ...]

    @property
    def key(self) -> str:
        """Changes when the image would; sixteen hexadecimal digits."""
        digest = hashlib.sha256(repr(self).encode())
        for path in (HERE / "image.py", HERE / "recipe.py", *sorted(p for p in ROOT.rglob("*") if p.is_file())):
            digest.update(b"\0".join((str(path.relative_to(HERE)).encode(), path.read_bytes(), b"")))
        return digest.hexdigest()[:16]


BOOKWORM = Recipe("bookworm", SYSTEM + KERNEL + KDUMP + AGENT)
TRIXIE = Recipe("trixie", (*BOOKWORM.packages, "linux-sysctl-defaults", "python3-pyasyncore"))
