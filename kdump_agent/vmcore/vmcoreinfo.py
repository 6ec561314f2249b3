"""VMCOREINFO: what the dead kernel said of itself in lines of ``NAME=value``.

Documentation/admin-guide/kdump/vmcoreinfo.rst; written by kernel/crash_core.c (now kernel/vmcore_info.c).
"""

from __future__ import annotations

from collections.abc import Mapping

LARGEST = 64 << 10
_MOST = 4096


def parse(raw: bytes) -> dict[str, str]:
    """Return the names and values of a note's text; what is no such line is passed over."""
    found: dict[str, str] = {}
    for line in raw[:LARGEST].decode("utf-8", "replace").split("\n"):
        name, equals, value = line.strip("\0").partition("=")
        if equals and name.isascii() and name.isprintable() and value.isprintable() and len(found) < _MOST:
            found[name] = value
    return found


def number(info: Mapping[str, str], name: str) -> int | None:
    """Return a decimal value, or None when it is absent or no number."""
    value = info.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
