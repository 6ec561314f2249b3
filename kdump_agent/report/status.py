"""The document by which an endpoint knows a host: can it capture its next crash, and how far is its work?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdump_agent import __version__
from kdump_agent.model import Job, Stage

from .document import Host, iso

SCHEMA = "kdump-agent/status/1"
SCHEMA_FILE = Path(__file__).with_name("status.schema.json")
VOLATILE = ("sent_at", "uptime_seconds", "bytes_free", "jobs")
"""What changes by itself, or with each step of a crash on its way, and is no news."""


@dataclass(frozen=True)
class Boot:
    """The kernel that runs now."""

    release: str | None
    id: str | None
    uptime: float | None
    """Seconds."""


def status(
    host: Host, boot: Boot, state: str, findings: Sequence[Mapping[str, Any]], jobs: Iterable[Job], *,
    now: int, bytes_free: int | None, last_boot: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """Return a host's status as JSON-ready values; ``now`` is in seconds since 1970.

    ``last_boot`` has "unclean" ("yes", "no", "unknown") and "because"; None where nobody judged it.
    """
    known = list(jobs)
    stages = Counter(job.stage for job in known)
    delivered = [job.delivered_at for job in known if job.delivered_at is not None]
    return {
        "schema": SCHEMA,
        "host": {"name": host.name, "machine_id": host.machine_id, "tags": dict(host.tags)},
        "agent": {"version": __version__},
        "sent_at": iso(now),
        "kernel": boot.release,
        "boot_id": boot.id,
        "uptime_seconds": boot.uptime,
        "verdict": state,
        "findings": list(findings),
        "last_boot": None if last_boot is None else dict(last_boot),
        "last_crash": iso(max(job.crashed_at for job in known)) if known else None,
        "last_delivery": iso(max(delivered)) if delivered else None,
        "jobs": {stage.value: stages[stage] for stage in Stage},
        "parked": sum(job.parked for job in known),
        "bytes_free": bytes_free,
    }


def news(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a status is worth telling when it changes."""
    done = sum(document["jobs"][stage.value] for stage in (Stage.DELIVERED, Stage.PRUNED))
    return {"done": done, **{key: value for key, value in document.items() if key not in VOLATILE}}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a status."""
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return found
