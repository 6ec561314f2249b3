"""Neither side believes the other: a decoder that was taken over, and questions that are none."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.decoder import ask, serve, verbs
from kdump_agent.decoder.ask import Answer, SocketDecoder
from kdump_agent.decoder.frame import LENGTHS, VERSION, Frame, Garbled, pack, unpack
from kdump_agent.decoder.piece import Asked, Blob, Doubt, Piece
from tests.machine import REPOSITORY

TAKEN, END = pack(Frame({"taken": True})), pack(Frame({"end": True}))
CUT = "the decoder ended before its answer was whole"


@contextlib.contextmanager
def answering(path: Path, said: bytes, *, hold: bool = False) -> Iterator[SocketDecoder]:
    """A decoder that says this and closes; or, with ``hold``, says no more and stays."""
    over = threading.Event()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(1 << 16)
            connection.sendall(said)
            if hold:
                over.wait(60)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        yield SocketDecoder(path)
        over.set()
        thread.join()


def heard(tmp_path: Path, *frames: bytes, hold: bool = False) -> Answer:
    with answering(tmp_path / "decoder", TAKEN + b"".join(frames), hold=hold) as decoder:
        return decoder.ask("dmesg", {}, lambda: None)


def test_what_arrived_before_a_death_is_kept(tmp_path: Path) -> None:
    answer = heard(tmp_path, pack(Frame({"blob": "dmesg.txt"}, b"log")), pack(Frame({"doubt": "half"}))[:-3])
    assert answer == Answer({"dmesg.txt": b"log"}, [CUT])


@pytest.mark.parametrize(
    "frame",
    [
        LENGTHS.pack(1 << 31, 0),
        LENGTHS.pack(2, 1 << 31) + b"{}",
        LENGTHS.pack(4, 0) + b"nope",
        LENGTHS.pack(2, 0) + b"[]",
        LENGTHS.pack(60_000, 0) + b"[" * 60_000,
        pack(Frame({"blob": "../../etc/passwd"}, b"x")),
        pack(Frame({"blob": "vmcore"}, b"x")),
        pack(Frame({"blob": ["dmesg.txt"]}, b"x")),
        pack(Frame({"doubt": 5})),
        pack(Frame({})),
        pack(Frame({"blob": "dmesg.txt"})) * 2,
        pack(Frame({"doubt": "x"})) * 101,
    ],
)
def test_nonsense_ends_the_conversation(tmp_path: Path, frame: bytes) -> None:
    assert heard(tmp_path, frame, END).doubts[-1].startswith("the decoder answered nonsense: ")


def test_one_that_is_too_busy_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd accepts and closes the connections beyond MaxConnections=."""
    monkeypatch.setattr(ask, "_PAUSE", 0.0)

    def answer() -> None:
        for said in (b"", b"", TAKEN + pack(Frame({"blob": "dmesg.txt"}, b"log")) + END):
            connection, _ = listener.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(said)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "decoder"))
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        found = SocketDecoder(tmp_path / "decoder").ask("dmesg", {}, lambda: None)
        thread.join()
    assert found == Answer({"dmesg.txt": b"log"}, [])


def test_all_blobs_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verb = replace(verbs.VERBS["dmesg"], largest=5, blobs=("a", "b"))
    monkeypatch.setattr(ask, "VERBS", {"dmesg": verb})
    answer = heard(tmp_path, pack(Frame({"blob": "a"}, b"123")), pack(Frame({"blob": "b"}, b"123")), END)
    assert answer.blobs == {"a": b"123"}
    assert "a frame of 13 and 3 bytes" in answer.doubts[0]


def test_doubts_are_short_and_harmless(tmp_path: Path) -> None:
    (doubt,) = heard(tmp_path, pack(Frame({"doubt": "\x1b[2J" + "é" * 5000})), END).doubts
    assert doubt.startswith("\\x1b[2J\\xe9")
    assert doubt.isprintable()
    assert len(doubt) < 5000


def test_one_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "VERBS", {"dmesg": replace(verbs.VERBS["dmesg"], seconds=0.1)})
    assert heard(tmp_path, hold=True) == Answer({}, ["the decoder took over 0.1 s"])


def test_one_that_drips_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is for the whole answer, however steadily its bytes arrive."""
    monkeypatch.setattr(ask, "VERBS", {"dmesg": replace(verbs.VERBS["dmesg"], seconds=0.0)})
    assert heard(tmp_path, pack(Frame({"doubt": "x"})) * 50, hold=True).doubts[-1] == "the decoder took over 0 s"


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_garbled(said: bytes) -> None:
    place = 0

    def take(count: int) -> bytes:
        nonlocal place
        place += count
        if place > len(said):
            raise EOFError
        return said[place - count : place]

    with contextlib.suppress(Garbled, EOFError):
        assert isinstance(unpack(take, 100).header, dict)


def asked(question: dict[str, object], *fds: int) -> bytes:
    """Everything that the decoder says to a question."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        socket.send_fds(ours, [pack(Frame(question))], fds)
        serve.serve(theirs)
        return ours.recv(1 << 20)


QUESTION = {"version": VERSION, "verb": "dmesg", "files": ["vmcore"]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version 2, and this decoder knows 1"),
        ({"verb": "rm"}, "no such verb: 'rm'"),
        ({"verb": ["dmesg"]}, "no such verb"),
        ({"files": []}, "wants vmcore; got 1 descriptors for \\[\\]"),
        ({"files": ["other"]}, "wants vmcore"),
        ({"files": "vmcore"}, "wants vmcore"),
        ({"files": ["vmcore", "vmlinux"]}, "got 1 descriptors"),
    ],
)
def test_a_question_that_is_none_is_refused(change: dict[str, object], why: str) -> None:
    with Path("/dev/null").open() as file, pytest.raises(Garbled, match=why):
        asked({**QUESTION, **change}, file.fileno())


def test_the_descriptors_of_a_refused_question_are_closed() -> None:
    before = list(Path("/proc/self/fd").iterdir())
    with Path("/dev/null").open() as file, pytest.raises(Garbled):
        asked({**QUESTION, "version": 2}, *[file.fileno()] * 5)
    assert len(list(Path("/proc/self/fd").iterdir())) == len(before)


def test_what_a_verb_raises_is_a_doubt_after_what_it_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(asked: Asked) -> Iterator[Piece]:
        assert not list(asked.scratch.iterdir())
        (asked.scratch / "draft").touch()
        yield Blob("a", b"found")
        yield Doubt("thin")
        raise ValueError("bad magic")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(serve, "VERBS", {"dmesg": replace(verbs.VERBS["dmesg"], work=work)})
    with Path("/dev/null").open() as file:
        said = asked(dict(QUESTION), file.fileno())
    failed = Frame({"doubt": "the decoder failed: ValueError: bad magic"})
    assert said == TAKEN + pack(Frame({"blob": "a"}, b"found")) + pack(Frame({"doubt": "thin"})) + pack(failed) + END
    assert "bad magic" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_decoder_whose_asker_has_left_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(asked: Asked) -> Iterator[Piece]:
        ours.close()
        while True:
            asked.beat()
        yield

    monkeypatch.setattr(serve, "VERBS", {"dmesg": replace(verbs.VERBS["dmesg"], work=work)})
    ours, theirs = socket.socketpair()
    with Path("/dev/null").open() as file, theirs:
        socket.send_fds(ours, [pack(Frame(dict(QUESTION)))], [file.fileno()])
        with pytest.raises(serve.HungUp):
            serve.serve(theirs)


def test_the_command_says_what_it_is_for() -> None:
    argv = [sys.executable, "-m", "kdump_agent", "decoder"]
    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert ended.returncode == 2
    assert "the agent asks this command, over a socket" in ended.stderr


def test_the_decoder_imports_nothing_that_knows_a_secret_or_the_network() -> None:
    code = "import kdump_agent.cli.decoder, sys; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    loaded = said.stdout.split()
    assert not [name for name in loaded if name.startswith(("requests", "urllib3", "structlog", "ssl", "tomli"))]
    ours = {name.split(".")[1] for name in loaded if name.startswith("kdump_agent.")}
    assert ours == {"analysis", "cli", "decoder", "errors", "files", "process", "vmcore"}
