"""Ask drgn: drgn_script.py as a child, under a Python of this host that has it, and check what it says."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable

from kdump_agent import process

from .conform import fault
from .document import Analysis, Memory, document, schema

SCRIPT = Path(__file__).with_name("drgn_script.py")
_NO_DRGN = 3
_MEMORY = 8 << 30
_LARGEST_ANSWER = 32 << 20


@dataclass(frozen=True)
class Answer:
    """What drgn told, as a document of its own, or why it told nothing."""

    document: dict[str, Any] | None
    why_not: str | None = None
    installed: bool = True


def ask_drgn(
    dump: tuple[str, int], vmlinux: tuple[str, int], modules: Sequence[str], limits: tuple[float, int | None],
    beat: Callable[[], None],
) -> Answer:  # fmt: skip
    """Return what drgn tells of a dump that is in order, or why nothing. ``limits`` are seconds and bytes of memory."""
    bounds = process.Limits(seconds=limits[0], memory=limits[1] or _MEMORY, output=_LARGEST_ANSWER, file_size=0)
    for python in _pythons():
        argv = [python, "-I", "-B", str(SCRIPT), dump[0], vmlinux[0], *modules]
        try:
            ended = process.run(argv, bounds, pass_fds=(dump[1], vmlinux[1]), beat=beat)
        except OSError as exc:
            return Answer(None, f"drgn was not run: {exc.strerror or exc}")
        if ended.status == _NO_DRGN and not ended.stopped:
            continue
        if not ended.ok:
            return Answer(None, f"drgn could not open the dump: it {ended.blame()}")
        return _believe(ended.stdout)
    return Answer(None, "drgn is not installed", installed=False)


def _pythons() -> list[str]:
    """Where distributions put drgn: the system's Python; a virtual environment has its own."""
    found = process.find_program("python3")
    return list(dict.fromkeys(os.path.realpath(each) for each in (found or sys.executable, sys.executable)))


def _believe(raw: bytes) -> Answer:
    """Return the answer if it keeps to the schema: it was made of hostile memory."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return Answer(None, "drgn answered no JSON")
    if not isinstance(told, Mapping):
        return Answer(None, "drgn answered something else than was asked")
    empty = document(Analysis(), crash_id=None)
    memory = told.get("memory")
    filled = {**asdict(Memory()), **memory} if isinstance(memory, Mapping) else None
    whole = {**empty, **told, "memory": filled}
    wrong = fault(whole, schema())
    if wrong:
        return Answer(None, f"drgn answered nonsense: {wrong}")
    if not whole["kernel"]["release"]:
        return Answer(None, f"drgn could not read the kernel's memory ({' '.join(whole['doubts'][:1])})")
    seen = whole["tasks"]["count"] is not None and whole["cpu_stacks"]
    return Answer({**whole, "opened": "yes" if seen else "partly"})
