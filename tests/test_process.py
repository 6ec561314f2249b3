"""Other programs: their limits hold, and their ends are told apart."""

from __future__ import annotations

import os
import select
import socket
import sys
from pathlib import Path

import pytest

from kdump_agent.process import Limits, find_program, run, start

FAST = Limits(seconds=20)


def python(code: str, limits: Limits = FAST, **more: int) -> tuple[int, bytes, str | None, str]:
    ended = run([sys.executable, "-I", "-c", code], limits, **more)  # type: ignore[arg-type]
    return ended.status, ended.stdout, ended.stopped, ended.blame()


def test_what_a_child_says_comes_back() -> None:
    assert python("print('hello')")[:2] == (0, b"hello\n")


def test_an_exit_code_is_blamed_with_its_last_words_escaped() -> None:
    status, _, _, blame = python(r"import sys; sys.stderr.write('first\nla\x1bst\n'); sys.exit(3)")
    assert (status, blame) == (3, "exit 3: la\\x1bst")


def test_death_by_signal_is_named() -> None:
    assert python("import os; os.kill(os.getpid(), 11)")[3] == "died of SIGSEGV"


def test_a_child_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    code = (
        "import os,time\n"
        f"pid = os.fork()\nif pid: open({str(tmp_path / 'pid')!r}, 'w').write(str(pid)); print('up', flush=True)\n"
        "time.sleep(600)"
    )
    assert python(code, Limits(seconds=1.5))[2] == "took over 1.5 s"
    try:
        grandchild = os.pidfd_open(int((tmp_path / "pid").read_text()))
    except ProcessLookupError:
        return
    assert select.select([grandchild], [], [], 20)[0], "it lives on"
    os.close(grandchild)


def test_a_child_that_says_too_much_is_ended() -> None:
    status, out, stopped, _ = python("while True: print('x' * 10000)", Limits(seconds=20, output=100_000))
    assert stopped == "wrote over 100000 bytes"
    assert len(out) == 100_000
    assert status < 0


def test_memory_is_limited() -> None:
    status, _, _, blame = python("x = bytearray(1 << 30)", Limits(seconds=20, memory=256 << 20))
    assert status == 1
    assert "MemoryError" in blame


def test_a_file_is_limited(tmp_path: Path) -> None:
    python(f"open({str(tmp_path / 'big')!r}, 'wb').write(bytes(1 << 20))", Limits(seconds=20, file_size=4096))
    assert (tmp_path / "big").stat().st_size <= 4096


def test_there_is_no_network_and_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "canary")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            "import os, socket\nprint(sorted(os.environ))\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 5); print('reached')\n"
            "except OSError: print('cut off')"
        )
        assert python(code)[1] == b"['HOME', 'LC_ALL', 'PATH']\ncut off\n"
        assert python(code, Limits(seconds=20, network=True))[1].endswith(b"reached\n")


def test_a_beat_that_raises_ends_the_child() -> None:
    class Stop(BaseException):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        run([sys.executable, "-I", "-c", "import time; time.sleep(600)"], Limits(seconds=30), beat=stop)


def test_only_what_is_handed_over_is_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("handed over")
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    code = f"import os; print(os.read({fd}, 99).decode(), sorted(map(int, os.listdir('/proc/self/fd')))[:5])"
    ended = run([sys.executable, "-I", "-c", code], FAST, pass_fds=(fd,))
    os.close(fd)
    assert ended.stdout.startswith(b"handed over [0, 1, 2, ")


def test_leaving_the_block_ends_what_was_started() -> None:
    with start([sys.executable, "-I", "-c", "import time; time.sleep(600)"], FAST) as child:
        assert child.poll() is None
    assert child.returncode == -9


def test_programs_are_found_in_the_system_s_own_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil").write_text("#!/bin/sh\n")
    (tmp_path / "evil").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("evil") is None
    assert find_program("sh") is not None
