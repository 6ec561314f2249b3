"""Put the records of machine checks together from the lines that the kernel breaks them into.

A record is up to four lines: its head, RIP, TSC with the registers, PROCESSOR. CPUs that print at once mix theirs: a
line goes to the first open record that still waits for it and whose status agrees with it, and where the kernel wrote
callers only to one of the same. The heads of kernels before 2.6.32 are old_heads.py's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from kdump_agent.decode.line import Line
from kdump_agent.decode.stack import place

from . import mce_trace
from . import status as bits
from .boot_cpu import processor_of
from .old_heads import OldHeads
from .processor import VENDORS, cpuid
from .record import register
from .registers import bit, number

SPAN = 24
"""Lines after its head within which a record's other lines come, other CPUs' between them."""
RIP, REGISTERS = 1, 2
"""The stages of a record whose line may be broken: 4.9 to 4.15 put RIP's symbol on a line of its own."""
WHOLE = 3
"""The stage of a record that has all its lines."""
OPEN = 8
"""Records that may be open at once: so many CPUs may print at once."""
_HEX = r"(?:0x)?([0-9a-fA-F]{1,16})"
_HEAD = re.compile(rf"CPU (\d{{1,5}}): Machine Check(?: Exception)?: *{_HEX} Bank (\d{{1,3}}): {_HEX}\b")
_RIP = re.compile(r"RIP( !INEXACT!)? ([0-9a-fA-F]{1,4}):(?:\[?<)?([0-9a-fA-F]{1,16})>?\]?(?: \{(.{1,300})\})?")
_SYMBOL = re.compile(r"\{(.{1,300})\}$")
_REGISTER = re.compile(rf"\b(TSC|ADDR|MISC|PPIN|SYND|SYND1|SYND2|IPID|CONFIG) {_HEX}\b")
_REGISTERS = re.compile(r"(?:.{0,60}: )?(?:TSC|ADDR|MISC|PPIN|SYND[12]?|IPID|CONFIG) [0-9a-fA-F]")
_PROCESSOR = re.compile(
    rf"PROCESSOR (\d{{1,3}}):{_HEX} TIME (\d{{1,20}})(?: SOCKET (\d{{1,10}}))?(?: APIC {_HEX})?(?: microcode {_HEX})?"
)
_NO_SOCKET = frozenset((None, "65535", "4294967295"))
"""What the kernel has for a socket that it does not know: -1, in 16 bits or 32."""
_EXTRA = frozenset(("synd1", "synd2", "config", "fru_text"))
_VALID = (("addr", bits.ADDRV), ("misc", bits.MISCV))
"""Registers that the kernel reads only where the status says that they are valid."""

Numbered = tuple[int, Line]
"""A line and its index in the log."""


@dataclass
class Draft:
    """A record in the making."""

    at: int
    """The index of its head among the lines."""
    line: Line
    fields: dict[str, Any]
    """As HardwareError takes them."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the record has no field for: it goes into ``decoded``."""
    stage: int = 0
    """The last kind of line that it has: 0 its head, 1 RIP, 2 registers, 3 processor."""

    def called(self, line: Line) -> bool:
        """May this line be of the same CPU or thread?"""
        return line.caller is None or self.line.caller is None or line.caller == self.line.caller

    def waits(self, at: int, line: Line, stage: int, told: Collection[str]) -> bool:
        """May this line, which tells these fields, be its next?"""
        rest = stage == self.stage == REGISTERS and not any(name in self.fields for name in told)
        return self.called(line) and at - self.at <= SPAN and (self.stage < stage or rest)

    def agrees(self, told: Mapping[str, Any]) -> bool:
        """Can a line that tells this be of a record with such a status? Else another one's is nearer."""
        value, mcg = number(self.fields["status"]) or 0, number(self.fields["mcg_status"]) or 0
        if "rip_exact" in told:
            return bool(told["rip_exact"]) == bit(mcg, bits.EIPV)
        return all(bit(value, valid) for name, valid in _VALID if name in told)


def drafts(worth: Iterable[Numbered], lines: Sequence[Line]) -> list[Draft]:
    """Return the records of a log in its order; their fields are what the lines say.

    ``worth`` are the lines that may belong to a record, ``lines`` all of them.
    """
    found: list[Draft] = []
    old = OldHeads()
    for at, line in worth:
        if head := _HEAD.search(line.text):
            found.append(Draft(at, line, _head(head)))
        elif fields := old.read(line.text):
            found.append(Draft(at, line, fields))
        elif fields := mce_trace.read(line.text):
            found.append(Draft(at, line, fields, stage=WHOLE))
        elif symbol := _SYMBOL.match(line.text):
            _name(found[-OPEN:], line, symbol[1])
        elif found:
            _extend(found[-OPEN:], at, line)
    if any("vendor" not in draft.fields for draft in found):
        _fill(found, processor_of(lines))
    return found


def _extend(open_ones: Sequence[Draft], at: int, line: Line) -> None:
    """Give a line to the record that waits for it; the last of the kinds of words in it is the line's stage."""
    told: dict[str, Any] = {}
    stage = 0
    for kind, read in enumerate(READERS, 1):
        if words := read(line.text):
            told.update(words)
            stage = kind
    waiting = [draft for draft in open_ones if stage and draft.waits(at, line, stage, told)]
    draft = next((draft for draft in waiting if draft.agrees(told)), waiting[0] if waiting else None)
    if draft is not None:
        draft.stage = stage
        for name, value in told.items():
            (draft.extra if name in _EXTRA else draft.fields)[name] = value


def _head(found: re.Match[str]) -> dict[str, Any]:
    return {"cpu": int(found[1]), "mcg_status": register(found[2]), "bank": int(found[3]), "status": register(found[4])}


def _rip(text: str) -> dict[str, Any]:
    found = _RIP.search(text)
    if found is None:
        return {}
    where = place(found[4] or "")
    symbol = vars(where) if where else {}
    return {"rip": {"cs": found[2], "address": register(found[3]), **symbol}, "rip_exact": found[1] is None}


def _name(open_ones: Sequence[Draft], line: Line, symbol: str) -> None:
    """Give a symbol that stands on a line of its own to the last RIP that has none."""
    where = place(symbol)
    for draft in reversed(open_ones):
        if where and draft.called(line) and draft.stage == RIP and "symbol" not in draft.fields["rip"]:
            draft.fields["rip"].update(vars(where))
            return


def _registers(text: str) -> dict[str, Any]:
    if not _REGISTERS.match(text):
        return {}
    told: dict[str, Any] = {name.lower(): register(value) for name, value in _REGISTER.findall(text)}
    if fru := _fru_text(told):
        told["fru_text"] = fru
    return told


def _fru_text(told: dict[str, Any]) -> str | None:
    """The name of the faulty part that firmware may leave in SYND1 and SYND2 (PPR, MCA_CONFIG[McaFruTextInMca])."""
    raw = b"".join(int(told.get(name, "0"), 16).to_bytes(8, "little") for name in ("synd1", "synd2")).rstrip(b"\0 ")
    text = raw.decode("ascii", "replace")
    return text if len(text) > 1 and text.isprintable() and text.isascii() else None


def _processor(text: str) -> dict[str, Any]:
    found = _PROCESSOR.search(text)
    if found is None:
        return {}
    family, model, stepping = cpuid(int(found[2], 16))
    return {
        "vendor": VENDORS.get(int(found[1])), "family": family, "model": model, "stepping": stepping,
        "time": int(found[3]) or None, "socket": None if found[4] in _NO_SOCKET else int(found[4]),
        "apic": int(found[5], 16) if found[5] else None, "microcode": register(found[6]) if found[6] else None,
    }  # fmt: skip


READERS: tuple[Callable[[str], dict[str, Any]], ...] = (_rip, _registers, _processor)
"""By stage, from 1."""


def _fill(found: Sequence[Draft], processor: dict[str, Any]) -> None:
    for draft in found:
        if "vendor" not in draft.fields:
            draft.fields.update(processor)
