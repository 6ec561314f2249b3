"""Judge whether a host can capture its next crash. Pure: facts in, a verdict with its findings out.

``rules.py`` has the table; here it is asked row by row. Gathering the facts is ``gather/``'s work.
"""

from __future__ import annotations

from dataclasses import dataclass

from .distros.remedies import Remedy, remedy
from .facts import Facts
from .rules import RULES, SEVERITIES, Rule

# the worst severity found -> the state; a note leaves a host armed
STATES = {"fatal": "not armed", "unknown": "unknown", "warning": "degraded", "note": "armed"}
EXIT_CODES = {"armed": 0, "degraded": 1, "not armed": 2, "unknown": 3}


@dataclass(frozen=True)
class Finding:
    """One thing that keeps, or may keep, a host from capturing its next crash."""

    code: str
    """Stable; docs/arming.md explains each."""
    severity: str
    """fatal, unknown, warning or note."""
    fact: str
    """What was seen."""
    reason: str
    """Why it matters."""
    remedy: Remedy | None
    """What mends it on this distribution, None when we know nothing that is right there."""


@dataclass(frozen=True)
class Verdict:
    """The answer and all that speaks against it."""

    state: str
    """armed, degraded (would capture, but ...), not armed, or unknown (could not look)."""
    findings: tuple[Finding, ...]
    """Worst first."""


def judge(facts: Facts) -> Verdict:
    """Return the verdict on a host's facts."""
    found = [_finding(rule, fact, facts) for rule in RULES for fact in [rule.seen(facts)] if fact is not None]
    findings = sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))
    return Verdict(STATES[findings[0].severity] if findings else "armed", tuple(findings))


def _finding(rule: Rule, fact: str, facts: Facts) -> Finding:
    mended_by = remedy(rule.mend, facts.distribution, facts.target.folder) if rule.mend else None
    return Finding(rule.code, rule.severity, fact, rule.reason, mended_by)
