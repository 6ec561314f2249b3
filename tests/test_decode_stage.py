"""FOUND to DECODED where reading a crash has ended the agent before."""

from __future__ import annotations

import json
from pathlib import Path

from kdump_agent.decoder.ask import ChildDecoder
from kdump_agent.jobs import Jobs
from kdump_agent.model import CrashDir, Dump, Job, Stage
from kdump_agent.pipeline import RAW_AFTER
from kdump_agent.report.document import Host
from kdump_agent.stages.decode import DecodeStage

from .machine import MINIS, NULL, dump_of


def dump(path: Path) -> Dump:
    found = path.stat()
    return Dump(path.name, found.st_ino, found.st_size, found.st_mtime_ns)


def test_a_log_that_ended_the_agent_is_shipped_and_not_decoded(tmp_path: Path) -> None:
    """Else it would end it again, and neither report nor dump would ever leave."""
    jobs = Jobs(tmp_path)
    jobs.prepare()
    folder = MINIS / NULL
    log = next(folder.glob("dmesg.*"))
    crash = CrashDir(folder, "debian", dump(dump_of(folder)), dump(log))
    made = jobs.create(crash, crashed_at=1, now=2)
    deadly = Job(made.id, Stage.FOUND, crash, 1, 2, deaths=RAW_AFTER + 1)

    done = DecodeStage(jobs, Host("h", None, {}), ChildDecoder, lambda: None)(deadly)
    assert [artifact.name for artifact in done.artifacts] == ["report.json", "dmesg.txt"]
    assert (jobs.folder(made.id) / "dmesg.txt").read_bytes() == log.read_bytes()
    report = json.loads((jobs.folder(made.id) / "report.json").read_text())
    assert report["panic"] is None
    assert f"neither dump nor log was looked into: {RAW_AFTER} tries of that ended the agent" in report["doubts"]
