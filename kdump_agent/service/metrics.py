"""What monitoring sees: a text file for Prometheus' node exporter (its textfile collector)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kdump_agent.model import Job

UNCLEAN = {"yes": 1, "no": 0, "unknown": float("nan")}


def render(status: Mapping[str, Any], jobs: Iterable[Job], *, now: float, told: float | None = None) -> str:
    """Return the metrics in Prometheus' text format; ``status`` is the host's status document.

    ``told`` is when the endpoint last took it, in seconds since 1970 as ``now``.
    """
    known = list(jobs)
    delivered = [job.delivered_at for job in known if job.delivered_at is not None]
    codes = Counter((finding["code"], finding["severity"]) for finding in status["findings"])
    shipped = sum(artifact.size for job in known for artifact in job.artifacts if _delivered(job, artifact.name))
    lines = [
        *_metric("armed", "1 if the next crash would be captured, 0 if not, NaN if that could not be told.",
                 [({}, {"armed": 1, "degraded": 1, "not armed": 0}.get(status["verdict"], float("nan")))]),
        *_metric("findings", "What keeps the host from capturing a crash, by code.",
                 [({"code": code, "severity": severity}, count) for (code, severity), count in sorted(codes.items())]),
        *_metric("jobs", "Crashes by stage.", [({"stage": name}, count) for name, count in status["jobs"].items()]),
        *_metric("jobs_parked", "Crashes that wait for a person.", [({}, status["parked"])]),
        *_metric("shipped_bytes", "Bytes confirmed by the endpoint, of crashes still known.", [({}, shipped)]),
        *_metric("last_crash_timestamp_seconds", "When the newest known crash happened.",
                 [({}, max(job.crashed_at for job in known))] if known else []),
        *_metric("last_delivery_timestamp_seconds", "When a crash was last delivered whole.",
                 [({}, max(delivered))] if delivered else []),
        *_metric("last_status_timestamp_seconds", "When the endpoint last took this host's status.",
                 [({}, int(told))] if told is not None else []),
        *_metric("last_boot_unclean", "1 if the boot before ended without a clean shutdown, 0 if not, NaN if unknown.",
                 [({}, UNCLEAN[status["last_boot"]["unclean"]])] if status["last_boot"] else []),
        *_metric("last_look_timestamp_seconds", "When the agent last wrote this file.", [({}, int(now))]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _metric(name: str, words: str, samples: list[tuple[dict[str, str], float]]) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP kdump_agent_{name} {words}"
    yield f"# TYPE kdump_agent_{name} gauge"
    for labels, value in samples:
        inner = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"kdump_agent_{name}{f'{{{inner}}}' if inner else ''} {value}"


def _delivered(job: Job, name: str) -> bool:
    upload = job.uploads.get(name)
    return upload is not None and upload.delivered
