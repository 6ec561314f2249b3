"""``ps`` and ``ps -m``: which tasks there were, in which state, and how long ago each last ran."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from kdump_agent.analysis.document import Tasks

_ROW = re.compile(r"^>? *(\d{1,10}) +(?:-?\d{1,10}) +(\d{1,6}) +([0-9a-f]{8,16}) +([A-Z?]{2}) ", re.MULTILINE)
_RAN = re.compile(
    r"^\[ *(\d{1,6}) (\d\d):(\d\d):(\d\d)\.(\d{3})\] +\[([A-Z?]{2})\] +PID: (\d{1,10}) +TASK: ([0-9a-f]{8,16})",
    re.MULTILINE,
)
_KTHREADD = 2
"""The parent of all kernel threads (init/main.c, rest_init): alive as long as the kernel is."""


def read_tasks(text: str) -> Tasks:
    """Return what ``ps`` tells. A table without kthreadd was not read whole, whatever crash itself says."""
    rows = [(int(found[1]), found[4]) for found in _ROW.finditer(text)]
    if not rows:
        return Tasks()
    whole = any(pid == _KTHREADD for pid, _ in rows)
    return Tasks(len(rows), "yes" if whole else "no", dict(Counter(state for _, state in rows)))


def read_waits(text: str) -> Mapping[str, tuple[str, float]]:
    """Return (state, seconds since it last ran) by the address of each task, as ``ps -m`` tells."""
    waits: dict[str, tuple[str, float]] = {}
    for found in _RAN.finditer(text):
        days, hours, minutes, seconds, thousandths = (int(part) for part in found.groups()[:5])
        waits[f"0x{found[8]}"] = (found[6], ((days * 24 + hours) * 60 + minutes) * 60 + seconds + thousandths / 1000)
    return waits
