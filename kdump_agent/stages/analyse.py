"""REPORTED to ANALYSED: open the dump with a debugger, where the vmlinux of its very kernel is found.

An extra that only adds artifacts: it begins when the report has left, ends within its time, and whatever goes wrong
with it is a doubt. The same crash in a row is opened once, so that a crash loop does not hold up its own dumps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable

from kdump_agent import files
from kdump_agent.analysis.banner import banner_in_log
from kdump_agent.analysis.conform import fault
from kdump_agent.analysis.document import DOCUMENT, Analysis, Vmlinux, document, schema
from kdump_agent.analysis.find import Crashed, Found, Missing, Search
from kdump_agent.analysis.question import Question, Wanted, to_options
from kdump_agent.decoder.ask import Decoder
from kdump_agent.errors import Permanent
from kdump_agent.jobs import Jobs
from kdump_agent.model import Job, Stage
from kdump_agent.pipeline import is_raw
from kdump_agent.service.log import Log
from kdump_agent.vmcore.header import Header, read_header
from kdump_agent.vmcore.vmcoreinfo import number

from .decode import DMESG, REPORT, describe
from .source import open_source

_LARGEST = 64 << 20
_MOST_FRAMES = 64
_LOOP = 86400
"""Seconds within which the same crash again is a loop, and not worth a second look."""
_HARDWARE = ("mce", "hardware")


@dataclass(frozen=True)
class AnalyseStage:
    """Adds what a debugger tells of one dump to the job's artifacts."""

    jobs: Jobs
    decoder: Callable[[Path], Decoder]
    search: Search
    question: Question
    """What is asked of every dump; what differs between them is filled in."""
    log: Log
    beat: Callable[[], None]

    def __call__(self, job: Job) -> Job:
        """Add the artifacts. Raises Retryable, OSError."""
        done = replace(job, stage=Stage.ANALYSED)
        if job.crash.dump is None:
            return done
        if is_raw(job):
            return _doubting(done, f"it was not analysed: {job.deaths - 1} tries of that ended the agent")
        folder = self.jobs.folder(job.id)
        report = _document(folder / REPORT)
        if twin := self._twin(job, report):
            self.log.info("not analysed", job=job.id, why=f"it is the same crash as {twin}, which was")
            return done
        try:
            with open_source(job.crash, job.crash.dump) as fd:
                return self._open(done, fd, folder, report)
        except (Permanent, OSError) as exc:  # packing will meet the same trouble, and say so
            self.log.info("not analysed", job=job.id, why=str(exc))
            return done

    def _open(self, job: Job, fd: int, folder: Path, report: Mapping[str, Any]) -> Job:
        header = read_header(fd, self.beat)
        log = folder / DMESG
        with self.search.find(crashed(header, log.read_bytes() if log.exists() else b"")) as found:
            if isinstance(found, Missing):
                self.log.info("not analysed", job=job.id, why=str(found))
                # Most hosts have none, and that is no fault; one that is there and does not fit is worth a word.
                return self._keep(job, folder, not_opened(found, job.id), {}) if found.refused else job
            question = ask_about(replace(self.question, modules=self.search.modules(header.release)), header, report)
            told, texts = analysis_of(self.decoder(folder), fd, found, question, job.id, self.beat)
        self.log.info("analysed", job=job.id, opened=told["opened"], vmlinux=found.path, doubts=len(told["doubts"]))
        return self._keep(job, folder, told, texts)

    def _keep(self, job: Job, folder: Path, told: dict[str, Any], texts: Mapping[str, bytes]) -> Job:
        names = (DOCUMENT, *sorted(texts))
        try:
            for name, content in texts.items():
                files.write_durable(folder / name, content)
            files.write_json(folder / DOCUMENT, told)
        except OSError as exc:  # a full disk: trying again would cost minutes, and the dump is what matters
            for name in names:
                files.remove(folder / name)
            return _doubting(job, f"its analysis could not be kept: {exc.strerror}")
        return replace(job, artifacts=(*job.artifacts, *(describe(folder / name) for name in names)))

    def _twin(self, job: Job, report: Mapping[str, Any]) -> str | None:
        """Return the id of a crash with the same signature, of about the same time, that was analysed."""
        mine = _signature(report)
        near = (
            other
            for other in self.jobs.all()[0]
            if other.id != job.id and other.artifact(DOCUMENT) and abs(other.crashed_at - job.crashed_at) < _LOOP
        )
        return next((each.id for each in near if mine and self._opened_as(each, mine)), None)

    def _opened_as(self, job: Job, signature: object) -> bool:
        folder = self.jobs.folder(job.id)
        return _signature(_document(folder / REPORT)) == signature and bool(_document(folder / DOCUMENT).get("vmlinux"))


def crashed(header: Header, log: bytes) -> Crashed:
    """Return which kernel a dump is of."""
    return Crashed(header.release, header.version, header.build_id, banner_in_log(log))


def not_opened(missing: Missing, crash_id: str | None) -> dict[str, Any]:
    """Return the document that says why no vmlinux was taken, and what to install."""
    why = missing.refused or ("no vmlinux with debugging information is here",)
    return document(Analysis(install=missing.install, doubts=why), crash_id=crash_id)


def ask_about(question: Question, header: Header, report: Mapping[str, Any]) -> Question:
    """Return the question, fit for one dump and its report."""
    panic = report.get("panic") or {}
    places = [panic.get("rip") or {}, *(report.get("frames") or [])]
    return replace(
        question,
        machine_check=panic.get("kind") in _HARDWARE or bool(report.get("hardware_errors")),
        release=header.release,
        page_size=number(header.info, "PAGESIZE") or 4096,
        whole=header.whole == "yes",
        wanted=tuple(
            Wanted(str(frame["symbol"])[:200], int(frame["offset"]), frame.get("module"))
            for frame in places[:_MOST_FRAMES]
            if isinstance(frame.get("symbol"), str) and isinstance(frame.get("offset"), int)
        ),
    )


def analysis_of(
    decoder: Decoder, fd: int, vmlinux: Found, question: Question, crash_id: str | None, beat: Callable[[], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the document and the texts by name. What the decoder says is believed if it keeps to the schema."""
    answer = decoder.ask("analyse", {"vmcore": fd, "vmlinux": vmlinux.fd}, beat, **to_options(question))
    raw = answer.blobs.pop(DOCUMENT, None)
    told, why = _believe(raw) if raw is not None else (None, None)
    if told is None:
        told = document(Analysis(opened="partly" if answer.blobs else "no"), crash_id=None)
    doubts = [*([why] if why else ()), *answer.doubts]
    given = asdict(Vmlinux(vmlinux.path, vmlinux.build_id, vmlinux.matched_by))
    return {**told, "crash_id": crash_id, "vmlinux": given, "doubts": [*told["doubts"], *doubts]}, answer.blobs


def _believe(raw: bytes) -> tuple[dict[str, Any] | None, str | None]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return None, "the decoder's analysis is no JSON"
    wrong = fault(told, schema())
    return (None, f"the decoder's analysis is nonsense: {wrong}") if wrong else (told, None)


def _document(path: Path) -> Mapping[str, Any]:
    """Return one of our own documents, empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _signature(report: Mapping[str, Any]) -> object:
    """All that a signature tells: its part for crashes calls every machine check the same."""
    signature = report.get("signature") or {}
    return signature if signature.get("crash") else None


def _doubting(job: Job, why: str) -> Job:
    return replace(job, doubts=(*job.doubts, why))
