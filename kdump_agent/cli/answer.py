"""How a command answers: a table that a person reads, or JSON; and how a job reads in either."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kdump_agent.analysis.conform import fault
from kdump_agent.analysis.document import DOCUMENT, schema
from kdump_agent.jobs import Jobs, to_document
from kdump_agent.model import Job, Stage
from kdump_agent.report.terminal import Paper
from kdump_agent.report.terminal import plain as plain
from kdump_agent.report.words import headline, parts
from kdump_agent.units import show_duration, show_size


def summary(job: Job, jobs: Jobs) -> dict[str, Any]:
    """Return what `list --json` says of a job."""
    report = read_report(jobs, job) or {}
    panic = report.get("panic") or {}
    return {
        "id": job.id,
        "stage": job.stage.value,
        "parked": job.parked,
        "error": job.error,
        "attempts": job.attempts,
        "not_before": job.not_before or None,
        "crashed_at": job.crashed_at,
        "title": panic.get("title"),
        "kind": panic.get("kind"),
        "source": str(job.crash.folder / job.crash.dump.name) if job.crash.dump else str(job.crash.folder),
        "bytes": job.crash.dump.size if job.crash.dump else 0,
        "partial": job.crash.partial,
        "drill": job.crash.drill,
    }


def read_report(jobs: Jobs, job: Job) -> dict[str, Any] | None:
    """Return a job's report, or None when it has none that can be read."""
    document = _read_json(jobs.folder(job.id) / "report.json")
    return document if isinstance(document, dict) else None


def read_analysis(folder: Path) -> dict[str, Any] | None:
    """Return the analysis in a job's folder, or None when there is none that keeps to its schema."""
    found = _read_json(folder / DOCUMENT)
    return found if isinstance(found, dict) and fault(found, schema()) is None else None


def _read_json(path: Path) -> Any:
    """Return what a JSON document holds; None when it cannot be read."""
    try:
        with path.open("rb") as file:
            return json.loads(file.read(64 << 20))
    except (OSError, ValueError, RecursionError):
        return None


def state_of(job: Job, now: float) -> str:
    """Say in a few words how a job stands."""
    if job.parked:
        return "parked"
    if job.stage not in (Stage.DELIVERED, Stage.PRUNED) and job.error and job.not_before > now:
        return f"{job.stage.value}, retry in {show_duration(job.not_before - now)}"
    return job.stage.value


def row(job: Job, jobs: Jobs, now: float) -> tuple[str, ...]:
    """Return what `list` says of a job: of a machine check its bank, not only that there was one."""
    report = read_report(jobs, job)
    what = parts(headline(report))[0] if report else "-"
    return job.id, state_of(job, now), show_size(job.crash.dump.size if job.crash.dump else 0), what


def record(job: Job) -> dict[str, object]:
    """Return a job's record as plain values."""
    return to_document(job)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a head, columns aligned, control characters escaped."""
    cells = [tuple(map(str, head)), *(tuple(plain(cell) for cell in cells) for cells in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells)]
    for line in cells:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print a JSON document; only ASCII leaves."""
    say(json.dumps(document, indent=1))


def say(text: str) -> None:
    """Print a line on standard output, which is what a command answers."""
    write(text + "\n")


def write(text: str) -> None:
    """Write to standard output. Raises OSError that names it."""
    try:
        sys.stdout.write(text)
    except OSError as exc:
        exc.filename = "standard output"
        raise


def paper() -> Paper:
    """Return what standard output is to write on: colours and a width only on a terminal, and no colours where
    ``NO_COLOR`` (no-color.org) or ``TERM=dumb`` ask for none."""
    if not sys.stdout.isatty():
        return Paper()
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Paper(shutil.get_terminal_size().columns, wanted)
