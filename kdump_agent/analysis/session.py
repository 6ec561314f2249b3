"""One conversation with crash: a command goes in, what it says comes out, up to a mark that no dump can forge.

A session costs seconds before its first answer, so it serves many commands. Each has a time and a bound of its own;
one that takes longer ends the session, and one that says more is heard to its end and cut.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import selectors
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from kdump_agent import process

_TAIL = 1024
"""Bytes in which the mark is looked for, larger than the mark itself."""
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Reply:
    """What a command said."""

    text: bytes
    ended: str
    """"whole", "cut", "timed out" or "died"."""
    seconds: float


class Session:
    """A running crash."""

    def __init__(self, child: subprocess.Popen[bytes], orders: int, beat: Callable[[], None]) -> None:
        assert child.stdout is not None
        assert child.stderr is not None
        self._child, self._orders, self._beat = child, orders, beat
        self._selector = selectors.DefaultSelector()
        for pipe in (child.stdout, child.stderr):
            self._selector.register(pipe, selectors.EVENT_READ)

    def ask(self, command: str, *, seconds: float, most: int) -> Reply:
        """Return what a command says within its time, its first ``most`` bytes; "" asks only whether crash answers.

        After "timed out" and "died" the session is of no more use.
        """
        began = time.monotonic()
        mark = secrets.randbits(47) | 1 << 47
        order = f"{command}\neval {mark}\n" if command else f"eval {mark}\n"
        try:
            os.write(self._orders, order.encode("ascii"))
        except OSError:
            return Reply(self._rest(most), "died", time.monotonic() - began)
        # `eval` is known to every crash, --minimal too, and prints four lines, the last in binary
        text, ended = self._hear(re.compile(rb"^hexadecimal: %x\b.*?^ *binary: [01]+\s*?\n" % mark, re.M | re.S),
                                 began + seconds, most)  # fmt: skip
        return Reply(text.strip(b"\n"), ended, time.monotonic() - began)

    def status(self) -> str:
        """Say how crash ended. It has closed its outputs or is about to."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.how_ended(self._child.wait(5))
        return "closed its outputs"

    def _hear(self, mark: re.Pattern[bytes], deadline: float, most: int) -> tuple[bytes, str]:
        kept, tail, over = bytearray(), b"", False
        while self._selector.get_map():
            self._beat()
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(kept[:most]), "timed out"
            for piece in self._pieces(min(left, 0.5)):
                tail = (tail + piece)[-_TAIL:] if over else b""
                kept += b"" if over else piece
                found = mark.search(tail) if over else mark.search(kept, max(0, len(kept) - len(piece) - _TAIL))
                if found:
                    return bytes(kept if over else kept[: found.start()])[:most], "cut" if over else "whole"
                if not over and len(kept) > most + _TAIL:
                    over, tail = True, bytes(kept[-_TAIL:])
                    del kept[most:]
        return bytes(kept[:most]), "died"

    def _pieces(self, seconds: float) -> Iterator[bytes]:
        for key, _ in self._selector.select(seconds):
            piece = os.read(key.fd, _BLOCK)
            if piece:
                yield piece
            else:
                self._selector.unregister(key.fileobj)

    def _rest(self, most: int) -> bytes:
        text, _ = self._hear(re.compile(rb"(?!)"), time.monotonic() + 5, most)
        return text


@contextlib.contextmanager
def open_session(
    argv: Sequence[str], limits: process.Limits, folder: Path, fds: Sequence[int], beat: Callable[[], None]
) -> Iterator[Session]:
    """Start crash and yield the conversation; at the end it is dead. ``folder`` is a private, empty one.

    Its home is nowhere and its folder ours, so that no .crashrc is read. Raises OSError when it cannot be started.
    """
    theirs, ours = os.pipe()
    try:
        with process.start(argv, limits, pass_fds=fds, stdin=theirs, cwd=folder, idle=True) as child:
            os.close(theirs)
            theirs = -1
            yield Session(child, ours, beat)
    finally:
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)
