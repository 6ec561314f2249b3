"""Stages where reading a crash has ended the agent before, or the disk cannot read it."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kdump_agent.decoder.ask import ChildDecoder
from kdump_agent.errors import Permanent
from kdump_agent.jobs import Jobs
from kdump_agent.model import CrashDir, Dump, Job, Stage
from kdump_agent.pack.pack import Effort
from kdump_agent.pipeline import ASIDE_AFTER, RAW_AFTER
from kdump_agent.report.document import Host
from kdump_agent.stages.decode import DecodeStage
from kdump_agent.stages.pack import PackStage

from .machine import MINIS, NULL, dump_of
from .test_agent import Quiet


def dump(path: Path) -> Dump:
    found = path.stat()
    return Dump(path.name, found.st_ino, found.st_size, found.st_mtime_ns)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    jobs = Jobs(tmp_path)
    jobs.prepare()
    folder = MINIS / NULL
    crash = CrashDir(folder, "debian", dump(dump_of(folder)), dump(next(folder.glob("dmesg.*"))))
    return jobs.create(crash, crashed_at=1, now=2)


def decoded(job: Job, home: Path) -> tuple[Job, dict[str, Any]]:
    jobs = Jobs(home)
    done = DecodeStage(jobs, Host("h", None, {}), ChildDecoder, lambda: None)(job)
    return done, json.loads((jobs.folder(job.id) / "report.json").read_text())


def fail(*_args: object, **_more: object) -> NoReturn:
    """As a disk does at a bad sector; no file of a test's own can be made to."""
    raise OSError(errno.EIO, "Input/output error")


def test_a_dump_that_ended_the_agent_stays_closed_and_its_log_is_decoded(job: Job, tmp_path: Path) -> None:
    _, report = decoded(replace(job, deaths=RAW_AFTER + 1), tmp_path)
    assert (report["panic"]["kind"], report["dump"]["format"]) == ("null_deref", "unknown")
    assert f"the dump was not opened: {RAW_AFTER} tries of reading it ended the agent" in report["doubts"]


def test_a_log_that_ended_the_agent_is_shipped_and_not_decoded(job: Job, tmp_path: Path) -> None:
    """Else it would end it again, and neither report nor dump would ever leave."""
    done, report = decoded(replace(job, deaths=ASIDE_AFTER), tmp_path)
    assert [artifact.name for artifact in done.artifacts] == ["report.json", "dmesg.txt"]
    shipped = Jobs(tmp_path).folder(job.id) / "dmesg.txt"
    assert shipped.read_bytes() == next((MINIS / NULL).glob("dmesg.*")).read_bytes()
    assert report["panic"] is None
    assert f"the log was not decoded: {ASIDE_AFTER - 1} tries of that ended the agent" in report["doubts"]


def test_a_bad_sector_in_the_dump_does_not_keep_the_report(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdump_agent.stages.decode._hash", fail)
    _, report = decoded(job, tmp_path)
    assert report["panic"]["kind"] == "null_deref"
    assert (report["dump"]["format"], report["dump"]["sha256"]) == ("flattened", None)
    assert "the dump was not read to its end: Input/output error" in report["doubts"]


def test_a_log_that_cannot_be_read_is_taken_from_the_dump(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdump_agent.stages.decode.read_all", fail)
    _, report = decoded(job, tmp_path)
    assert (report["panic"]["kind"], report["dmesg"]["source"]) == ("null_deref", "vmcore")
    assert any("the log beside the dump was not read" in doubt for doubt in report["doubts"])


def test_a_dump_with_a_bad_sector_is_for_a_person(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdump_agent.stages.pack.pack", fail)
    stage = PackStage(Jobs(tmp_path), "host", Effort(), Quiet(), lambda *_: None)
    with pytest.raises(Permanent, match="cannot be read to its end: Input/output error; see dmesg and its disk"):
        stage(replace(job, stage=Stage.ANALYSED))
