"""The rows of a report: stack, hardware errors, what a boot without a dump left. How they look is for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, groupby

from .words import Document, headline, mildness, source, spot

MOST_FRAMES = 40
MOST_HISTORY = 10
"""Frames that are shown of who allocated, and as many of who freed."""
MOST_RECORDS = 32
MOST_WORDS = 20
"""Lines that are shown of each log of a boot without a dump."""
HISTORY = ("allocated", "freed", "uninit was")
"""How KASAN, KFENCE and KMSAN head the stack of those who had the memory before, in any case of letters."""
_BOOKKEEPING = (
    "save_stack", "stack_trace_save", "kasan_", "__kasan_", "____kasan_", "kmsan_", "__kmsan_", "set_track",
    "slab_free_", "slab_post_",
)  # fmt: skip
"""What writes such a stack down; the first frames of one."""
LAST_BOOT = (
    ("Why there is no dump", "why_no_dump"), ("Who says that it ended badly", "because"),
    ("Its last words in the journal", "journal"), ("The crash kernel's last words", "crash_kernel"),
)  # fmt: skip
COLUMNS = (  # the head, and the field of a record
    ("KIND", "kind"), ("CPU", "cpu"), ("SOCKET", "socket"), ("BANK", "bank"), ("STATUS", "status"),
    ("ADDRESS", "addr"), ("SEVERITY", "severity"),
)  # fmt: skip


@dataclass(frozen=True)
class FrameRow:
    """One line of a stack."""

    text: str
    reliable: bool = True
    culprit: bool = False
    """Is this the function at fault?"""
    times: int = 1
    """How often it stands there in a row."""
    section: str | None = None
    """"irq", "nmi", "task" ..., where it differs from the row's before."""


@dataclass(frozen=True)
class ErrorTable:
    """Hardware errors: columns that say nothing are left out."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[Sequence[str]]
    """What is said below each row."""
    severities: Sequence[str]
    more: int
    """Records that are not shown."""


def stack(report: Document) -> tuple[list[FrameRow], int]:
    """Return the rows of the stack, the innermost first, and how many frames are not shown."""
    rows = [FrameRow(text, reliable, at_fault, len(list(same)), section)
            for (text, reliable, at_fault, section), same in groupby(_frames(report))]  # fmt: skip
    return list(_sections(rows[:MOST_FRAMES])), sum(row.times for row in rows[MOST_FRAMES:])


def history(report: Document) -> Iterator[tuple[str, list[str]]]:
    """Yield who allocated and who freed what is broken: the kernel's heading, and the frames."""
    for told in report.get("other_stacks") or ():
        heading = str(told.get("heading") or "").rstrip(":")
        if heading.lower().startswith(HISTORY):
            frames = [spot(frame) for frame in told.get("frames") or () if frame.get("reliable")]
            own = list(dropwhile(lambda frame: frame.startswith(_BOOKKEEPING), frames)) or frames
            more = [f"... and {len(own) - MOST_HISTORY} more"] if len(own) > MOST_HISTORY else []
            if own:
                yield heading, own[:MOST_HISTORY] + more


def with_lines(report: Document, analysis: Document) -> Document:
    """Return the report with file and line beside each place that the debugger knows."""
    try:
        known = {(each["module"], each["symbol"], each["offset"]): each for each in analysis.get("lines") or []}
    except (KeyError, TypeError):  # damaged, which its own section says
        return report
    panic = report.get("panic") or {}

    def placed(place: Document) -> Document:
        found = known.get((place.get("module"), place.get("symbol"), place.get("offset")), {})
        return {**place, "file": found.get("file"), "line": found.get("line")}

    return {
        **report,
        "frames": [placed(frame) for frame in report.get("frames") or []],
        "panic": {**panic, "rip": placed(panic["rip"])} if panic.get("rip") else report.get("panic"),
    }


def _frames(report: Document) -> Iterator[tuple[str, bool, bool, str | None]]:
    """Yield text, whether it is reliable, whether it is at fault, and section of each frame.

    Where the CPU stood comes first, unless the stack has it: an Oops tells it among the registers.
    """
    panic, frames = report.get("panic") or {}, list(report.get("frames") or [])
    rip = panic.get("rip") or {}
    if rip.get("symbol") and not any(spot(frame) == spot(rip) for frame in frames):
        if frames and frames[0].get("offset") is None and frames[0].get("symbol") == rip["symbol"]:
            del frames[0]  # arm's unwinder names who is called without saying where
        frames.insert(0, {**rip, "reliable": True, "section": frames[0].get("section") if frames else None})
    culprit = panic.get("function")
    marked = next((number for number, frame in enumerate(frames) if _is(frame, culprit)), None)
    for number, frame in enumerate(frames):
        where = source(frame)
        yield (
            spot(frame) + (f"  {where}" if where else ""),
            bool(frame.get("reliable")),
            number == marked,
            frame.get("section"),
        )


def _is(frame: Document, culprit: str | None) -> bool:
    name = str(frame.get("symbol")).split(".")[0]
    return culprit is not None and bool(frame.get("reliable")) and (name == culprit or _system_call(name, culprit))


def _system_call(name: str, culprit: str) -> bool:
    """Is it the same one, as its architecture calls it: ``__x64_sys_read``, ``SyS_read`` of ``sys_read``?"""
    return culprit.startswith("sys_") and f"_{name.lower()}".endswith(f"_{culprit}")


def _sections(rows: Sequence[FrameRow]) -> Iterator[FrameRow]:
    """Leave a section's name on its first row only; a stack of one task alone needs none."""
    last = "task"
    for row in rows:
        section = row.section or "task"
        yield FrameRow(row.text, row.reliable, row.culprit, row.times, section if section != last else None)
        last = section


def errors(report: Document) -> ErrorTable | None:
    """Return the table of hardware errors, or None where the log told of none."""
    records = report.get("hardware_errors") or []
    shown = _weightiest(records)
    if not shown:
        return None
    cells = [[_cell(record, name) for _, name in COLUMNS] for record in shown]
    kept = [at for at in range(len(COLUMNS)) if any(row[at] != "-" for row in cells)]
    said = headline(report) if len(records) == 1 else ""
    return ErrorTable(
        [COLUMNS[at][0] for at in kept], [[row[at] for at in kept] for row in cells],
        [list(_notes(record, said)) for record in shown], [row[-1] for row in cells], len(records) - len(shown),
    )  # fmt: skip


def _weightiest(records: Sequence[Document]) -> list[Document]:
    """The worst, and of equals the last, for they are nearest to the crash; in the order of the log."""
    order = sorted(range(len(records)), key=lambda at: (mildness(records[at]), -at))
    return [records[at] for at in sorted(order[:MOST_RECORDS])]


def last_boot(report: Document) -> Iterator[tuple[str, list[str]]]:
    """Yield what is left of a boot without a dump: a title, and its lines."""
    found = report.get("last_boot") or {}
    blocks = ((title, [str(line) for line in found.get(name) or ()][-MOST_WORDS:]) for title, name in LAST_BOOT)
    yield from ((title, lines) for title, lines in blocks if lines)


def _cell(record: Document, name: str) -> str:
    value = record.get(name) if name != "severity" else (record.get("decoded") or {}).get("severity")
    return "-" if value is None else str(value)


def _notes(record: Document, said: str) -> Iterator[str]:
    """Yield what a row has no room for; what the headline said of an only record is not said again."""
    decoded = record.get("decoded") or {}
    if record.get("summary") and record["summary"] != said:
        yield str(record["summary"])
    if record.get("boot") == "previous":
        yield "Found in the banks at this boot's start: it happened in the boot before."
    if record.get("injected"):
        yield f"Made on purpose: {record['injected']}."
    if decoded.get("repeats"):
        yield f"Told {decoded['repeats'] + 1} times."
    yield from _registers(record, decoded)


def _registers(record: Document, decoded: Document) -> Iterator[str]:
    flags = [("Status", decoded.get("flags")), ("MCG status", decoded.get("mcg_flags"))]
    told = [f"{label} {' '.join(map(str, words))}" for label, words in flags if words]
    told += [f"{name.upper()} {record[name]}" for name in ("misc", "synd", "ipid", "ppin") if record.get(name)]
    if record.get("vendor") and record.get("family") is not None:
        numbers = "-".join(str(record.get(name)) for name in ("family", "model", "stepping"))
        told.append(
            f"{record['vendor']} {numbers}" + (f" microcode {record['microcode']}" if record.get("microcode") else "")
        )
    rip = record.get("rip") or {}
    if rip.get("symbol"):
        told.append(f"the CPU stood {'at' if record.get('rip_exact') else 'near'} {spot(rip)}")
    if told:
        yield "; ".join(told) + "."
