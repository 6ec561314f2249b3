"""Get the kernel log out of a dump that has none beside it: makedumpfile, in a child with limits and no network.

makedumpfile refuses a flattened dump, which is therefore put in order first. A child that fails, hangs or dies is a
doubt in the report, and nothing worse.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from kdump_agent import files, process

from . import flattened
from .header import Header
from .reader import FileReader

LIMITS = process.Limits(seconds=120, memory=2 << 30, output=1 << 20, file_size=64 << 20)
"""For makedumpfile: the memory is address space, the file the log that it writes."""
SPARE = 256 << 20
"""Bytes that stay free when a flattened dump is put in order."""
_ORDERED, _LOG = ".vmcore.ordered", ".dmesg.draft"


@dataclass(frozen=True)
class Extracted:
    """A log out of a dump, or why there is none."""

    log: bytes | None
    doubts: tuple[str, ...] = ()


def extract_dmesg(fd: int, header: Header, scratch: Path, beat: Callable[[], None]) -> Extracted:
    """Return the log inside the dump behind ``fd``; ``scratch`` is a folder of ours for drafts.

    ``beat`` is called at least once a second, and what it raises ends the work. Nothing else raises.
    """
    if header.format == "unknown":
        return Extracted(None, ("no log was read from the dump, whose format is unknown",))
    program = process.find_program("makedumpfile")
    if program is None:
        return Extracted(None, ("no log was read from the dump: makedumpfile is not installed",))
    try:
        return _extract(str(program), fd, header, scratch, beat)
    except OSError as exc:
        return Extracted(None, (f"no log was read from the dump: {exc.strerror or exc}",))
    finally:
        for name in (_ORDERED, _LOG):
            files.remove(scratch / name)


def _extract(program: str, fd: int, header: Header, scratch: Path, beat: Callable[[], None]) -> Extracted:
    if header.format != "flattened":
        return _dump_log(program, fd, header, scratch, beat)
    file = FileReader(fd)
    found = flattened.index(file, beat)
    need, free = sum(length for length, _ in found.pieces), files.free_space(scratch).bytes_free
    if need + SPARE > free:
        return Extracted(None, (f"no log was read from the dump: putting it in order takes {need} bytes of {free}",))
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    ordered = os.open(scratch / _ORDERED, flags, 0o600)
    try:
        flattened.rearrange(file, found, ordered, beat)
        return _dump_log(program, ordered, header, scratch, beat)
    finally:
        os.close(ordered)


def _dump_log(program: str, fd: int, header: Header, scratch: Path, beat: Callable[[], None]) -> Extracted:
    log = scratch / _LOG
    argv = [program, "--dump-dmesg", f"/proc/self/fd/{fd}", str(log)]
    ended = process.run(argv, LIMITS, pass_fds=(fd,), cwd=scratch, beat=beat)
    content = log.read_bytes() if log.exists() else b""
    doubts = []
    if not ended.ok:
        doubts.append(f"makedumpfile could not read the log: {ended.blame()}")
    if content and header.whole == "no":
        doubts.append("the log was read from a dump that is not whole, and may lack its end")
    return Extracted(content or None, tuple(doubts))
