"""The packages of this tree as a host's owner handles them: put in, replaced by a later version, taken out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Protocol

from tests.packaging import rpm
from tests.packaging.built import package

from .container import Container

LATER = "99"


class Package(Protocol):
    """The agent's package of one kind."""

    def __init__(self, room: Path) -> None: ...

    def install(self, host: Container) -> None: ...

    def upgrade(self, host: Container) -> None:
        """Replace what is installed by the same with a higher version."""

    def remove(self, host: Container) -> str:
        """Take it out, settings stay; return what was said."""


class Deb:
    """The Debian package."""

    def __init__(self, room: Path) -> None:
        self.room = room

    def install(self, host: Container) -> None:
        _hand(host, package("deb"), "dpkg", "--install")

    def upgrade(self, host: Container) -> None:
        tree = self.room / "later"
        subprocess.run(["dpkg-deb", "--raw-extract", str(package("deb")), str(tree)], check=True)
        control = tree / "DEBIAN/control"
        lines = control.read_text().splitlines()
        changed = [f"Version: {LATER}" if line.startswith("Version:") else line for line in lines]
        control.write_text("\n".join(changed) + "\n")
        later = self.room / f"kdump-agent_{LATER}_all.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(tree), str(later)], check=True)
        _hand(host, later, "dpkg", "--install")

    def remove(self, host: Container) -> str:
        return host.run("dpkg", "--remove", "kdump-agent").stderr

    def purge(self, host: Container) -> str:
        """Take it out with its settings, and its state where nothing undelivered is left."""
        return host.run("dpkg", "--purge", "kdump-agent").stderr


class Rpm:
    """The RPM, with Debian's rpm, on a host that lacks what the package brings along."""

    def __init__(self, room: Path) -> None:
        self.room = room

    def install(self, host: Container) -> None:
        for name in rpm.BROUGHT_ALONG:
            host.run("sh", "-c", f"rm -rf /usr/lib/python3/dist-packages/{name}*")
        if host.run("rpm", "--query", "requirements", check=False).returncode != 0:
            _hand(host, rpm.requirements(self.room), *self._argv(host), "--install")
        _hand(host, package("rpm"), *self._argv(host), "--install")

    def upgrade(self, host: Container) -> None:
        _hand(host, rpm.newer(package("rpm"), self.room), *self._argv(host), "--upgrade")

    def remove(self, host: Container) -> str:
        return host.run(*self._argv(host), "--erase", "kdump-agent").stderr

    def _argv(self, host: Container) -> list[str]:
        """rpm refused to work on a Debian until 4.20."""
        return ["rpm", *(["--force-debian"] if host.suite == "bookworm" else [])]


def _hand(host: Container, file: Path, *command: str) -> None:
    shutil.copy(file, host.root / "root")
    host.run(*command, f"/root/{file.name}")
