"""A report as a person reads it on a terminal: first the sentence that matters, then all that backs it.

Everything that came from the crashed host is escaped: no control, ANSI or bidirectional character leaves.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import rows
from .words import Document, facts, headline, parts

BOLD, RED, DIM = "1", "31", "2"
_LABEL = 9
_COLOUR_OF = {"fatal": RED, "uncorrected": RED, "SRAR": RED, "corrected": DIM}


@dataclass(frozen=True)
class Paper:
    """What is written on."""

    width: int | None = None
    """Columns; None where lines are as long as they are, as in a file."""
    colour: bool = False

    def ink(self, text: str, *codes: str) -> str:
        """Return the text in a colour, where the paper takes colours."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and codes and text else text

    def wrap(self, text: str, first: str = "", rest: str | None = None) -> list[str]:
        """Return the text, escaped, in lines of the paper's width; ``first`` and ``rest`` begin them."""
        rest = " " * len(first) if rest is None else rest
        if self.width is None:
            return [first + plain(text)]
        width = max(self.width, len(first) + 20)
        lines = textwrap.wrap(
            plain(text), width, initial_indent=first, subsequent_indent=rest, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        return lines or [first]

    def title(self, text: str) -> str:
        """Return the heading of one of several reports."""
        return self.ink(f"== {plain(text)} ".ljust(self.width or 0, "="), BOLD)


def brief(report: Document) -> str:
    """Return a report as one line."""
    kernel, source = (report.get("kernel") or {}).get("release"), (report.get("dmesg") or {}).get("source")
    why = [*(report.get("doubts") or ())][:1] if source == "none" else []
    return plain(": ".join([headline(report), *map(str, why)]) + (f" (kernel {kernel})" if kernel else ""))


def render(report: Document, paper: Paper = Paper()) -> str:
    """Return a report as lines of text."""
    lines = list(_headline(report, paper))
    for title, block in (
        ("", _facts(report, paper)),
        ("Hardware errors", _errors(report, paper)),
        ("Stack", _stack(report, paper)),
        *((plain(title), (f"    {plain(line)}" for line in lines)) for title, lines in rows.history(report)),
        *((title, _lines(lines, paper)) for title, lines in rows.last_boot(report)),
        ("In doubt", _doubts(report, paper)),
    ):
        if found := list(block):
            lines += ["", *filter(None, (paper.ink(title, BOLD),)), *found]
    return "\n".join(lines)


def _headline(report: Document, paper: Paper) -> Iterator[str]:
    """The sentence that matters, its first part in red: what happened. The rest is how bad, and what to do."""
    what, rest = parts(headline(report))
    colours = (BOLD, RED) if report.get("panic") else (BOLD,)
    yield from (paper.ink(line, *colours) for line in paper.wrap(what))
    if rest:
        yield from paper.wrap(rest)


def _facts(report: Document, paper: Paper) -> Iterator[str]:
    for label, words in facts(report):
        first, *others = paper.wrap(words, label.ljust(_LABEL))
        yield paper.ink(first[:_LABEL], DIM) + first[_LABEL:]
        yield from others


def _errors(report: Document, paper: Paper) -> Iterator[str]:
    table = rows.errors(report)
    if table is None:
        return
    cells = [[plain(cell) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(table.head, *cells)]
    yield paper.ink(_row(table.head, widths), DIM)
    for row, notes, severity in zip(cells, table.notes, table.severities):
        yield paper.ink(_row(row, widths), *filter(None, (_COLOUR_OF.get(severity),)))
        for note in notes:
            yield from paper.wrap(note, "    ")
    if table.more:
        yield f"  ... and {table.more} more"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()


def _stack(report: Document, paper: Paper) -> Iterator[str]:
    shown, more = rows.stack(report)
    for row in shown:
        if row.section:
            yield paper.ink(f"    <{plain(row.section).upper()}>", DIM)
        text = plain(row.text) + (f"  ({row.times} times)" if row.times > 1 else "")
        if row.culprit:
            yield paper.ink(f"  > {text}", BOLD, RED)
        else:
            yield f"    {text}" if row.reliable else paper.ink(f"  ? {text}", DIM)
    if more:
        yield f"    ... and {more} more"


def _lines(lines: Sequence[str], paper: Paper) -> Iterator[str]:
    return (piece for line in lines for piece in paper.wrap(line, "  "))


def _doubts(report: Document, paper: Paper) -> Iterator[str]:
    for doubt in report.get("doubts") or []:
        yield from paper.wrap(str(doubt), "  - ")


def plain(text: str) -> str:
    """Return a text that a terminal cannot mistake for an order."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
