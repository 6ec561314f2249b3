"""A bounded folder of vmlinux files that were unpacked or fetched: the oldest go when the newest needs their room.

What lies in it can be made again at any time, so nothing here is synced.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from kdump_agent import files

SPARE = 512 << 20
"""Bytes that stay free beside the cache."""
_DRAFT = ".draft"


@dataclass(frozen=True)
class Cache:
    """One folder."""

    folder: Path
    largest: int
    """Bytes of all files, and so of each."""
    beat: Callable[[], None] = lambda: None

    def get(self, key: str, make: Callable[[], Iterable[bytes]]) -> Path:
        """Return the file kept under ``key``, made from the blocks of ``make`` where it is not there yet.

        Raises OSError when it is larger than the cache or the disk has no room; what ``make`` raises passes.
        """
        path = self.folder / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        with contextlib.suppress(OSError):
            os.utime(path)  # the last to go is the last that was used
            return path
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / _DRAFT
        try:
            with draft.open("wb") as file:
                self._fill(file.fileno(), make())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return path

    def _fill(self, fd: int, blocks: Iterable[bytes]) -> None:
        size = 0
        for block in blocks:
            size += len(block)
            if size > self.largest:
                raise OSError(f"it is larger than {self.largest} bytes, which is all that analysis.cache allows")
            self._make_room(size)
            if files.free_space(self.folder).bytes_free < SPARE:
                raise OSError(f"{self.folder}: less than {SPARE} bytes are left")
            view = memoryview(block)
            while view:
                view = view[os.write(fd, view) :]
            self.beat()

    def _make_room(self, size: int) -> None:
        kept = sorted(
            ((found.stat().st_mtime_ns, found.stat().st_size, found) for found in self.folder.iterdir()
             if found.name != _DRAFT),
        )  # fmt: skip
        total = size + sum(each for _, each, _ in kept)
        for _, each, path in kept:
            if total <= self.largest:
                return
            path.unlink(missing_ok=True)
            total -= each
