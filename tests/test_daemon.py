"""The service as systemd sees it: a real process, a notification socket, signals, a lock."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import MCE, MINIS, NULL, REPOSITORY, Machine, dump_of, shared
from .ship.server import TusServer
from .test_main_job import check_delivery


class Service:
    """A running agent and what it says to systemd."""

    def __init__(self, process: subprocess.Popen[str], notes: socket.socket) -> None:
        self.process, self.notes = process, notes
        self.heard: list[str] = []

    def wait_for(self, words: str) -> str:
        """Read notes until one begins with these words; the socket's time limit is the only clock."""
        while True:
            note = self.notes.recv(4096).decode()
            self.heard.append(note)
            if note.startswith(words):
                return note

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)


@contextlib.contextmanager
def service(machine: Machine) -> Iterator[Service]:
    path = machine.home / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notes:
        path.unlink(missing_ok=True)
        notes.bind(str(path))
        notes.settimeout(60)
        environment = {**os.environ, "NOTIFY_SOCKET": str(path)}
        with (machine.home / "log").open("a") as log:
            process = subprocess.Popen(machine.argv("run"), env=environment, cwd=REPOSITORY, stderr=log, text=True)
        try:
            yield Service(process, notes)
        finally:
            process.kill()
            process.wait()


def arrive(machine: Machine, source: Path) -> None:
    """Write a dump as kdump does: under a temporary name in a new folder, then renamed."""
    folder = machine.crash / source.name
    folder.mkdir()
    dump = dump_of(source)
    log = next(path for path in source.iterdir() if "dmesg" in path.name)
    (folder / log.name).write_bytes(log.read_bytes())
    (folder / "dump-incomplete").write_bytes(dump.read_bytes())
    (folder / "dump-incomplete").rename(folder / dump.name)


def test_a_dump_that_is_renamed_into_place_arrives_without_a_poll(machine: Machine) -> None:
    with service(machine) as agent:
        agent.wait_for("READY=1")
        agent.wait_for("STATUS=0 waiting, 0 parked, 0 delivered")
        arrive(machine, MINIS / MCE)
        # the agent's own rescan comes after 60 s, which is when the socket gives up
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")
        check_delivery(machine.delivered(), MINIS / MCE)
        assert agent.stop() == 0
        agent.wait_for("STOPPING=1")
        assert any(note.startswith("WATCHDOG=1") for note in agent.heard)


def test_an_agent_with_nothing_to_do_still_feeds_the_watchdog(machine: Machine) -> None:
    machine.write_config(agent='rescan = "1 s"')
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 0 parked, 0 delivered")
        agent.wait_for("STATUS=0 waiting, 0 parked, 0 delivered;")  # it has looked at the host, too
        for _ in range(3):
            agent.wait_for("WATCHDOG=1")


def test_a_folder_that_is_removed_and_made_again_is_still_watched(machine: Machine) -> None:
    machine.crash.rmdir()
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 0 parked, 0 delivered")
        machine.crash.mkdir()
        arrive(machine, MINIS / NULL)
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")


def test_the_boot_scan_finds_what_was_written_before_the_start(machine: Machine) -> None:
    machine.add(MINIS / MCE)
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")


@pytest.mark.shared
def test_stop_is_answered_in_the_middle_of_an_upload_and_the_next_start_goes_on(
    machine: Machine, tus: TusServer
) -> None:
    source = next(shared("dumps", "debian12-mce").iterdir())
    machine.add(source)
    machine.write_config(ship='bandwidth = "2 MiB"', url=tus.url)
    with service(machine) as agent:
        agent.wait_for("STATUS=sending vmcore.zst")
        assert agent.stop() == 0
    (begun,) = [upload for upload in tus.uploads() if upload.metadata["kind"] == "vmcore"]
    assert not begun.complete
    machine.write_config(url=tus.url)
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")
    arrived = tus.arrived()
    assert all(len(uploads) == 1 for uploads in arrived.values())
    check_delivery({key: uploads[0].path for key, uploads in arrived.items()}, source)


def test_a_second_agent_is_kept_out(machine: Machine) -> None:
    with service(machine) as agent:
        agent.wait_for("READY=1")
        answer = machine.run("run", "--once")
        assert answer.returncode == 3
        assert "another agent works in" in answer.stderr


def test_a_dump_shipped_by_hand_is_left_to_the_running_agent(machine: Machine, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    copy.write_bytes(dump_of(MINIS / MCE).read_bytes())
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 0 parked, 0 delivered")
        answer = machine.json("ship", str(copy))
        assert answer["left_to_the_agent"] is True
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")
    assert len(list(machine.outbox.rglob("vmcore*"))) == 1


def test_a_parked_job_is_tried_again_when_a_person_says_so(machine: Machine) -> None:
    machine.add(MINIS / MCE)
    machine.outbox.write_text("a file where the folder should be")
    with service(machine) as agent:
        agent.wait_for("STATUS=0 waiting, 1 parked, 0 delivered")
        machine.outbox.unlink()
        assert len(machine.json("retry", "--all")["asked"]) == 1
        agent.wait_for("STATUS=0 waiting, 0 parked, 1 delivered")
