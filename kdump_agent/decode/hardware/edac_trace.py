"""Read memory errors out of a trace that was dumped into the log (ftrace_dump_on_oops): the event ``mc_event``.

The line is that of include/ras/ras_event.h, from 3.5 on; rasdaemon reads the same event in its binary form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kdump_agent.decode.line import Line

from .edac import memory
from .record import HardwareError

MARKS = ("mc_event: ",)
_EVENT = re.compile(
    r"mc_event: (\d{1,6}) (Corrected|Uncorrected|Deferred|Fatal|Info) errors?:(.{0,200}?) on (.{0,300}?) "
    r"\(mc:(\d{1,3}) location:([\d:-]{1,32}) address:(0x[0-9a-f]{1,16}) (.{0,400})"
)
SEVERITIES = {"Corrected": ("CE", "corrected"), "Uncorrected": ("UE", "uncorrected"), "Deferred": ("UE", "deferred"),
              "Fatal": ("UE", "fatal"), "Info": ("CE", "info")}  # fmt: skip
"""What EDAC's own lines and ours call it."""


def find_edac_trace(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors that such an event tells."""
    for line in lines:
        if found := _EVENT.search(line.text):
            count, kind, message, label, controller, location, address, details = found.groups()
            letters, severity = SEVERITIES[kind]
            record = memory(
                line.number, controller, letters, int(count), message.strip(), label, f"addr:{address} {details}"
            )
            yield replace(record, decoded={**record.decoded, "severity": severity, "location": location})
