"""ANALYSED to PACKED: leave the packed dump and the manifest that names every file.

A dump that cannot be packed, or gains nothing by it, is only hashed: it is then shipped from where it lies.
"""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Callable

from kdump_agent import files
from kdump_agent.errors import Permanent, Retryable
from kdump_agent.jobs import Jobs
from kdump_agent.model import Artifact, Dump, Job, Stage
from kdump_agent.pack.pack import Effort, Packed, pack
from kdump_agent.pipeline import is_raw
from kdump_agent.service.log import Log

from .decode import describe
from .source import Vanished, open_source

PACKED, DUMP, MANIFEST = "vmcore.zst", "vmcore", "manifest.json"
_DRAFT = ".vmcore.zst.draft"
_COMPRESSED = (".gz", ".xz", ".bz2", ".lz4", ".zst", ".lzo")

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PackStage:
    """Packs one dump into the job's folder."""

    jobs: Jobs
    host_name: str
    effort: Effort
    log: Log
    tell: Tell

    def __call__(self, was: Job) -> Job:
        """Add the dump and the manifest to the job's artifacts. Raises AgentError, OSError."""
        job, folder = replace(was, stage=Stage.PACKED), self.jobs.folder(was.id)
        if job.crash.dump is None:
            return _with_manifest(job, folder, self.host_name)
        try:
            dump = self._dump(was, job.crash.dump)
        except Vanished as exc:
            self.log.error("dump lost", job=job.id, why=exc)
            return without_dump(job, folder, self.host_name, exc)
        return _with_manifest(replace(job, artifacts=(*job.artifacts, dump)), folder, self.host_name)

    def _dump(self, job: Job, dump: Dump) -> Artifact:
        draft = self.jobs.folder(job.id) / _DRAFT
        with open_source(job.crash, dump) as fd:
            before = os.fstat(fd)
            packed = self._read(job, dump, fd, draft)
            after = os.fstat(fd)
        if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (
            after.st_size,
            after.st_mtime_ns,
            after.st_ctime_ns,
        ):
            files.remove(draft)
            raise Retryable(f"{dump.name!a}: changed while it was read")
        if packed.sha256 is None or packed.size is None:
            self.log.info("dump not packed", job=job.id, why=packed.why_not)
            return Artifact(unpacked_name(dump.name), packed.source_size, packed.source_sha256)
        files.publish(draft, self.jobs.folder(job.id) / PACKED)
        return _artifact(packed, packed.size, packed.sha256)

    def _read(self, job: Job, dump: Dump, fd: int, draft: Path) -> Packed:
        def tell(done: int) -> None:
            self.tell(f"packing {job.id}", done, dump.size)

        why_not = f"{job.deaths - 1} tries of it ended the agent" if is_raw(job) else None
        try:
            return pack(fd, draft, self.effort, tell, why_not=why_not)
        except OSError as exc:  # that of reading: what cannot be written is no more than a reason not to pack
            words = f"{str(job.crash.folder / dump.name)!a}: cannot be read to its end: {exc.strerror or exc}"
            raise (Permanent if exc.errno == errno.EIO else Retryable)(f"{words}; see dmesg and its disk") from exc


def _artifact(packed: Packed, size: int, sha256: str) -> Artifact:
    return Artifact(PACKED, size, sha256, packed.source_size, packed.source_sha256)


def unpacked_name(name: str) -> str:
    """Return the key component of a dump that is shipped as it is; a compressor's ending is kept."""
    return DUMP + next((ending for ending in _COMPRESSED if name.endswith(ending)), "")


def without_dump(job: Job, folder: Path, host: str, why: Vanished) -> Job:
    """Return a packed job without its dump, which is gone, and a manifest that says so; ``folder`` is the job's own."""
    gone = {artifact.name for artifact in job.artifacts if artifact.name.startswith(DUMP) or artifact.name == MANIFEST}
    job = replace(
        job,
        artifacts=tuple(artifact for artifact in job.artifacts if artifact.name not in gone),
        uploads={name: upload for name, upload in job.uploads.items() if name not in gone},
        doubts=(*job.doubts, f"the dump is missing: {why}"),
        lost=True,
    )
    return _with_manifest(job, folder, host)


def _with_manifest(job: Job, folder: Path, host: str) -> Job:
    files.write_json(folder / MANIFEST, manifest(job, host))
    return replace(job, artifacts=(*job.artifacts, describe(folder / MANIFEST)))


def manifest(job: Job, host: str) -> dict[str, object]:
    """Return the document that names every file of a crash, with size and hash; it is shipped last."""
    dump = job.crash.dump
    return {
        "schema": "kdump-agent/manifest/1",
        "crash_id": job.id,
        "host": host,
        "original": None if dump is None else str(job.crash.folder / dump.name),
        "files": [asdict(artifact) for artifact in job.artifacts],
        "doubts": list(job.doubts),
    }
