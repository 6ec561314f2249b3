"""Read why the machine was reset, where AMD's chipset kept it and hardware was the reason: 6.16 on.

The line is arch/x86/kernel/cpu/amd.c's, print_s5_reset_status_mmio(), at the start of the boot after. A button, a
watchdog or software that reset the machine is no error of hardware and gives no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kdump_agent.decode.line import Line

from .record import HardwareError
from .sentence import sentence

MARKS = ("Previous system reset reason",)
_REASON = re.compile(r"Previous system reset reason \[(0x[0-9a-f]{8})\]: (.{1,160})")
EVENT_LOG = "read the management controller's event log, and the machine checks of that boot's end or this boot's start"
COOLING = "check fans, heat sinks and air flow"
CAUSES = (
    ("sync flood", "unknown", EVENT_LOG),
    ("parity error", "unknown", EVENT_LOG),
    ("CPU shutdown", "processor", "look for a machine check of the boot before; update firmware and microcode"),
    ("MP1 failed", "processor", "update the firmware"),
    ("THERMTRIP", "thermal", COOLING),
    ("thermal limit", "thermal", COOLING),
)
"""What is in the reason, what a technician looks at, what to try. The first that fits is the one."""
SOFTWARE = "a software sync flood"


def find_reset(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the reasons that blame hardware; several lines may tell of one reset."""
    for line in lines:
        found = _REASON.search(line.text)
        if found is None or SOFTWARE in found[2]:
            continue
        cause = next((cause for cause in CAUSES if cause[0] in found[2]), None)
        if cause is not None:
            _, part, remedy = cause
            text = f"the machine was reset: {found[2]}"
            yield HardwareError(
                "reset", line=line.number, status=f"{int(found[1], 16):#x}", vendor="amd", boot="previous",
                decoded={"class": "reset", "text": text, "severity": "fatal", "part": part},
                summary=sentence(f"Left by the boot before: {text}", [], "fatal: the machine could not go on", remedy),
            )  # fmt: skip
