"""Find what a log tells of a crash, and choose the first cause. The forms of line are in causes.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .causes import ECHO, FATAL, NOTE, PANIC, POINTS_BACK, RULES, UNKNOWN_BUG, Rule
from .line import Line
from .lines import Log

DEADLY = (FATAL, ECHO)
MOST = 20_000
"""Lines with a telling word that are looked at: of more, the first half and the last."""
LEADS = 5.0
"""Seconds: a report this short before the kernel died is what it died of; a slow console takes some to print one."""
LEADS_LINES = 150
"""The same in lines, where the log has no times."""
ASKED_FOR = "sysrq"
"""The kind of which no report before is the cause: somebody asked for the crash."""
SAID_BEFORE = frozenset({"list_", "skb_", "usercopy: ", "detected buffer"})
"""The words of the lines that say what is broken, before the BUG() of the same check says where."""
SAID_AFTER = "overran stack"
"""The word of the line that says why an access failed, right after the access and its place."""
SAID_AFTER_LINES = 10
OF_HARDWARE = frozenset({"mce", "hardware"})
"""The kinds that no fault of the kernel's own leads to."""
STACK_BEHIND = 60
"""Lines in which a report begins to show its stack."""
ROUND = 5.0
"""Seconds: reports of one kind this close are of one round of a watchdog."""
LATER = 60.0
"""Seconds from a cause to the panic that are not explained by a slow console."""
BACKWARDS = 5.0
"""Seconds by which times may go back where CPUs or consoles are interleaved; more is another boot."""
_ALL = {rule.word for rule in RULES}
_WORDS = sorted(word for word in _ALL if not any(other in word for other in _ALL - {word}))
"""The words of all rules; a word that another one is part of is found with it."""


@dataclass(frozen=True)
class Cause:
    """A line that tells of a crash."""

    at: int
    """Its index among the lines."""
    line: Line
    rule: Rule
    groups: tuple[str, ...]
    function: str | None
    """Named by the line itself."""


def causes(log: Log) -> list[Cause]:
    """Return every line that tells of a crash, in the order of the log."""
    telling = sorted({at for word in _WORDS for at in log.holding(word)})
    if len(telling) > MOST:
        telling = telling[: MOST // 2] + telling[-MOST // 2 :]
    found = (cause for at in telling if (cause := _cause(at, log.lines[at])) is not None)
    return [cause for cause in found if cause.rule is not UNKNOWN_BUG or _stack_behind(cause, log.lines)]


def _stack_behind(cause: Cause, lines: Sequence[Line]) -> bool:
    return any("+0x" in line.text for line in lines[cause.at : cause.at + STACK_BEHIND])


def _cause(at: int, line: Line) -> Cause | None:
    for rule in RULES:
        if rule.word in line.text and (found := rule.pattern.search(line.text)):
            groups = tuple(group or "" for group in found.groups())
            return Cause(at, line, rule, groups, found.groupdict().get("fn"))
    return None


def first(found: Sequence[Cause]) -> Cause | None:
    """Return the cause of the crash: the first that the kernel could not go on from, or what led straight to it."""
    found = _one_boot(found)
    deaths = [cause for cause in found if cause.rule.weight in DEADLY]
    if not deaths:
        return found[0] if found else None
    death = next((cause for cause in deaths if _came_from_outside(cause, deaths[0])), deaths[0])
    before = [cause for cause in found if cause.at < death.at]
    after = (cause for cause in found if 0 < cause.at - death.at <= SAID_AFTER_LINES)
    death = next((cause for cause in after if cause.rule.word == SAID_AFTER), death)
    kinds = next((kinds for pattern, kinds in POINTS_BACK if pattern.search(death.line.text)), None)
    if kinds is None:
        return next((cause for cause in before if _leads(cause, death)), death)
    meant = [cause for cause in before if cause.rule.kind in kinds]
    return next((cause for cause in meant if _near(cause.line, meant[-1].line, ROUND)), death)


def _came_from_outside(cause: Cause, earlier: Cause) -> bool:
    """Did the hardware fail long after an Oops that the kernel had outlived? It does not fail because of that."""
    panicked = cause.rule.kind in OF_HARDWARE and PANIC in cause.line.text
    return panicked and not _near(earlier.line, cause.line, LATER)


def _one_boot(found: Sequence[Cause]) -> Sequence[Cause]:
    """The causes up to the next boot, which a console's log may hold too: there the clock begins anew."""
    clock = 0.0
    for number, cause in enumerate(found):
        if cause.line.time is not None:
            if cause.line.time < clock - BACKWARDS:
                return found[:number]
            clock = cause.line.time
    return found


def later_boot(found: Sequence[Cause]) -> Line | None:
    """Return the line of which a later boot in the same log died, too."""
    later = found[len(_one_boot(found)) :]
    return next((cause.line for cause in later if cause.rule.weight in DEADLY), None)


def _leads(cause: Cause, death: Cause) -> bool:
    """Is this report what the kernel died of a moment later, rather than the same told twice?"""
    if cause.rule.weight == NOTE or death.rule.kind == ASKED_FOR:
        return False
    other = cause.rule.kind != death.rule.kind or cause.rule.word in SAID_BEFORE
    return other and _near(cause.line, death.line, LEADS)


def _near(line: Line, other: Line, seconds: float) -> bool:
    if line.time is None or other.time is None:
        return other.number - line.number <= LEADS_LINES
    return other.time - line.time <= seconds


def outlived(cause: Cause, found: Sequence[Cause]) -> Line | None:
    """Return the panic's line where the kernel went on for long after the cause: it may have died of something else."""
    panics = (other.line for other in _one_boot(found) if PANIC in other.line.text)
    last = next(reversed(list(panics)), None)
    if last is None or last.time is None or cause.line.time is None:
        return None
    return last if last.time - cause.line.time > LATER else None


def survived(found: Sequence[Cause]) -> bool:
    """Is there no line from which the kernel could not go on?"""
    return all(cause.rule.weight not in DEADLY for cause in _one_boot(found))


def ends(cause: Cause, found: Sequence[Cause], lines: Sequence[Line], most: int) -> int:
    """Return the index at which what belongs to a cause ends: where the next report begins, or ``most`` lines on."""
    end = min(len(lines), cause.at + most)
    later = {other.at: other for other in found if other.at > cause.at}
    trace = next((at for at in range(cause.at + 1, end) if at not in later and "+0x" in lines[at].text), end)
    behind = (other for other in later.values() if trace < other.at < end)
    return next((other.at for other in behind if _begins(other, lines)), end)


def _begins(cause: Cause, lines: Sequence[Line]) -> bool:
    """Does this line begin a report of its own? An echo and a panic belong to what is before them.

    One with a stack frame right behind it only broke into the trace of another CPU; KMSAN's alone begins so.
    """
    if cause.rule.weight == ECHO or PANIC in cause.line.text:
        return False
    return cause.rule.kind == "kmsan" or cause.at + 1 == len(lines) or "+0x" not in lines[cause.at + 1].text
