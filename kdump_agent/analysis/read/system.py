"""``sys``: the machine, its load, and the message with which it died."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kdump_agent.analysis.document import Kernel

_LABEL = re.compile(r"^ {0,12}([A-Z][A-Z ]{2,15}): ?(.*)$", re.MULTILINE)
_QUOTED = re.compile(r'^"(.+?)"(?: \(check log for details\))?$', re.MULTILINE)
_UPTIME = re.compile(r"^(?:(\d{1,6}) days?, )?(\d{1,3}):(\d\d):(\d\d)$")
_PANIC = 2000
"""Characters that are kept of the message."""


@dataclass(frozen=True)
class System:
    """What ``sys`` tells."""

    kernel: Kernel = field(default_factory=Kernel)
    nodename: str | None = None
    cpus: int | None = None
    load: tuple[float, ...] | None = None
    uptime_seconds: float | None = None
    tasks: int | None = None
    panic: str | None = None


def read_system(text: str) -> System:
    """Return what the text of ``sys`` tells; a label that is missing is None."""
    told = {found[1].strip(): found[2].strip() for found in _LABEL.finditer(text)}
    return System(
        kernel=Kernel(told.get("RELEASE"), told.get("VERSION"), (told.get("MACHINE") or "").split(" ")[0] or None),
        nodename=told.get("NODENAME"),
        cpus=_number(told.get("CPUS")),
        load=_load(told.get("LOAD AVERAGE", "")),
        uptime_seconds=_uptime(told.get("UPTIME", "")),
        tasks=_number(told.get("TASKS")),
        panic=_panic(text),
    )


def _number(words: str | None) -> int | None:
    found = re.match(r"\d{1,9}\b", words or "", re.ASCII)
    return int(found[0]) if found else None


def _load(words: str) -> tuple[float, ...] | None:
    found = re.fullmatch(r"(\d{1,9}\.\d\d), (\d{1,9}\.\d\d), (\d{1,9}\.\d\d)", words, re.ASCII)
    return tuple(float(part) for part in found.groups()) if found else None


def _uptime(words: str) -> float | None:
    found = _UPTIME.match(words)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _panic(text: str) -> str | None:
    """Return the message: crash quotes it, after lines of the log if it found it there."""
    _, label, rest = text.partition("PANIC: ")
    if not label:
        return None
    quoted = _QUOTED.search("\n".join(line.strip() for line in rest[: 2 * _PANIC].split("\n")))
    return (quoted[1] if quoted else rest.split("\n")[0].strip())[:_PANIC] or None
