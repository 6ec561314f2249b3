"""Get the kernel log out of a dump that has none beside it.

Our own reader comes first: it needs no child, cannot be killed by hostile bytes, reads flattened dumps where they lie
and truncated ones as far as they go. What it cannot read whole is given to makedumpfile, in a child with limits and no
network; a child that fails, hangs or dies is a doubt in the report, and nothing worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from kdump_agent import files, process

from .dmesg import LARGEST, read_log
from .header import Header, open_dump
from .lend import NoRoom, lend

LIMITS = process.Limits(seconds=120, memory=2 << 30, output=1 << 20, file_size=2 * LARGEST)
"""For makedumpfile: the memory is address space, the file the log that it writes."""
_LOG = ".dmesg.draft"


@dataclass(frozen=True)
class Extracted:
    """A log out of a dump, or why there is none."""

    log: bytes | None
    doubts: tuple[str, ...] = ()
    tool: str | None = None
    """Who read it: "kdump-agent" or "makedumpfile"."""


def extract_dmesg(fd: int, header: Header, scratch: Path, beat: Callable[[], None]) -> Extracted:
    """Return the log inside the dump behind ``fd``; ``scratch`` is a folder of ours for drafts.

    ``beat`` is called at least once a second, and what it raises ends the work. Nothing else raises.
    """
    if header.format == "unknown":
        return Extracted(None, ("no log was read from the dump, whose format is unknown",))
    own = _read_ourselves(fd, beat)
    if own.log is not None and not own.doubts:
        return own
    other = _run_makedumpfile(fd, scratch, beat)
    if other.log is not None and len(other.log) > len(own.log or b""):
        return other
    return Extracted(own.log, own.doubts + other.doubts, own.tool)


def _read_ourselves(fd: int, beat: Callable[[], None]) -> Extracted:
    try:
        log = read_log(open_dump(fd, beat), beat)
    except OSError as exc:
        return Extracted(None, (f"the dump could not be read: {exc.strerror or exc}",))
    if not log.text:
        why = "; ".join(log.doubts) or "it is empty"
        return Extracted(None, (f"no log was read from the dump: {why}",))
    return Extracted(log.text, log.doubts, "kdump-agent")


def _run_makedumpfile(fd: int, scratch: Path, beat: Callable[[], None]) -> Extracted:
    program = process.find_program("makedumpfile")
    if program is None:
        return Extracted(None, ("makedumpfile, which may read more of it, is not installed",))
    try:
        with lend(fd, scratch, beat, ordered=True) as (path, kept):  # it refuses flattened dumps
            return _dump_log(str(program), path, kept, scratch, beat)
    except NoRoom as exc:
        return Extracted(None, (f"makedumpfile was not run: {exc}",))
    except OSError as exc:
        return Extracted(None, (f"makedumpfile was not run: {exc.strerror or exc}",))
    finally:
        files.remove(scratch / _LOG)


def _dump_log(program: str, path: str, kept: int, scratch: Path, beat: Callable[[], None]) -> Extracted:
    log = scratch / _LOG
    argv = [program, "--dump-dmesg", path, str(log)]
    ended = process.run(argv, LIMITS, pass_fds=(kept,), cwd=scratch, beat=beat)
    content = log.read_bytes() if log.exists() else b""
    doubts = () if ended.ok else (f"makedumpfile could not read the log: {ended.blame()}",)
    return Extracted(content or None, doubts, "makedumpfile")
