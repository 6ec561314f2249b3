"""Debian trees to boot, made once and kept in ``$XDG_CACHE_HOME/kdump-agent-nspawn``, else ``/var/cache``.

A tree has systemd and what the package depends on, so that a test needs nothing but this host.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.mirror import mirror

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "/var/cache")) / "kdump-agent-nspawn"
PACKAGES = (
    "dbus", "makedumpfile", "python3-pyinotify", "python3-requests", "python3-sdnotify", "python3-structlog",
    "python3-tomli", "rpm", "systemd-sysv", "zstd",
)  # fmt: skip
UNREAD = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")


def tree(suite: str) -> Path:
    """Return the tree of a suite; it is to be left as it is."""
    key = hashlib.sha256(repr((PACKAGES, UNREAD)).encode()).hexdigest()[:16]
    folder = CACHE / f"{suite}-{key}"
    with locked(suite):
        if not folder.exists():
            for old in CACHE.glob(f"{suite}-*"):  # of another recipe, or half made
                shutil.rmtree(old)
            _build(suite, folder)
    return folder


def _build(suite: str, folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.draft")
    excluded = [f"--dpkgopt=path-exclude={pattern}" for pattern in UNREAD]
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", *excluded]
    subprocess.run([*argv, suite, str(draft), mirror()], check=True, stdin=subprocess.DEVNULL)
    draft.rename(folder)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Be the only one on this host who does this."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
