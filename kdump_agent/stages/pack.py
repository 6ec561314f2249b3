"""ANALYSED to PACKED: leave the packed dump and the manifest that names every file.

A dump that cannot be packed, or gains nothing by it, is only hashed: it is then shipped from where it lies.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Callable

from kdump_agent import files
from kdump_agent.errors import Retryable
from kdump_agent.jobs import Jobs
from kdump_agent.model import Artifact, Dump, Job, Stage
from kdump_agent.pack.pack import Effort, Packed, pack
from kdump_agent.pipeline import is_raw
from kdump_agent.service.log import Log

from .decode import describe
from .source import Vanished, open_source

PACKED, MANIFEST = "vmcore.zst", "manifest.json"
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

    def __call__(self, job: Job) -> Job:
        """Add the dump and the manifest to the job's artifacts. Raises AgentError, OSError."""
        artifacts, doubts, lost = job.artifacts, job.doubts, False
        if job.crash.dump is not None:
            try:
                artifacts = (*artifacts, self._dump(job, job.crash.dump))
            except Vanished as exc:
                self.log.error("dump lost", job=job.id, why=exc)
                doubts, lost = (*doubts, f"the dump is missing: {exc}"), True
        job = replace(job, stage=Stage.PACKED, artifacts=artifacts, doubts=doubts, lost=lost)
        path = self.jobs.folder(job.id) / MANIFEST
        files.write_json(path, manifest(job, self.host_name))
        return replace(job, artifacts=(*artifacts, describe(path)))

    def _dump(self, job: Job, dump: Dump) -> Artifact:
        draft = self.jobs.folder(job.id) / _DRAFT
        with open_source(job.crash, dump) as fd:
            before = os.fstat(fd)
            why_not = f"{job.deaths - 1} tries of it ended the agent" if is_raw(job) else None
            packed = pack(
                fd, draft, self.effort, lambda done: self.tell(f"packing {job.id}", done, dump.size), why_not=why_not
            )
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


def _artifact(packed: Packed, size: int, sha256: str) -> Artifact:
    return Artifact(PACKED, size, sha256, packed.source_size, packed.source_sha256)


def unpacked_name(name: str) -> str:
    """Return the key component of a dump that is shipped as it is; a compressor's ending is kept."""
    return "vmcore" + next((ending for ending in _COMPRESSED if name.endswith(ending)), "")


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
