"""Was it a virtual machine that told of the hardware error?

Its CPUs, sockets, addresses and devices are those that the hypervisor shows it, so no part of a real machine can be
found by them; what QEMU or Hyper-V injects looks like real hardware's. The kernel says at its start who runs it
(arch/x86/kernel/cpu/hypervisor.c). Not meant are Xen PV, Jailhouse and ACRN, and a root partition of Hyper-V: the
kernel that owns the hardware says the same there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kdump_agent.decode.line import Line

from .record import HardwareError

MARKS = ("Hypervisor detected: ",)
_NAME = re.compile(rf"^{MARKS[0]}(KVM|VMware|Microsoft Hyper-?V|Xen HVM|bhyve)\b")
_OWNER = "Hyper-V: running as root partition"


def hypervisor(lines: Sequence[Line]) -> str | None:
    """Return the name of the hypervisor that the kernel found itself under."""
    name = None
    for line in lines:
        if line.text.startswith(_OWNER):
            return None
        if found := _NAME.match(line.text):
            name = found[1]
    return name


def told_by_guest(records: Iterable[HardwareError], name: str) -> Iterator[HardwareError]:
    """Say with each record that the host's log tells the real place."""
    for record in records:
        decoded = {**record.decoded, "guest": name}
        told = f"{record.summary[:-1]}; seen in a virtual machine ({name}): its host's log tells the real place."
        yield replace(record, decoded=decoded, summary=told)
