"""Choose which delivered crashes lose their local copy, and say why. Pure.

A job that is not delivered is never chosen, whatever the limits say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kdump_agent.model import Job, Stage
from kdump_agent.units import show_duration, show_size


@dataclass(frozen=True)
class Limits:
    """How much of what is delivered may stay; None is no limit."""

    keep: int | None
    """Newest crashes that keep their copy."""
    max_age: float | None
    """Seconds since the crash."""
    max_bytes: int | None
    """Sum of the local copies."""
    min_free: int
    """Bytes that are to be free on the file system."""


@dataclass(frozen=True)
class Local:
    """A job and what removing its local copy would free."""

    job: Job
    bytes: int


@dataclass(frozen=True)
class Removal:
    """A job whose local copy is to go."""

    job: Job
    reason: str


def choose(copies: Iterable[Local], limits: Limits, *, now: float, bytes_free: int) -> Iterator[Removal]:
    """Yield what is to be removed, each with its reason; ``now`` is in seconds since 1970."""
    newest_first = sorted(
        (copy for copy in copies if copy.job.stage is Stage.DELIVERED), key=lambda copy: -copy.job.crashed_at
    )
    going: dict[str, Removal] = {}
    place = held = 0
    for copy in newest_first:
        reason = _beyond(place, copy, held, limits, now)
        if reason is None:
            held += copy.bytes
            place += copy.bytes > 0  # a crash that left no dump takes no dump's place
        else:
            going[copy.job.id] = Removal(copy.job, reason)
            bytes_free += copy.bytes
    for copy in reversed(newest_first):
        if bytes_free < limits.min_free and copy.bytes and copy.job.id not in going:
            reason = f"only {show_size(bytes_free)} free, below {show_size(limits.min_free)}"
            going[copy.job.id] = Removal(copy.job, reason)
            bytes_free += copy.bytes
    yield from going.values()


def _beyond(place: int, copy: Local, held: int, limits: Limits, now: float) -> str | None:
    age = now - copy.job.crashed_at
    if limits.keep is not None and place >= limits.keep:
        return f"beyond the newest {limits.keep}"
    if limits.max_age is not None and age > limits.max_age:
        return f"{show_duration(age)} old, beyond {show_duration(limits.max_age)}"
    if limits.max_bytes is not None and held + copy.bytes > limits.max_bytes:
        return f"beyond {show_size(limits.max_bytes)} in all"
    return None
