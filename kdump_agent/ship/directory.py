"""An endpoint that is a folder, local or mounted (NFS): drafts beside their final names, published by rename.

What lies under a final name has been read back and has the right hash.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from kdump_agent import files
from kdump_agent.errors import Gone, Permanent, Retryable

from .endpoint import Item
from .throttle import Slice, Throttle

_FOR_A_PERSON = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EISDIR}
"""Errors that no time mends."""
_SMALL = 1 << 20


class Directory:
    """The folder ``root``; it is made when it is missing."""

    def __init__(self, root: Path, throttle: Throttle | None = None) -> None:
        self._root, self._throttle = root, throttle or Throttle(None)

    def begin(self, item: Item) -> str:
        """Make the item's folder; the key is the handle."""
        with _translated(self._root):
            self._make_folder(self._path(item.key).parent)
        return item.key

    def offset(self, item: Item, handle: str) -> int:
        """Return the size of what is there, under the final name or as a draft.

        Raises Gone for a handle of another endpoint, or of the time when this host had another name.
        """
        if handle != item.key:
            raise Gone(f"{handle!a}: is not {item.key} in {self._root}, but was begun elsewhere")
        with _translated(self._root):
            if self._is_published(item):
                return item.size
            try:
                size = self._draft(handle).stat().st_size
            except FileNotFoundError:
                return 0
            if size > item.size:
                files.remove(self._draft(handle))
                return 0
            return size

    def append(
        self, item: Item, handle: str, offset: int, source: int, length: int, tell: Callable[[int], None]
    ) -> int:
        """Write a piece of the draft and sync it."""
        body = Slice(source, offset, min(length, item.size - offset), self._throttle, tell)
        # Others may write to a shared folder: a FIFO that they put there must not make us wait for its reader.
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with _translated(self._root), os.fdopen(os.open(self._draft(handle), flags, 0o600), "wb", buffering=0) as draft:
            if draft.seek(0, os.SEEK_END) != offset:
                raise Retryable(f"{self._draft(handle)}: is not {offset} bytes long; somebody else wrote it")
            while block := body.read():
                view = memoryview(block)
                while view:
                    view = view[draft.write(view) :]
            _sync(draft.fileno(), self._draft(handle))
            return draft.tell()

    def finish(self, item: Item, handle: str, beat: Callable[[], None]) -> None:
        """Sync the draft once more, read it back, compare its hash, and give it its name.

        Who ended us before a sync has left bytes that are only in memory, and a name, too.
        """
        with _translated(self._root):
            path, draft = self._path(handle), self._draft(handle)
            published = self._is_published(item)
            if item.size == 0 and not published:
                files.write_durable(draft, b"")
            found = _synced_sha256(path if published else draft, beat)
            if found != item.sha256:
                files.remove(path if published else draft)
                raise Retryable(f"{path}: what arrived has the sha256 {found}, not {item.sha256}; it is sent again")
            if published:
                files.sync_folder(path.parent)
            else:
                files.publish(draft, path)

    def _is_published(self, item: Item) -> bool:
        """Does the item lie under its final name, and none is on its way there?

        What is there was hashed before it got its name; only a small file, which may be replaced under the same key,
        is hashed again.
        """
        path = self._path(item.key)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size == item.size and not self._draft(item.key).exists():
                return item.size > _SMALL or _synced_sha256(path, lambda: None) == item.sha256
        return False

    def _path(self, key: str) -> Path:
        names = key.split("/")
        if any(name in ("", ".", "..") or name.startswith(".") or "\0" in name for name in names):
            raise Permanent(f"{key!a}: is no key")
        return self._root.joinpath(*names)

    def _draft(self, key: str) -> Path:
        path = self._path(key)
        return path.with_name(f".{path.name}.part")

    def _make_folder(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(mode=0o750, exist_ok=True)
            files.sync_folder(place.parent)


def _synced_sha256(path: Path, beat: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        _sync(file.fileno(), path)
        while block := file.read(1 << 20):
            digest.update(block)
            beat()
    return digest.hexdigest()


def _sync(fd: int, path: Path) -> None:
    """Sync an open file, or throw it away: after one failure the kernel takes what it could not write for written.

    See the manual of fsync, EIO, and A. Rebello et al., "Can Applications Recover from fsync Failures?" (2020).
    """
    try:
        files.sync_file(fd)
    except OSError:
        files.remove(path)
        raise


@contextlib.contextmanager
def _translated(root: Path) -> Iterator[None]:
    try:
        yield
    except EOFError as exc:
        raise Retryable(f"{root}: the source changed while it was sent: {exc}") from exc
    except OSError as exc:
        hint = "check the endpoint's folder, its owner and its file system"
        if exc.errno == errno.EROFS:
            hint += ", and whether the service may write there (ReadWritePaths=)"
        words = f"{exc.filename or root}: {exc.strerror}; {hint}"
        raise (Permanent if exc.errno in _FOR_A_PERSON else Retryable)(words) from exc
