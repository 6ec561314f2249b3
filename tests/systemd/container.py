"""A host of the test's own: a Debian tree booted by systemd-nspawn, with a real systemd as its first process.

It shares this host's network and has a cgroup of its own, so that several may live at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from .tree import tree

PATIENCE = "120"
"""Seconds after which what has not been logged will not be."""
ENVIRONMENT = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/root")


@dataclass(frozen=True)
class Container:
    """A running host."""

    suite: str
    root: Path
    """Its file system, as seen from here; what it mounted itself is not in it."""
    leader: int
    """Its first process, as numbered here."""

    def argv(self, *words: str) -> list[str]:
        spaces = ("-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w")
        return ["nsenter", "-t", str(self.leader), *spaces, "--", *ENVIRONMENT, *words]

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program in it, as root and in no sandbox."""
        ended = subprocess.run(
            self.argv(*words), capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )  # fmt: skip
        assert not check or ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words).stdout)

    def property(self, unit: str, name: str) -> str:
        """Return what systemd says of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", "--", unit).stdout.strip()

    def write(self, path: str, content: str, mode: int = 0o644) -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        target.chmod(mode)

    def drop_in(self, unit: str, content: str) -> None:
        """Change a unit as its owner would."""
        self.write(f"/etc/systemd/system/{unit}.d/test.conf", content)
        self.run("systemctl", "daemon-reload")

    def journal(self) -> list[dict[str, Any]]:
        """Return all that was logged, oldest first."""
        said = self.run("journalctl", "--output=json", "--all", "--no-pager").stdout
        return [json.loads(line) for line in said.splitlines()]

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first entry of the journal that is wanted, waiting for it; not for ever."""
        argv = self.argv("timeout", PATIENCE, "journalctl", "--output=json", "--all", "--follow", "--lines=all")
        heard = []
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            try:
                for line in reader.stdout:
                    entry: dict[str, Any] = json.loads(line)
                    if wanted(entry):
                        return entry
                    heard.append(str(entry.get("MESSAGE")))
            finally:
                # What nsenter has started it must also reap: without its last member gone no container ends.
                for child in Path(f"/proc/{reader.pid}/task/{reader.pid}/children").read_text().split():
                    os.kill(int(child), signal.SIGTERM)
        raise AssertionError("\n".join(["this never came; the journal:", *heard[-100:]]))


@contextlib.contextmanager
def booted(suite: str) -> Iterator[Container]:
    """Yield a host that has booted; it is gone afterwards with all that it wrote."""
    below = tree(suite)
    with contextlib.ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kdump-agent-nspawn-")))
        _mount(stack, "tmpfs", room, "-o", "mode=755")
        for name in ("upper", "work", "root"):
            (room / name).mkdir()
        layers = f"lowerdir={below},upperdir={room}/upper,workdir={room}/work"
        _mount(stack, "overlay", room / "root", "-o", layers)
        yield Container(suite, room / "root", stack.enter_context(_started(room)))


def _mount(stack: contextlib.ExitStack, kind: str, place: Path, *options: str) -> None:
    subprocess.run(["mount", "-t", kind, *options, kind, str(place)], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def _started(room: Path) -> Iterator[int]:
    """Boot what lies in ``room/root``; yield the number of its first process when it says that it is ready."""
    argv = [
        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", f"--directory={room}/root", "--machine=lab",
        "--boot", "--console=pipe", "--notify-ready=yes", "--capability=CAP_NET_ADMIN",
    ]  # fmt: skip
    env = {**os.environ, "NOTIFY_SOCKET": str(room / "notify")}
    with contextlib.ExitStack() as stack:
        notes = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        notes.bind(env["NOTIFY_SOCKET"])
        notes.settimeout(120)
        console = stack.enter_context((room / "console").open("wb"))
        join = stack.enter_context(_cgroup(room.name))
        nspawn = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=env, preexec_fn=join
        )  # fmt: skip
        stack.callback(nspawn.wait)
        leader = int(_hear(notes, "X_NSPAWN_LEADER_PID="))
        stack.callback(os.kill, leader, signal.SIGKILL)  # everything in it dies with it, and then nspawn ends
        _hear(notes, "READY=")
        notes.close()  # nspawn would wait for ever for somebody to read what it says later
        yield leader


def _hear(notes: socket.socket, name: str) -> str:
    while True:
        for line in notes.recv(4096).decode().splitlines():
            if line.startswith(name):
                return line[len(name) :]


@contextlib.contextmanager
def _cgroup(name: str) -> Iterator[Callable[[], None]]:
    """Yield what puts the calling process into a new cgroup, in each hierarchy that systemd uses."""
    homes = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "name=systemd"):
            places = [Path("/sys/fs/cgroup", each) for each in (("unified", "") if not controllers else ("systemd",))]
            home = next(place for place in places if place.is_dir()) / path.lstrip("/") / name
            home.mkdir()
            homes.append(home)

    def join() -> None:
        for home in homes:
            (home / "cgroup.procs").write_text("0")

    try:
        yield join
    finally:
        for home in homes:
            for folder, _, _ in os.walk(home, topdown=False):
                Path(folder).rmdir()
