"""FOUND to DECODED: read the log and the dump's header, and leave dmesg.txt and report.json.

The header is read here, in bounded pure Python: what a dump is must not depend on a decoder being at hand. What lies
deeper in it is the decoder's work. Whatever cannot be read becomes a doubt in the report: shipping never depends on
decoding.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable

from kdump_agent import files
from kdump_agent.decode.log import decode
from kdump_agent.decoder.ask import Decoder
from kdump_agent.decoder.dmesg import LOG
from kdump_agent.errors import Permanent
from kdump_agent.jobs import Jobs
from kdump_agent.lastboot.compose import NOTHING
from kdump_agent.model import Artifact, CrashDir, Job, Stage
from kdump_agent.pack.packers import packer
from kdump_agent.pipeline import is_last_try, is_raw
from kdump_agent.report.document import DumpFacts, Host, document
from kdump_agent.vmcore.header import Header, read_header

from . import last_boot
from .source import open_source, read_all

LOG_LIMIT = 32 << 20
"""Bytes of a log that are decoded; a kernel's buffer is far smaller, so more is somebody's doing."""
HASH_AT_ONCE = 512 << 20
"""Bytes of a dump that are hashed before the report leaves: less than a second's work."""

REPORT, DMESG = "report.json", "dmesg.txt"


@dataclass(frozen=True)
class DecodeStage:
    """Turns what a crash left into a report."""

    jobs: Jobs
    host: Host
    decoder: Callable[[Path], Decoder]
    """The decoder at hand, given a folder for drafts."""
    beat: Callable[[], None]

    def __call__(self, job: Job) -> Job:
        """Leave the artifacts in the job's folder and name them in the job. Raises AgentError, OSError."""
        folder = self.jobs.folder(job.id)
        report, log = last_boot.report_of(job, folder, self.host) if _is_riddle(job) else self._report_of(job, folder)
        files.write_json(folder / REPORT, report)
        artifacts = [describe(folder / REPORT)]
        if log is not None:
            files.write_durable(folder / DMESG, log)
            artifacts.append(describe(folder / DMESG))
        return replace(job, stage=Stage.DECODED, artifacts=tuple(artifacts))

    def _report_of(self, job: Job, folder: Path) -> tuple[dict[str, Any], bytes | None]:
        findings = read_crash(job, self.decoder(folder), self.beat)
        log, doubts = findings.log, findings.doubts
        if is_last_try(job):  # it may be the log that ends us; it is shipped all the same
            log, doubts = None, (*doubts, f"the log was not decoded: {job.deaths - 1} tries of that ended the agent")
        report = document(
            asdict(decode(log or b"")),
            crash_id=job.id, host=self.host, crashed_at=job.crashed_at, dump=findings.dump,
            dmesg_source=findings.log_source, drill=job.crash.drill, partial=job.crash.partial,
            trusted=job.crash.trusted, doubts=(*job.doubts, *doubts),
        )  # fmt: skip
        return report, findings.log


def _is_riddle(job: Job) -> bool:
    """Is there nothing but what an inquest put together?"""
    return job.crash.layout == NOTHING


@dataclass(frozen=True)
class Findings:
    """What could be read of a crash."""

    log: bytes | None
    log_source: str
    dump: DumpFacts
    doubts: tuple[str, ...]


def read_crash(job: Job, decoder: Decoder, beat: Callable[[], None]) -> Findings:
    """Read the log and the dump's header; everything that goes wrong is a doubt. Raises Retryable."""
    log, doubts = _read_log(job.crash)
    source = "none" if log is None else "file"
    dump = job.crash.dump
    if dump is None:
        return Findings(log, source, last_boot.NO_DUMP, tuple(doubts))
    facts = replace(
        last_boot.NO_DUMP, source=str(job.crash.folder / dump.name), format="unknown", bytes=dump.size, why=()
    )
    doubts += _doubts_of(job.crash)
    if is_raw(job):
        doubts.append(f"the dump was not opened: {job.deaths - 1} tries of reading it ended the agent")
        return Findings(log, source, facts, tuple(doubts))
    try:
        with open_source(job.crash, dump) as fd:
            facts = _facts(facts, read_header(fd, beat))
            if log is None:
                answer = decoder.ask("dmesg", {"vmcore": fd}, beat)
                log = answer.blobs.get(LOG)
                source = "none" if log is None else "vmcore"
                doubts += answer.doubts
            facts = replace(facts, sha256=_hash(fd, dump.size, beat))
    except Permanent as exc:
        doubts.append(f"the dump was not read: {exc}")
    except OSError as exc:  # a bad sector must not keep the report, whose log may be whole
        doubts.append(f"the dump was not read to its end: {exc.strerror or exc}")
    if facts.sha256 is None:
        doubts.append("the dump's hash is not known yet; manifest.json tells it")
    return Findings(log, source, facts, tuple(doubts))


def _read_log(crash: CrashDir) -> tuple[bytes | None, list[str]]:
    if crash.dmesg is None:
        return None, []
    try:
        log, complete = read_all(crash, crash.dmesg, LOG_LIMIT)
    except (Permanent, OSError) as exc:
        return None, [f"the log beside the dump was not read: {exc}"]
    if program := packer(log):
        return None, [f"the log beside the dump is packed by {program}, and was not unpacked"]
    return log, [] if complete else [f"the log is longer than {LOG_LIMIT} bytes; the rest was not read"]


def _doubts_of(crash: CrashDir) -> list[str]:
    said = (
        (crash.partial, "the dump is partial: its writer never finished it"),
        (not crash.trusted, "the crash folder belongs to somebody else than root, who may have planted what is in it"),
    )
    return [words for true, words in said if true]


def _facts(facts: DumpFacts, header: Header) -> DumpFacts:
    return replace(
        facts, format=header.format, whole=header.whole, why=tuple(header.why), release=header.release,
        version=header.version, machine=header.machine, build_id=header.build_id, compression=header.compression,
        pages=header.pages, level=header.dump_level,
    )  # fmt: skip


def _hash(fd: int, size: int, beat: Callable[[], None]) -> str | None:
    if size > HASH_AT_ONCE:
        return None
    digest: Any = hashlib.sha256()
    os.lseek(fd, 0, os.SEEK_SET)
    while block := os.read(fd, 1 << 20):
        digest.update(block)
        beat()
    text: str = digest.hexdigest()
    return text


def describe(path: Path) -> Artifact:
    """Return the artifact that a small file is. Raises OSError."""
    content = path.read_bytes()
    return Artifact(path.name, len(content), hashlib.sha256(content).hexdigest())
