"""Read which processor a log's kernel found at its start, for machine checks that do not say it themselves.

The line is arch/x86/kernel/smpboot.c's "CPU0: ..."; family, model and stepping stand in it from 3.2 on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kdump_agent.decode.line import Line

_BOOT_CPU = re.compile(r"CPU0: .{0,100}?\(fam(?:ily)?: (?:0x)?([0-9a-f]{1,2}), model: (?:0x)?([0-9a-f]{1,2}), "
                       r"stepping: (?:0x)?([0-9a-f]{1,2})\)")  # fmt: skip
_MAKERS = (
    ("AMD", "amd"), ("Hygon", "hygon"), ("Intel", "intel"), ("ZHAOXIN", "zhaoxin"), ("Zhaoxin", "zhaoxin"),
    ("VIA ", "centaur"),
)  # fmt: skip


def processor_of(lines: Sequence[Line]) -> dict[str, Any]:
    """Return vendor, family, model and stepping as HardwareError takes them; empty where the log does not tell."""
    for line in lines:
        if "CPU0: " not in line.text:
            continue
        vendor = next((name for maker, name in _MAKERS if maker in line.text), None)
        if vendor is None:
            continue
        told = _BOOT_CPU.search(line.text)
        numbers = [int(number, 16) for number in told.groups()] if told else [None] * 3
        return {"vendor": vendor, **dict(zip(("family", "model", "stepping"), numbers))}
    return {}
