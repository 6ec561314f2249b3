"""What every decoder does: the one behind systemd's socket and the child of ours alike."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdump_agent.decoder import ask as ask_module
from kdump_agent.decoder.ask import Answer, ChildDecoder, Decoder, SocketDecoder, open_decoder
from tests.machine import AMD, MCE, MINIS, NULL, REPOSITORY, dump_of


@contextlib.contextmanager
def listening(path: Path) -> Iterator[None]:
    """A decoder for each connection, as systemd starts it: its own tool, with no sandbox."""
    argv = ["systemd-socket-activate", "--accept", "--inetd", f"--listen={path}"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    program = subprocess.Popen(
        [*argv, "--setenv=PYTHONPATH", sys.executable, "-m", "kdump_agent", "decoder"],
        env=environment, cwd=path.parent, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stderr is not None
    try:
        assert "Listening on" in program.stderr.readline()
        yield
    finally:
        program.kill()
        program.stderr.close()
        program.wait()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask_module, "_PAUSE", 0.0)


@pytest.fixture(params=["socket", "child"])
def decoder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Decoder]:
    path = tmp_path / "decoder"
    with listening(path) if request.param == "socket" else contextlib.nullcontext():
        found = open_decoder(path, tmp_path)
        assert isinstance(found, SocketDecoder if request.param == "socket" else ChildDecoder)
        yield found


def quiet() -> None:
    pass


def ask(decoder: Decoder, dump: Path, beat: Callable[[], None] = quiet) -> Answer:
    with dump.open("rb") as file:
        return decoder.ask("dmesg", {"vmcore": file.fileno()}, beat)


@pytest.mark.parametrize("name", [MCE, NULL, AMD])
def test_the_log_inside_a_dump_is_the_one_beside_it(decoder: Decoder, name: str) -> None:
    beside = next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name)
    assert ask(decoder, dump_of(MINIS / name)) == Answer({"dmesg.txt": beside.read_bytes()}, [])


def test_what_is_no_dump_is_a_doubt(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "vmcore").write_bytes(b"hello" * 1000)
    assert ask(decoder, tmp_path / "vmcore") == Answer(
        {}, ["no log was read from the dump, whose format is unknown"]
    )  # fmt: skip


def test_the_descriptor_keeps_its_place(decoder: Decoder) -> None:
    with dump_of(MINIS / AMD).open("rb") as file:
        os.lseek(file.fileno(), 5, os.SEEK_SET)
        decoder.ask("dmesg", {"vmcore": file.fileno()}, quiet)
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 5


def test_a_question_without_its_file_is_a_doubt(decoder: Decoder) -> None:
    answer = decoder.ask("dmesg", {}, quiet)
    assert answer.blobs == {}
    assert "the question" in answer.doubts[0]


def test_a_stop_request_ends_the_wait_and_leaves_nothing(decoder: Decoder, tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(decoder, dump_of(MINIS / AMD), stop)
    assert [path.name for path in tmp_path.iterdir() if path.name != "decoder"] in ([], ["vmcore"])


def test_drafts_are_gone_afterwards(decoder: Decoder, tmp_path: Path) -> None:
    ask(decoder, dump_of(MINIS / MCE))
    assert [path.name for path in tmp_path.iterdir() if path.name != "decoder"] == []


def test_a_socket_where_nobody_listens_is_a_doubt(tmp_path: Path) -> None:
    path = tmp_path / "decoder"
    with listening(path):
        pass
    answer = ask(open_decoder(path, tmp_path), dump_of(MINIS / AMD))
    assert answer.blobs == {}
    assert "Connection refused; see `systemctl status kdump-agent-decoder.socket`" in answer.doubts[0]
