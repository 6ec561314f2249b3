"""Where guests and containers of the tests take their Debian from."""

from __future__ import annotations

import os
import re
from pathlib import Path

CHOSEN = "KDUMP_AGENT_LAB_MIRROR"
_ARCHIVE = re.compile(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+/debian)/?(?:\s|$)", re.MULTILINE)


def mirror() -> str:
    """Return the mirror that ``KDUMP_AGENT_LAB_MIRROR`` names, else the one that this host's own apt uses."""
    if chosen := os.environ.get(CHOSEN):
        return chosen
    apt = Path("/etc/apt")
    for source in (*sorted(apt.glob("sources.list.d/*.sources")), *sorted(apt.glob("**/*.list"))):
        if found := _ARCHIVE.search(source.read_text()):
            return found[1]
    raise RuntimeError(f"apt's sources name no Debian archive; set {CHOSEN}")
