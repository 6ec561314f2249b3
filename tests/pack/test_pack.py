"""Packing: the right hashes, no half file, bounded memory, and shipping as it is where packing fails."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from kdump_agent import process
from kdump_agent.jobs import Jobs
from kdump_agent.model import CrashDir, Dump, Stage
from kdump_agent.pack.pack import Effort, pack
from kdump_agent.ship.directory import Directory
from kdump_agent.stages.pack import PackStage
from kdump_agent.stages.ship import ShipStage

from ..machine import MCE, MINIS, REPOSITORY, Machine, unpacked_sha256
from ..test_agent import Quiet
from ..test_main_job import check_delivery

TEXT = b"the same words again and again, as memory is " * 100_000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(TEXT)
    return path


def packed(source: Path, draft: Path, effort: Effort | None = None, why_not: str | None = None) -> tuple[object, ...]:
    told: list[int] = []
    with source.open("rb") as file:
        result = pack(file.fileno(), draft, effort or Effort(), told.append, why_not=why_not)
    assert told == sorted(told)
    assert (result.source_size, result.source_sha256) == (len(TEXT), hashlib.sha256(TEXT).hexdigest())
    return result.size, result.sha256, result.why_not


def test_both_hashes_are_right_and_the_content_is_the_same(source: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    size, sha256, why_not = packed(source, draft)
    assert (size, sha256) == (draft.stat().st_size, hashlib.sha256(draft.read_bytes()).hexdigest())
    assert why_not is None
    assert unpacked_sha256(draft) == hashlib.sha256(TEXT).hexdigest()


def test_what_saves_too_little_is_not_kept(source: Path, tmp_path: Path) -> None:
    assert packed(source, tmp_path / "draft", Effort(min_saving=1.0)) == (None, None, "packing saves less than 100%")
    assert not (tmp_path / "draft").exists()


def test_a_reason_known_beforehand_is_obeyed(source: Path, tmp_path: Path) -> None:
    assert packed(source, tmp_path / "draft", why_not="poison") == (None, None, "poison")


def test_without_zstd_the_dump_is_only_hashed(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SEARCH", (str(tmp_path),))
    assert packed(source, tmp_path / "draft") == (None, None, "the program zstd is not installed")


@pytest.mark.parametrize(
    "script", ["exit 3", "head -c 100 >/dev/null; exit 0", "kill -9 $$", "cat >/dev/null; echo half; exit 1"]
)
def test_an_encoder_that_fails_leaves_no_half_file(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/zstd").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "bin/zstd").chmod(0o755)
    monkeypatch.setattr(process, "SEARCH", (str(tmp_path / "bin"),))
    size, _, why_not = packed(source, tmp_path / "draft")
    assert size is None
    assert why_not
    assert not (tmp_path / "draft").exists()


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, source: Path, mounted: Callable[[Path], None]) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted(small)
    content = os.urandom(len(TEXT))
    source.write_bytes(content)
    with source.open("rb") as file:
        result = pack(file.fileno(), small / "draft", Effort(), lambda _done: None)
    assert result.source_sha256 == hashlib.sha256(content).hexdigest()
    assert "No space left" in (result.why_not or "")
    assert list(small.iterdir()) == []


def test_below_the_floor_nothing_is_packed(source: Path, tmp_path: Path) -> None:
    _, _, why_not = packed(source, tmp_path / "draft", Effort(floor=1 << 60))
    assert "are to stay so" in str(why_not)


def test_a_stop_in_the_middle_leaves_no_file(source: Path, tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def stop(done: int) -> None:
        raise Stop

    with source.open("rb") as file, pytest.raises(Stop):
        pack(file.fileno(), tmp_path / "draft", Effort(), stop)
    assert not (tmp_path / "draft").exists()


def test_a_full_state_folder_ships_the_dump_as_it_is(machine: Machine) -> None:
    crash = MINIS / MCE
    machine.add(crash)
    machine.write_config('[retain]\nmin_free = "900 TiB"\nkeep = "none"\n')
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    assert "dump not packed" in answer.stderr
    check_delivery(machine.delivered(), crash)
    assert [key.rsplit("/", 1)[1] for key in machine.delivered() if "vmcore" in key] == ["vmcore"]


@pytest.mark.slow
def test_a_dump_that_is_gone_is_told_as_lost_and_its_report_is_completed(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.prepare()
    crash = CrashDir(tmp_path / "unmounted" / MCE, "debian", Dump(f"dump.{MCE}", 1, 2, 3), None)
    job = jobs.create(crash, crashed_at=1, now=2)
    packed = PackStage(jobs, "host", Effort(), Quiet(), lambda *_: None)(job)
    assert (packed.stage, packed.lost, [artifact.name for artifact in packed.artifacts]) == (
        Stage.PACKED, True, ["manifest.json"],
    )  # fmt: skip
    assert "is gone: removed, or not mounted any more" in packed.doubts[0]


def test_a_dump_that_goes_away_while_it_is_shipped_as_it_is_holds_up_no_manifest(tmp_path: Path) -> None:
    """apport's cron job, or kdump's own purge; nobody can bring it back, and ``retry`` would fail for ever."""
    jobs = Jobs(tmp_path)
    jobs.prepare()
    folder = tmp_path / "crash" / MCE
    folder.mkdir(parents=True)
    (folder / f"dump.{MCE}").write_bytes(os.urandom(5000))
    found = (folder / f"dump.{MCE}").stat()
    crash = CrashDir(folder, "debian", Dump(f"dump.{MCE}", found.st_ino, found.st_size, found.st_mtime_ns), None)
    job = jobs.create(crash, crashed_at=1, now=2)
    job = PackStage(jobs, "host", Effort(), Quiet(), lambda *_: None)(job)
    assert [artifact.name for artifact in job.artifacts] == ["vmcore", "manifest.json"]
    (folder / f"dump.{MCE}").unlink()
    endpoint = Directory(tmp_path / "outbox")
    ship = ShipStage(
        jobs, lambda: endpoint, "host", Quiet(), lambda *_: None, lambda: None, Stage.DELIVERED
    )  # fmt: skip
    while job.stage is Stage.PACKED:
        job = ship(job)
    assert (job.stage, job.lost) == (Stage.DELIVERED, True)
    manifest = json.loads((tmp_path / "outbox/crashes/host" / job.id / "manifest.json").read_text())
    assert manifest["files"] == []
    assert "the dump is missing" in manifest["doubts"][0]


def test_memory_stays_below_200_mb_whatever_the_size(tmp_path: Path) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        for _ in range(384):
            file.write(os.urandom(1 << 19) + bytes(1 << 19))
    code = (
        "import os, resource, sys\nfrom pathlib import Path\nfrom kdump_agent.pack.pack import Effort, pack\n"
        f"fd = os.open({str(big)!r}, os.O_RDONLY)\n"
        f"pack(fd, Path({str(tmp_path / 'draft')!r}), Effort(threads=8), lambda done: None)\n"
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "zstd = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\nprint(int(own) + zstd)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert int(answer.stdout) < 200_000  # KiB
