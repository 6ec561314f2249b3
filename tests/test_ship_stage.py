"""Carrying a job's artifacts: what a cut costs, and that the watchdog hears of us between two requests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from kdump_agent.errors import Retryable
from kdump_agent.jobs import Jobs
from kdump_agent.model import Artifact, CrashDir, Job, Stage
from kdump_agent.ship.directory import Directory
from kdump_agent.ship.endpoint import Endpoint
from kdump_agent.ship.tus import Tus
from kdump_agent.stages.ship import SLICE, ShipStage, slice_of

from .ship.server import TusServer
from .ship.test_liar import cutting_proxy
from .test_agent import Quiet

CONTENT = b"kernel" * (1 << 20)


class Hand:
    """The stage, and one job for it with a packed dump."""

    def __init__(self, home: Path, endpoint: Endpoint, beat: Callable[[], None] = lambda: None) -> None:
        self.jobs, self.log = Jobs(home), Quiet()
        self.jobs.prepare()
        job = self.jobs.create(CrashDir(Path("/var/crash/one"), "loose", None, None), crashed_at=1, now=1)
        (self.jobs.folder(job.id) / "vmcore.zst").write_bytes(CONTENT)
        artifact = Artifact("vmcore.zst", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
        self.job = replace(job, stage=Stage.PACKED, artifacts=(artifact,))
        self.stage = ShipStage(
            self.jobs, lambda: endpoint, "host", self.log, lambda *_: None, beat, Stage.DELIVERED
        )  # fmt: skip

    def go(self) -> Job:
        return self.stage(self.job)


@pytest.mark.parametrize(("piece", "cut"), [(SLICE, 2 << 20), (1 << 20, 1 << 19)])
def test_a_line_that_breaks_each_connection_after_some_bytes_is_gone_on_with_at_once(
    tmp_path: Path, tus: TusServer, piece: int, cut: int
) -> None:
    with cutting_proxy(tus.port, [cut] * 60) as port:
        hand = Hand(tmp_path / "state", Tus(f"http://127.0.0.1:{port}/files/"))
        hand.stage = replace(hand.stage, slice=piece)
        while hand.job.stage is not Stage.DELIVERED:
            hand.job = hand.go()
    assert ("warning", "cut off, going on") in hand.log.events
    assert [[upload.path.read_bytes() for upload in each] for each in tus.arrived().values()] == [[CONTENT]]


def test_a_line_that_carries_next_to_nothing_is_waited_for(tmp_path: Path, tus: TusServer) -> None:
    with (
        cutting_proxy(tus.port, [1 << 19] * 20) as port,
        pytest.raises(Retryable, match=r"cut off after \d+ bytes: .*; if that comes again, see the log"),
    ):
        Hand(tmp_path / "state", Tus(f"http://127.0.0.1:{port}/files/")).go()


@pytest.mark.parametrize(
    ("bandwidth", "seconds"), [(1 << 10, 60), (10 << 10, 60), (1 << 20, 60), (64 << 20, 1), (1 << 30, 1)]
)
def test_everything_else_waits_a_minute_at_most_for_a_slice_at_the_set_bandwidth(bandwidth: int, seconds: int) -> None:
    assert slice_of(bandwidth) <= bandwidth * seconds
    assert slice_of(None) == SLICE


def test_one_call_moves_one_slice(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "state", Directory(tmp_path / "outbox"))
    hand.stage = replace(hand.stage, slice=len(CONTENT) // 2 + 1)
    hand.job = hand.go()
    assert hand.job.stage is Stage.PACKED
    assert hand.go().stage is Stage.DELIVERED


class Told(Directory):
    """A folder that notes what it is asked."""

    def __init__(self, root: Path, noted: list[str]) -> None:
        super().__init__(root)
        for name in ("begin", "offset", "append"):
            setattr(self, name, self._noting(name, noted, getattr(self, name)))

    @staticmethod
    def _noting(name: str, noted: list[str], ask: Callable[..., Any]) -> Callable[..., Any]:
        def note(*words: Any) -> Any:
            noted.append(name)
            return ask(*words)

        return note


def test_the_watchdog_hears_of_us_between_any_two_requests(tmp_path: Path) -> None:
    noted: list[str] = []
    hand = Hand(tmp_path / "state", Told(tmp_path / "outbox", noted), lambda: noted.append("beat"))
    assert hand.go().stage is Stage.DELIVERED
    assert noted[:5] == ["begin", "beat", "offset", "beat", "append"]
