"""Take a file in pieces, and lay it out where it can be read at any place.

The drafts lie in ``TMPDIR``, else in /var/tmp, which is made for what is large; a temporary file has no name there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from kdump_agent.errors import AgentError, Permanent

SPARE = 256 << 20
"""Bytes that stay free beside a dump that is laid out."""
BLOCK = 1 << 20


def lay_out(pieces: Iterator[bytes], fd: int) -> tuple[str, ...]:
    """Write the pieces, those of zeros as holes; return why it is not all there, if so. Raises Permanent, OSError."""
    size = 0
    try:
        for piece in pieces:
            if size % (16 * BLOCK) < len(piece):
                _mind_the_room(fd)
            if piece.strip(b"\0"):
                os.pwrite(fd, piece, size)
            size += len(piece)
    except NoRoom:
        raise
    except AgentError as exc:
        return (f"the dump is not all there: {exc}",)
    finally:
        os.ftruncate(fd, size)
    return ()


class NoRoom(Permanent):
    """A dump does not fit where it would be laid out."""


def _mind_the_room(fd: int) -> None:
    found = os.fstatvfs(fd)
    free = found.f_bavail * found.f_frsize
    if free < SPARE:
        raise NoRoom(
            f"the dump does not fit into {folder()}, where {free} bytes are left: set TMPDIR to a larger folder"
        )


def folder() -> str:
    """Return the folder in which large drafts may lie."""
    return os.environ.get("TMPDIR") or "/var/tmp"  # noqa: S108  made by tempfile, without a name


def pieces(fd: int) -> Iterator[bytes]:
    """Yield what is read from a descriptor on; each piece but the last has a block's length."""
    with os.fdopen(os.dup(fd), "rb", buffering=0) as file:
        while piece := _full(file.fileno()):
            yield piece


def _full(fd: int) -> bytes:
    out = bytearray()
    while len(out) < BLOCK and (piece := os.read(fd, BLOCK - len(out))):
        out += piece
    return bytes(out)
