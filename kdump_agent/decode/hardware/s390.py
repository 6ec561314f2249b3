"""Read machine checks of IBM Z: arch/s390/kernel/nmi.c, and the machine-check interruption code they carry.

z/Architecture Principles of Operation (SA22-7832), chapter 11, "Machine-Check Interruption Code"; its bit 0 is the
leftmost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kdump_agent.decode.line import Line

from .record import HardwareError, register
from .sentence import HOW_BAD, sentence

MARKS = ("because of machine malfunction",)
_KILLED = re.compile(r"mcck: Terminating task because of machine malfunction(?: \(code (?:0x)?([0-9a-f]{1,16})\))?")
CONDITIONS = (
    (0, "system damage"), (1, "instruction-processing damage"), (2, "system recovery"), (4, "timing-facility damage"),
    (5, "external damage"), (7, "degradation"), (8, "warning"), (9, "channel report pending"),
    (10, "service-processor damage"), (11, "channel-subsystem damage"), (16, "storage error uncorrected"),
    (17, "storage error corrected"), (18, "storage-key error uncorrected"), (19, "storage degradation"),
)  # fmt: skip
"""Subclasses (bits 0 to 11) and storage errors (bits 16 to 19)."""
REMEDY = "read the hardware messages of the management console and call the service that it names"


def find_s390(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the machine checks that cost a task its life."""
    for line in lines:
        if found := _KILLED.search(line.text):
            code = None if found[1] is None else int(found[1], 16)
            names = [name for bit, name in CONDITIONS if code is not None and code >> (63 - bit) & 1]
            text = f"IBM Z machine check: {' and '.join(names) or 'registers were lost'}"
            yield HardwareError(
                "s390", line=line.number, status=register(found[1]), vendor="ibm",
                decoded={"class": "processor", "text": text, "severity": "uncorrected", "conditions": names},
                summary=sentence(text, [], f"{HOW_BAD['uncorrected']}; a task was killed for it", REMEDY),
            )  # fmt: skip
