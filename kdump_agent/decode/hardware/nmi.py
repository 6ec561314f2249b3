"""Read non-maskable interrupts that hardware raised because it failed: arch/x86/kernel/nmi.c, before 3.3 traps.c.

The reason byte decides: port 61h, bit 7 "SERR# NMI source", bit 6 "IOCHK# NMI source" (Intel PCH data sheets,
"NMI Status and Control Register"). With neither, somebody pressed a button or a watchdog fired: no part failed, and
this is no hardware error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kdump_agent.decode.line import Line

from .record import HardwareError
from .sentence import sentence

MARKS = ("NMI: PCI system error", "NMI: IOCK error", "NMI received for unknown reason", "NMI: IO check")
_NMI = re.compile(
    r"(?:NMI: (?:PCI system error|IOCK error|IO check)|Uhhuh\. NMI received).{0,40}? reason ([0-9a-f]{2})"
    r"(?: on CPU (\d{1,5}))?"
)
SOURCES = (
    (0x80, "serr", "PCI system error (SERR#): a PCI device found bad parity or could not report an error otherwise",
     "read the management controller's event log for the slot, then reseat or replace that card"),
    (0x40, "iochk", "I/O check (IOCHK#): an expansion card or the board's own logic reported a failure",
     "read the management controller's event log; an operator's debug button raises it too"),
)  # fmt: skip


def find_nmi(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the non-maskable interrupts whose reason byte blames the hardware."""
    for line in lines:
        found = _NMI.match(line.text)
        if found is None:
            continue
        reason, cpu = int(found[1], 16), None if found[2] is None else int(found[2])
        for bit, name, text, remedy in SOURCES:
            if reason & bit:
                where = [None if cpu is None else f"seen by CPU {cpu}", f"reason {reason:#04x}"]
                yield HardwareError(
                    "nmi", line=line.number, cpu=cpu, status=f"{reason:#04x}",
                    decoded={"class": name, "text": text, "severity": "uncorrected"},
                    summary=sentence(text, where, "not corrected", remedy),
                )  # fmt: skip
                break
