"""The doorbell: something moved near the crash folder, so look. What moved is not asked.

Events can be lost (a full queue, a replaced folder, a file system mounted over), so nobody relies on them: they are
thrown away, and the caller scans. Where inotify cannot be had, the doorbell is a mere timer and says why.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

MOST_WATCHES = 512
"""Folders that are watched: kdump makes new ones at the top, and writes into the newest."""


class Doorbell(Protocol):
    """Waits until it is worth to look again."""

    problem: str | None
    """Why it is only a timer, if it is."""

    def refresh(self) -> None:
        """Watch what is there now; to be called before each look, so that nothing falls between."""

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; say whether it rang."""

    def close(self) -> None:
        """Give back what it holds."""


class Timer:
    """A doorbell that never rings."""

    def __init__(self, problem: str | None = None) -> None:
        self.problem = problem

    def refresh(self) -> None:
        """There is nothing to watch."""

    def wait(self, seconds: float) -> bool:
        """Wait so long."""
        select.select([], [], [], max(0.0, seconds))
        return False

    def close(self) -> None:
        """There is nothing to give back."""


class Inotify:
    """Rings when something moves in the crash folder, its nearest parent or its children, or when a mount changes.

    Raises OSError when the kernel gives no inotify instance, ImportError when pyinotify cannot be imported.
    """

    def __init__(self, folder: Path, extra: Iterable[Path] = (), mounts: Path = Path("/proc/self/mountinfo")) -> None:
        self.problem: str | None = None
        self._home = folder
        self._extra = tuple(extra)
        self._pyinotify = _import_pyinotify()
        self._manager = self._pyinotify.WatchManager()
        self._notifier = self._pyinotify.Notifier(self._manager, default_proc_fun=lambda _event: None, timeout=0)
        self._fd: int = self._manager.get_fd()
        os.set_blocking(self._fd, False)
        os.set_inheritable(self._fd, False)
        self._mounts = os.open(mounts, os.O_RDONLY | os.O_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._poll.register(self._mounts, select.POLLPRI | select.POLLERR)
        self._watched: dict[Path, int] = {}

    def refresh(self) -> None:
        """Watch every folder anew, and forget those that are gone.

        Asking again for what is watched already changes nothing. It is the only safe way: a folder that was removed
        and made again may have its old inode number, but has lost its watch.
        """
        self.problem = None
        wanted = {path: wd for path in self._wanted() if (wd := self._watch(path)) is not None}
        alive = set(wanted.values())
        for wd in set(self._watched.values()) - alive:
            self._manager.rm_watch(wd, quiet=True)
            self._manager.watches.pop(wd, None)  # of a folder that is gone, it would remember the watch for ever
        self._watched = wanted

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; say whether it rang."""
        rang = bool(self._poll.poll(max(0.0, seconds) * 1000))
        if rang:
            self._discard()
        return rang

    def close(self) -> None:
        """Give back the descriptors."""
        self._notifier.stop()
        os.close(self._mounts)

    def _wanted(self) -> Iterator[Path]:
        yield self._home
        yield next(path for path in self._home.parents if _is_folder(path))  # rings when the missing one is made
        yield from self._extra
        children: list[Path] = []
        with contextlib.suppress(OSError), os.scandir(self._home) as entries:
            children = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        yield from sorted(children, reverse=True)[:MOST_WATCHES]

    def _watch(self, path: Path) -> int | None:
        flags = self._pyinotify
        mask = (
            flags.IN_CREATE | flags.IN_MOVED_TO | flags.IN_MOVED_FROM | flags.IN_CLOSE_WRITE | flags.IN_DELETE_SELF
            | flags.IN_MOVE_SELF | flags.IN_DELETE | flags.IN_ATTRIB | flags.IN_ONLYDIR
        )  # fmt: skip
        try:
            wd = int(next(iter(self._manager.add_watch(str(path), mask, quiet=True).values()), -1))
        except UnicodeEncodeError:
            return None  # pyinotify cannot name it; its parent still rings, and the next scan sees it
        if wd < 0 and _is_folder(path):
            self.problem = f"{str(path)!a}: cannot be watched; raise fs.inotify.max_user_watches"
        return wd if wd >= 0 else None

    def _discard(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._fd, 1 << 16):
                pass
        with contextlib.suppress(OSError):  # reading it is what takes the mount table's bell back
            os.lseek(self._mounts, 0, os.SEEK_SET)
            while os.read(self._mounts, 1 << 16):
                pass


@contextlib.contextmanager
def open_doorbell(folder: Path, *, extra: Iterable[Path] = ()) -> Iterator[Doorbell]:
    """Yield the best doorbell that can be had here for a crash folder and ``extra`` folders beside it."""
    bell: Doorbell
    try:
        bell = Inotify(folder, extra)
    except (OSError, ImportError) as exc:
        bell = Timer(f"inotify cannot be used: {exc}; the folder is looked at every minute instead")
    try:
        yield bell
    finally:
        bell.close()


def _import_pyinotify() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it imports asyncore
        import pyinotify
    logging.getLogger("pyinotify").handlers.clear()  # its import installs one that writes to our standard error
    logging.getLogger("pyinotify").addHandler(logging.NullHandler())
    return pyinotify


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises where we may not look)
