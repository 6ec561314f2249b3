"""Open a dump: ask crash, let drgn tell what crash could not read, and leave texts and analysis.json.

The door of this room. It runs wherever descriptors of the dump and of the vmlinux are at hand, best in the decoder.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Callable

from kdump_agent import process

from .crash import Crash
from .document import DOCUMENT, Analysis, document
from .drgn import ask_drgn
from .gather import gather
from .lines import module_files
from .question import Lend, Question, Text
from .versions import parse_version

_VERSION = process.Limits(seconds=30, output=1 << 16, file_size=0)

Document = Mapping[str, Any]
Vmlinux = tuple[str, int]


def analyse(
    lend: Lend, vmlinux: AbstractContextManager[Vmlinux], question: Question, folder: Path, beat: Callable[[], None]
) -> Iterator[Text]:
    """Yield the text of each command as it comes, and at last the document. ``folder`` is empty and ours.

    Whatever fails is a doubt in the document. ``beat`` is called at least once a second; what it raises ends the work.
    """
    with vmlinux as kernel:
        told = yield from _with_crash(lend, kernel, question, folder, beat)
        if told["opened"] != "yes" or told["tasks"]["complete"] != "yes":
            told = _with_drgn(told, lend, kernel, question, beat)
    told = {**told, "lines": list(_lines(told, question)), "doubts": [*told["doubts"], *_missing(told)]}
    yield Text(DOCUMENT, json.dumps(told, indent=1).encode() + b"\n")


def _with_crash(
    lend: Lend, vmlinux: Vmlinux, question: Question, folder: Path, beat: Callable[[], None]
) -> Generator[Text, None, Document]:
    program = process.find_program("crash")
    if program is None:
        return _nothing("crash is not installed")
    try:
        said = process.run([str(program), "--version"], _VERSION, beat=beat).stdout.decode("ascii", "replace")
        with lend(not question.whole) as dump:
            crash = Crash(program, parse_version(said.partition("crash ")[2]), dump, vmlinux, folder, beat)
            heard = yield from crash.ask(question)
    except OSError as exc:
        return _nothing(f"crash was not run: {exc.strerror or exc}")
    return document(gather(heard, question), crash_id=None)


def _with_drgn(told: Document, lend: Lend, vmlinux: Vmlinux, question: Question, beat: Callable[[], None]) -> Document:
    """Add what drgn knows better, or say why it does not."""
    modules = [path for _, path in module_files(question.modules, {each.module or "" for each in question.wanted})]
    try:
        with lend(True) as dump:
            answer = ask_drgn(dump, vmlinux, modules, (question.total_seconds, question.memory), beat)
    except OSError as exc:
        return _doubting(told, f"drgn was not run: {exc.strerror or exc}")
    if answer.document is not None:
        return join(told, answer.document)
    # A host without either debugger is told so; one whose crash did well needs no second.
    return told if not answer.installed and told["opened"] != "no" else _doubting(told, str(answer.why_not))


def join(crash: Document, drgn: Document) -> Document:
    """Return the one document that two debuggers make: crash's words first, drgn's where crash has none or not all."""
    if crash["opened"] == "no":
        return {**drgn, "doubts": [*crash["doubts"], *drgn["doubts"], *_broken_off(drgn["panic_task"])]}
    filled = {name: drgn[name] for name, value in crash.items() if value in (None, [], {}) and drgn.get(name)}
    if crash["tasks"]["complete"] != "yes" and drgn["tasks"]["complete"] == "yes":
        filled.update(tasks=drgn["tasks"], blocked=drgn["blocked"])
        few = f"crash found only {crash['tasks']['count']} tasks; the {drgn['tasks']['count']} here are drgn's"
        crash = _doubting(crash, few)
    if not crash["kernel"]["release"]:
        filled["kernel"] = drgn["kernel"]
    return {**crash, **filled, "helper": drgn["tool"], "doubts": [*crash["doubts"], *drgn["doubts"]]}


def _broken_off(stack: Document | None) -> Iterator[str]:
    """A stack begins in the kernel's entry code; one that ends in a module could not be followed through it."""
    last = (stack or {}).get("frames", [])[-1:]
    if last and last[0]["module"]:
        yield f"drgn followed the stack no further than [{last[0]['module']}], whose debugging information is not here"


def _nothing(why: str) -> Document:
    return document(Analysis(doubts=(why,)), crash_id=None)


def _doubting(told: Document, why: str) -> Document:
    return {**told, "doubts": [*told["doubts"], why]}


def _missing(told: Document) -> Iterator[str]:
    if told["tasks"]["complete"] == "no":
        yield f"only {told['tasks']['count']} tasks were found; the others, and those that were blocked, are not known"


def _lines(told: Document, question: Question) -> Iterator[Document]:
    """Yield where the wanted frames are: as crash was asked, else as any stack tells."""
    known = {(line["symbol"], line["offset"], line["module"]): line for line in told["lines"]}
    stacks = [told["panic_task"] or {"frames": []}, *told["cpu_stacks"], *told["blocked"]]
    places = {
        (frame["symbol"], frame["offset"]): frame for stack in stacks for frame in stack["frames"] if frame["file"]
    }
    for each in dict.fromkeys(question.wanted):
        line, frame = known.get((each.symbol, each.offset, each.module)), places.get((each.symbol, each.offset))
        if line is not None:
            yield line
        elif frame is not None:
            yield {"symbol": each.symbol, "offset": each.offset, "module": each.module, "file": frame["file"],
                   "line": frame["line"]}  # fmt: skip
