"""``sym`` and ``dis -l``: where an address is in the source."""

from __future__ import annotations

import re

_SYM = re.compile(r"^[0-9a-f]{8,16} \(.\) \S{1,200}(?: \[\S{1,64}\])? (\S.{0,400}?): (\d{1,9})\s*$", re.MULTILINE)
_DIS = re.compile(r"^(\S.{0,400}?): (\d{1,9})\s*\n0x[0-9a-f]{8,16} ", re.MULTILINE)


def read_place(text: str) -> tuple[str, int] | None:
    """Return (file, line), or None when the text names none."""
    found = _SYM.search(text) or _DIS.search(text)
    return (found[1], int(found[2])) if found else None
