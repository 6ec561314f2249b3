"""Read machine checks of POWER: arch/powerpc/kernel/mce.c, machine_check_print_event_info(), from 3.14 on.

Two generations of lines: "Severe Machine check interrupt [Recovered]" with its fields below it, and since 5.0
"MCE: CPU3: machine check (Severe) ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdump_agent.decode.line import Line

from .record import HardwareError, register
from .sentence import HOW_BAD, MEMORY, PROCESSOR, calm, sentence

MARKS = ("achine check",)
_OLD = re.compile(r"(Harmless|Warning|Severe|Fatal) Machine check interrupt \[(Recovered|Not recovered)\]")
_NEW = re.compile(
    r"MCE: CPU(\d{1,5}): machine check \((\w{1,8})\) {1,2}(?:Guest |Host )?(Real address|\S{1,12}) ?(.{0,60}?) {1,2}"
    r"(?:DAR: ([0-9a-f]{1,16}) )?(?:paddr: ([0-9a-f]{1,16}) )?\[(Recovered|Not recovered)\]"
)
_TYPE = re.compile(r" {1,4}Error type: (\S{1,12}|Real address) \[(.{1,60})\]")
_ADDRESS = re.compile(r" {1,8}(Effective|Physical) address: +([0-9a-f]{1,16})")
_CLASS = re.compile(r"MCE: CPU\d{1,5}: ((?:Probable )?(?:Hardware|Software) error)")
_SPAN = 12
MEMORY_TYPES = ("UE",)
"""UE is an uncorrectable error of memory or of a cache line; the others are the processor's own arrays."""


@dataclass
class Draft:
    """A machine check whose lines are still coming."""

    line: int
    recovered: bool
    cpu: int | None = None
    told: dict[str, Any] = field(default_factory=dict)


def find_power(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the machine checks of a POWER machine's log."""
    for at, line in enumerate(lines):
        if "achine check" not in line.text:
            continue
        if found := _OLD.search(line.text):
            draft = Draft(line.number, found[2] == "Recovered")
        elif found := _NEW.search(line.text):
            told = {"type": found[3], "subtype": found[4], "effective": found[5], "physical": found[6]}
            draft = Draft(line.number, found[7] == "Recovered", int(found[1]), told)
        else:
            continue
        for later in lines[at + 1 : at + _SPAN]:
            if _OLD.search(later.text) or _NEW.search(later.text):
                break
            _add(draft.told, later.text)
        yield _record(draft)


def _add(told: dict[str, Any], text: str) -> None:
    if found := _TYPE.match(text):
        told.update(type=found[1], subtype=found[2])
    elif found := _ADDRESS.match(text):
        told[found[1].lower()] = found[2]
    elif found := _CLASS.match(text):
        told["error_class"] = found[1]


def _record(draft: Draft) -> HardwareError:
    told = draft.told
    kind = told.get("type") or "unknown"
    severity = "fatal" if not draft.recovered else "uncorrected" if kind in MEMORY_TYPES else "corrected"
    text = f"POWER machine check, {kind}{f' {told[name]}' if (name := 'subtype') in told and told[name] else ''}"
    addr, effective = register(told.get("physical")), register(told.get("effective"))
    decoded = {
        "class": "memory" if kind in MEMORY_TYPES else "processor",
        "text": text,
        "severity": severity,
        "recovered": draft.recovered,
        "effective_address": effective,
        "error_class": told.get("error_class"),
    }
    where = [
        None if draft.cpu is None else f"CPU {draft.cpu}",
        addr and f"address {addr}",
        effective and f"effective address {effective}",
    ]
    remedy = (
        MEMORY.replace("that DIMM", "the DIMM that the service processor names") if kind in MEMORY_TYPES else PROCESSOR
    )
    if "Software" in (told.get("error_class") or ""):
        remedy = "the kernel suspects software: report the bug, and look for hardware records only if it comes back"
    return HardwareError("power", line=draft.line, cpu=draft.cpu, addr=addr, vendor="ibm", decoded=decoded,
                         summary=sentence(text, where, HOW_BAD[severity], calm(severity, remedy)))  # fmt: skip
