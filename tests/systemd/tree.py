"""The Debian trees that a container boots: systemd, and what the package depends on."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from tests.cache import cached
from tests.debian import bootstrap

PACKAGES = (
    "dbus", "makedumpfile", "python3-pyinotify", "python3-requests", "python3-sdnotify", "python3-structlog",
    "python3-tomli", "rpm", "systemd-sysv", "zstd",
)  # fmt: skip


def tree(suite: str) -> Path:
    """Return the tree of a suite; it is to be left as it is."""
    key = hashlib.sha256(repr(PACKAGES).encode()).hexdigest()[:16]
    return cached(f"container-{suite}", key, partial(bootstrap, suite, PACKAGES))
