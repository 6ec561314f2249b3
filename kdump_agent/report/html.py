"""A report as one page: everything in one file, nothing fetched, nothing run but our own script.

Everything that came from the crashed host is text there (markup.py); a Content-Security-Policy names our style sheet
and our script by their hashes, so that a mistake of ours would still run nothing of a dump's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from . import folds, loglines, rows
from .markup import Markup, join, tag, trusted
from .words import Document, facts, headline, parts

_STYLE, _SCRIPT = "page.css", "page.js"


def page(report: Document, *, log: bytes | None, analysis: Document | None = None,
         said: Mapping[str, str] | None = None) -> str:  # fmt: skip
    """Return a whole HTML page.

    ``log`` is the kernel's log, ``analysis`` what a debugger found in the dump, ``said`` what it answered to each
    command, by the name of the artifact. What is None is not shown.
    """
    style, script = _ours(_STYLE), _ours(_SCRIPT)
    told = rows.with_lines(report, analysis) if analysis else report
    sections = [section for section in (
        _errors(told), _stack(told), *(_left(title, lines) for title, lines in rows.history(told)),
        *(_left(title, lines) for title, lines in rows.last_boot(told)),
        _analysis(analysis, said or {}) if analysis else None,
        loglines.section(log, report) if log else None,
    ) if section is not None]  # fmt: skip
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", _title(report)),
        tag("style", style),
    )
    body = tag(
        "body", _verdict(report), tag("main", _facts(report), _doubts(report), *sections), _foot(report),
        tag("script", script),
    )  # fmt: skip
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _ours(name: str) -> Markup:
    return trusted(Path(__file__).with_name(name).read_text("utf-8"))


def _policy(style: str, script: str) -> str:
    """Nothing may be fetched; only these very texts may style and run."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _title(report: Document) -> str:
    host = (report.get("host") or {}).get("name")
    return parts(headline(report))[0] + (f" - {host}" if host else "")


def _verdict(report: Document) -> Markup:
    what, rest = parts(headline(report))
    kind, when = (report.get("panic") or {}).get("kind"), report.get("crashed_at")
    host = (report.get("host") or {}).get("name")
    crumbs = [str(word) for word in (host, str(when).replace("T", " ").replace("Z", " UTC") if when else None) if word]
    return tag(
        "header",
        tag("p", *(tag("span", crumb) for crumb in crumbs), tag("span", "drill", class_="chip") if report.get("drill")
            else None, class_="crumbs") if crumbs or report.get("drill") else None,
        tag("h1", what), tag("p", rest, class_="rest") if rest else None,
        class_="bad" if kind else "calm",
    )  # fmt: skip


def _facts(report: Document) -> Markup:
    shown = (join((tag("dt", label), tag("dd", words))) for label, words in facts(report))
    return tag("dl", *shown, class_="facts")


def _doubts(report: Document) -> Markup | None:
    doubts = [tag("li", str(doubt)) for doubt in report.get("doubts") or []]
    return tag("section", tag("h2", "In doubt"), tag("ul", *doubts, class_="doubts"), id="doubts") if doubts else None


def _errors(report: Document) -> Markup | None:
    table = rows.errors(report)
    if table is None:
        return None
    heads = [word if word == "CPU" else word.capitalize() for word in table.head]
    body = (
        join((tag("tr", *_cells(heads, row, severity), class_="record"), *_notes(notes, len(heads))))
        for row, notes, severity in zip(table.rows, table.notes, table.severities)
    )
    head = tag("thead", tag("tr", *(tag("th", word, scope="col") for word in heads)))
    return tag(
        "section", tag("h2", "Hardware errors"),
        tag("div", tag("table", head, tag("tbody", *body), class_="records"), class_="wide", tabindex="0",
            role="region", aria_label="Hardware errors"),
        tag("p", f"... and {table.more} more") if table.more else None,
        id="hardware",
    )  # fmt: skip


def _cells(heads: Sequence[str], row: Sequence[str], severity: str) -> Iterator[Markup]:
    chip = "chip mild" if severity in ("corrected", "info") else "chip grave"
    for head, cell in zip(heads, row):
        shown = tag("span", cell, class_=chip) if head == "Severity" and cell != "-" else tag("code", cell)
        yield tag("td", shown, data_label=head, class_="none" if cell == "-" else None)


def _notes(notes: Sequence[str], columns: int) -> Iterator[Markup]:
    if notes:
        yield tag("tr", tag("td", *(tag("p", note) for note in notes), colspan=columns), class_="notes")


def _stack(report: Document) -> Markup | None:
    shown, more = rows.stack(report)
    if not shown:
        return None
    unsure = any(not row.reliable for row in shown)
    return tag(
        "section", tag("h2", "Stack"),
        tag("ol", *(item for row in shown for item in _frame(row)), class_="stack"),
        tag("p", f"... and {more} more") if more else None,
        tag("p", "A question mark is the kernel's: perhaps only a leftover on the stack.", class_="legend")
        if unsure else None,
        id="stack",
    )  # fmt: skip


def _left(title: str, lines: Sequence[str]) -> Markup:
    return tag("section", tag("h2", title), tag("ul", *(tag("li", tag("code", line)) for line in lines)))


def _frame(row: rows.FrameRow) -> Iterator[Markup]:
    if row.section:
        yield tag("li", row.section.upper(), class_="section")
    name, _, source = row.text.partition("  ")
    yield tag(
        "li",
        None if row.reliable else tag("span", "?", class_="mark"),
        tag("code", name),
        tag("span", source, class_="source") if source else None,
        tag("em", f"{row.times} times") if row.times > 1 else None,
        tag("strong", "at fault") if row.culprit else None,
        class_="culprit" if row.culprit else None if row.reliable else "unsure",
    )


def _analysis(analysis: Document, said: Mapping[str, str]) -> Markup:
    try:
        return folds.section(analysis, said)
    except (AttributeError, KeyError, TypeError, ValueError):
        why = "What a debugger found in the dump cannot be shown: analysis.json is damaged, or of another version."
        return tag("section", tag("h2", "Inside the dump"), tag("p", why), id="analysis")


def _foot(report: Document) -> Markup:
    words = [f"kdump-agent {(report.get('agent') or {}).get('version') or ''}".strip(), str(report.get("schema"))]
    words += [f"crash {report['crash_id']}"] if report.get("crash_id") else []
    return tag("footer", tag("p", ", ".join(words)))
