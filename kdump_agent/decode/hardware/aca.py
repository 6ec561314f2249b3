"""Read the errors of AMD's accelerators (MI200, MI300) as their driver logs them: drivers/gpu/drm/amd/amdgpu.

"Accelerator Check Architecture" is Scalable MCA without a CPU: one line a register, from 6.7 on (amdgpu_mca.c), in
another order and notation from 6.9 on (amdgpu_aca.c). What the registers mean is meaning.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import nlargest
from typing import Any

from kdump_agent.decode.line import Line

from . import meaning, status
from .mce import MOST
from .record import HardwareError, register
from .registers import bit
from .sentence import DEVICE, HOW_BAD, calm, sentence
from .severity import DEFERRED

MARKS = ("aca entry[", "]: ACA[")
_REGISTER = re.compile(
    r"amdgpu ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]): (?:amdgpu: )?(?:\{\d{1,20}\})?\[Hardware [Ee]rror\]:? "
    r"(?:aca entry\[\d{1,3}\]|ACA\[\d{1,3}/\d{1,3}\])\.([A-Z]{4,7})0?=0x([0-9a-f]{16})"
)
KEPT = frozenset(("ADDR", "MISC", "IPID", "SYND"))
FATAL = "fatal: the accelerator could not go on"
FAMILY, MODEL = 0x19, 0x90
"""MI300A, whose units have the numbers that the accelerators without a CPU have."""


@dataclass
class Draft:
    """An error whose registers are still coming."""

    line: int
    device: str
    registers: dict[str, str] = field(default_factory=dict)


def find_aca(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors of accelerators, at most ``MOST``; banks without a valid one are left out."""
    yield from map(_record, sorted(nlargest(MOST, _drafts(lines), key=_weight), key=lambda draft: draft.line))


def _weight(draft: Draft) -> tuple[bool, int]:
    return bit(int(draft.registers["status"], 16), status.UC), draft.line


def _drafts(lines: Sequence[Line]) -> Iterator[Draft]:
    draft: Draft | None = None
    for line in lines:
        if found := _REGISTER.match(line.text):
            device, name, value = found.groups()
            if name == "STATUS":
                if draft is not None:
                    yield draft
                valid = bit(int(value, 16), status.VAL)
                draft = Draft(line.number, device, {"status": value}) if valid else None
            elif draft is not None and draft.device == device and name in KEPT and int(value, 16):
                draft.registers.setdefault(name.lower(), value)
    if draft is not None:
        yield draft


def _record(draft: Draft) -> HardwareError:
    told: dict[str, Any] = {name: register(value) for name, value in draft.registers.items()}
    record = HardwareError("aca", line=draft.line, vendor="amd", **told)
    decoded = {**meaning.read(replace(record, family=FAMILY, model=MODEL)), "pci": draft.device}
    if decoded["severity"] == "corrected" and "POISON" in decoded["flags"]:  # as the driver counts it
        decoded.update(severity=DEFERRED.name, recoverability=DEFERRED.recoverability)
    severity = decoded["severity"]
    where = [f"accelerator {draft.device}", f"status {record.status}"]
    remedy = calm(severity, DEVICE)
    how_bad = {**HOW_BAD, "fatal": FATAL}[severity]
    return replace(record, decoded=decoded, summary=sentence(decoded["text"], where, how_bad, remedy))
