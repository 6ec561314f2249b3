"""Put a report together: the JSON document that report.schema.json describes.

What the log tells arrives decoded; this only joins it with the host, the dump and the doubts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from kdump_agent import __version__

SCHEMA = "kdump-agent/report/1"
SCHEMA_FILE = Path(__file__).with_name("report.schema.json")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Host:
    """Which machine crashed."""

    name: str
    machine_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DumpFacts:
    """The dump as its own structure tells it."""

    source: str
    """The path at which it was found."""
    format: str
    """"elf", "kdump", "flattened", "unknown" or "none"."""
    bytes: int
    sha256: str | None
    whole: str
    """"yes", "no" or "unknown"."""
    why: tuple[str, ...] = ()
    release: str | None = None
    version: str | None = None
    machine: str | None = None
    build_id: str | None = None
    compression: str | None = None
    pages: int | None = None
    level: int | None = None


def document(
    decoded: Document, *, crash_id: str | None, host: Host | None, crashed_at: int | None, dump: DumpFacts,
    dmesg_source: str, drill: bool = False, partial: bool = False, trusted: bool = True, doubts: tuple[str, ...] = (),
    last_boot: Document | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the report as JSON-ready values; what is not known is None.

    ``decoded`` is what the decoder made of the log, as plain values. ``dmesg_source`` is "file", "vmcore", "pstore",
    "journal" or "none". ``last_boot`` is what is left of a boot that ended badly and left no dump.
    """
    kernel = decoded["kernel"]
    return {
        "schema": SCHEMA,
        "crash_id": crash_id,
        "agent": {"version": __version__},
        "host": None if host is None else {"name": host.name, "machine_id": host.machine_id, "tags": dict(host.tags)},
        "crashed_at": None if crashed_at is None else iso(crashed_at),
        "uptime_seconds": decoded["uptime_seconds"],
        "kernel": {
            "release": dump.release or kernel["release"],
            "version": dump.version or kernel["version"],
            "machine": dump.machine or kernel["machine"],
            "build_id": dump.build_id or kernel.get("build_id"),
        },
        "panic": decoded["panic"],
        "frames": list(decoded["frames"]),
        "other_stacks": list(decoded.get("other_stacks") or ()),
        "modules": list(decoded["modules"]),
        "unloaded_modules": list(decoded.get("unloaded_modules") or ()),
        "hardware_name": decoded["hardware_name"],
        "hardware_errors": list(decoded["hardware_errors"]),
        "signature": decoded["signature"],
        "dump": {
            "source": dump.source, "format": dump.format, "bytes": dump.bytes, "sha256": dump.sha256,
            "whole": dump.whole, "why": list(dump.why), "compression": dump.compression, "pages": dump.pages,
            "level": dump.level, "partial": partial, "trusted": trusted,
        },
        "dmesg": {
            "source": dmesg_source, "lines": decoded["dmesg"]["lines"], "truncated": decoded["dmesg"]["truncated"],
        },
        "drill": drill,
        "last_boot": last_boot,
        "doubts": [*decoded["doubts"], *doubts],
    }  # fmt: skip


def iso(seconds: int) -> str:
    """Write seconds since 1970 as ``2026-11-23T20:47:11Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return found
