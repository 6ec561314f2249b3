"""Read a file of hostile bytes at given places, never past a bound."""

from __future__ import annotations

import contextlib
import os
from typing import Protocol


class Reader(Protocol):
    """Bytes at places; what lies beyond the end is missing, not an error."""

    size: int
    """Where the last byte ends."""
    stored: int
    """Bytes that really lie in the file: no table in it can be longer."""

    def read(self, offset: int, length: int) -> bytes: ...


class FileReader:
    """The file behind a descriptor, whose position is not touched."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self.size = self.stored = os.fstat(fd).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Return at most ``length`` bytes at ``offset``. Raises OSError when the disk fails."""
        if offset < 0 or length <= 0 or offset >= self.size:
            return b""
        return os.pread(self._fd, min(length, self.size - offset), offset)

    def ahead(self, offset: int, length: int) -> None:
        """Have the kernel fetch a piece while we work on what is before it; where it cannot, nothing is lost."""
        with contextlib.suppress(OSError):
            os.posix_fadvise(self._fd, offset, length, os.POSIX_FADV_WILLNEED)


def text(raw: bytes) -> str | None:
    """Return a NUL-terminated field as text, or None when it is empty or no text."""
    words = raw.split(b"\0", 1)[0].decode("utf-8", "replace").strip()
    return words if words and words.isprintable() else None
