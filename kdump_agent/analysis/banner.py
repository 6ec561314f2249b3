"""The line by which a kernel names its build, where neither has a build-id: ``linux_banner`` of init/version.c."""

from __future__ import annotations

import mmap
import os
import re

_LARGEST = 4 << 30
"""Bytes of a vmlinux that are searched."""
_LONGEST = 1024
_LINE = re.compile(rb"Linux version [^\0\n]{1,1000}")


def banner_in_log(log: bytes) -> str | None:
    """Return the banner that a kernel's log begins with, or None."""
    found = _LINE.search(log[: 1 << 20])
    return found[0].decode("utf-8", "replace").strip() if found else None


def banner_of(fd: int, release: str) -> str | None:
    """Return the banner of ``release`` inside a vmlinux, or None when it has none. Raises OSError."""
    size = min(os.fstat(fd).st_size, _LARGEST)
    if not size:
        return None
    with mmap.mmap(fd, size, prot=mmap.PROT_READ) as content:
        at = content.find(b"Linux version " + release.encode("utf-8", "surrogateescape") + b" (")
        if at < 0:
            return None
        line = _LINE.match(content[at : at + _LONGEST])
    return line[0].decode("utf-8", "replace").strip() if line else None


def same_build(banner: str, release: str | None, version: str | None, logged: str | None) -> bool:
    """Is this the banner of the kernel that crashed? By its log's own, else by utsname's release and version."""
    if logged is not None:
        return banner == logged
    return (
        bool(release and version) and banner.startswith(f"Linux version {release} (") and banner.endswith(f" {version}")
    )
