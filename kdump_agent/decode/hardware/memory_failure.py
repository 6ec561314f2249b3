"""Read what the kernel did about memory that was lost: the pages that it took out of use, and who used them.

The lines are those of mm/memory-failure.c, from 2.6.32 on. Where the machine went on, they may be all that the log
tells of an error that mcelog or rasdaemon was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kdump_agent.decode.line import Line

from .record import HardwareError
from .sentence import FIND_DIMM, HOW_BAD, INJECTED, sentence

MARKS = ("Memory failure: 0x", "MCE 0x")
_LINE = re.compile(r"(?:Memory failure:|MCE) 0x([0-9a-f]{1,13}): (.{1,200})")
_INJECTED = re.compile(r"Injecting memory failure (?:for|at) (?:pfn|page) (?:0x)?([0-9a-f]{1,13})")
_RESULT = re.compile(r"(?:recovery action for )?(.{1,80}?)(?: page recovery)?: (Recovered|Delayed|Failed|Ignored)")
_VICTIM = re.compile(r"(?:Killing|Sending SIGBUS to) (.{1,40}:\d{1,7}) due to hardware memory corruption")
PAGE_BITS = 12
"""The kernel tells pages, which are of 4 KiB but on some arm64 and ppc64 kernels."""
MOST = 512
"""Pages that are told, and tasks of each."""
OUTSIDE = "memory outside kernel control"
DEVICE = "look in /proc/iomem for what is at this address: a device's memory, or some that the kernel was told to leave"
WORDS = {
    "Recovered": "it was taken out of use", "Delayed": "it will be taken out of use later",
    "Failed": "it could not be taken out of use", "Ignored": "it was left in use",
}  # fmt: skip


@dataclass
class Page:
    """One page that was lost."""

    line: int
    kind: str | None = None
    result: str | None = None
    victims: list[str] = field(default_factory=list)


def find_memory_failure(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the pages that were lost, each once, in the order of the log."""
    pages: dict[int, Page] = {}
    injected: dict[int, str] = {}
    for line in lines:
        if told := _INJECTED.search(line.text):
            injected.setdefault(int(told[1], 16), line.text[:120])
        elif found := _LINE.match(line.text):
            number = int(found[1], 16)
            if number in pages or len(pages) < MOST:
                _add(pages.setdefault(number, Page(line.number)), found[2])
    for number, page in pages.items():
        yield _record(number, page, injected.get(number))


def _add(page: Page, words: str) -> None:
    if words.startswith(OUTSIDE):
        page.kind = OUTSIDE
    elif (found := _VICTIM.match(words)) and len(page.victims) < MOST:
        page.victims.append(found[1])
    elif found := _RESULT.match(words):
        page.kind, page.result = found[1], found[2]


def _record(number: int, page: Page, injected: str | None) -> HardwareError:
    addr = f"{number << PAGE_BITS:#x}"
    text = f"a page of memory was lost ({page.kind})" if page.kind else "a page of memory was lost"
    where = [f"address {addr}", *(f"used by {victim}" for victim in page.victims[:4])]
    how_bad = f"{HOW_BAD['uncorrected']}{f'; {WORDS[page.result]}' if page.result else ''}"
    decoded = {
        "class": "memory", "text": text, "severity": "uncorrected", "part": "memory", "page_kind": page.kind,
        "result": page.result, "processes": page.victims,
    }  # fmt: skip
    return HardwareError(
        "memory_failure", line=page.line, addr=addr, decoded=decoded,
        injected=f"the log says: {injected}" if injected else None,
        summary=sentence(text, where, how_bad, INJECTED if injected else DEVICE if page.kind == OUTSIDE else FIND_DIMM),
    )  # fmt: skip
