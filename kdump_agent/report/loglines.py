"""A kernel log on the page: numbered lines, those that matter marked. What they mean was decoded elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .markup import Markup, join, tag
from .words import Document

FIRST, LAST = 4_000, 16_000
"""Lines that are shown of a longer log: a browser bears no more, and the crash is at the end."""
LONGEST = 1200
"""Characters of a line that are shown; the kernel's own limit is about 1000."""
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


@dataclass(frozen=True)
class Shown:
    """The lines of a log that are shown: those that are not empty, of a long log the first and the last."""

    first: list[LogLine]
    left_out: int
    """Lines between the first and the last."""
    last: list[LogLine]


def lines(log: bytes, report: Document) -> Shown:
    """Return the lines of a log, cut as the decoder cuts it. Bounded, whatever the log holds."""
    *head, rest = log.replace(b"\r", b"\n").split(b"\n", FIRST)
    tail = rest.rsplit(b"\n", LAST)
    left_out = tail.pop(0).count(b"\n") + 1 if len(tail) > LAST else 0
    marks = _Marks((report.get("panic") or {}).get("message"), report.get("hardware_errors") or [])
    first = list(marks.read(head, 1))
    return Shown(first, left_out, list(marks.read(tail, len(head) + left_out + 1)))


class _Marks:
    """Marks the lines that matter; the first that holds the crash's message is its cause."""

    def __init__(self, message: str | None, errors: Sequence[Document]) -> None:
        self._message = message
        self._hardware = {record.get("line") for record in errors}

    def read(self, raw: Sequence[bytes], number: int) -> Iterator[LogLine]:
        """Yield the lines that are not empty, the first of them that of a number."""
        for at, content in enumerate(raw, number):
            if content.strip():
                text = content[: 4 * LONGEST].decode("utf-8", "replace")
                more = f" ... {len(content)} bytes in all" if len(text) > LONGEST or len(content) > 4 * LONGEST else ""
                yield LogLine(at, text[:LONGEST] + more, self._kind(text, at - 1))

    def _kind(self, text: str, index: int) -> str | None:
        if self._message and self._message in text:
            self._message = None
            return "cause"
        if index in self._hardware or "[Hardware Error]" in text:
            return "hw"
        return "loud" if _LOUD.search(text) else None


def section(log: bytes, report: Document) -> Markup:
    """Return the log as a section of the page."""
    found = lines(log, report)
    return tag(
        "section",
        tag("h2", "Kernel log ", tag("small", f"{len(found.first) + found.left_out + len(found.last)} lines")),
        _jumps([*found.first, *found.last]), _search(),
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


def _shown(found: Shown) -> Iterator[Markup]:
    yield from map(_line, found.first)
    if found.left_out:
        yield tag("p", f"{found.left_out} lines are left out here; dmesg.txt has them all", class_="gap")
    yield from map(_line, found.last)


def _line(line: LogLine) -> Markup:
    pieces = line.text.split("\t")
    words = join(pieces, "\t")
    return tag("p", words, id=f"L{line.number}", data_n=line.number, class_=line.kind)
