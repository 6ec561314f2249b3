"""Walk the crash folder safely and say what is there: settled, still changing, refused, or could not look."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import signal
import stat
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from kdump_agent import files
from kdump_agent.errors import Refused
from kdump_agent.model import CrashDir, Dump

from . import layout
from .settle import Finished, Look, Memory, Times, judge

OWNERS = frozenset({0, os.geteuid()})
MOST_ENTRIES = 20_000
"""Names of one folder that we look at: so many of root's, and so many of others', who must not hide root's."""
MOST_WALKED = 1_000_000
"""Names that are counted at all: some seconds of work."""
MOST_REFUSED = 1000
"""What is refused in one look is told up to this number."""


@dataclass
class Scan:
    """What one look found."""

    found: list[CrashDir] = field(default_factory=list)
    """Settled, oldest name first."""
    waiting: list[tuple[CrashDir, str, float]] = field(default_factory=list)
    """Still changing, why, and in how many seconds to look again."""
    refused: list[tuple[Path, str]] = field(default_factory=list)
    """Not what a crash kernel leaves, and why."""
    problem: str | None = None
    """Why we could not look, if so."""

    def refuse(self, path: Path, why: str) -> None:
        """Note that something is not what a crash kernel leaves."""
        if len(self.refused) < MOST_REFUSED:
            self.refused.append((path, why))
        elif len(self.refused) == MOST_REFUSED:
            self.refused.append((path.parent, f"more than {MOST_REFUSED} things were refused; the rest is not told"))


def scan(root: Path, memory: Memory, times: Times) -> Scan:
    """Look at the crash folder ``root``. One that does not exist holds nothing; nothing raises."""
    result = Scan()
    try:
        with files.open_folder(root) as top:
            for names, kind in _folders(top, result, root):
                _look_into(_Place(root, names, kind), memory, times, result)
    except FileNotFoundError:
        pass
    except OSError as exc:
        result.problem = f"{root}: cannot be looked at: {exc.strerror}; check agent.crash_dir, and run as root"
    memory.keep({_key(crash) for crash, _, _ in result.waiting} | {_key(crash) for crash in result.found})
    return result


@dataclass(frozen=True)
class _Place:
    root: Path
    names: tuple[str, ...]
    kind: layout.Kind

    @property
    def folder(self) -> Path:
        return self.root.joinpath(*self.names)


def _folders(top: int, result: Scan, root: Path) -> list[tuple[tuple[str, ...], layout.Kind]]:
    """The folder itself, for loose dumps, and its crash folders."""
    found: list[tuple[tuple[str, ...], layout.Kind]] = [((), layout.Kind("loose"))]
    for name in _list(top, result, root):
        with contextlib.suppress(OSError):  # removed since it was listed
            if stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                if layout.is_crash_folder(name):
                    found.append(((name,), layout.kind_of(name)))
            elif layout.is_kdumps(name):
                result.refuse(root / name, "has the name of a crash folder, but is none")
    return found


def _list(folder: int, result: Scan, path: Path) -> list[str]:
    ours: list[str] = []
    theirs: list[str] = []
    left_out = False
    with os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MOST_WALKED):
            names = ours if _is_ours(entry) else theirs
            if len(names) < MOST_ENTRIES:
                names.append(entry.name)
            else:
                left_out = True
        left_out = left_out or next(entries, None) is not None
    if left_out:
        result.refuse(path, f"has more than {MOST_ENTRIES} entries; the rest was not looked at")
    return sorted(ours + theirs)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    with contextlib.suppress(OSError):
        return entry.stat(follow_symlinks=False).st_uid in OWNERS
    return False


def _look_into(place: _Place, memory: Memory, times: Times, result: Scan) -> None:
    try:
        with files.open_folder(place.root, place.names) as folder:
            trusted = os.fstat(folder).st_uid in OWNERS
            for group in layout.groups(_list(folder, result, place.folder)):
                _weigh(place, folder, trusted, group, memory, times, result)
    except Refused as exc:
        result.refuse(place.folder, str(exc))
    except FileNotFoundError:
        pass  # removed since it was listed
    except OSError as exc:
        result.refuse(place.folder, f"cannot be looked at: {exc.strerror}")


def _weigh(
    place: _Place, folder: int, trusted: bool, group: layout.Group, memory: Memory, times: Times, result: Scan
) -> None:
    """Put one crash where it belongs."""
    dump = _measure(place, folder, group.dump, result)
    dmesg = _measure(place, folder, group.dmesg, result)
    if dump is None and (dmesg is None or place.kind.layout == "loose"):
        return
    crash = CrashDir(
        folder=place.folder, layout=place.kind.layout,
        dump=dump.file if dump else None, dmesg=dmesg.file if dmesg else None,
        drill=place.kind.drill, trusted=trusted,
    )  # fmt: skip
    parts = [part for part in (dump, dmesg) if part is not None]
    unfinished = dump is None or group.dump_unfinished or group.dmesg_unfinished
    look = Look(
        state=tuple(parts), changed=max(part.changed for part in parts), writer=_writer(parts), unfinished=unfinished
    )
    answer = judge(look, memory.unchanged_for(_key(crash), look.state, times.monotonic), times)
    if not isinstance(answer, Finished):
        result.waiting.append((crash, answer.reason, answer.seconds))
    else:
        written = group.dump_unfinished if dump else group.dmesg_unfinished
        result.found.append(replace(crash, partial=answer.partial and written))


@dataclass(frozen=True)
class _Part:
    file: Dump
    changed: float
    writer: bool | None


def _measure(place: _Place, folder: int, name: str | None, result: Scan) -> _Part | None:
    """Look at one file through a descriptor of its own, or refuse it."""
    if name is None:
        return None
    try:
        fd = files.open_in(folder, name)
    except Refused as exc:
        result.refuse(place.folder / name, str(exc))
        return None
    except FileNotFoundError:
        return None
    except OSError as exc:
        result.refuse(place.folder / name, f"cannot be opened: {exc.strerror}")
        return None
    try:
        found = os.fstat(fd)
        files.refuse_unless_plain(found, name, OWNERS)
        file = Dump(name, found.st_ino, found.st_size, found.st_mtime_ns)
        return _Part(file, max(found.st_mtime, found.st_ctime), _has_writer(fd))
    except Refused as exc:
        result.refuse(place.folder / name, str(exc))
        return None
    finally:
        os.close(fd)


def _has_writer(fd: int) -> bool | None:
    """Ask the kernel: a read lease is granted only while nobody has the file open for writing (fcntl(2))."""
    try:
        with _read_lease(fd):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return None  # this file system knows no leases


@contextlib.contextmanager
def _read_lease(fd: int) -> Iterator[None]:
    """Hold a read lease. A writer that comes now waits for its end and has the kernel send us a signal about it.

    By default that is SIGIO, which ends a process that does not expect it; SIGURG is ignored unless asked for.
    """
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    try:
        yield
    finally:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def _writer(parts: list[_Part]) -> bool | None:
    answers = {part.writer for part in parts}
    return True if True in answers else None if None in answers else False


def _key(crash: CrashDir) -> Hashable:
    return crash.folder, crash.dump and crash.dump.name, crash.dmesg and crash.dmesg.name
