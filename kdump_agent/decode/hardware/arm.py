"""Read what arm64 and arm kernels say when the memory system fails: SError and external aborts.

The lines are those of arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c and arch/arm/mm/fault.c, from 3.7 on. The
syndrome is decoded by esr.py; arm's own FSR is kept as a number, its words being the kernel's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kdump_agent.decode.line import Line

from . import esr
from .record import HardwareError, register
from .sentence import HOW_BAD, sentence

MARKS = ("SError", "Internal error: ", "nhandled ", "External Abort", "Error handler")
_SERROR = re.compile(
    r"(?:SError Interrupt|Bad mode in Error handler)(?: detected)? on CPU(\d{1,5}), code (?:0x)?([0-9a-f]{8,16})"
)
_DIED = re.compile(r"Internal error: ([^\[]{0,80}?): (?:0x)?([0-9a-f]{8,16}) \[#")
_FAULT = re.compile(
    r"(?:Unhandled (?:prefetch abort|fault)|Synchronous External Abort): (.{1,80}?) \((?:0x)?([0-9a-f]{1,16})\)"
    r" at (?:0x)?([0-9a-f]{1,16})"
)
_KILLED = re.compile(r"unhandled exception: ([^,]{1,60}), ESR (?:0x)?([0-9a-f]{8,16})")
_HARDWARE = re.compile(r"external abort|parity|ECC")
"""The names that arm's own faults of this kind have; arm64's are known by their syndrome."""
_CPU = re.compile(r"CPU: ?(\d{1,5}) (?:UID: \d{1,10} )?PID: ")
_SPAN = 24
"""Lines after it within which the kernel says which CPU it was."""
REMEDY = {
    "serror": "look for a record from firmware beside it; else a driver may have touched a device that was off",
    "abort": "look for a record from firmware beside it, then test memory and the device at that address",
}


def find_arm(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the SErrors and external aborts of a log."""
    for at, line in enumerate(lines):
        if found := _SERROR.search(line.text):
            yield _record(line.number, "serror", "SError", found[2], cpu=int(found[1]))
        elif found := _DIED.search(line.text) or _KILLED.search(line.text):
            if esr.decode(int(found[2], 16)).get("fault"):
                died = line.text.startswith("Internal")
                yield _record(line.number, "abort", found[1], found[2], cpu=_cpu(lines[at + 1 : at + _SPAN]), died=died)
        elif (found := _FAULT.search(line.text)) and _HARDWARE.search(found[1]):
            cpu, addr = _cpu(lines[at + 1 : at + _SPAN]), register(found[3])
            yield _record(line.number, "abort", found[1], found[2], cpu=cpu, addr=addr)


def _record(
    number: int, kind: str, name: str, syndrome: str, *, cpu: int | None, addr: str | None = None, died: bool = False
) -> HardwareError:
    fields = esr.decode(int(syndrome, 16))
    text = fields.get("fault") or name.strip()
    bad = "fatal" if died else esr.severity(fields) or ("fatal" if kind == "serror" else "uncorrected")
    decoded: dict[str, Any] = {**fields, "class": kind, "text": text, "severity": bad}
    where = [
        None if cpu is None else f"CPU {cpu}", addr and f"virtual address {addr}", f"syndrome {register(syndrome)}"
    ]  # fmt: skip
    return HardwareError(
        "arm", line=number, cpu=cpu, status=register(syndrome), addr=addr, vendor="arm", decoded=decoded,
        summary=sentence(text, where, HOW_BAD[bad], REMEDY[kind]),
    )  # fmt: skip


def _cpu(following: Sequence[Line]) -> int | None:
    return next((int(found[1]) for line in following if (found := _CPU.search(line.text))), None)
