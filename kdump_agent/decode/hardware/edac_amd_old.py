"""Read machine checks in the words of the kernel's first decoder for AMD: 2.6.31 to 2.6.36, edac_mce_amd.c.

It told the status bits in a sentence and not the register, and followed the machine check that was printed before it;
find.py makes one record of both. Later forms are edac_amd.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kdump_agent.decode.line import Line

from .record import HardwareError
from .sentence import HOW_BAD, MEMORY, PROCESSOR, calm, sentence

MARKS = ("orrected error, report: ", "orrected error, other errors lost: ")
_STATUS = re.compile(
    r"(?:\[Hardware Error\]: )?MC(\d{1,2})_STATUS: (Unc|C)orrected error, "
    r"(?:report: (yes|no), MiscV: (valid|invalid)|other errors lost: (yes|no)), CPU context corrupt: (yes|no)"
    r"(?:, ([CU])ECC Error)?"
)
_OWN = re.compile(r"(?:\[Hardware Error\]: )? ?(.{3,200})")
_NORTHBRIDGE = re.compile(r"Northbridge Error, node (\d{1,4})(?:, core: (\d{1,4}))?")
_CODE = re.compile(r"Transaction(?: type)?: .{3,160}|Huh\? Unknown MCE error 0x[0-9a-f]{1,4}")
_SPAN = 8
"""Lines within which one machine check is told."""


def find_edac_amd_old(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the machine checks that this decoder told."""
    for at, line in enumerate(lines):
        if found := _STATUS.match(line.text):
            yield _record(line.number, found, _told([later.text for later in lines[at + 1 : at + _SPAN]]))


def _told(following: Sequence[str]) -> dict[str, Any]:
    """The bank's words, and the error code's, which come last."""
    told: dict[str, Any] = {}
    words: list[str] = []
    for text in following:
        own = _OWN.match(text)
        if own is None or _STATUS.match(text):
            break
        if _CODE.match(own[1]):
            told["code"] = own[1][:120]
            break
        if found := _NORTHBRIDGE.match(own[1]):
            told["node"] = int(found[1])
            told.update({"core": int(found[2])} if found[2] else {})
        words.append(own[1].rstrip("."))
    return {**told, "bank_text": ": ".join(words)[:200]} if "code" in told and words else {}


def _record(number: int, found: re.Match[str], told: dict[str, Any]) -> HardwareError:
    bank, uncorrected, reported, valid, lost, corrupt, ecc = found.groups()
    marks = (
        ("OVER", lost == "yes"), ("UC", uncorrected == "Unc"), ("EN", reported == "yes"), ("MISCV", valid == "valid"),
        ("PCC", corrupt == "yes"), ("CECC", ecc == "C"), ("UECC", ecc == "U"),
    )  # fmt: skip
    flags = ["VAL", *(name for name, here in marks if here)]
    severity = "fatal" if "PCC" in flags else "uncorrected" if "UC" in flags else "corrected"
    text = told.get("bank_text") or "machine check that the kernel did not put in words"
    memory = bool(re.search(r"\bECC\b|DRAM", text)) and "Northbridge" in text and "L3" not in text
    where = [f"bank {bank}", f"node {told['node']}" if "node" in told else None]
    remedy = MEMORY.replace("that DIMM", "the DIMMs of that node") if memory else PROCESSOR
    return HardwareError(
        "edac", line=number, bank=int(bank), vendor="amd",
        decoded={**told, "class": "memory" if memory else "processor", "text": text, "severity": severity,
                 "flags": flags},
        summary=sentence(text, where, HOW_BAD[severity], calm(severity, remedy)),
    )  # fmt: skip
