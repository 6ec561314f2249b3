"""A kernel log on the page: numbered lines, those that matter marked. What they mean was decoded elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .markup import Markup, join, tag
from .words import Document

FIRST, LAST = 4_000, 16_000
"""Lines that are shown of a longer log: a browser bears no more, and the crash is at the end."""
LONGEST = 4096
"""Characters of a line that are shown."""
MOST_JUMPS = 12
_LOUD = re.compile(
    r"BUG: |WARNING: |Oops: |Kernel panic|[Cc]all [Tt]race|general protection|Unable to handle|[Mm]achine check"
    r"|blocked for more than|soft lockup|LOCKUP|detected stall|Out of memory|invalid opcode|I/O error|Kernel BUG"
)
_KINDS = {"cause": "the cause", "hw": "a hardware error", "loud": "trouble"}


@dataclass(frozen=True)
class LogLine:
    """One line of the log."""

    number: int
    """From 1."""
    text: str
    kind: str | None
    """"cause", "hw", "loud", or None for one that says nothing of the crash."""


def lines(log: bytes, report: Document) -> list[LogLine]:
    """Return every line of a log, cut as the decoder cuts it."""
    raw = log.replace(b"\r", b"\n").decode("utf-8", "replace").split("\n")
    cause = _cause(raw, report)
    hardware = {record.get("line") for record in report.get("hardware_errors") or []}
    return [
        LogLine(at + 1, line[:LONGEST], _kind(line, at == cause, at in hardware))
        for at, line in enumerate(raw) if line.strip()
    ]  # fmt: skip


def _cause(raw: Sequence[str], report: Document) -> int | None:
    message = (report.get("panic") or {}).get("message")
    return next((at for at, line in enumerate(raw) if message in line), None) if message else None


def _kind(line: str, is_cause: bool, is_hardware: bool) -> str | None:
    if is_cause:
        return "cause"
    if is_hardware or "[Hardware Error]" in line:
        return "hw"
    return "loud" if _LOUD.search(line) else None


def section(log: bytes, report: Document) -> Markup:
    """Return the log as a section of the page."""
    found = lines(log, report)
    return tag(
        "section",
        tag("h2", "Kernel log ", tag("small", f"{len(found)} lines")),
        _jumps(found), _search(),
        tag("div", *_shown(found), class_="log", tabindex="0", role="region", aria_label="Kernel log"),
        id="log",
    )  # fmt: skip


def _jumps(found: Sequence[LogLine]) -> Markup | None:
    """Links to the lines that matter: the cause, and where a run of hardware errors begins."""
    worth = [line for line in found if line.kind in ("cause", "hw")]
    begins = [line for before, line in zip([None, *worth], worth)
              if before is None or before.kind != line.kind or line.number - before.number > 1]  # fmt: skip
    links = (
        tag("li", tag("a", f"line {line.number}", href=f"#L{line.number}"), f" {_KINDS[line.kind or 'loud']}")
        for line in begins[:MOST_JUMPS]
    )
    return tag("ul", *links, class_="jumps") if begins else None


def _search() -> Markup:
    """The search bar; it stays hidden where no script runs."""
    return tag(
        "form",
        tag("input", type="search", id="query", placeholder="Search the log  ( / )", aria_label="Search the log",
            autocomplete="off", spellcheck="false"),
        tag("button", "Previous", type="button", id="previous"), tag("button", "Next", type="submit", id="next"),
        tag("label", tag("input", type="checkbox", id="only"), " matching lines only"),
        tag("output", "", id="count", aria_live="polite"),
        class_="search", id="search", role="search", hidden="",
    )  # fmt: skip


def _shown(found: Sequence[LogLine]) -> Iterator[Markup]:
    left_out = len(found) - FIRST - LAST
    if left_out <= 0:
        yield from map(_line, found)
        return
    yield from map(_line, found[:FIRST])
    yield tag("p", f"{left_out} lines are left out here; dmesg.txt has them all", class_="gap")
    yield from map(_line, found[-LAST:])


def _line(line: LogLine) -> Markup:
    pieces = line.text.split("\t")
    words = join(pieces, "\t")
    return tag("p", words, id=f"L{line.number}", data_n=line.number, class_=line.kind)
