"""Open what a crash left, as it was when it was found, or say why not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from kdump_agent import files
from kdump_agent.errors import Permanent, Refused, Retryable
from kdump_agent.model import CrashDir, Dump

OWNERS = frozenset({0, os.geteuid()})
"""Whose files are believed: the crash kernel writes as root."""


class Vanished(Permanent):
    """The file is no longer there, or is another one now: what was found can never be read again."""


@contextlib.contextmanager
def open_source(crash: CrashDir, file: Dump) -> Iterator[int]:
    """Yield a descriptor of one file of a crash, at its start.

    Raises Vanished when it is gone or another now, Permanent when it is not what a crash kernel leaves,
    Retryable when the disk cannot be read at the moment.
    """
    path = crash.folder / file.name
    loose = crash.layout == "loose"
    root, names = (crash.folder, (file.name,)) if loose else (crash.folder.parent, (crash.folder.name, file.name))
    with contextlib.ExitStack() as stack:
        try:
            fd = stack.enter_context(files.open_plain(root, names, owners=OWNERS))
            found = os.fstat(fd)
        except FileNotFoundError as exc:
            raise Vanished(f"{str(path)!a}: is gone: removed, or not mounted any more, before it was read") from exc
        except Refused as exc:
            raise Permanent(f"{str(path)!a}: {exc}") from exc
        except OSError as exc:
            raise Retryable(f"{str(path)!a}: cannot be read: {exc.strerror}") from exc
        if (found.st_ino, found.st_size, found.st_mtime_ns) != (file.inode, file.size, file.mtime_ns):
            raise Vanished(f"{str(path)!a}: is not the file that was found; what is there now is a crash of its own")
        yield fd


def read_all(crash: CrashDir, file: Dump, limit: int) -> tuple[bytes, bool]:
    """Return the first ``limit`` bytes of a file of a crash, and whether that is all. Raises as ``open_source``."""
    with open_source(crash, file) as fd:
        pieces, left = [], limit
        while left and (piece := os.read(fd, min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces), file.size <= limit
