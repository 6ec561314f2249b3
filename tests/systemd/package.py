"""The package under test once more, as a later version of itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

VERSION = "99"


def later(package: Path, room: Path) -> Path:
    """Return a package with the same content and a higher version."""
    tree = room / "later"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    lines = [
        f"Version: {VERSION}" if line.startswith("Version:") else line for line in control.read_text().splitlines()
    ]
    control.write_text("\n".join(lines) + "\n")
    path = room / f"kdump-agent_{VERSION}_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(tree), str(path)], check=True)
    return path
