"""Read machine checks in the words of the kernel's decoder for AMD: drivers/edac/mce_amd.c (before 3.7 edac_mce_amd.c).

One machine check is told in several lines, whose order changed: the sentence on its status, CPU and MCi_STATUS,
address, IPID and syndrome, what the bank says, and last the error code ("cache level: ..."). The registers themselves
are read by the manual (meaning.py). Where mce.py reads the same machine check, find.py makes one record of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kdump_agent.decode.line import Line

from . import meaning
from .boot_cpu import processor_of
from .mce import EARLY
from .record import HardwareError, register
from .sentence import HOW_BAD, MEMORY, PROCESSOR, calm, sentence
from .summary import summarise

MARKS = ("_STATUS[",)
_LINE = re.compile(r"(?:mce: )?\[Hardware Error\]: (.*)")
_STATUS = re.compile(
    r"(?:CPU:(\d{1,5})\s{0,4})?(?:\(([0-9a-f]{1,2}):([0-9a-f]{1,2}):([0-9a-f]{1,2})\) ?)?"
    r"MC(\d{1,2})_STATUS\[([^\]]{1,120})\]: 0x([0-9a-f]{1,16})"
)
_SENTENCE = re.compile(r"(?:Error Status: )?((?:System Fatal|Uncorrected, .{1,60}|Deferred|Corrected) error.{0,40})")
_ADDRESS = re.compile(r"(?:Error Addr(?:ess)?|MC\d{1,2}_ADDR|MC\d{1,2} Error Address): 0x([0-9a-f]{1,16})")
_REGISTERS = re.compile(r"(IPID|Syndrome|PPIN|TSC): (?:0x([0-9a-f]{1,16})|(\d{1,20}))")
_BANK = re.compile(
    r"(?:MC\d{1,2}|Northbridge|Data Cache|Instruction Cache|Bus Unit|Load[ /]Store|Fixed Issue Reorder|Execution Unit"
    r"|Combined Unit|FR|EX) (?:Error|MCE)|.{1,64} Ext(?:\.|ended) Error Code: \d|Corrupted .{1,20} MCE info"
    r"|.{1,64} Unit Error: "
)
_FRU = re.compile(r"FRU Text: (.{1,16})")
_NODE = re.compile(r"\(node:? ?(\d{1,4})\)")
_CODE = re.compile(r"(?:cache level|internal|Transaction|cache): .{1,100}")
_SPAN = 24
"""Lines within which one machine check is told."""
AMD_ALIKE = ("amd", "hygon")
HYGON = 0x18
"""Hygon's family."""
NONSENSE = "machine check whose code makes no sense to the kernel"
WORDLESS = "machine check that the kernel did not put in words"

SEVERITIES = (
    ("System Fatal", "fatal"),
    ("Uncorrected", "uncorrected"),
    ("Deferred", "deferred"),
    ("Corrected", "corrected"),
)
"""decode_error_status(): how the sentence begins, in our words."""
BY_FLAG = (("PCC", "fatal"), ("UC", "uncorrected"), ("DEFERRED", "deferred"))
"""The same by the status bits, for kernels that told no sentence."""
FLAGS = {
    "Over": "OVER", "UE": "UC", "MiscV": "MISCV", "AddrV": "ADDRV", "PCC": "PCC", "TCC": "TCC", "SyndV": "SYNDV",
    "CECC": "CECC", "UECC": "UECC", "Deferred": "DEFERRED", "Poison": "POISON", "Scrub": "SCRUB",
}  # fmt: skip
"""The kernel's short names of the status bits, in the manual's (APM vol. 2, 9.3.2)."""


@dataclass
class Draft:
    """A machine check whose lines are still coming."""

    line: int
    time: float | None
    found: dict[str, Any] = field(default_factory=dict)
    decoded: dict[str, Any] = field(default_factory=dict)


def find_edac_amd(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the machine checks that AMD's decoder told; lines without a status register are left out."""
    processor: dict[str, Any] | None = None
    for draft in _drafts(lines):
        if "status" not in draft.found:
            continue
        if draft.found["family"] is None:
            processor = processor_of(lines) if processor is None else processor
            draft.found.update(processor if processor.get("vendor") in AMD_ALIKE else {})
        yield _record(draft)


def _drafts(lines: Sequence[Line]) -> Iterator[Draft]:
    draft: Draft | None = None
    for line in lines:
        found = _LINE.match(line.text)
        if found is None:
            continue
        words = found[1].strip()
        if draft is not None and (line.number - draft.line > _SPAN or _repeats(draft, words)):
            yield draft
            draft = None
        if draft is None:
            draft = Draft(line.number, line.time)
        ends = _add(draft, words)
        if ends or not (draft.found or draft.decoded):
            yield draft
            draft = None
    if draft is not None:
        yield draft


def _repeats(draft: Draft, words: str) -> bool:
    """Does this line tell what the draft has? Then it begins another."""
    if "status" not in draft.found:
        return False
    return bool(_STATUS.match(words) or (_SENTENCE.match(words) and "sentence" in draft.decoded))


def _add(draft: Draft, words: str) -> bool:
    """Take a line; tell whether it is the last of its machine check."""
    if found := _STATUS.search(words):
        cpu, family, model, stepping, bank, flags, status = found.groups()
        draft.found.update(cpu=cpu and int(cpu), bank=int(bank), status=register(status))
        draft.found.update(
            family=family and int(family, 16), model=model and int(model, 16), stepping=stepping and int(stepping, 16)
        )
        draft.decoded["flags"] = [FLAGS[name] for name in flags.split("|") if name in FLAGS]
    elif found := _SENTENCE.match(words):
        draft.decoded["sentence"] = found[1]
    elif found := _ADDRESS.match(words):
        draft.found["addr"] = register(found[1])
    elif found := _FRU.match(words):
        draft.decoded["fru_text"] = found[1].strip()
    elif _CODE.match(words):
        draft.decoded["code"] = words[:120]
        return True
    elif _BANK.match(words):
        if not words.endswith((":", "info?")):
            draft.decoded.setdefault("bank_text", words[:200].rstrip("."))
        draft.decoded["corrupted"] = draft.decoded.get("corrupted", False) or words.startswith("Corrupted")
        if node := _NODE.search(words):
            draft.decoded["node"] = int(node[1])
    for name, value, decimal in _REGISTERS.findall(words):
        name = {"Syndrome": "synd"}.get(name, name.lower())
        draft.found[name] = register(value) if value else f"{int(decimal):#x}"
    return False


def _record(draft: Draft) -> HardwareError:
    told, decoded = draft.found, draft.decoded
    text = decoded.get("bank_text") or (NONSENSE if decoded.get("corrupted") else WORDLESS)
    told = {"vendor": "hygon" if told["family"] == HYGON else "amd", **told}
    record = HardwareError("edac", line=draft.line, boot=_boot(draft), **told)
    if record.family is None:
        return _in_the_kernels_words(record, decoded, text)
    record = replace(record, decoded={**decoded, **meaning.read(record), "edac": text})
    return replace(record, summary=summarise(record))


def _boot(draft: Draft) -> str:
    """What the poll at the start of this boot found, without a time stamp of its own, the boot before left."""
    early = draft.time is not None and draft.time < EARLY
    return "previous" if early and "tsc" not in draft.found else "crashed"


def _in_the_kernels_words(record: HardwareError, decoded: dict[str, Any], text: str) -> HardwareError:
    """Without the family the manual cannot be asked."""
    severity = _severity(decoded)
    memory = "DRAM" in text or "Unified Memory Controller" in text
    where = [
        None if record.cpu is None else f"CPU {record.cpu}",
        f"bank {record.bank}",
        f"node {decoded['node']}" if "node" in decoded else None,
        record.addr and f"address {record.addr}",
    ]
    remedy = MEMORY.replace("that DIMM", "the DIMMs of that controller") if memory else PROCESSOR
    return replace(
        record, decoded={**decoded, "class": "memory" if memory else "processor", "text": text, "severity": severity},
        summary=sentence(text, where, HOW_BAD[severity], calm(severity, remedy)),
    )  # fmt: skip


def _severity(decoded: dict[str, Any]) -> str:
    words, flags = decoded.get("sentence", ""), decoded["flags"]
    told = next((severity for begin, severity in SEVERITIES if words.startswith(begin)), None)
    return told or next((severity for flag, severity in BY_FLAG if flag in flags), "corrected")
