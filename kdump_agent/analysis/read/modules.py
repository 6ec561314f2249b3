"""``mod``: the loaded modules, and what is known of their symbols."""

from __future__ import annotations

import re

from kdump_agent.analysis.document import Module

# crash 8 has a column for the base; crash 7 has not
_ROW = re.compile(r"^ *[0-9a-f]{8,16} +(\S{1,64}) +(?:([0-9a-f]{8,16}) +)?(\d{1,12}) +(\S.*)$", re.MULTILINE)
_MOST = 4096


def read_modules(text: str) -> tuple[Module, ...]:
    """Return every module of the table."""
    return tuple(
        Module(found[1], f"0x{found[2]}" if found[2] else None, int(found[3]), _symbols(found[4]))
        for found in _ROW.finditer(text)
    )[:_MOST]


def _symbols(words: str) -> str:
    if not words.startswith("(not loaded)"):
        return "full"
    return "names" if "CONFIG_KALLSYMS" in words else "none"
