"""Children: their limits hold, they reach no network, they get nothing of ours, and they die with all they started."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from kdump_agent import process
from kdump_agent.process import Finished, Limits, find_program, run, start

PLENTY = Limits(seconds=60)
PYTHON = os.path.realpath(sys.executable)


def python(code: str, limits: Limits = PLENTY, pass_fds: tuple[int, ...] = ()) -> Finished:
    return run([PYTHON, "-ISc", code], limits, pass_fds=pass_fds)


def alive(pid: int) -> bool:
    """Is this process there, and no zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Is it dead, if need be after the moment that the kernel takes to kill it?"""
    deadline = time.monotonic() + 30
    while alive(pid) and time.monotonic() < deadline:
        os.sched_yield()
    return not alive(pid)


def test_what_a_child_says_and_how_it_ends_come_back() -> None:
    found = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert found == Finished(3, b"out\n", b"err\n")
    assert not found.ok
    assert found.blame() == "exit 3: err"


def test_a_child_that_takes_too_long_is_killed() -> None:
    found = python("import time; print('begun', flush=True); time.sleep(1000)", Limits(seconds=0.5))
    assert (found.stdout, found.stopped, found.blame()) in [
        (out, "took over 0.5 s", "took over 0.5 s") for out in (b"", b"begun\n")
    ]
    assert found.status == -signal.SIGKILL


def test_a_child_that_closes_its_outputs_and_stays_is_killed_too() -> None:
    found = python("import os, time; os.close(1); os.close(2); time.sleep(1000)", Limits(seconds=1))
    assert not found.ok
    assert found.stopped == "took over 1 s"


def test_a_child_that_says_too_much_is_killed_and_its_first_words_kept() -> None:
    found = python("while True: print('x' * 1000)", Limits(seconds=60, output=5000))
    assert found.stopped == "wrote over 5000 bytes"
    assert len(found.stdout) == 5000


def test_a_child_that_wants_too_much_memory_does_not_get_it() -> None:
    found = python("b = bytearray(1 << 30)", Limits(seconds=60, memory=512 << 20))
    assert found.blame() == "exit 1: MemoryError"


def test_a_child_that_writes_too_large_a_file_is_stopped(tmp_path: Path) -> None:
    code = f"import signal; signal.signal(25, 0); open({str(tmp_path / 'file')!r}, 'wb').write(bytes(1 << 20))"
    assert not python(code, Limits(seconds=60, file_size=4096)).ok
    assert (tmp_path / "file").stat().st_size <= 4096


def test_death_by_signal_is_told_by_name() -> None:
    found = python("import os; os.kill(os.getpid(), 11)")
    assert found.status == -signal.SIGSEGV
    assert found.blame() == "died of SIGSEGV"


def test_death_by_a_signal_without_a_name_is_told_by_number() -> None:
    found = python("import os; os.kill(os.getpid(), 40)")
    assert found.blame() == "died of signal 40"


def test_hostile_words_are_escaped_in_the_blame() -> None:
    found = python("import sys; sys.stderr.buffer.write(b'\\x1b[2J\\xff'); sys.exit(1)")
    assert found.blame() == "exit 1: \\x1b[2J\\ufffd"


def test_a_child_reaches_no_network_unless_it_may() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        code = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 5); print('there')"
        cut_off = python(code)
        assert not cut_off.ok
        assert cut_off.stdout == b""
        assert python(code, Limits(seconds=60, network=True)).stdout == b"there\n"


def test_a_child_that_cannot_be_cut_off_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_NEWNET", 0x1)  # no namespace of that number: unshare(2) refuses
    monkeypatch.setattr(process, "_NEWUSER", 0x1)
    monkeypatch.setattr(process, "offline", lambda: False)
    found = python("print('ran')")
    assert found.stdout == b""
    assert found.stopped == "was not run: it could not be cut off from the network here"


def test_a_process_that_gets_no_socket_has_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(family: int, _kind: int) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "as RestrictAddressFamilies=none says", family)

    monkeypatch.setattr(socket, "socket", refuse)
    assert process.offline()


def test_a_childs_children_die_with_it() -> None:
    code = "import os, time\npid = os.fork()\nif pid == 0: time.sleep(1000)\nprint(pid, flush=True)\ntime.sleep(1000)"
    with start([PYTHON, "-ISc", code], PLENTY) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        assert alive(grandchild)
    assert not alive(child.pid)
    assert gone(grandchild)


def test_children_that_outlive_their_parent_die_too() -> None:
    """The child ends well and leaves one behind that holds no pipe of ours."""
    code = "import os, time\npid = os.fork()\nif pid == 0: os.close(1); os.close(2); time.sleep(1000)\nprint(pid)"
    found = python(code)
    assert found.ok
    assert gone(int(found.stdout))


def test_an_interrupted_run_leaves_no_child() -> None:
    seen: list[int] = []

    def stop() -> None:
        seen.extend(int(word) for word in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([PYTHON, "-ISc", "import time; print('x', flush=True); time.sleep(1000)"], PLENTY, beat=stop)
    assert seen
    assert not any(alive(pid) for pid in seen)


def test_a_child_gets_an_empty_environment_and_no_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDUMP_AGENT_SECRET", "canary")
    with Path("/dev/null").open() as kept, Path("/dev/null").open() as closed:
        os.set_inheritable(closed.fileno(), True)
        found = python("import os; print(sorted(os.environ), sorted(map(int, os.listdir('/proc/self/fd'))))",
                       pass_fds=(kept.fileno(),))  # fmt: skip
        names, _, numbers = found.stdout.decode().partition("] ")
        assert names == "['HOME', 'LC_ALL', 'PATH'"
        assert str(kept.fileno()) in numbers
        assert f" {closed.fileno()}," not in numbers


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["/nonexistent/program"], PLENTY)
    assert find_program("no-such-program") is None
