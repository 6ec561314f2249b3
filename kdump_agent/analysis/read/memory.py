"""``kmem -i``: how the memory was used."""

from __future__ import annotations

import re

from kdump_agent.analysis.document import Memory

_ROW = re.compile(r"^ *([A-Z][A-Z ]{2,12}[A-Z]) +(\d{1,15}) +\S", re.MULTILINE)
_NAMES = {
    "TOTAL MEM": "total", "FREE": "free", "USED": "used", "SHARED": "shared", "BUFFERS": "buffers", "CACHED": "cached",
    "SLAB": "slab", "TOTAL HUGE": "huge_total", "HUGE FREE": "huge_free", "TOTAL SWAP": "swap_total",
    "SWAP USED": "swap_used", "COMMIT LIMIT": "commit_limit", "COMMITTED": "committed",
}  # fmt: skip


def read_memory(text: str, page_size: int) -> Memory | None:
    """Return the bytes of each row, whose own column of sizes is rounded; None when there is no such table."""
    rows = {found[1]: int(found[2]) * page_size for found in _ROW.finditer(text)}
    if "TOTAL MEM" not in rows:
        return None
    return Memory(**{name: rows.get(label) for label, name in _NAMES.items()})
