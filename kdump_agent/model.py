"""The nouns: what a crash leaves, and the job that carries it to the endpoint. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path


class Stage(str, Enum):
    """How far a job has come; it only ever moves down this list."""

    FOUND = "found"
    DECODED = "decoded"
    REPORTED = "reported"
    ANALYSED = "analysed"
    PACKED = "packed"
    DELIVERED = "delivered"
    PRUNED = "pruned"


@dataclass(frozen=True)
class Dump:
    """One file as it was when we looked: the same four numbers mean the same content."""

    name: str
    """File name inside the crash folder."""
    inode: int
    size: int
    """Bytes."""
    mtime_ns: int
    """Last change of the content, nanoseconds since 1970."""


@dataclass(frozen=True)
class CrashDir:
    """What one crash left on the disk."""

    folder: Path
    """The crash folder; for a loose vmcore the watched folder itself."""
    layout: str
    """"rhel", "debian", "suse" or "loose"; "none" for a crash that left nothing here."""
    dump: Dump | None
    """The vmcore; None when only a log was written."""
    dmesg: Dump | None
    """The log's text file beside it."""
    partial: bool = False
    """Its writer never finished it."""
    drill: bool = False
    """A self-test of kdump, no incident."""
    trusted: bool = True
    """The folder is root's; another owner may have planted what is in it."""


@dataclass(frozen=True)
class Artifact:
    """One file that goes to the endpoint."""

    name: str
    """Its last key component, as ``report.json``, ``dmesg.txt``, ``vmcore.zst``, ``vmcore``."""
    size: int
    """Bytes as shipped."""
    sha256: str
    """Of the bytes as shipped, hexadecimal."""
    source_size: int | None = None
    """Bytes before packing, where packing happened."""
    source_sha256: str | None = None
    """Of the bytes before packing."""


@dataclass(frozen=True)
class Upload:
    """What we know of one artifact at the endpoint."""

    handle: str
    """Where the endpoint keeps it: an upload's address, or the final key."""
    delivered: bool = False
    """The endpoint has confirmed the whole length from a new request."""


@dataclass(frozen=True)
class Job:
    """One crash on its way. Failure is a field, never a stage."""

    id: str
    """``<YYYYMMDDTHHMMSSZ>-<id8>``; the folder's name and the crash's key at the endpoint."""
    stage: Stage
    crash: CrashDir
    crashed_at: int
    """Seconds since 1970, by the best clock that was at hand."""
    found_at: int
    artifacts: tuple[Artifact, ...] = ()
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    """By artifact name."""
    attempts: int = 0
    """Tries of the present stage that did not succeed, a crash of the agent included."""
    deaths: int = 0
    """Those of them that the agent did not survive, or in which it failed by a fault of its own."""
    not_before: float = 0.0
    """Seconds since 1970; the next try waits for it."""
    error: str | None = None
    """Why the last try failed."""
    parked: bool = False
    """The endpoint or the dump refused for good; a person's ``retry`` goes on."""
    delivered_at: int | None = None
    """When the endpoint had confirmed the whole of it, seconds since 1970."""
    lost: bool = False
    """The dump was gone when it was to be packed: the endpoint has none of it."""
    doubts: tuple[str, ...] = ()

    def untried(self) -> Job:
        """Return it as if its present stage had never been tried, nor been refused."""
        return replace(self, parked=False, attempts=0, deaths=0, not_before=0.0)

    def artifact(self, name: str) -> Artifact | None:
        """Return the artifact of that name, if there is one."""
        return next((artifact for artifact in self.artifacts if artifact.name == name), None)
