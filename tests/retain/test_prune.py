"""What is removed from the crash folder: exactly what the endpoint has, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kdump_agent.model import Artifact, CrashDir, Dump, Job, Stage, Upload
from kdump_agent.retain.prune import copy_size, remove_copy, source_exists

STAMP = "202611232047"


def put(path: Path, size: int) -> Dump:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    found = path.stat()
    return Dump(path.name, found.st_ino, found.st_size, found.st_mtime_ns)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A crash that the endpoint has: its dump packed, its log as it is."""
    folder = tmp_path / "crash" / STAMP
    crash = CrashDir(
        folder, "debian", put(folder / f"dump.{STAMP}", 9000), put(folder / f"dmesg.{STAMP}", 500)
    )  # fmt: skip
    artifacts = (Artifact("dmesg.txt", 500, "h"), Artifact("vmcore.zst", 70, "h", 9000, "h"))
    uploads = {artifact.name: Upload("there", delivered=True) for artifact in artifacts}
    return Job("id", Stage.DELIVERED, crash, 1, 2, artifacts, uploads)


def left(job: Job) -> list[str]:
    return sorted(path.name for path in job.crash.folder.iterdir()) if job.crash.folder.exists() else []


def prune(job: Job, tmp_path: Path) -> list[str]:
    return sorted(path.name for path in remove_copy(job, tmp_path, with_source=True))


def test_what_was_delivered_goes_and_so_does_its_empty_folder(job: Job, tmp_path: Path) -> None:
    assert copy_size(job, tmp_path, with_source=True) >= 9000
    assert prune(job, tmp_path) == [f"dmesg.{STAMP}", f"dump.{STAMP}"]
    assert not job.crash.folder.exists()
    assert not source_exists(job.crash)


def test_a_dump_that_was_lost_and_came_back_has_no_receipt(job: Job, tmp_path: Path) -> None:
    lost = replace(job, artifacts=job.artifacts[:1], lost=True)
    assert copy_size(lost, tmp_path, with_source=True) == 0
    assert prune(lost, tmp_path) == [f"dmesg.{STAMP}"]
    assert left(lost) == [f"dump.{STAMP}"]


def test_a_dump_whose_upload_nobody_confirmed_stays(job: Job, tmp_path: Path) -> None:
    begun = replace(job, uploads={**job.uploads, "vmcore.zst": Upload("there")})
    prune(begun, tmp_path)
    assert left(begun) == [f"dump.{STAMP}"]


def test_a_log_of_which_only_a_part_was_read_stays(job: Job, tmp_path: Path) -> None:
    part = replace(job, artifacts=(Artifact("dmesg.txt", 400, "h"), *job.artifacts[1:]))
    assert prune(part, tmp_path) == [f"dump.{STAMP}"]
    assert source_exists(job.crash), "its log still lies there, and must not be found as a new crash"


def test_another_file_of_the_same_name_stays(job: Job, tmp_path: Path) -> None:
    (job.crash.folder / f"dump.{STAMP}").unlink()
    put(job.crash.folder / f"dump.{STAMP}", 9001)
    assert prune(job, tmp_path) == [f"dmesg.{STAMP}"]
