"""The durable records: one folder a job under the state directory, and the lock.

``jobs/<id>/job.json`` is written last, after the artifacts beside it. A damaged record, or one of a later version,
is kept, named and left alone; it harms no other.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import files
from .errors import AgentError
from .model import Artifact, CrashDir, Dump, Job, Stage, Upload

VERSION = 1
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_NO_SUCH = "no such job; `kdump-agent list` tells which there are"
_LARGEST = 4 << 20
"""Bytes of a record that we are ready to parse."""


@dataclass(frozen=True)
class Damaged:
    """A record that cannot be used."""

    id: str
    why: str


class Jobs:
    """The jobs of one state directory."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.home = state_dir / "jobs"

    def prepare(self) -> None:
        """Create the folders and clear what a kill left half made. The lock is held. Raises AgentError."""
        try:
            for folder in (self.state_dir, self.home):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                files.sync_folder(folder.parent)
            for draft in self.home.glob(".*"):
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as exc:
            raise AgentError(
                f"{self.home}: cannot be made: {exc.strerror}; check agent.state_dir and its file system"
            ) from exc

    @contextlib.contextmanager
    def lock(self) -> Iterator[bool]:
        """Hold the right to advance jobs; yields False when another agent holds it. Raises AgentError."""
        try:
            self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self.state_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise AgentError(f"{self.state_dir}: cannot be used: {exc.strerror}; check agent.state_dir") from exc
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                held = False
            yield held
        finally:
            os.close(fd)

    def busy(self) -> bool:
        """Does an agent hold the right to advance jobs? Makes and changes nothing. Raises AgentError."""
        try:
            fd = os.open(self.state_dir / "lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as exc:
            raise AgentError(f"{self.state_dir / 'lock'}: cannot be read: {exc.strerror}; run as root") from exc
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(fd)

    def folder(self, job_id: str) -> Path:
        """Return the folder in which a job keeps its artifacts."""
        return self.home / job_id

    def all(self) -> tuple[list[Job], list[Damaged]]:
        """Return every job, oldest crash first, and every record that cannot be used. Raises AgentError."""
        jobs: list[Job] = []
        damaged: list[Damaged] = []
        for name in self._names():
            try:
                jobs.append(self.read(name))
            except AgentError as exc:
                damaged.append(Damaged(name, str(exc)))
        return jobs, damaged

    def read(self, job_id: str) -> Job:
        """Return one job. Raises AgentError when there is none or its record cannot be used."""
        if not _ID.fullmatch(job_id):
            raise AgentError(f"{job_id!a}: {_NO_SUCH}")
        record = self.folder(job_id) / "job.json"
        try:
            with record.open("rb") as file:
                return from_document(json.loads(file.read(_LARGEST)), job_id)
        except FileNotFoundError as exc:
            there = record.parent.is_dir()
            raise AgentError(f"{record}: is missing; its folder is kept" if there else f"{job_id}: {_NO_SUCH}") from exc
        except PermissionError as exc:
            raise AgentError(f"{record}: cannot be read: {exc.strerror}; run as root") from exc
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise AgentError(f"{record}: cannot be used: {exc}; it is kept and left alone") from exc

    def create(
        self, crash: CrashDir, *, crashed_at: int, now: int, doubts: tuple[str, ...] = (),
        found: Mapping[str, bytes] | None = None,
    ) -> Job:  # fmt: skip
        """Make a new job, durably and whole or not at all. Raises OSError.

        ``found`` are files that are to lie beside the record from the beginning, by name.
        """
        stamp = datetime.fromtimestamp(crashed_at, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        job = Job(f"{stamp}-{secrets.token_hex(4)}", Stage.FOUND, crash, crashed_at, found_at=now, doubts=doubts)
        draft = self.home / f".{job.id}.draft"
        draft.mkdir(mode=0o700)
        try:
            for name, content in (found or {}).items():
                files.write_durable(draft / name, content)
            files.write_json(draft / "job.json", to_document(job))
            files.publish(draft, self.folder(job.id))
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return job

    def save(self, job: Job) -> None:
        """Replace a job's record. Raises OSError; the former record stays then."""
        files.write_json(self.folder(job.id) / "job.json", to_document(job))

    def forget(self, job: Job) -> None:
        """Remove a job with its record and artifacts. Raises OSError."""
        draft = self.home / f".{job.id}.gone"
        files.publish(self.folder(job.id), draft)
        shutil.rmtree(draft)

    def ask_retry(self, job: Job) -> None:
        """Leave word, for whoever holds the lock, that a person wants this job tried again. Raises OSError."""
        files.write_durable(self._retry_word(job), b"")

    def take_retry(self, job: Job) -> Job:
        """Return the job as a person's ``retry`` makes it, or unchanged when nobody asked. Raises OSError."""
        word = self._retry_word(job)
        if not word.exists():
            return job
        fresh = job.untried()
        self.save(fresh)
        files.remove(word)
        return fresh

    def _retry_word(self, job: Job) -> Path:
        """Beside the jobs and not inside one, because this is the folder that the running agent watches."""
        return self.home / f"{job.id}.retry"

    def _names(self) -> list[str]:
        try:
            return sorted(path.name for path in self.home.iterdir() if _ID.fullmatch(path.name))
        except FileNotFoundError:
            return []
        except OSError as exc:
            raise AgentError(f"{self.home}: cannot be read: {exc.strerror}; run as root") from exc


def to_document(job: Job) -> dict[str, object]:
    """Return a job as the JSON document of its record."""
    document = dataclasses.asdict(job)
    document["crash"]["folder"] = str(job.crash.folder)
    document["stage"] = job.stage.value
    return {"version": VERSION, **document}


def from_document(document: Mapping[str, Any], job_id: str) -> Job:
    """Return the job that a record tells of.

    Raises ValueError, KeyError, TypeError or AttributeError when it is not a record of this version.
    """
    if document["version"] != VERSION:
        raise ValueError(f"it is of version {document['version']!a}, and this agent knows {VERSION}")
    if document["id"] != job_id:
        raise ValueError(f"it is the record of {document['id']!a}")
    crash = document["crash"]
    found = {field.name: document[field.name] for field in dataclasses.fields(Job) if field.name in document}
    found.update(
        stage=Stage(document["stage"]),
        crash=CrashDir(**{**crash, "folder": Path(crash["folder"]), "dump": _dump(crash["dump"]),
                          "dmesg": _dump(crash["dmesg"])}),
        artifacts=tuple(Artifact(**artifact) for artifact in document["artifacts"]),
        uploads={name: Upload(**upload) for name, upload in document["uploads"].items()},
        doubts=tuple(map(str, document["doubts"])),
    )  # fmt: skip
    for name, kind in (
        ("crashed_at", int),
        ("found_at", int),
        ("attempts", int),
        ("deaths", int),
        ("not_before", (int, float)),
        ("delivered_at", (int, type(None))),
    ):
        if name in found and not isinstance(found[name], kind):
            raise TypeError(f"{name} is {found[name]!a}")
    return Job(**found)


def _dump(document: Mapping[str, Any] | None) -> Dump | None:
    return None if document is None else Dump(**document)
