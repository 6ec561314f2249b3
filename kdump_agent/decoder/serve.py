"""The decoder's own side: take one question from a connection, answer it, end.

It runs as a user of its own without network, capabilities or secrets (systemd/kdump-agent-decoder@.service), so what
it opens may be as hostile as it likes. It works in its current folder, which whoever starts it provides and clears.
"""

from __future__ import annotations

import os
import select
import socket
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .frame import VERSION, Frame, Garbled, pack, unpack
from .piece import Asked, Blob, Doubt, Piece
from .verbs import VERBS, Verb

_MOST_FILES = 8
_PATIENCE = 60.0
"""Seconds that either side may keep the other waiting for bytes that are on their way."""


class HungUp(Exception):
    """Nobody waits for the answer any more."""


def serve(connection: socket.socket) -> None:
    """Answer one question. Raises HungUp, Garbled, OSError; the connection is of no more use then."""
    connection.settimeout(_PATIENCE)
    taker = _Taker(connection)
    try:
        asked = unpack(taker, largest_blob=0).header
        verb, files = _understand(asked, taker.fds)
        connection.sendall(pack(Frame({"taken": True})))
        with tempfile.TemporaryDirectory(prefix=".decoder-", dir=Path.cwd()) as scratch:
            question = Asked(files, asked.get("options") or {}, Path(scratch), lambda: _mind(connection))
            for piece in _pieces(verb, question):
                connection.sendall(pack(_frame(piece)))
        connection.sendall(pack(Frame({"end": True})))
    finally:
        for fd in taker.fds:
            os.close(fd)


class _Taker:
    """Takes exact numbers of bytes off the connection, and the descriptors that come with them."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.fds: list[int] = []

    def __call__(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            piece, fds, flags, _ = socket.recv_fds(self._connection, count - len(got), _MOST_FILES)
            self.fds += fds
            if not piece:
                raise HungUp
            if flags & socket.MSG_CTRUNC or len(self.fds) > _MOST_FILES:
                raise Garbled("too many descriptors")
            got += piece
        return bytes(got)


def _understand(header: Mapping[str, Any], fds: list[int]) -> tuple[Verb, Mapping[str, int]]:
    """Return the verb and its files. Raises Garbled."""
    if header.get("version") != VERSION:
        raise Garbled(f"version {header.get('version')!a}, and this decoder knows {VERSION}")
    name = header.get("verb")
    verb = VERBS.get(name) if isinstance(name, str) else None
    if verb is None:
        raise Garbled(f"no such verb: {name!a}")
    names = header.get("files")
    if not isinstance(names, list) or len(names) != len(fds) or not set(verb.files) <= set(map(str, names)):
        raise Garbled(f"{name}: wants {', '.join(verb.files)}; got {len(fds)} descriptors for {names!a}")
    return verb, dict(zip(map(str, names), fds))


def _pieces(verb: Verb, question: Asked) -> Iterator[Piece]:
    try:
        yield from verb.work(question)
    except HungUp:
        raise
    except Exception as exc:  # noqa: BLE001 (it is told, here to the journal and there to who asked)
        traceback.print_exc()
        yield Doubt(f"the decoder failed: {type(exc).__name__}: {exc}")


def _frame(piece: Piece) -> Frame:
    if isinstance(piece, Blob):
        return Frame({"blob": piece.name}, piece.content)
    return Frame({"doubt": piece.words[:1000]})


def _mind(connection: socket.socket) -> None:
    if select.select([connection], [], [], 0)[0]:  # who asked has no more to say: it is the end of the connection
        raise HungUp
