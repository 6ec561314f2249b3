"""A verdict as a JSON document, and the schema that it keeps to. Printing and sending it is others' work."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from .distros.remedies import Remedy
from .facts import Facts
from .verdict import Finding, Verdict

SCHEMA = "kdump-agent/check/1"


def document(verdict: Verdict, facts: Facts) -> dict[str, Any]:
    """Return the document of one check."""
    return {
        "schema": SCHEMA,
        "state": verdict.state,
        "distribution": facts.distribution.name,
        "kernel": facts.kernel.release,
        "crash_kernel_loaded": facts.reservation.loaded,
        "reserved_bytes": facts.reservation.reserved,
        "crash_dir": facts.target.folder,
        "units": [asdict(unit) for unit in (facts.unit, facts.kexec_load) if unit is not None],
        "findings": [finding_document(finding) for finding in verdict.findings],
        "doubts": dict(facts.doubts),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain values."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "fact": finding.fact,
        "reason": finding.reason,
        "remedy": _remedy(finding.remedy) if finding.remedy else None,
    }


def schema() -> dict[str, Any]:
    """Return the JSON schema of a check."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath("check.schema.json").read_text("utf-8"))
    return found


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {"commands": list(remedy.commands), "safe": remedy.safe, "reboot": remedy.reboot}
