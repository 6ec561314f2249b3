"""Cut the power at every step: file systems are shut down under the agent without flushing, then mounted again.

After any cut and one clean restart every dump is at the endpoint, whole, exactly once, or its bytes are still on the
local disk. Crash folder, state and endpoint are three file systems, because what one of them made durable says nothing
of the others. Agents that were broken on purpose must be caught.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import MCE, MINIS, NULL, REPOSITORY, Machine, dump_of, sha256, unpacked_sha256

pytestmark = pytest.mark.slow

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN (fs/ext4/ext4.h) and XFS_IOC_GOINGDOWN (fs/xfs/libxfs/xfs_fs.h)
WITHOUT_FLUSH = struct.pack("I", 2)  # EXT4_GOING_FLAGS_NOLOGFLUSH, XFS_FSOP_GOING_FLAGS_NOLOGFLUSH
MAKE = {"ext4": ("mkfs.ext4", "-q", "-F"), "xfs": ("mkfs.xfs", "-q", "-f")}
SIZE = {"ext4": "48M", "xfs": "320M"}
HOW = {"ext4": "loop", "xfs": "loop,nouuid"}
"""Options: XFS mounts no copy of a file system that somebody still holds, unless it is told to."""
DISKS = ("crash", "state", "outbox")
CRASHES = (MCE, NULL)

MOMENTS = ("found", "decoded", "file delivered", "reported", "packed", "delivered", "pruned")
"""What the agent logs, in this order, as a job goes on."""

BROKEN = {
    "nothing is synced": "files.os.fsync = lambda fd: None",
    "no folder is synced": "files.sync_folder = lambda path: None",
    "no file is synced": "files.sync_file = lambda fd: None",
    "removed without a receipt": "import kdump_agent.ship.directory as d; d.Directory.finish = lambda *a: None",
}


class Disks:
    """Three disks that lose their power together."""

    def __init__(self, home: Path, kind: str) -> None:
        self.home, self.kind = home, kind
        self.mounted: list[Path] = []
        for name in DISKS:
            (home / name).mkdir(parents=True, exist_ok=True)
            subprocess.run(["truncate", "-s", SIZE[kind], self._image(name)], check=True)
            subprocess.run([*MAKE[kind], self._image(name)], check=True)

    def _image(self, name: str) -> str:
        return str(self.home / f"{name}.img")

    def mount(self) -> None:
        for name in DISKS:
            subprocess.run(["mount", "-o", HOW[self.kind], self._image(name), str(self.home / name)], check=True)
            self.mounted.append(self.home / name)

    def unmount(self) -> None:
        """Let go of the disks, also where a child of the agent that is not yet gone holds one."""
        while self.mounted:
            subprocess.run(["umount", "--lazy", str(self.mounted[-1])], check=True)
            self.mounted.pop()

    def come_back(self) -> None:
        """Mount what the disks hold after a cut. It is a copy: whoever still holds the old ones does not matter."""
        self.unmount()
        for name in DISKS:
            subprocess.run(["cp", "--sparse=always", self._image(name), self._image("copy")], check=True)
            subprocess.run(["mv", self._image("copy"), self._image(name)], check=True)
        self.mount()

    def cut(self) -> None:
        for name in DISKS:
            fd = os.open(self.home / name, os.O_RDONLY)
            try:
                fcntl.ioctl(fd, SHUTDOWN, WITHOUT_FLUSH)
            finally:
                os.close(fd)


@pytest.fixture
def disks(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disks]:
    made = Disks(tmp_path / "machine", getattr(request, "param", "ext4"))
    made.mount()
    try:
        yield made
    finally:
        made.unmount()


def crashed_machine(disks: Disks) -> Machine:
    """A machine with two dumps that are safe on its disk, and settings that let go of what is delivered."""
    machine = Machine(disks.home)
    machine.write_config("[retain]\nkeep = 0\nremove_source = true\nmin_free = 0\n")
    for crash in CRASHES:
        machine.add(MINIS / crash)
    for name in DISKS:
        subprocess.run(["sync", "--file-system", str(disks.home / name)], check=True)
    return machine


def argv(machine: Machine, flaw: str) -> list[str]:
    code = f"import sys; from kdump_agent import files; {flaw}; from kdump_agent.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", code, "--config", str(machine.config), "run", "--once"]


def run_until(machine: Machine, disks: Disks, moment: str, flaw: str = "pass", *, times: int = 1) -> bool:
    """Start an agent, cut the power when it has said so often that it came so far, and return whether it did.

    Just before, somebody else on the host syncs a file on the crash disk, which makes removals there durable.
    """
    agent = subprocess.Popen(argv(machine, flaw), cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    assert agent.stderr is not None
    try:
        came = (line for line in agent.stderr if _event(line) == moment)
        heard = len(list(itertools.islice(came, times)))
        with (machine.crash / "somebody-elses").open("w") as file:
            os.fsync(file.fileno())
        disks.cut()
    finally:
        agent.kill()
        agent.wait()
        agent.stderr.close()
    disks.come_back()
    return heard == times


def _event(line: str) -> str | None:
    with contextlib.suppress(ValueError):
        return str(json.loads(line).get("event"))
    return None


def arrived(machine: Machine) -> list[str]:
    """The hash of every dump that lies at the endpoint whole, as its manifest tells it."""
    found = []
    for manifest in machine.outbox.rglob("manifest.json"):
        with contextlib.suppress(ValueError):  # torn, as a broken agent leaves it
            files = {file["name"]: file for file in json.loads(manifest.read_bytes())["files"]}
            if all(sha256(manifest.parent / name) == file["sha256"] for name, file in files.items()):
                packed = next(manifest.parent / name for name in files if name.startswith("vmcore"))
                found.append(unpacked_sha256(packed) if packed.suffix == ".zst" else sha256(packed))
    return sorted(found)


def lost(machine: Machine) -> list[str]:
    """The dumps of which neither the endpoint nor the crash disk has all bytes."""
    there = arrived(machine)
    local = [sha256(machine.crash / name / dump_of(MINIS / name).name) for name in CRASHES if _is_local(machine, name)]
    return [name for name in CRASHES if sha256(dump_of(MINIS / name)) not in there + local]


def _is_local(machine: Machine, name: str) -> bool:
    return (machine.crash / name / dump_of(MINIS / name).name).exists()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("disks", ["ext4", "xfs"], indirect=True)
def test_nothing_is_lost_or_doubled_by_a_power_cut(disks: Disks, moment: str) -> None:
    machine = crashed_machine(disks)
    assert run_until(machine, disks, moment, times=len(CRASHES))
    assert lost(machine) == []
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    assert arrived(machine) == sorted(sha256(dump_of(MINIS / name)) for name in CRASHES)


def test_nothing_is_lost_by_a_power_cut_after_every_step_in_turn(disks: Disks) -> None:
    machine = crashed_machine(disks)
    for moment in (*MOMENTS, *MOMENTS):
        run_until(machine, disks, moment)
        assert lost(machine) == []
    assert machine.run("run", "--once").returncode == 0
    assert arrived(machine) == sorted(sha256(dump_of(MINIS / name)) for name in CRASHES)


@pytest.mark.parametrize("flaw", BROKEN)
@pytest.mark.parametrize("disks", ["ext4", "xfs"], indirect=True)
def test_an_agent_that_is_broken_is_caught(disks: Disks, flaw: str) -> None:
    machine = crashed_machine(disks)
    run_until(machine, disks, "pruned", BROKEN[flaw], times=len(CRASHES))
    assert lost(machine) != []
