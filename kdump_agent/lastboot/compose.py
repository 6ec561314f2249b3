"""Make a report's parts of what is left of a boot that ended badly: its log, and what bears witness. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from . import pstore
from .facts import Boot, Entry, Facts
from .judge import Answer

NOTHING = "none"
"""The layout of a crash that left nothing in the crash folder."""
EVIDENCE, LAST_LOG, THIS_LOG = "last-boot.json", "last-boot.log", "this-boot.log"
"""Beside the record of such a job: what bears witness, and the two boots' logs."""
LAST_WORDS = 60
"""Entries of the journal that a report holds."""
LONGEST = 400
"""Characters of each."""
AT_THE_END = 300.0
"""Seconds before the journal's end within which the kernel's words may belong to the death."""
TELLING = ("target.remote", "target.unmounted", "target.encrypted", "purge.abrt")
"""Lesser findings by which there may be a dump, but not here, or none because nobody typed a passphrase."""
BLAMED = ("fatal", "unknown")
"""Severities of findings that explain why there is no dump."""


def written(facts: Facts, found: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files that a job begins with, by name."""
    log, source = log_of(facts)
    return {EVIDENCE: json.dumps({**found, "log": source}).encode(), LAST_LOG: log, THIS_LOG: facts.this_log}


def log_of(facts: Facts) -> tuple[bytes, str]:
    """Return the dead kernel's log and where it comes from: "pstore", "journal" or "none"."""
    told = pstore.log(facts.records)
    if told:
        return told, "pstore"
    lines = list(_last_of_kernel(facts))
    return b"\n".join(lines) + b"\n" if lines else b"", "journal" if lines else "none"


def death(facts: Facts) -> int:
    """Return when that boot ended, by its last sign of life; never after the present boot began."""
    entries = facts.journal.last if facts.journal else ()
    boot = _remembered(facts)
    signs = [int(entry.at) for entry in entries[-1:]] + [boot.seen for boot in [boot] if boot]
    return max(0, min(max(signs, default=facts.began), facts.began))


def evidence(facts: Facts, answer: Answer, doubts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what the report says of that boot, as JSON-ready values; times are in seconds since 1970."""
    boot, journal, firmware = _remembered(facts), facts.journal, facts.firmware
    return {
        "boot_id": journal.id if journal else boot.id if boot else None,
        "began": boot.began if boot else None,
        "last_seen": death(facts),
        "because": list(answer.because),
        "why_no_dump": list(_why_no_dump(facts, boot)),
        "arming": dict(boot.arming) if boot and boot.arming else None,
        "journal": [_line(entry) for entry in journal.last[-LAST_WORDS:]] if journal else [],
        "crash_kernel": [_line(entry) for entry in journal.crash_kernel[-LAST_WORDS:]] if journal else [],
        "pstore": [
            {"path": record.path, "bytes": record.size, "identity": record.identity,
             "why": record.why or None, "part": record.part or None}
            for record in facts.records
        ],
        "firmware": firmware and {"severity": firmware.severity, "bytes": firmware.size, "hex": firmware.start.hex()},
        "doubts": [*doubts, *(f"{topic} could not be looked at: {why}" for topic, why in facts.doubts.items())],
    }  # fmt: skip


def _remembered(facts: Facts) -> Boot | None:
    """The agent's own memory of that boot, if it ran in it."""
    boot = facts.remembered
    return boot if boot and (facts.journal is None or facts.journal.id == boot.id) else None


def _why_no_dump(facts: Facts, boot: Boot | None) -> Iterator[str]:
    ran = facts.journal is not None and bool(facts.journal.crash_kernel)
    if ran:
        yield "the crash kernel ran, and left no dump"
    arming = boot.arming if boot else None
    if arming is None:
        yield "whether the host was armed then is not known"
        return
    blamed = [finding for finding in arming["findings"] if finding["severity"] in BLAMED]
    yield from (f"{finding['code']}: {finding['fact']}" for finding in blamed)
    yield from (each["fact"] for each in arming["findings"] if each["code"] in TELLING)
    if not blamed and not ran:
        yield f"the host was {arming['verdict']} then: {_unexplained(facts)}"


def _unexplained(facts: Facts) -> str:
    """Say what may have happened: panic() enters the crash kernel first and dumps the log to pstore after it.

    With crash_kexec_post_notifiers it is the other way round (kernel/panic.c).
    """
    if facts.kept_a_panic:
        return (
            "the kernel went on after its panic and kept its log in pstore, so no crash kernel was loaded any more, "
            "or it died (where crash_kexec_post_notifiers is set)"
        )
    return "a reset, a power loss, a hang, or a crash kernel that died"


def _last_of_kernel(facts: Facts) -> Iterator[bytes]:
    """The kernel's last words, as its own log has them."""
    journal = facts.journal
    entries = journal.kernel if journal else ()
    end = journal.last[-1].at if journal and journal.last else 0.0
    for entry in entries:
        if entry.at >= end - AT_THE_END:
            level = f"<{entry.priority}>" if entry.priority in tuple("01234567") else ""
            yield f"{level}[{entry.since_boot:12.6f}] {entry.text}".encode("utf-8", "replace")


def _line(entry: Entry) -> str:
    speaker = f"{entry.speaker}[{entry.pid}]" if entry.pid else entry.speaker
    return f"[{entry.since_boot:12.6f}] {speaker}: {entry.text}"[:LONGEST]


def title(found: Mapping[str, Any]) -> str:
    """Return the headline of a report whose log holds no crash."""
    why = found["why_no_dump"]
    return "; ".join(["no clean shutdown and no dump", *why[:1]])
