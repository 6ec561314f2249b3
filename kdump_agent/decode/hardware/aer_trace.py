"""Read PCI Express errors out of a trace that was dumped into the log (ftrace_dump_on_oops): the event ``aer_event``.

The line is that of include/ras/ras_event.h, from 3.10 on; rasdaemon reads the same event in its binary form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kdump_agent.decode.line import Line

from .aer import record
from .record import HardwareError

MARKS = ("aer_event: ",)
_EVENT = re.compile(
    r"aer_event: (\S{7,24}) (?:PCIe|CXL) Bus Error: severity=(Corrected|Fatal|Uncorrected, non-fatal), "
    r"(.{0,400}?), TLP Header=(.{1,120})"
)
SEVERITIES = {"Corrected": "corrected", "Fatal": "fatal", "Uncorrected, non-fatal": "uncorrected"}
NAMES = {
    "relay_num rollover": "replay number rollover", "unsupported request error": "unsupported request",
    "uncorrectable internal error": "internal error", "mc blocked tlp": "multicast blocked TLP",
    "bad tlp": "bad TLP", "bad dllp": "bad DLLP", "poisoned tlp": "poisoned TLP", "malformed tlp": "malformed TLP",
    "ecrc error": "ECRC error", "acs violation": "ACS violation", "atomicop egress blocked": "AtomicOp egress blocked",
    "tlp prefix blocked error": "TLP prefix blocked",
}  # fmt: skip
"""The kernel's names, in those of the specification."""


def find_aer_trace(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors that such an event tells."""
    for line in lines:
        if found := _EVENT.search(line.text):
            told: dict[str, Any] = {"severity": SEVERITIES[found[2]]}
            if found[4] != "Not available":
                told["tlp"] = found[4].strip()
            names = [name.strip().lower() for name in found[3].split("|") if name.strip()]
            yield record(line.number, told, [NAMES.get(name, name) for name in names], found[1])
