"""Start other programs: the only place that does.

A child gets fixed arguments, no shell, an empty environment, closed descriptors, limits, and on request no
network. It dies with its time, and it dies with us.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

SEARCH = ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin")
ENVIRONMENT = {"PATH": ":".join(SEARCH), "LC_ALL": "C", "HOME": "/nonexistent"}

_NEWUSER, _NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
_IOPRIO_IDLE = 3 << 13  # linux/ioprio.h: IOPRIO_CLASS_IDLE
_NO_NETWORK = 113  # our own exit code for "could not leave the network"
_SIGNALS = {int(each): each.name for each in signal.Signals}
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Limits:
    """What a child may use."""

    seconds: float
    """Wall time, and CPU time as well."""
    memory: int | None = None
    """Bytes of address space."""
    output: int = 16 << 20
    """Bytes that are kept of each of its two outputs; one that writes more is killed."""
    file_size: int | None = None
    """Bytes of the largest file that it may write."""
    network: bool = False
    """May it reach a network? If not and that cannot be arranged, it does not run."""


@dataclass(frozen=True)
class Finished:
    """How a child ended."""

    status: int
    """Exit code, or minus the number of the signal that ended it."""
    stdout: bytes
    stderr: bytes
    stopped: str | None = None
    """Why we ended it ("took over 30 s", "wrote over 16777216 bytes"), or that it never ran."""

    @property
    def ok(self) -> bool:
        """Did it end by itself, with success?"""
        return self.status == 0 and self.stopped is None

    def blame(self) -> str:
        """Say in one line why it is not ok."""
        if self.stopped or self.status < 0:
            return self.stopped or how_ended(self.status)
        words = self.stderr.decode("utf-8", "replace").strip().splitlines()
        return how_ended(self.status) + (f": {ascii(words[-1][:200])[1:-1]}" if words else "")


def how_ended(status: int) -> str:
    """Say how a child ended, given its exit code or minus the number of a signal."""
    if status == _NO_NETWORK:
        return "was not run: it could not be cut off from the network here"
    return f"exit {status}" if status >= 0 else f"died of {_SIGNALS.get(-status, f'signal {-status}')}"


def find_program(name: str) -> Path | None:
    """Return the absolute path of a program in the system's own folders, or None."""
    candidates = (Path(folder, name) for folder in SEARCH)
    return next((path for path in candidates if os.access(path, os.X_OK) and path.is_file()), None)


def run(argv: Sequence[str], limits: Limits, *, pass_fds: Sequence[int] = (), stdin: int | None = None,
        cwd: Path | None = None, beat: Callable[[], None] = lambda: None) -> Finished:  # fmt: skip
    """Run a program to its end within ``limits`` and return what it said.

    ``argv[0]`` is an absolute path. ``beat`` is called at least once a second; what it raises ends the child.
    Raises OSError when the program cannot be started.
    """
    with start(argv, limits, pass_fds=pass_fds, stdin=stdin, cwd=cwd) as child:
        return _collect(child, limits, beat)


@contextlib.contextmanager
def start(argv: Sequence[str], limits: Limits, *, pass_fds: Sequence[int] = (), stdin: int | None = None,
          cwd: Path | None = None, idle: bool = False) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """Start a program whose outputs are pipes and yield it; on leaving it is dead and reaped.

    ``stdin`` is a descriptor, ``subprocess.PIPE``, or None for nothing. ``idle`` gives it the lowest CPU and
    IO priority. Raises OSError when the program cannot be started.
    """
    child = subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL if stdin is None else stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=cwd or "/", close_fds=True, pass_fds=tuple(pass_fds),
        start_new_session=True, preexec_fn=lambda: _confine(limits, idle),
    )  # fmt: skip
    try:
        yield child
    finally:
        end(child)


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a child with all that it started, reap it and close its pipes."""
    if child.returncode is None:  # not reaped: even dead, it keeps its number, which is its group's
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _confine(limits: Limits, idle: bool) -> None:
    """Runs in the child, before the program."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    cpu = int(limits.seconds) + 1
    _cap(resource.RLIMIT_CPU, cpu)
    _cap(resource.RLIMIT_CORE, 0)
    if limits.memory is not None:
        _cap(resource.RLIMIT_AS, limits.memory)
    if limits.file_size is not None:
        _cap(resource.RLIMIT_FSIZE, limits.file_size)
    if idle:
        with contextlib.suppress(PermissionError):  # the service's sandbox forbids it, and has set both for us all
            os.nice(19)
        # ioprio_set(2) has no libc wrapper; the generic table's number is 30
        number = {"x86_64": 251, "aarch64": 30, "riscv64": 30, "ppc64le": 273, "s390x": 282}.get(os.uname().machine)
        if number is not None:
            _libc.syscall(number, 1, 0, _IOPRIO_IDLE)
    if not limits.network and _libc.unshare(_NEWNET) and _libc.unshare(_NEWUSER | _NEWNET) and not offline():
        os._exit(_NO_NETWORK)


def offline() -> bool:
    """Has this process no network but its own loopback, or none that it could speak over?

    A service with ``RestrictAddressFamilies=none`` gets no socket, nor do its children, also where systemd 257 in a
    container could not give it a network of its own.
    """
    if not any(map(_speaks, (socket.AF_INET, socket.AF_INET6))):
        return True
    try:
        return all(
            line.split(":")[0].strip() == "lo" for line in Path("/proc/self/net/dev").read_text().splitlines()[2:]
        )
    except OSError:
        return False


def _speaks(family: int) -> bool:
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


def _cap(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(what, (value, value))


def _collect(child: subprocess.Popen[bytes], limits: Limits, beat: Callable[[], None]) -> Finished:
    assert child.stdout is not None
    assert child.stderr is not None
    kept = {child.stdout.fileno(): bytearray(), child.stderr.fileno(): bytearray()}
    deadline = time.monotonic() + limits.seconds
    stopped = _read_until_end(kept, limits, deadline, beat) or _wait_until_end(child, limits, deadline, beat)
    out, err = kept.values()
    end(child)
    if child.returncode == _NO_NETWORK:
        stopped = how_ended(child.returncode)
    return Finished(child.returncode, bytes(out), bytes(err), stopped)


def _read_until_end(
    kept: dict[int, bytearray], limits: Limits, deadline: float, beat: Callable[[], None]
) -> str | None:
    """Read until both pipes are closed; say why it must not go on."""
    with selectors.DefaultSelector() as selector:
        for fd in kept:
            selector.register(fd, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return f"took over {limits.seconds:g} s"
            for key, _ in selector.select(min(left, 1.0)):
                piece = os.read(key.fd, 1 << 16)
                if not piece:
                    selector.unregister(key.fd)
                kept[key.fd] += piece
                if len(kept[key.fd]) > limits.output:
                    del kept[key.fd][limits.output :]
                    return f"wrote over {limits.output} bytes"
            beat()
    return None


def _wait_until_end(
    child: subprocess.Popen[bytes], limits: Limits, deadline: float, beat: Callable[[], None]
) -> str | None:
    """Wait for its end, which may come after that of its pipes, without reaping it; say why it must not go on."""
    while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() >= deadline:
            return f"took over {limits.seconds:g} s"
        beat()
        time.sleep(0.01)
    return None
