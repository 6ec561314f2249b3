"""DECODED to REPORTED and PACKED to DELIVERED: carry a job's artifacts to the endpoint, a slice at a time.

One call moves at most one slice, so that a newer crash's report never waits for an older crash's gigabytes.
The handle of an upload is durable before its first byte leaves, and an artifact counts as delivered only when the
endpoint has confirmed it from a new request.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Callable

from kdump_agent.analysis.document import DOCUMENT
from kdump_agent.errors import Gone, Permanent, Retryable
from kdump_agent.jobs import Jobs
from kdump_agent.model import Artifact, Job, Stage, Upload
from kdump_agent.service.log import Log
from kdump_agent.ship.endpoint import Endpoint, Item

from .decode import DMESG, REPORT
from .pack import DUMP, MANIFEST, PACKED, without_dump
from .source import Vanished, open_source

SLICE = 64 << 20
"""Bytes that one call sends, at most."""
ENOUGH = 1 << 20
"""Bytes that make a try which was cut off no failed one: a line or a proxy that breaks each connection after a while
would else be waited for ever longer, though it carries."""
KINDS = {REPORT: "report", DMESG: "dmesg", MANIFEST: "manifest", DOCUMENT: "analysis"}

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ShipStage:
    """Carries what a job has so far."""

    jobs: Jobs
    endpoint: Callable[[], Endpoint]
    """Opened at the first use, so that an endpoint that cannot be opened fails the job and not the agent."""
    host_name: str
    log: Log
    tell: Tell
    beat: Callable[[], None]
    done: Stage
    """Where the job is when all is delivered."""
    slice: int = SLICE
    """Bytes that one call sends."""

    def __call__(self, job: Job) -> Job:
        """Send one slice of what is not yet delivered. Raises AgentError, OSError."""
        waiting = [artifact for artifact in job.artifacts if not _delivered(job, artifact)]
        if not waiting:
            return replace(job, stage=self.done)
        artifact = waiting[0]
        item = self._item(job, artifact)
        upload = job.uploads.get(artifact.name)
        if upload is None:
            upload = Upload(self.endpoint().begin(item))
            job = _with(job, artifact, upload)
            self.jobs.save(job)
            self.beat()
        try:
            whole = self._send(job, item, artifact, upload)
        except Gone as exc:
            self.log.warning("upload gone, beginning again", job=job.id, file=artifact.name, why=exc)
            fresh = {name: kept for name, kept in job.uploads.items() if name != artifact.name}
            self.jobs.save(replace(job, uploads=fresh))
            raise
        except Vanished as exc:
            self.log.error("dump lost", job=job.id, why=exc)
            return without_dump(job, self.jobs.folder(job.id), self.host_name, exc)
        if not whole:
            return job
        job = _with(job, artifact, replace(upload, delivered=True))
        self.log.info("file delivered", job=job.id, file=artifact.name, bytes=artifact.size, sha256=artifact.sha256)
        return job if len(waiting) > 1 else replace(job, stage=self.done)

    def _send(self, job: Job, item: Item, artifact: Artifact, upload: Upload) -> bool:
        endpoint = self.endpoint()
        offset = endpoint.offset(item, upload.handle)
        end = min(item.size, offset + self.slice)

        def tell(done: int) -> None:
            self.tell(f"sending {artifact.name} of {job.id}", done, item.size)

        if offset < item.size:
            with self._open(job, artifact) as source:
                if os.fstat(source).st_size != item.size:
                    raise Permanent(f"{artifact.name}: is no longer the file that was hashed")
                while offset < end:
                    self.beat()
                    try:
                        moved = endpoint.append(item, upload.handle, offset, source, end - offset, tell)
                    except Retryable as exc:
                        moved = self._after_a_cut(exc, item, upload, offset)
                    if moved <= offset:
                        raise Retryable(f"{item.key}: the endpoint took no byte after {offset}")
                    offset = moved
        if offset < item.size:
            return False
        endpoint.finish(item, upload.handle, self.beat)
        return True

    def _after_a_cut(self, cut: Retryable, item: Item, upload: Upload, offset: int) -> int:
        """Return how far the endpoint has come all the same; raise ``cut`` when that is no progress, or to be left."""
        if isinstance(cut, Gone) or cut.after is not None:
            raise cut
        self.beat()
        moved = self.endpoint().offset(item, upload.handle)
        if moved < offset + min(ENOUGH, self.slice // 8):
            raise cut
        self.log.warning("cut off, going on", file=item.key, bytes=moved, why=cut)
        return moved

    @contextlib.contextmanager
    def _open(self, job: Job, artifact: Artifact) -> Iterator[int]:
        path = self.jobs.folder(job.id) / artifact.name
        if path.name == PACKED or not path.name.startswith(DUMP):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                yield fd
            finally:
                os.close(fd)
        else:
            assert job.crash.dump is not None
            with open_source(job.crash, job.crash.dump) as fd:
                yield fd

    def _item(self, job: Job, artifact: Artifact) -> Item:
        facts: Mapping[str, str | None] = {
            "kind": KINDS.get(artifact.name, DUMP if artifact.name.startswith(DUMP) else "text"),
            "host": self.host_name,
            "crash": job.id,
            "source_sha256": artifact.source_sha256,
        }
        metadata = {name: value for name, value in facts.items() if value is not None}
        return Item(f"crashes/{self.host_name}/{job.id}/{artifact.name}", artifact.size, artifact.sha256, metadata)


def slice_of(bandwidth: int | None) -> int:
    """Return the bytes that one call sends at so many a second: a minute's worth, for everything else waits so long."""
    return SLICE if bandwidth is None else min(SLICE, 60 * bandwidth)


def _delivered(job: Job, artifact: Artifact) -> bool:
    return artifact.name in job.uploads and job.uploads[artifact.name].delivered


def _with(job: Job, artifact: Artifact, upload: Upload) -> Job:
    return replace(job, uploads={**job.uploads, artifact.name: upload})
