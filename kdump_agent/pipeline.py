"""The stage table and "which job next". Pure."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Job, Stage

AFTER = {
    Stage.FOUND: Stage.DECODED,
    Stage.DECODED: Stage.REPORTED,
    Stage.REPORTED: Stage.ANALYSED,
    Stage.ANALYSED: Stage.PACKED,
    Stage.PACKED: Stage.DELIVERED,
}
"""What the work of a stage leads to. A delivered job has nothing left to do; retain decides when it is pruned."""

ORDER = {stage: place for place, stage in enumerate(Stage)}

RAW_AFTER = 3
"""Deaths in reading a dump after which it is shipped without being read or packed."""
ASIDE_AFTER = 6
"""Deaths after which even touching it is given up until a person says ``retry``."""

_TOUCHES_DUMP = (Stage.FOUND, Stage.REPORTED, Stage.ANALYSED)
_LONGEST_WAIT = 2 * 3600.0
"""Seconds; a later ``not_before`` comes from a clock that has since been set back."""


def next_job(jobs: Iterable[Job], now: float) -> Job | None:
    """Return the job to advance: the least advanced that is due, the newest crash first among equals.

    ``now`` is in seconds since 1970.
    """
    due = [job for job in jobs if is_open(job) and wait_of(job, now) <= 0]
    return min(due, key=lambda job: (ORDER[job.stage], -job.crashed_at, job.id), default=None)


def next_wait(jobs: Iterable[Job], now: float) -> float | None:
    """Return the seconds until some job is due, or None when none ever will be."""
    return min((max(0.0, wait_of(job, now)) for job in jobs if is_open(job)), default=None)


def is_open(job: Job) -> bool:
    """Is there work left on this job that needs no person?"""
    return job.stage in AFTER and not job.parked


def wait_of(job: Job, now: float) -> float:
    """Return the seconds until a job is due; none or less when it is."""
    wait = job.not_before - now
    return wait if wait <= _LONGEST_WAIT else 0.0


def is_raw(job: Job) -> bool:
    """Did reading or packing this dump end the agent so often that it is now shipped as it is?

    ``deaths`` counts the present try, too, until it is survived.
    """
    return job.stage in _TOUCHES_DUMP and job.deaths > RAW_AFTER


def is_last_try(job: Job) -> bool:
    """Will it be set aside if this try ends the agent as well?"""
    return job.stage in _TOUCHES_DUMP and job.deaths >= ASIDE_AFTER


def is_poison(job: Job) -> bool:
    """Did even shipping it as it is end the agent so often that it is set aside?"""
    return job.stage in _TOUCHES_DUMP and job.deaths > ASIDE_AFTER
