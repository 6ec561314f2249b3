"""Kill the agent at random moments, a hundred times and more: every dump still arrives, intact, once."""

from __future__ import annotations

import contextlib
import random
import subprocess
from pathlib import Path

import pytest

from kdump_agent.jobs import Jobs
from kdump_agent.model import Stage

from .machine import MINIS, REPOSITORY, Machine, dump_of, sha256, shared
from .ship.server import TusServer
from .test_main_job import check_delivery

KILLS = 60
"""For each of the two endpoints; the moment is drawn between start-up and well into the upload."""


def kill_and_restart(machine: Machine, kills: int, seed: int) -> int:
    """Start the agent and kill it, until it has been killed so often; return how many of the kills hit it working."""
    draw = random.Random(seed)
    hits = 0
    for _ in range(kills):
        agent = subprocess.Popen(machine.argv("run", "--once"), cwd=REPOSITORY, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            agent.wait(draw.uniform(0.15, 0.9))
        hits += agent.poll() is None
        agent.kill()
        agent.wait()
    return hits


def finish(machine: Machine) -> None:
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    jobs, damaged = Jobs(machine.state).all()
    assert damaged == []
    assert {job.stage for job in jobs} == {Stage.DELIVERED}
    leftovers = [path for path in machine.state.rglob(".*") if path.is_file()]
    assert leftovers == []


def slow_dumps(machine: Machine) -> list[Path]:
    """Real dumps, shipped slowly enough that most kills find an upload under way."""
    crashes = sorted(folder for kind in shared("dumps").iterdir() if kind.is_dir() for folder in kind.iterdir())
    for crash in crashes:
        machine.add(crash)
    return crashes


@pytest.mark.shared
@pytest.mark.slow
def test_kills_on_the_way_to_a_folder(machine: Machine) -> None:
    crashes = slow_dumps(machine)
    machine.write_config(ship='bandwidth = "6 MiB"')
    assert kill_and_restart(machine, KILLS, seed=1) > KILLS // 2
    machine.write_config()
    finish(machine)
    for crash in crashes:
        check_delivery(machine.delivered(), crash)
    assert len(list(machine.outbox.rglob("manifest.json"))) == len(crashes)
    assert list(machine.outbox.rglob("*.part")) == []


@pytest.mark.shared
@pytest.mark.slow
def test_kills_on_the_way_to_a_tus_server_that_is_killed_too(machine: Machine, tus: TusServer) -> None:
    crashes = slow_dumps(machine)
    machine.write_config(ship='bandwidth = "6 MiB"', url=tus.url)
    hits = 0
    for half in range(2):
        hits += kill_and_restart(machine, KILLS // 2, seed=2 + half)
        tus.kill()
        tus.start()
    assert hits > KILLS // 2
    machine.write_config(url=tus.url)
    finish(machine)
    arrived = tus.arrived()
    assert all(len(uploads) == 1 for uploads in arrived.values()), "something arrived twice"
    for crash in crashes:
        check_delivery({key: uploads[0].path for key, uploads in arrived.items()}, crash)


@pytest.mark.parametrize("moment", range(24))
def test_a_kill_at_each_moment_of_a_short_life(machine: Machine, moment: int) -> None:
    """Small dumps: the kills fall into start-up, decoding, packing and the writing of records."""
    crash = MINIS / "202611232052"
    machine.add(crash)
    agent = subprocess.Popen(machine.argv("run", "--once"), cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        agent.wait(0.15 + moment * 0.02)
    agent.kill()
    agent.wait()
    finish(machine)
    check_delivery(machine.delivered(), crash)
    assert sha256(dump_of(machine.crash / crash.name)) == sha256(dump_of(crash))
