"""Where the answer goes, or does not: a reader that leaves, a full disk, a closed stream. Never a traceback."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pyinotify
import pytest

from ..machine import MINIS, NULL, REPOSITORY

ASKED = [["--help"], ["decode", str(MINIS / NULL)], ["decode", "--json", *[str(MINIS / NULL)] * 3]]
"""Less and more than what is buffered."""


def ask(words: list[str], shell: str, **streams: int) -> subprocess.CompletedProcess[str]:
    """Run the command as ``$@`` of a piece of shell, buffered as it is for a person."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "kdump_agent", *words], stdout=streams.get("stdout"),
        stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", ASKED, ids=["help", "short", "long"])
def test_a_reader_that_leaves_ends_the_command_as_it_ends_others(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        answer = ask(words, '"$@"', stdout=writer)
    finally:
        os.close(writer)
    assert (answer.returncode, answer.stderr) == (141, "")


@pytest.mark.parametrize("words", ASKED, ids=["help", "short", "long"])
def test_an_answer_that_cannot_be_written_is_a_failure_with_its_reason(words: list[str]) -> None:
    answer = ask(words, '"$@" >/dev/full')
    assert answer.returncode == 2
    assert answer.stderr == "kdump-agent: standard output: No space left on device\n"


def test_a_strangers_name_gives_the_terminal_no_order(tmp_path: Path) -> None:
    folder = tmp_path / "2026\x1b[2J\nkdump-agent: all is well"
    folder.mkdir()
    answer = ask(["ship", str(folder)], '"$@"')
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "2026\\x1b[2J\\nkdump-agent" in answer.stderr


def test_a_closed_stream_is_as_good_as_nowhere() -> None:
    answer = ask(["decode", str(MINIS / NULL)], '"$@" >&-')
    assert (answer.returncode, answer.stderr) == (0, "")
    answer = ask(["decode", "-"], '"$@" <&- >&-')
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=["TERM", "HUP", "INT"])
def test_an_end_from_outside_leaves_no_draft(tmp_path: Path, number: signal.Signals) -> None:
    os.mkfifo(tmp_path / "vmcore")  # nobody ever writes to it
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    manager = pyinotify.WatchManager()
    manager.add_watch(str(drafts), pyinotify.IN_CREATE, quiet=False)
    argv = [sys.executable, "-m", "kdump_agent", "analyze", str(tmp_path / "vmcore")]
    with (
        os.fdopen(manager.get_fd(), "rb") as doorbell,
        subprocess.Popen(argv, env={**os.environ, "TMPDIR": str(drafts)}, cwd=REPOSITORY) as command,
    ):
        assert select.select([doorbell], [], [], 60)[0]
        while ") S " not in Path(f"/proc/{command.pid}/stat").read_text():  # until it waits for a writer
            os.sched_yield()
        command.send_signal(number)
        assert command.wait(60) == 128 + number
    assert list(drafts.iterdir()) == []
