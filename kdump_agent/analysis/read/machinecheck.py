"""``p mces_seen:a``: what each CPU's machine check handler had gathered (arch/x86/kernel/cpu/mce/core.c)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from kdump_agent.analysis.document import MachineCheck

_RECORD = re.compile(r"per_cpu\(mces_seen, (\d{1,6})\) = \$\d{1,9} = \{(.{0,4000}?)^\}", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"\b([a-z]{2,20}) = (0x[0-9a-f]{1,16}|\d{1,20})\b")
HEXADECIMAL = (
    "status", "addr", "misc", "mcgstatus", "mcgcap", "ip", "synd", "ipid", "ppin", "cpuid", "microcode",
)  # fmt: skip


def read_machine_checks(text: str) -> tuple[MachineCheck, ...]:
    """Return the record of every CPU that was in a machine check."""
    found = ((int(record[1]), _members(record[2])) for record in _RECORD.finditer(text))
    return tuple(machine_check(cpu, members) for cpu, members in found if members.get("mcgstatus"))


def machine_check(cpu: int, members: Mapping[str, int]) -> MachineCheck:
    """Return a record of ``struct mce`` from its members by name; those of no interest are passed over."""
    known = {field.name for field in fields(MachineCheck)} - {"cpu"}
    return MachineCheck(cpu, **{
        name: hex(value) if name in HEXADECIMAL else value for name, value in members.items() if name in known
    })  # type: ignore[arg-type]  # fmt: skip


def _members(body: str) -> dict[str, int]:
    return {found[1]: int(found[2], 0) & (1 << 64) - 1 for found in _MEMBER.finditer(body)}
