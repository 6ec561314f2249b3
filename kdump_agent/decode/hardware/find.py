"""Find all hardware errors of a log, in its order, each once.

- The same told again and again (a corrected error in a loop) is one record; ``decoded["repeats"]`` counts the others.
- One machine check told by mce.py's lines and by an EDAC driver's is one record: same CPU, bank and status register;
  where the driver told no register (before 2.6.37), same bank and just before it.
- One event told in two other ways (firmware and AER, firmware and EDAC) stays two records, for each knows what the
  other does not; the later one's ``decoded["see_line"]`` is the line of the earlier.
- At most ``MOST`` are kept: the worst, and of these the last, for they are nearest to the crash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from heapq import nlargest

from kdump_agent.decode.line import Line

from . import (
    aca,
    aer,
    aer_block,
    aer_trace,
    arm,
    bert,
    cper,
    edac,
    edac_amd,
    edac_amd_old,
    edac_trace,
    guest,
    memory_failure,
    nmi,
    power,
    reset,
    s390,
)
from .mce import find_mce
from .record import HardwareError
from .summary import NOT_PHYSICAL

MOST = 256
"""Hardware errors that are kept."""
NEAR = 64
"""Lines within which two records may be of one event."""
BEFORE = 12
"""Lines within which an EDAC driver that tells no register follows the machine check that it tells of."""
FINDERS: tuple[tuple[tuple[str, ...], Callable[[Sequence[Line]], Iterable[HardwareError]]], ...] = (
    (("MCE", "mce", "achine check", "achine Check", "broadcast exception"), find_mce),
    (bert.MARKS, bert.find_bert),
    (cper.MARKS, cper.find_cper),
    (aer.MARKS, aer.find_aer),
    (aer_block.MARKS, aer_block.find_aer_block),
    (aer_trace.MARKS, aer_trace.find_aer_trace),
    (aca.MARKS, aca.find_aca),
    (edac.MARKS, edac.find_edac),
    (edac_trace.MARKS, edac_trace.find_edac_trace),
    (edac_amd.MARKS, edac_amd.find_edac_amd),
    (edac_amd_old.MARKS, edac_amd_old.find_edac_amd_old),
    (memory_failure.MARKS, memory_failure.find_memory_failure),
    (arm.MARKS, arm.find_arm),
    (power.MARKS, power.find_power),
    (s390.MARKS, s390.find_s390),
    (nmi.MARKS, nmi.find_nmi),
    (reset.MARKS, reset.find_reset),
)
"""What a log must contain for a finder to read it at all: most logs have none of it, and are long."""
TELLERS = {"edac": "EDAC", "cper": "firmware", "bert": "firmware"}
"""Who names DIMMs."""
APIC_TELLERS = ("mce", "cper", "bert")
RANKS = {
    "fatal": 4, "uncorrected": 3, "SRAR": 3, "SRAO": 3, "UCNA": 2, "deferred": 2, "unknown": 2, "corrected": 1,
    "info": 0,
}  # fmt: skip
"""Which of two severities is the worse."""


def find(lines: Sequence[Line]) -> tuple[HardwareError, ...]:
    """Return every hardware error that a log tells of, in its order; at most ``MOST``."""
    text = "\n".join(line.text for line in lines)

    def holds(marks: Iterable[str]) -> bool:
        return any(mark in text for mark in marks)

    told = (record for marks, finder in FINDERS if holds(marks) for record in finder(lines))
    found = tuple(_located(list(_relate(_join(sorted(_worst(_fold(told)), key=lambda record: record.line))))))
    name = guest.hypervisor(lines) if found and holds(guest.MARKS) else None
    return tuple(guest.told_by_guest(found, name)) if name else found


def _fold(records: Iterable[HardwareError]) -> Iterator[HardwareError]:
    """Yield one of those that say the same, and never hold more than a few times ``MOST``."""
    first: dict[tuple[object, ...], HardwareError] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for record in records:
        key = _said(record)
        first.setdefault(key, record)
        times[key] += 1
        if len(first) == 8 * MOST:
            first = {_said(one): one for one in _worst(first.values())}
            times = Counter({key: times[key] for key in first})
    for key, record in first.items():
        yield replace(record, decoded={**record.decoded, "repeats": times[key] - 1}) if times[key] > 1 else record


def _said(record: HardwareError) -> tuple[object, ...]:
    return record.kind, record.boot, record.cpu, record.status, record.addr, record.tsc, record.time, record.summary


def _worst(records: Iterable[HardwareError]) -> list[HardwareError]:
    return nlargest(MOST, records, key=lambda record: (RANKS.get(record.decoded.get("severity", ""), 2), record.line))


def _join(records: Sequence[HardwareError]) -> list[HardwareError]:
    """Make one record of a machine check's registers and EDAC's words on them."""
    checks = {_registers(record): at for at, record in enumerate(records) if record.kind == "mce"}
    last: dict[int | None, int] = {}
    joined = list(records)
    gone = set()
    for at, record in enumerate(records):
        if record.kind == "mce":
            last[record.bank] = at
        elif record.kind == "edac":
            mate = checks.get(_registers(record)) if record.status else last.get(record.bank)
            if mate is not None and (record.status or _follows(record, records[mate])):
                joined[mate] = _both(joined[mate], record)
                gone.add(at)
    return [record for at, record in enumerate(joined) if at not in gone]


def _follows(edac: HardwareError, check: HardwareError) -> bool:
    return edac.bank is not None and edac.line - check.line <= BEFORE


def _registers(record: HardwareError) -> tuple[object, ...]:
    return record.cpu, record.bank, record.status


def _both(check: HardwareError, edac: HardwareError) -> HardwareError:
    """The machine check, with what only EDAC's lines tell."""
    known = asdict(check)
    more = {name: value for name, value in asdict(edac).items() if known[name] is None and value is not None}
    dimm = edac.decoded.get("dimm")
    return replace(
        check, **more, line=min(check.line, edac.line),
        decoded={**edac.decoded, **check.decoded, "edac": edac.decoded.get("edac", edac.decoded["text"])},
        summary=f"{check.summary[:-1]}; EDAC names DIMM {dimm}." if dimm else check.summary,
    )  # fmt: skip


def _relate(records: Sequence[HardwareError]) -> Iterator[HardwareError]:
    """Say which record told of the same page, PCI device or CPU shortly before in another way."""
    last: dict[str, HardwareError] = {}
    for record in records:
        for place in filter(None, (_page(record), record.decoded.get("pci"), _cpu(record))):
            earlier = last.get(place)
            if earlier and _teller(earlier) != _teller(record) and record.line - earlier.line <= NEAR:
                record = replace(record, decoded={**record.decoded, "see_line": earlier.line})
            last[place] = record
        yield record


def _located(records: Sequence[HardwareError]) -> Iterator[HardwareError]:
    """Say which DIMM it was where another record of the page that was lost names one; firmware knows the board."""
    names = {
        (record.boot, page): f"{TELLERS[record.kind]} names DIMM {record.decoded['dimm']}"
        for record in sorted(records, key=lambda record: record.kind != "edac")
        if record.kind in TELLERS and record.decoded.get("dimm") and (page := _page(record))
    }  # fmt: skip
    for record in records:
        met = record.decoded.get("consumed") or record.kind == "memory_failure"
        name = names.get((record.boot, _page(record) or "")) if met and not record.injected else None
        yield replace(record, summary=f"{record.summary[:-1]}; {name}.") if name else record


def _page(record: HardwareError) -> str | None:
    """The page of a physical address, without the last three digits: some tell no more."""
    physical = record.kind != "arm" and record.decoded.get("address_mode") not in NOT_PHYSICAL
    return record.addr[:-3] if record.addr and physical else None


def _cpu(record: HardwareError) -> str | None:
    """The CPU that a machine check or a firmware's record of a processor is of, in one boot."""
    return f"apic {record.apic} {record.boot}" if record.apic is not None and record.kind in APIC_TELLERS else None


def _teller(record: HardwareError) -> tuple[str, bool]:
    """Of kind "edac" there are two: AMD's machine checks in words, and memory errors that were located."""
    return record.kind, record.bank is not None
