"""The packages of this tree, built once a test run, and a machine's root to install them in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.machine import REPOSITORY

BUILD = {
    "deb": (["packaging/build-deb"], "dist/kdump-agent_*_all.deb"),
    "rpm": (["packaging/build-rpm", str(Path(sys.executable).with_name("pip"))], "dist/kdump-agent-*.noarch.rpm"),
}
BESIDE = {"deb": "kdump-agent_*", "rpm": "kdump-agent-*.src.rpm"}


def package(kind: str) -> Path:
    """Return the package of this tree; the first test of a run builds it, the others wait."""
    argv, pattern = BUILD[kind]
    (REPOSITORY / "build").mkdir(exist_ok=True)
    with (REPOSITORY / f"build/{kind}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
        if lock.read() != run:
            subprocess.run(argv, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
            lock.truncate(0)
            lock.write(run)
    (found,) = REPOSITORY.glob(pattern)
    return found


class Root:
    """This machine's root as another sees it: what is written there is gone after the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / "var/lib/kdump-agent"
        self.settings = path / "etc/kdump-agent"

    def run(self, *argv: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["chroot", str(self.path), *argv],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def put(self, source: Path, folder: str) -> str:
        """Copy a file or folder into a folder of the root; return its path there."""
        target = self.path / folder.lstrip("/") / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        return f"{folder}/{source.name}"

    def write(self, place: str, text: str, mode: int = 0o644) -> None:
        path = self.path / place.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


@contextlib.contextmanager
def root(tmp_path: Path) -> Iterator[Root]:
    """Yield a writable copy of the running system: an overlay, whose upper layer lies in memory."""
    upper, path = tmp_path / "upper", tmp_path / "root"
    upper.mkdir()
    path.mkdir()
    with contextlib.ExitStack() as mounts:
        _mount(mounts, "-t", "tmpfs", "kdump-agent-test", str(upper))
        (upper / "files").mkdir()
        (upper / "work").mkdir()
        layers = f"lowerdir=/,upperdir={upper}/files,workdir={upper}/work"
        _mount(mounts, "-t", "overlay", "overlay", "-o", layers, str(path))
        for each in ("proc", "dev"):
            _mount(mounts, "--bind", f"/{each}", str(path / each))
        for each in ("var/lib/kdump-agent", "etc/kdump-agent", "var/crash"):
            shutil.rmtree(path / each, ignore_errors=True)
        yield Root(path)


def _mount(mounts: contextlib.ExitStack, *words: str) -> None:
    subprocess.run(["mount", *words], check=True)
    mounts.callback(subprocess.run, ["umount", "--lazy", words[-1]], check=True)
