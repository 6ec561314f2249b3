"""What a test of the RPM builds beside it: what it requires, as a package, and its own next release."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.machine import REPOSITORY

REQUIREMENTS = """
Name: requirements
Version: 1
Release: 1
Summary: What Enterprise Linux 9 has
License: MIT
BuildArch: noarch
Provides: python3 = 3.9.21, /usr/bin/python3, /bin/sh, python3-inotify, python3-requests, python3-tomli, zstd, systemd
%description
It stands for packages of the distribution.
%files
"""
BROUGHT_ALONG = ("structlog", "sdnotify")
"""The libraries that lie in the RPM itself."""


def requirements(room: Path) -> Path:
    """Return a package that provides what the RPM requires and Debian's rpm knows nothing of."""
    spec = room / "requirements.spec"
    spec.write_text(REQUIREMENTS)
    return _build(room / "requirements", "-bb", str(spec))


def newer(rpm: Path, room: Path) -> Path:
    """Return the next release, built from the source package alone."""
    (source,) = rpm.parent.glob("kdump-agent-*.src.rpm")
    return _build(room / "newer", "--define", "dist .2", "--rebuild", str(source))


def _build(top: Path, *words: str) -> Path:
    macros = REPOSITORY / "packaging/rpm/macros.debian"
    argv = ["rpmbuild", "--nodeps", f"--load={macros}", "--define", f"_topdir {top}", *words]
    subprocess.run(argv, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", "HOME": str(top)})
    (built,) = top.glob("RPMS/noarch/*.rpm")
    return built
