"""Get the kernel log out of a dump that has none beside it.

Our own reader comes first: it needs no child, cannot be killed by hostile bytes, reads flattened dumps where they lie
and truncated ones as far as they go. What it cannot read whole is given to makedumpfile and to drgn, where they are
installed, each in a child with limits and no network; a child that fails, hangs or dies is a doubt in the report, and
nothing worse.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

from kdump_agent import files, process

from .dmesg import LARGEST, read_log
from .header import Header, open_dump
from .lend import NoRoom, lend

LIMITS = process.Limits(seconds=120, memory=2 << 30, output=2 * LARGEST, file_size=2 * LARGEST)
"""For each other program: the memory is address space, the file the log that it writes."""
_LOG = ".dmesg.draft"
_DRGN = Path(__file__).with_name("drgn_script.py")
_HOME = Path(__file__).resolve().parent.parent.parent
_MOST_DOUBTS = 10


@dataclass(frozen=True)
class Extracted:
    """A log out of a dump, or why there is none."""

    log: bytes | None
    doubts: tuple[str, ...] = ()
    tool: str | None = None
    """Who read it: "kdump-agent", "makedumpfile" or "drgn"."""


def extract_dmesg(fd: int, header: Header, scratch: Path, beat: Callable[[], None]) -> Extracted:
    """Return the log inside the dump behind ``fd``; ``scratch`` is a folder of ours for drafts.

    ``beat`` is called at least once a second, and what it raises ends the work. Nothing else raises.
    """
    if header.format == "unknown":
        return Extracted(None, ("no log was read from the dump, whose format is unknown",))
    own = best = _read_ourselves(fd, beat)
    if own.log is not None and not own.doubts:
        return own
    doubts: list[str] = []
    try:
        asked = [(ask, program) for find, ask in SECOND if (program := find()) is not None]
        if not asked:
            doubts.append("neither makedumpfile nor drgn, which may read more of it, is installed")
            return replace(own, doubts=(*own.doubts, *doubts))
        with lend(fd, scratch, beat, ordered=True) as (path, kept):  # neither reads flattened dumps
            for ask, program in asked:
                other = ask(program, path, kept, scratch, beat)
                doubts += other.doubts
                if len(other.log or b"") > len(best.log or b""):
                    best = other
                if other.log is not None and not other.doubts:
                    break
    except NoRoom as exc:
        doubts.append(f"no other program was asked: {exc}")
    except OSError as exc:
        doubts.append(f"another program could not be asked: {exc.strerror or exc}")
    return best if best is not own else replace(own, doubts=(*own.doubts, *doubts))


def _read_ourselves(fd: int, beat: Callable[[], None]) -> Extracted:
    try:
        log = read_log(open_dump(fd, beat), beat)
    except OSError as exc:
        return Extracted(None, (f"the dump could not be read: {exc.strerror or exc}",))
    if not log.text:
        why = "; ".join(log.doubts) or "it is empty"
        return Extracted(None, (f"no log was read from the dump: {why}",))
    return Extracted(log.text, log.doubts, "kdump-agent")


def _find_makedumpfile() -> str | None:
    found = process.find_program("makedumpfile")
    return None if found is None else str(found)


def _ask_makedumpfile(program: str, path: str, kept: int, scratch: Path, beat: Callable[[], None]) -> Extracted:
    log = scratch / _LOG
    try:
        argv = [program, "--dump-dmesg", path, str(log)]
        ended = process.run(argv, LIMITS, pass_fds=(kept,), cwd=scratch, beat=beat)
        content = log.read_bytes() if log.exists() else b""
    finally:
        files.remove(log)
    doubts = () if ended.ok else (f"makedumpfile could not read the log: {ended.blame()}",)
    return Extracted(content or None, doubts, "makedumpfile")


def _find_drgn() -> str | None:
    """Return a Python that has drgn: the system's, to which distributions give it, or our own."""
    system = process.find_program("python3")
    pythons = dict.fromkeys(os.path.realpath(each) for each in (system or sys.executable, sys.executable))
    return next((each for each in pythons if process.run([each, "-I", "-c", "import drgn"], LIMITS).ok), None)


def _ask_drgn(python: str, path: str, kept: int, _scratch: Path, beat: Callable[[], None]) -> Extracted:
    ended = process.run([python, "-I", "-B", str(_DRGN), str(_HOME), path], LIMITS, pass_fds=(kept,), beat=beat)
    if ended.stopped or ended.status not in (0, 1):
        return Extracted(ended.stdout or None, (f"drgn could not read the log: {ended.blame()}",), "drgn")
    said = ended.stderr.decode("ascii", "replace").splitlines()[:_MOST_DOUBTS]
    return Extracted(ended.stdout or None, tuple(f"drgn could not read the log whole: {line}" for line in said), "drgn")


Ask = Callable[[str, str, int, Path, Callable[[], None]], Extracted]
SECOND: tuple[tuple[Callable[[], str | None], Ask], ...] = (
    (_find_makedumpfile, _ask_makedumpfile), (_find_drgn, _ask_drgn),
)  # fmt: skip
"""Who is asked for what we cannot read: how it is found, and how it is asked. The longest log wins."""
