"""VMCOREINFO: what the dead kernel said of itself in lines of ``NAME=value``.

Documentation/admin-guide/kdump/vmcoreinfo.rst; written by kernel/crash_core.c (now kernel/vmcore_info.c).
"""

from __future__ import annotations

from collections.abc import Mapping

LARGEST = 64 << 10
_MOST = 4096
_LONGEST_NUMBER = 20


def parse(raw: bytes) -> dict[str, str]:
    """Return the names and values of a note's text; what is no such line is passed over."""
    found: dict[str, str] = {}
    for line in raw[:LARGEST].decode("utf-8", "replace").split("\n"):
        name, equals, value = line.strip("\0").partition("=")
        if equals and name.isascii() and name.isprintable() and value.isprintable() and len(found) < _MOST:
            found[name] = value
    return found


def number(info: Mapping[str, str], name: str) -> int | None:
    """Return a value written as ``12``, ``-12`` or ``0x1f``, or None when it is absent or no number."""
    return _integer(info.get(name, ""), 0)


def address(info: Mapping[str, str], name: str) -> int | None:
    """Return a value written in bare hexadecimal, as ``SYMBOL(x)`` is, or None when it is absent or no number."""
    return _integer(info.get(name, ""), 16)


def _integer(words: str, base: int) -> int | None:
    if len(words) > _LONGEST_NUMBER or not words.isascii() or not words.replace("-", "", 1).isalnum():
        return None
    try:
        return int(words, base)
    except ValueError:
        return None
