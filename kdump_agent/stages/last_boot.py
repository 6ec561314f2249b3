"""FOUND to DECODED for a boot that left no dump: make the report of what an inquest put beside the job's record."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kdump_agent.decode import part
from kdump_agent.decode.log import SURVIVED, decode
from kdump_agent.decode.report import Decoded, Panic
from kdump_agent.errors import Permanent
from kdump_agent.lastboot.compose import EVIDENCE, LAST_LOG, THIS_LOG, title
from kdump_agent.model import Job
from kdump_agent.report.document import DumpFacts, Host, document, iso

NO_DUMP = DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown", why=("there is no dump",))
FROM_JOURNAL = "the log is what the journal had time to keep: the kernel's last words may be missing"
_TIMES = ("began", "last_seen")


def report_of(job: Job, folder: Path, host: Host) -> tuple[dict[str, Any], bytes | None]:
    """Return the report and the dead kernel's log, if there is one. Raises OSError, Permanent."""
    found = _evidence(folder / EVIDENCE)
    log = (folder / LAST_LOG).read_bytes()
    source = found.pop("log")
    decoded = _decoded(log, (folder / THIS_LOG).read_bytes(), found, source)
    doubts = (*job.doubts, *found.pop("doubts"), *([FROM_JOURNAL] if source == "journal" else []))
    report = document(
        asdict(decoded), crash_id=job.id, host=host, crashed_at=job.crashed_at, dump=NO_DUMP, dmesg_source=source,
        doubts=doubts, last_boot=_shown(found),
    )  # fmt: skip
    return report, log if source != "none" else None


def _evidence(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as exc:
        raise Permanent(f"{path}: cannot be used: {exc}") from exc
    return found


def _decoded(log: bytes, this_log: bytes, found: dict[str, Any], source: str) -> Decoded:
    """What the dead kernel's log tells, with the hardware errors that only the present boot tells of."""
    decoded = decode(log)
    left = [error for error in decode(this_log).hardware_errors if error.boot == "previous"]
    errors = (*decoded.hardware_errors, *left)
    named = part.signature([replace(error, boot="crashed") for error in errors])
    panic = decoded.panic
    if panic is None or (source == "journal" and SURVIVED in decoded.doubts):
        said = [f"the present boot found: {error.summary}" for error in left[:1]]
        said += [] if panic is None else [f"the last report in the journal: {panic.title}"]
        panic = Panic(title(found), "unknown", "; ".join(said) or None)
        decoded = replace(decoded, frames=(), doubts=())
    signature = replace(decoded.signature, hardware=named)
    return replace(decoded, panic=panic, hardware_errors=errors, signature=signature)


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """The evidence as the report holds it: times in words, no identities of files."""
    arming = found["arming"]
    return {
        **found,
        **{name: None if found[name] is None else iso(found[name]) for name in _TIMES},
        "arming": arming and {**arming, "at": iso(arming["at"])},
        "pstore": [{name: value for name, value in each.items() if name != "identity"} for each in found["pstore"]],
    }
