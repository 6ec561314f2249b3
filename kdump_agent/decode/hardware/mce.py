"""Find the machine checks of a log, and give each its meaning.

The lines are those of the kernel's arch/x86/kernel/cpu/mce/core.c, ``__print_mce`` (before 4.21 in mcheck/mce.c), from
2.6.32 to this day, and the "Bank" lines of the i386 kernels before that. What the registers mean is meaning.py's, what
the kernel says around them hints.py's, and how a record is put together from its lines mce_lines.py's.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

from kdump_agent.decode.line import Line

from . import hints, kernel_banks, meaning, status
from .hints import Hint
from .mce_lines import Draft, Numbered, drafts
from .processor import Processor
from .record import HardwareError
from .registers import bit, number
from .summary import summarise

MOST = 256
"""Records that are decoded: those of uncorrected errors first, and of equals the last, for the fatal one comes last."""
NEAR = 40
"""Lines around a record within which the kernel's words belong to it."""
EARLY = 60.0
"""Seconds after the start within which no periodic poll (every 300 s) can have found an error."""
AFTERMATH = 60.0
"""Seconds after an injection within which an error is the injected one."""
LAST_BANK = 63
"""Higher banks are no hardware: MAX_NR_BANKS of the kernel's mce.h is 64."""
NO_BANK = "no_bank"
"""The class of a machine check that the kernel tells of without its bank."""
_INJECTION = re.compile(r"Triggering MCE exception on CPU|Starting machine (?:check )?poll")
_TOLD = re.compile(
    r"MC\d{1,3}_STATUS\[|EDAC (?:\w{1,16} )?MC\d{1,3}: |\[Hardware Error\]: {1,3}(?:event severity|severity|Error \d)"
)
"""Lines in which EDAC's drivers or firmware tell the machine checks that the kernel says it logged."""
_ADDRESS = re.compile(r" at ([0-9a-f]{4,16})$")


@dataclass(frozen=True)
class Told:
    """One thing that the kernel said around a machine check."""

    at: int
    """The index of its line."""
    hint: Hint
    words: str


def find_mce(lines: Sequence[Line]) -> tuple[HardwareError, ...]:
    """Return the machine checks of a log, at most ``MOST``, in its order; one without a bank where none is told."""
    worth = [(at, line) for at, line in enumerate(lines) if _worth_a_look(line.text)]
    found = drafts(worth, lines)
    kept = sorted(nlargest(MOST, found, key=_weight), key=lambda draft: draft.at)
    told = [Told(at, *known) for at, line in worth if (known := hints.explain(line.text)) is not None]
    near, rest = _assign(told, kept)
    injection = _injections(worth)
    records = [(draft.at, _record(draft, words, injection(draft.at))) for draft, words in zip(kept, near)]
    records += _events(lines, rest, injection)[: MOST - len(records)]
    logged = None if records else _untold(worth, lines)
    if logged is not None:
        return (_logged(logged),)
    return tuple(record for _, record in sorted(records, key=lambda pair: pair[0]))


def _weight(draft: Draft) -> tuple[bool, int]:
    return bit(number(draft.fields["status"]) or 0, status.UC), draft.at


def _worth_a_look(text: str) -> bool:
    """Every line that this package reads has one of these; most lines of a log have none."""
    return (
        "achine" in text or "MCE" in text or "RIP" in text or "TSC" in text or "PROCESSOR" in text or "ADDR" in text
        or "Bank " in text or "MISC" in text or "IPID" in text or "CPUs" in text or "emory error" in text
        or "MCA" in text or "CONFIG" in text or text[:1] == "{" or "non fatal" in text or "context corrupt" in text
    )  # fmt: skip


def _injections(worth: Sequence[Numbered]) -> Callable[[int], Line | None]:
    """Return what finds the last line up to a place that tells of an injection."""
    found = [(at, line) for at, line in worth if _INJECTION.search(line.text)]
    places = [at for at, _ in found]

    def last(at: int) -> Line | None:
        place = bisect_right(places, at)
        return found[place - 1][1] if place else None

    return last


def _assign(told: Sequence[Told], kept: Sequence[Draft]) -> tuple[list[list[str]], list[Told]]:
    """Give the kernel's words to the last record before them, else to the first one after; the rest is left over."""
    starts = [draft.at for draft in kept]
    near: list[list[str]] = [[] for _ in kept]
    rest = []
    for each in told:
        place = bisect_right(starts, each.at)
        if place and each.at - starts[place - 1] <= NEAR:
            near[place - 1].append(each.words)
        elif place < len(starts) and starts[place] - each.at <= NEAR:
            near[place].append(each.words)
        else:
            rest.append(each)
    return near, rest


def _record(draft: Draft, words: Sequence[str], injection: Line | None) -> HardwareError:
    record = HardwareError("mce", line=draft.line.number, **draft.fields)
    decoded = {**meaning.read(record), **draft.extra, "hints": list(dict.fromkeys(words))}
    record = replace(
        record, decoded=decoded, injected=_injected(record, draft.line, injection, words),
        boot="previous" if _left_over(record, draft.line) else "crashed",
    )  # fmt: skip
    return replace(record, summary=summarise(record))


def _left_over(record: HardwareError, line: Line) -> bool:
    """Was the error in the bank when this boot began?

    Only the poll at the start logs without MCIP, with TSC 0, an error that is uncorrected and signalled (later polls
    leave those to the exception handler); a corrected one found before any periodic poll was there before, too.
    """
    value, mcg = number(record.status) or 0, number(record.mcg_status) or 0
    if mcg or number(record.tsc):
        return False
    processor = Processor(record.vendor, record.family, record.model, record.stepping)
    signalled = bit(value, status.PCC) or bit(value, status.S) or processor.amd or not processor.recovers
    if bit(value, status.UC) and signalled and record.tsc is not None:
        return True
    return line.time is not None and line.time < EARLY


def _injected(record: HardwareError, line: Line, injection: Line | None, words: Sequence[str]) -> str | None:
    """How we know that it was made on purpose; ``injection`` is the last line before that tells of one."""
    bank = record.bank or 0
    if bank > LAST_BANK and bank not in kernel_banks.NAMES:
        return f"bank {bank} is no bank of hardware"
    return _told_before(line, injection) or (hints.FAKE if hints.FAKE in words else None)


def _told_before(line: Line, injection: Line | None) -> str | None:
    """The words of the injection that a line follows closely enough to come of it."""
    if injection is None:
        return None
    if line.time is None or injection.time is None:
        follows = line.number - injection.number <= NEAR
    else:
        follows = line.time - injection.time <= AFTERMATH
    return f"the log says: {injection.text[:120]}" if follows else None


def _events(
    lines: Sequence[Line], told: Sequence[Told], injection: Callable[[int], Line | None]
) -> list[tuple[int, HardwareError]]:
    """Records for what the kernel says of machine checks without telling a bank; at most one every ``NEAR`` lines."""
    groups: list[list[Told]] = []
    for each in told:
        if groups and each.at - groups[-1][0].at <= NEAR:
            groups[-1].append(each)
        elif len(groups) < MOST:
            groups.append([each])
    return [(at := group[0].at, _event(lines[at], group, injection(at))) for group in groups]


def _event(line: Line, group: Sequence[Told], injection: Line | None) -> HardwareError:
    words = list(dict.fromkeys(each.words for each in group))
    part = next((each.hint.part for each in group if each.hint.part), "unknown")
    address = _ADDRESS.search(line.text)
    return _bare(
        f"Machine check whose bank the kernel did not tell: {words[0]}",
        line, group[0].hint.severity, words[1] if len(words) > 1 else "the kernel told no more", part, words,
        addr=f"{int(address[1], 16):#x}" if address else None,
        injected=_told_before(line, injection),
    )  # fmt: skip


def _untold(worth: Sequence[Numbered], lines: Sequence[Line]) -> Line | None:
    """The first line that says that machine checks were logged, where nobody around it tells them."""
    logged = [(at, line) for at, line in worth if hints.LOGGED in line.text]
    tellers = [at for at, line in enumerate(lines) if _TOLD.search(line.text)] if logged else []
    for at, line in logged:
        place = bisect_right(tellers, at - NEAR)
        if place == len(tellers) or tellers[place] > at + NEAR:
            return line
    return None


def _logged(line: Line) -> HardwareError:
    early = line.time is not None and line.time < EARLY
    return _bare(
        "The kernel logged machine checks, but not in this log", line, "unknown",
        "mcelog's or rasdaemon's records on the host may tell", "unknown", [], boot="previous" if early else "crashed",
    )  # fmt: skip


def _bare(
    text: str, line: Line, severity: str, recoverability: str, part: str, words: list[str], *, addr: str | None = None,
    boot: str = "crashed", injected: str | None = None,
) -> HardwareError:  # fmt: skip
    decoded = {
        "class": NO_BANK, "text": text, "severity": severity, "recoverability": recoverability, "part": part,
        "flags": [], "mcg_flags": [], "hints": words,
    }  # fmt: skip
    record = HardwareError("mce", line=line.number, addr=addr, boot=boot, injected=injected, decoded=decoded)
    return replace(record, summary=summarise(record))
