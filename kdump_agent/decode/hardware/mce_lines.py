"""Put the records of machine checks together from the lines that the kernel breaks them into.

A record is up to four lines: its head, RIP, TSC with the registers, PROCESSOR. CPUs that print at once mix theirs: a
line goes to the first open record that still waits for it, and where the kernel wrote callers only to one of the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from kdump_agent.decode.line import Line
from kdump_agent.decode.stack import place

from .processor import VENDORS, cpuid
from .record import register

SPAN = 24
"""Lines after its head within which a record's other lines come, other CPUs' between them."""
REGISTERS = 2
"""The stage of a record whose line the kernel may break."""
OPEN = 8
"""Records that may be open at once: so many CPUs may print at once."""
_HEX = r"(?:0x)?([0-9a-fA-F]{1,16})"
_HEAD = re.compile(rf"CPU (\d{{1,5}}): Machine Check(?: Exception)?: *{_HEX} Bank (\d{{1,3}}): {_HEX}\b")
_RIP = re.compile(r"RIP( !INEXACT!)? ([0-9a-fA-F]{1,4}):(?:\[?<)?([0-9a-fA-F]{1,16})>?\]?(?: \{(.{1,300})\})?")
_REGISTER = re.compile(rf"\b(TSC|ADDR|MISC|PPIN|SYND|SYND1|SYND2|IPID) {_HEX}\b")
_REGISTERS = re.compile(r"(?:.{0,60}: )?(?:TSC|ADDR|MISC|PPIN|SYND[12]?|IPID) [0-9a-fA-F]")
_PROCESSOR = re.compile(
    rf"PROCESSOR (\d{{1,3}}):{_HEX} TIME (\d{{1,12}})(?: SOCKET (\d{{1,5}}))?(?: APIC {_HEX})?(?: microcode {_HEX})?"
)
_BANKLESS = re.compile(r"CPU (\d{1,5}): Machine Check Exception: *([0-9a-fA-F]{16})$")
_BANK = re.compile(r"^Bank (\d{1,3}): ([0-9a-fA-F]{16})(?:\[([0-9a-fA-F]{16})\])?(?: at ([0-9a-fA-F]{16}))?")
_BOOT_CPU = re.compile(r"CPU0: .{0,100}?\(fam(?:ily)?: (?:0x)?([0-9a-f]{1,2}), model: (?:0x)?([0-9a-f]{1,2}), "
                       r"stepping: (?:0x)?([0-9a-f]{1,2})\)")  # fmt: skip
_MAKERS = (("AMD", "amd"), ("Hygon", "hygon"), ("Intel", "intel"))
_EXTRA = frozenset(("synd1", "synd2", "fru_text"))

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

    def waits(self, at: int, line: Line, stage: int, told: Collection[str]) -> bool:
        """May this line, which tells these fields, be its next?"""
        same = line.caller is None or self.line.caller is None or line.caller == self.line.caller
        rest = stage == self.stage == REGISTERS and not any(name in self.fields for name in told)
        return same and at - self.at <= SPAN and (self.stage < stage or rest)


def drafts(worth: Iterable[Numbered], lines: Sequence[Line]) -> list[Draft]:
    """Return the records of a log in its order; their fields are what the lines say.

    ``worth`` are the lines that may belong to a record, ``lines`` all of them.
    """
    found: list[Draft] = []
    exception: re.Match[str] | None = None
    for at, line in worth:
        if head := _HEAD.search(line.text):
            found.append(Draft(at, line, _head(head)))
        elif bankless := _BANKLESS.search(line.text):
            exception = bankless
        elif exception and (bank := _BANK.match(line.text)):
            found.append(Draft(at, line, _old_bank(exception, bank)))
        elif found:
            _extend(found[-OPEN:], at, line)
    if any("vendor" not in draft.fields for draft in found):
        _fill(found, _processor_of(lines))
    return found


def _extend(open_ones: Sequence[Draft], at: int, line: Line) -> None:
    """Give a line to the first record that waits for it; the last of the kinds of words in it is the line's stage."""
    told: dict[str, Any] = {}
    stage = 0
    for kind, read in enumerate(READERS, 1):
        if words := read(line.text):
            told.update(words)
            stage = kind
    draft = next((draft for draft in open_ones if stage and draft.waits(at, line, stage, told)), None)
    if draft is not None:
        draft.stage = stage
        for name, value in told.items():
            (draft.extra if name in _EXTRA else draft.fields)[name] = value


def _head(found: re.Match[str]) -> dict[str, Any]:
    return {"cpu": int(found[1]), "mcg_status": register(found[2]), "bank": int(found[3]), "status": register(found[4])}


def _old_bank(head: re.Match[str], bank: re.Match[str]) -> dict[str, Any]:
    """The form of the i386 kernels before 2.6.32: status, misc in brackets, address."""
    told = {"cpu": int(head[1]), "mcg_status": register(head[2]), "bank": int(bank[1]), "status": register(bank[2])}
    told.update({name: register(value) for name, value in (("misc", bank[3]), ("addr", bank[4])) if value})
    return told


def _rip(text: str) -> dict[str, Any]:
    found = _RIP.search(text)
    if found is None:
        return {}
    where = place(found[4] or "")
    symbol = vars(where) if where else {}
    return {"rip": {"cs": found[2], "address": register(found[3]), **symbol}, "rip_exact": found[1] is None}


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
        "time": int(found[3]) or None, "socket": int(found[4]) if found[4] else None,
        "apic": int(found[5], 16) if found[5] else None, "microcode": register(found[6]) if found[6] else None,
    }  # fmt: skip


READERS: tuple[Callable[[str], dict[str, Any]], ...] = (_rip, _registers, _processor)
"""By stage, from 1."""


def _processor_of(lines: Sequence[Line]) -> dict[str, Any]:
    """What the start of the log says of the processor, for records that do not."""
    for line in lines:
        if "CPU0: " not in line.text:
            continue
        vendor = next((name for maker, name in _MAKERS if maker in line.text), None)
        if vendor is None:
            continue
        told = _BOOT_CPU.search(line.text)
        numbers = [int(number, 16) for number in told.groups()] if told else [None] * 3
        return {"vendor": vendor, **dict(zip(("family", "model", "stepping"), numbers))}
    return {}


def _fill(found: Sequence[Draft], processor: dict[str, Any]) -> None:
    for draft in found:
        if "vendor" not in draft.fields:
            draft.fields.update(processor)
