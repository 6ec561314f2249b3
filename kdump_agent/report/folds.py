"""What a debugger found in the dump, on the page: folds that a reader opens. analysis.schema.json tells the document.

The document may be absent, partial, or of a later version: what is there is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdump_agent.units import show_size

from . import inside
from .markup import Child, Markup, join, tag
from .words import Document, source, spot

MOST_STACKS = 256
MOST_FRAMES = 100
MOST_MODULES = 1000
MEMORY = (
    ("total", "Total"), ("used", "Used"), ("free", "Free"), ("shared", "Shared"), ("buffers", "Buffers"),
    ("cached", "Page cache"), ("slab", "Slab"), ("huge_total", "Huge pages"), ("huge_free", "Huge pages, free"),
    ("swap_total", "Swap"), ("swap_used", "Swap, used"), ("commit_limit", "Commit limit"), ("committed", "Committed"),
)  # fmt: skip


def section(analysis: Document, said: Mapping[str, str]) -> Markup:
    """Return the analysis as a section of the page; ``said`` is what each command answered, by its file's name."""
    return tag("section", tag("h2", "Inside the dump"), *_intro(analysis), *_folds(analysis, said), id="analysis")


def _intro(analysis: Document) -> Iterator[Markup]:
    yield tag("p", f"Opened: {inside.opened(analysis)}.")
    if analysis.get("install"):
        yield tag("p", "To see more, install ", tag("code", analysis["install"]), ".")
    if system := inside.system(analysis):
        yield tag("p", f"System: {system}.")
    doubts = list(analysis.get("doubts") or [])
    if doubts:
        yield tag("ul", *(tag("li", str(doubt)) for doubt in doubts), class_="doubts")


def _folds(analysis: Document, said: Mapping[str, str]) -> Iterator[Markup]:
    if analysis.get("panic_task"):
        yield _fold("The task that panicked", _stack(analysis["panic_task"]))
    for title, key in (("What ran on every CPU", "cpu_stacks"), ("Blocked tasks", "blocked")):
        stacks = list(analysis.get(key) or [])
        if stacks:
            yield _fold(title, *map(_stack, stacks[:MOST_STACKS]), *_more(len(stacks) - MOST_STACKS), count=len(stacks))
    if checks := list(inside.machine_checks(analysis)):
        yield _fold("Machine checks in its memory", tag("ul", *(tag("li", tag("code", each)) for each in checks)))
    if memory := list(_memory(analysis.get("memory") or {})):
        yield _fold("Memory", *memory)
    if modules := list(analysis.get("modules") or []):
        yield _fold("Modules", _modules(modules), *_more(len(modules) - MOST_MODULES), count=len(modules))
    if commands := list(analysis.get("commands") or []):
        yield _fold("What the debugger was asked", *(_command(each, said) for each in commands), count=len(commands))


def _fold(title: str, *content: Child, count: int | None = None) -> Markup:
    many = tag("small", f" {count}") if count is not None else None
    return tag("details", tag("summary", title, many), *content)


def _more(count: int) -> Iterator[Markup]:
    if count > 0:
        yield tag("p", f"... and {count} more")


def _stack(stack: Document) -> Markup:
    frames = list(stack.get("frames") or [])
    return join((
        tag("h3", inside.who(stack)),
        tag("ol", *map(_frame, frames[:MOST_FRAMES]), class_="stack"), *_more(len(frames) - MOST_FRAMES),
    ))  # fmt: skip


def _frame(frame: Document) -> Markup:
    name = spot(frame) if frame.get("symbol") else str(frame.get("address") or "?")
    where = source(frame)
    notes = [word for word, key in (("inlined", "inline"), ("exception came here", "exception")) if frame.get(key)]
    return tag(
        "li", tag("code", name),
        tag("span", where, class_="source", title=frame["file"]) if where else None,
        *(tag("em", note) for note in notes),
    )  # fmt: skip


def _memory(memory: Document) -> Iterator[Markup]:
    total, used = memory.get("total"), memory.get("used")
    if total and used is not None:
        yield tag("meter", f"{100 * used // total} %", min=0, max=total, value=used, aria_label="Memory used")
    known = [(label, memory[key]) for key, label in MEMORY if memory.get(key) is not None]
    if known:
        yield tag("dl", *(join((tag("dt", label), tag("dd", show_size(size)))) for label, size in known))


def _modules(modules: list[Document]) -> Markup:
    head = tag("tr", *(tag("th", word, scope="col") for word in ("Name", "Base", "Size", "Symbols")))
    rows = (
        tag("tr", *(tag("td", tag("code", cell)) for cell in (
            str(each.get("name")), str(each.get("base") or "-"),
            "-" if each.get("size") is None else show_size(each["size"]), str(each.get("symbols") or "-"))))
        for each in modules[:MOST_MODULES]
    )  # fmt: skip
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="wide", tabindex="0",
               role="region", aria_label="Modules")  # fmt: skip


def _command(asked: Document, said: Mapping[str, str]) -> Markup:
    ended = "" if asked.get("ended") == "whole" else f" ({asked.get('ended')})"
    words = said.get(str(asked.get("file")))
    if words is None:
        return tag("p", tag("code", str(asked.get("command"))), f"{ended}: what it said is not at hand")
    return _fold(f"{asked.get('command')}{ended}", tag("pre", join(words.split("\n"), "\n"), tabindex="0"))
