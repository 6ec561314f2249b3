"""Ask the decoder: the sandboxed one behind systemd's socket, else a child of ours with limits.

Both speak the same way (frame.py) and both are treated as hostile: an answer is bounded in time, number and size, and
a decoder that dies, hangs or talks nonsense is a doubt beside what had arrived, and nothing worse.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Protocol

from kdump_agent import process

from .frame import LARGEST_HEADER, VERSION, Frame, Garbled, pack, unpack
from .verbs import VERBS, Verb

_HOME = Path(__file__).resolve().parent.parent.parent
_MOST_DOUBTS = 100
_SEE = "systemctl status kdump-agent-decoder.socket"
_MOST_TRIES = 10
_TAKING = 60.0
"""Seconds in which a decoder that was reached takes the question."""
_PAUSE = 1.0
"""Seconds between two tries of a decoder that takes no question."""
_ROOM = ".decoder"
_MEMORY = 4 << 30
"""Bytes of address space of the child; that of the unit stands in its file."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from kdump_agent.cli.main import main; sys.exit(main())"


class NotTaken(Exception):
    """The connection ended before the question was taken: too many at once, or it could not start."""


@dataclass
class Answer:
    """What came back."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


class Decoder(Protocol):
    """Opens what a crash left."""

    def ask(self, verb: str, files: Mapping[str, int], beat: Callable[[], None], **options: Any) -> Answer:
        """Return the answer to a verb of ``VERBS``; ``files`` are descriptors by name, ``options`` JSON values.

        ``beat`` is called at least once a second, and what it raises ends the decoder. Nothing else raises.
        """


def open_decoder(path: Path, scratch: Path) -> Decoder:
    """Return the decoder that listens at ``path``, or, where none does, a child that works in ``scratch``."""
    return SocketDecoder(path) if os.access(path, os.W_OK) else ChildDecoder(scratch)


@dataclass(frozen=True)
class SocketDecoder:
    """The one that systemd starts for each connection."""

    path: Path

    def ask(self, verb: str, files: Mapping[str, int], beat: Callable[[], None], **options: Any) -> Answer:
        """See Decoder."""
        why = "it did not take the question"
        for _ in range(_MOST_TRIES):
            beat()
            try:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    connection.settimeout(5)
                    connection.connect(str(self.path))
                    return _converse(connection, verb, files, beat, options)
            except NotTaken:
                time.sleep(_PAUSE)  # systemd closes the connections that are too many
            except OSError as exc:
                why = exc.strerror or str(exc)
                break
        return Answer(doubts=[f"the decoder cannot be asked: {self.path}: {why}; see `{_SEE}`"])


@dataclass(frozen=True)
class ChildDecoder:
    """A process of our own, where no systemd provides a better one. It has limits, but our user and our network."""

    scratch: Path

    def ask(self, verb: str, files: Mapping[str, int], beat: Callable[[], None], **options: Any) -> Answer:
        """See Decoder."""
        ours, theirs = socket.socketpair()
        limits = process.Limits(seconds=VERBS[verb].seconds, memory=_MEMORY, network=True)
        argv = [sys.executable, "-I", "-c", _PROGRAM, str(_HOME), "decoder"]
        with ours, _room(self.scratch) as room:
            try:
                with theirs, process.start(argv, limits, stdin=theirs.fileno(), cwd=room):
                    theirs.close()
                    return _converse(ours, verb, files, beat, options)
            except NotTaken:
                return Answer(doubts=["the decoder ended without taking the question"])
            except OSError as exc:
                return Answer(doubts=[f"the decoder was not started: {exc.strerror or exc}"])


@contextlib.contextmanager
def _room(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that is gone at the end, also when an earlier end never came."""
    room = folder / _ROOM
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _converse(
    connection: socket.socket, name: str, files: Mapping[str, int], beat: Callable[[], None], options: Mapping[str, Any]
) -> Answer:
    """Ask one question. Raises NotTaken, and what ``beat`` raises."""
    verb, answer = VERBS[name], Answer()
    asked = Frame({"version": VERSION, "verb": name, "files": list(files), "options": options})
    taken = False
    try:
        socket.send_fds(connection, [pack(asked)], list(files.values()))
        unpack(_Listener(connection, _TAKING, beat), 0)
        taken = True
        _hear(_Listener(connection, verb.seconds, beat), verb, answer)
    except Garbled as exc:
        answer.doubts.append(f"the decoder answered nonsense: {exc}")
    except TimeoutError:
        answer.doubts.append(f"the decoder took over {verb.seconds if taken else _TAKING:g} s")
    except (EOFError, OSError) as exc:
        if not taken:
            raise NotTaken from exc
        answer.doubts.append("the decoder ended before its answer was whole")
    return answer


def _hear(listener: _Listener, verb: Verb, answer: Answer) -> None:
    left = verb.largest
    while not (frame := unpack(listener, left)).header.get("end"):
        name, doubt = frame.header.get("blob"), frame.header.get("doubt")
        if isinstance(name, str) and verb.may_give(name) and name not in answer.blobs:
            answer.blobs[name] = frame.blob
            left -= len(frame.blob)
        elif isinstance(doubt, str) and len(answer.doubts) < _MOST_DOUBTS:
            answer.doubts.append(_plain(doubt[:1000]))
        else:
            raise Garbled("a piece that was not asked for")


def _plain(words: str) -> str:
    return words if words.isascii() and words.isprintable() else ascii(words)[1:-1]


class _Listener:
    """Takes exact numbers of bytes within one time for all of them."""

    def __init__(self, connection: socket.socket, seconds: float, beat: Callable[[], None]) -> None:
        self._connection, self._beat = connection, beat
        self._deadline = time.monotonic() + seconds

    def __call__(self, count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            self._beat()
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(min(1.0, left))
            with contextlib.suppress(TimeoutError, socket.timeout):
                piece = self._connection.recv(min(count - len(got), LARGEST_HEADER))
                if not piece:
                    raise EOFError
                got += piece
        return bytes(got)
