"""The same tree gives the same bytes, whoever builds it, where and when."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.machine import REPOSITORY

from . import built


def contents(folder: Path, kind: str) -> dict[str, str]:
    """The hash of every file that the build gave, but for those that tell of the building machine by design."""
    (package,) = folder.glob(Path(built.BUILD[kind][1]).name)
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in [package, *folder.glob(built.BESIDE[kind])]
        if path.suffix not in (".buildinfo", ".changes")
    }


def copy(folder: Path) -> None:
    """Copy the tree with its history, and with new times."""
    subprocess.run(["git", "clone", "-q", "--no-checkout", str(REPOSITORY), str(folder)], check=True)
    files = subprocess.run(["packaging/tree"], cwd=REPOSITORY, check=True, capture_output=True).stdout
    subprocess.run(["cpio", "-0pdu", "--quiet", str(folder)], cwd=REPOSITORY, check=True, input=files)
    subprocess.run(["git", "reset", "-q"], cwd=folder, check=True)


def build(kind: str, folder: Path, mask: str, **environment: str) -> dict[str, str]:
    argv, _ = built.BUILD[kind]
    subprocess.run(
        ["sh", "-c", f'umask {mask}; exec "$@"', "sh", *argv],
        cwd=folder, check=True, env={**os.environ, **environment}, capture_output=True,
    )  # fmt: skip
    return contents(folder / "dist", kind)


@pytest.mark.slow
def test_a_deb_built_elsewhere_later_and_by_another_has_the_same_bytes(deb: Path, tmp_path: Path) -> None:
    copy(tmp_path / "elsewhere")
    again = build("deb", tmp_path / "elsewhere", "077", TZ="Asia/Kathmandu", LC_ALL="C")
    assert set(again) == {deb.name, deb.name.replace("_all.deb", ".dsc"), deb.name.replace("_all.deb", ".tar.xz")}
    assert again == contents(deb.parent, "deb")


@pytest.mark.slow
def test_an_rpm_built_later_and_by_another_has_the_same_bytes(tmp_path: Path) -> None:
    """In the same folder, as the distributions build: rpm writes the commands into the package as they were run."""
    copy(tmp_path / "tree")
    first = build("rpm", tmp_path / "tree", "022")
    for file in (tmp_path / "tree").rglob("*.py"):
        file.touch()
    assert len(first) == 2
    assert build("rpm", tmp_path / "tree", "077", TZ="Asia/Kathmandu", LC_ALL="C") == first
