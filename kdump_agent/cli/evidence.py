"""What lies at a path that a person names: a log, a dump, a crash folder, either of them packed, or a pipe of one.

Says what was read and what was not; what it means is the decoder's work. A dump that comes packed or through a pipe is
laid out in a file first (spool.py), for it is read at many places.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from kdump_agent.errors import AgentError, Permanent, Refused
from kdump_agent.pack.packers import packer
from kdump_agent.report.document import DumpFacts

from . import spool
from .answer import plain

LARGEST_LOG = 32 << 20
"""Bytes of a log that are read; a kernel's buffer is far smaller."""
DEEPEST = 2
"""How often what was unpacked is unpacked again: a packed dump of one that kdump had packed."""
HEAD = 4096
"""Bytes of a file that are looked at to tell what it is."""
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r\x1b")
_DUMPS = (b"\x7fELF", b"KDUMP   ", b"makedumpfile\0")
NO_DUMP = DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown", why=("no dump was asked about",))


@dataclass(frozen=True)
class Evidence:
    """What could be read."""

    log: bytes | None
    source: str
    """Where the log is from: "file", "vmcore" or "none"."""
    dump: DumpFacts = NO_DUMP
    doubts: tuple[str, ...] = ()
    crashed_at: int | None = None
    """Seconds since 1970, where the dump tells."""


NOTHING = Evidence(None, "none")


def evidence(path: str) -> Evidence:
    """Return what lies at a path, "-" for standard input. Raises OSError, AgentError."""
    if path == "-":
        return _open(sys.stdin.fileno(), "standard input")
    if os.path.isdir(path):  # noqa: PTH112  a name of any bytes
        return _folder(Path(path))
    with _closing(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)) as fd:
        return _open(fd, path)


def _folder(place: Path) -> Evidence:
    """Read the first crash of a folder. Where root's log is hidden from this user, the dump may tell it."""
    from kdump_agent import files
    from kdump_agent.discover import layout

    names = sorted(entry.name for entry in place.iterdir())
    groups = list(layout.groups(names))
    if not groups:
        inner = [name for name in names if layout.is_kdumps(name)]
        more = f"; it holds {len(inner)} crash folders: name them, as {place / inner[-1]}" if inner else ""
        raise Permanent(f"holds neither a dump nor a log of a crash{more}")
    group = groups[0]
    with files.open_folder(place) as folder:
        found = _member(folder, group.dmesg, place, None) if group.dmesg else NOTHING
        if group.dump:
            beside, found = found, _member(folder, group.dump, place, found.log or None)
            found = replace(found, doubts=beside.doubts + found.doubts)
    said = (
        (group.dmesg_unfinished, f"{group.dmesg}: its writer never finished it"),
        (group.dump_unfinished, f"{group.dump}: its writer never finished it"),
        (len(groups) > 1, f"the folder holds {len(groups)} crashes, and this is one; name a file to see another"),
    )
    return replace(found, doubts=(*(words for true, words in said if true), *found.doubts))


def _member(folder: int, name: str, place: Path, log: bytes | None) -> Evidence:
    """Read one file of a crash folder, in which others may have laid links and pipes; ``log`` is what is known."""
    from kdump_agent import files

    try:
        with _closing(files.open_in(folder, name)) as fd:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Refused(f"{name}: is not a regular file")
            return _open(fd, str(place / name), log=log)
    except (OSError, AgentError) as exc:
        return replace(NOTHING, log=log, source="none" if log is None else "file", doubts=(why_not(name, exc),))


def why_not(name: str, problem: Exception) -> str:
    """Say why something could not be read."""
    if isinstance(problem, Refused):
        return str(problem)
    why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    other = problem.filename if isinstance(problem, OSError) else None
    if isinstance(other, str) and not name.endswith(other):  # a draft's folder, as TMPDIR
        why = f"{plain(other)}: {why}"
    return f"{plain(name)}: cannot be read: {why}"


def _open(fd: int, name: str, depth: int = 0, log: bytes | None = None) -> Evidence:
    """Read what is behind a descriptor; ``log`` is the one that lay beside it."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return _stream(spool.pieces(fd), name, depth)
    head = os.pread(fd, HEAD, 0)
    program = packer(head)
    if program is None:
        if log is None and _is_text(head):
            os.lseek(fd, 0, os.SEEK_SET)
            return _log(spool.pieces(fd))
        return _dump(fd, name, log)
    if depth == DEEPEST:
        raise Permanent("it is packed more often than is unpacked")
    from kdump_agent.pack import unpack  # which brings all that starting a child takes

    os.lseek(fd, 0, os.SEEK_SET)
    return _stream(unpack.blocks(program, fd), name, depth + 1, log)


def _stream(pieces: Iterator[bytes], name: str, depth: int, log: bytes | None = None) -> Evidence:
    """Read what comes in pieces: a log as it is; a dump, or what is still packed, laid out in a file."""
    first = next(pieces, b"")
    again = chain((first,), pieces)
    if log is None and _is_text(first[:HEAD]) and packer(first) is None:
        return _log(again)
    with tempfile.TemporaryFile(dir=spool.folder(), prefix="kdump-agent-") as file:
        doubts = spool.lay_out(again, file.fileno())
        found = _open(file.fileno(), name, depth, log)
    return replace(found, doubts=doubts + found.doubts)


def _is_text(head: bytes) -> bool:
    """Is this how a log may begin? A console's capture holds stray bytes; a dump, even one of zeros, little else."""
    return not head.startswith(_DUMPS) and len(head.translate(None, _CONTROLS)) >= 0.7 * len(head)


def _log(pieces: Iterator[bytes]) -> Evidence:
    """Read a log as far as it can be read; the decoder says where one is longer than is looked at."""
    kept: list[bytes] = []
    doubts: tuple[str, ...] = ()
    try:
        while sum(map(len, kept)) <= LARGEST_LOG and (piece := next(pieces, b"")):
            kept.append(piece)
    except AgentError as exc:
        if not kept:
            raise
        doubts = (f"the log is not all there: {exc}",)
    return Evidence(b"".join(kept), "file", doubts=doubts)


def _dump(fd: int, name: str, log: bytes | None) -> Evidence:
    from kdump_agent.decoder.ask import open_decoder
    from kdump_agent.decoder.dmesg import LOG
    from kdump_agent.vmcore.header import read_header

    from .wire import PATHS

    header = read_header(fd)
    doubts: tuple[str, ...] = ()
    source = "file"
    if log is None:
        with tempfile.TemporaryDirectory(dir=spool.folder(), prefix="kdump-agent-") as folder:
            answer = open_decoder(PATHS.decoder, Path(folder)).ask("dmesg", {"vmcore": fd}, lambda: None)
        log, doubts = answer.blobs.get(LOG), tuple(answer.doubts)
        source = "none" if log is None else "vmcore"
    facts = DumpFacts(
        source=name, format=header.format, bytes=os.fstat(fd).st_size, sha256=None, whole=header.whole,
        why=header.why, release=header.release, version=header.version, machine=header.machine,
        build_id=header.build_id, compression=header.compression, pages=header.pages, level=header.dump_level,
    )  # fmt: skip
    return Evidence(log, source, facts, doubts, header.crash_time)


@contextlib.contextmanager
def _closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)
