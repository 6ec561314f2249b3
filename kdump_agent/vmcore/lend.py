"""Lend a dump to a program that wants a path, where only a descriptor is at hand.

The path is that of the descriptor itself, where this user may open it again: a decoder of another user may not open
root's private dump. Then, and when a flattened dump is to be put in order, it is the path of a copy in our own folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from kdump_agent import files

from . import flattened
from .reader import FileReader

SPARE = 256 << 20
"""Bytes that stay free beside a copy."""
_COPY = ".vmcore.copy"
_BLOCK = 1 << 20


class NoRoom(Exception):
    """The copy that it takes does not fit."""


@contextlib.contextmanager
def lend(fd: int, folder: Path, beat: Callable[[], None], *, ordered: bool) -> Iterator[tuple[str, int]]:
    """Yield a path of the dump behind ``fd``, and the descriptor that a child must inherit for it to be true.

    ``ordered`` asks for a flattened dump as the dump that it holds. A copy lies in ``folder`` and is gone at the end.
    Raises NoRoom, OSError.
    """
    flat = ordered and flattened.is_flattened(FileReader(fd).read(0, 32))
    if not flat and _opens(fd):
        yield f"/proc/self/fd/{fd}", fd
        return
    need, free = os.fstat(fd).st_size, files.free_space(folder).bytes_free
    if need + SPARE > free:
        raise NoRoom(f"{'putting the dump in order' if flat else 'a copy of the dump'} takes {need} of {free} bytes")
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    copy = os.open(folder / _COPY, flags, 0o600)
    try:
        (flattened.rearrange if flat else _copy)(FileReader(fd), copy, beat)
        yield f"/proc/self/fd/{copy}", copy
    finally:
        os.close(copy)
        files.remove(folder / _COPY)


def _opens(fd: int) -> bool:
    try:
        os.close(os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _copy(file: FileReader, target: int, beat: Callable[[], None]) -> None:
    for start in range(0, file.size, _BLOCK):
        block = file.read(start, _BLOCK)
        if block.strip(b"\0"):  # a hole stays one
            os.pwrite(target, block, start)
        beat()
    os.ftruncate(target, file.size)
