"""Durable writes and safe opens: the only place that fsyncs and the only one that trusts a path.

Everything below a folder that others may write to is opened one component at a time, never through a symbolic
link, never across a mount, never waiting for a FIFO's other end.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import Refused

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DRAFT = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True)
class Space:
    """What is left of a file system."""

    bytes_free: int
    """Bytes that this process may still write."""
    inodes_free: int


def free_space(path: Path) -> Space:
    """Return what is left of the file system that holds ``path``. Raises OSError."""
    found = os.statvfs(path)
    # Some file systems (btrfs, many network ones) count no inodes at all and answer 0 of 0.
    inodes = found.f_favail if found.f_files else 1 << 62
    return Space(found.f_bavail * found.f_frsize, inodes)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(fd: int) -> None:
    """Make the content of an open file durable. Raises OSError; the content is then in doubt."""
    os.fsync(fd)


def write_durable(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` by ``content``, whole or not at all, and make it survive a power cut.

    The draft lies beside the target under a name that starts with a dot. Raises OSError; no draft stays then.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        with os.fdopen(os.open(draft, _DRAFT, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync_folder(path.parent)


def write_json(path: Path, document: Mapping[str, object], *, mode: int = 0o600) -> None:
    """Write a JSON document durably, as ``write_durable`` does.

    Only ASCII leaves: a lone surrogate (an undecodable byte of a file name) survives as an escape.
    """
    write_durable(path, json.dumps(document, indent=1, ensure_ascii=True).encode() + b"\n", mode=mode)


def publish(draft: Path, path: Path) -> None:
    """Give a finished, already synced draft its name, durably. Raises OSError."""
    draft.replace(path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove one file durably; one that is already gone is no error. Raises OSError."""
    path.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        sync_folder(path.parent)


@contextlib.contextmanager
def open_folder(root: Path, names: tuple[str, ...] = ()) -> Iterator[int]:
    """Yield a descriptor of the folder ``names`` below ``root``; links are followed in ``root`` only.

    Raises Refused when a component is not a plain folder of the same file system, OSError when it is absent.
    """
    with contextlib.ExitStack() as opened:
        fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        opened.callback(os.close, fd)
        mount = _mount(fd)
        for name in names:
            fd = _open_below(fd, name, _FOLDER)
            opened.callback(os.close, fd)
            if _mount(fd) != mount:
                raise Refused(f"{_shown(name)}: another file system is mounted here")
        yield fd


@contextlib.contextmanager
def open_plain(root: Path, names: tuple[str, ...], *, owners: frozenset[int]) -> Iterator[int]:
    """Yield a descriptor to read the regular file ``names`` below ``root``; it never blocks.

    ``owners`` are the user ids whose files are believed. Raises Refused when the file is a link, has a second
    name, is no regular file or belongs to somebody else; OSError when it cannot be read.
    """
    with open_folder(root, names[:-1]) as folder:
        fd = open_in(folder, names[-1])
        try:
            refuse_unless_plain(os.fstat(fd), names[-1], owners)
            if _mount(fd) != _mount(folder):
                raise Refused(f"{_shown(names[-1])}: another file system is mounted here")
            yield fd
        finally:
            os.close(fd)


def open_in(folder: int, name: str) -> int:
    """Return a descriptor to read ``name`` in an open folder; nothing is checked yet but that it is no link.

    Raises Refused, OSError.
    """
    return _open_below(folder, name, _FILE)


def refuse_unless_plain(found: os.stat_result, name: str, owners: frozenset[int]) -> None:
    """Raise Refused unless it is a regular file with one name, of one of ``owners``, not absurdly sparse."""
    shown = _shown(name)
    if not stat.S_ISREG(found.st_mode):
        raise Refused(f"{shown}: is {_kind(found.st_mode)}, not a regular file")
    if found.st_uid not in owners:
        raise Refused(f"{shown}: belongs to user {found.st_uid}, not to {' or '.join(map(str, sorted(owners)))}")
    if found.st_nlink != 1:
        raise Refused(f"{shown}: has {found.st_nlink} names (hard links)")
    # A dump of memory may be mostly holes; one byte in a thousand is still more than any real one leaves.
    if found.st_size > (1 << 30) + 1024 * 512 * found.st_blocks:
        raise Refused(f"{shown}: claims {found.st_size} bytes but holds only {512 * found.st_blocks}")


def _open_below(folder: int, name: str, flags: int) -> int:
    if name in ("", ".", "..") or "/" in name:
        raise Refused(f"{_shown(name)}: not a name")
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as exc:
        # ELOOP: a symbolic link; ENXIO: a FIFO's or socket's other end; ENOTDIR: something else than a folder
        if exc.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
            raise Refused(f"{_shown(name)}: is a link or no {'folder' if flags & os.O_DIRECTORY else 'file'}") from exc
        raise


def _mount(fd: int) -> str:
    """Return which mount a descriptor lies on: proc_pid_fdinfo(5). A device number would not do: on overlayfs the
    files of one folder have several, and a bind mount changes none."""
    told = Path(f"/proc/self/fdinfo/{fd}").read_text("ascii")
    return next(line for line in told.splitlines() if line.startswith("mnt_id:"))


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a FIFO"),
             (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))  # fmt: skip
    return next((text for test, text in kinds if test(mode)), "something else")


def _shown(name: str) -> str:
    return ascii(name)[1:-1]
