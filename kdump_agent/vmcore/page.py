"""Expand the pages of a kdump-compressed dump: one table of its compressors.

zstd is the program, in a child with limits; the others are expanded here.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence

from kdump_agent import process

from . import lzo, snappy

ZSTD = 0x20
"""DUMP_DH_COMPRESSED_ZSTD"""
_ZSTD_SECONDS, _ZSTD_MEMORY = 30, 256 << 20


def _inflate(packed: bytes, size: int) -> bytes:
    return zlib.decompressobj().decompress(packed, size)


def _stored(packed: bytes, _size: int) -> bytes:
    return packed


_EXPANDERS = {0: _stored, 0x1: _inflate, 0x2: lzo.decompress, 0x4: snappy.decompress}
"""By the page's flags, DUMP_DH_COMPRESSED_* of makedumpfile's diskdump_mod.h."""


def expand(packed: bytes, flags: int, size: int) -> bytes | None:
    """Return the page of ``size`` bytes, or None where its bytes are damaged or we know no such compressor."""
    expander = _EXPANDERS.get(flags)
    try:
        page = expander(packed, size) if expander else b""
    except (ValueError, IndexError, zlib.error):
        return None
    return page if len(page) == size else None


class NoExpander(Exception):
    """The pages may be whole, and cannot be expanded here; the message says why."""


def expand_zstd(frames: Sequence[bytes], size: int) -> list[bytes | None]:
    """Expand many pages in one child. Where one is damaged, none behind it is told from another: they are None.

    Raises NoExpander.
    """
    program = process.find_program("zstd")
    if program is None:
        raise NoExpander("its pages are compressed by zstd, which is not installed here: install zstd")
    # A filter from file to pipe; to cut it off from a network takes a namespace, which not every user may make.
    limits = process.Limits(seconds=_ZSTD_SECONDS, memory=_ZSTD_MEMORY, output=len(frames) * size, network=True)
    fd = os.memfd_create("frames")
    try:
        os.write(fd, b"".join(frames))
        os.lseek(fd, 0, os.SEEK_SET)
        pages = process.run([str(program), "-dcq"], limits, stdin=fd).stdout
    except OSError as exc:
        raise NoExpander(f"zstd could not be started: {exc.strerror or exc}") from exc
    finally:
        os.close(fd)
    cut = [pages[at * size : (at + 1) * size] for at in range(len(frames))]
    return [page if len(page) == size else None for page in cut]
