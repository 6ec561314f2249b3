"""Read what firmware kept of the boot before: ACPI's boot error record table (BERT), drivers/acpi/apei/bert.c, 4.3 on.

Only this tells of a crash in which the kernel had no chance to say anything. How a record reads is cper.py's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import dropwhile

from kdump_agent.decode.line import Line

from .cper import events, records
from .record import HardwareError

MARKS = ("BERT: Error records from previous boot",)


def find_bert(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors of the boot before, a section at a time."""
    after = list(dropwhile(lambda line: MARKS[0] not in line.text, lines))
    for event in events(after):
        if not event.numbered and event.source is None:
            yield from records(event, "bert", "previous")
