"""Judge whether the boot before this one ended without a clean shutdown. Pure.

Each witness answers yes, no, or could not tell; the first that can decides, and all that they said is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .facts import Entry, Facts

YES, NO, UNKNOWN = "yes", "no", "unknown"

# systemd's sd-messages.h: SD_MESSAGE_JOURNAL_STOP, SD_MESSAGE_JOURNAL_START, SD_MESSAGE_SHUTDOWN
JOURNAL_STOP, JOURNAL_START = "d93fb3c9c24d451a97cea615ce59c00b", "f77379a8490b408bbe5f6940505a777b"
SHUTDOWN = "98268866d1d54a499c4e98921d93bc40"
# What systemd itself says when all is stopped and unmounted, by its age
LAST_WORDS = (
    "Shutting down.", "Reached target final.target", "Reached target Late Shutdown", "Reached target Final Step",
)  # fmt: skip
# ... and when the journal leaves a /var of its own before that is unmounted: its end on the disk
LEAVES_DISK = ("Stopping systemd-journal-flush.service", "Stopping Flush Journal to Persistent Storage")
NEAR_END = 8
"""Entries that may follow the journal's leaving."""
CLOCKS = 14 * 3600
"""Seconds: how far two clocks may be apart of which one takes local time for UTC."""


@dataclass(frozen=True)
class Answer:
    """Did it end without a clean shutdown?"""

    unclean: str
    """"yes", "no" or "unknown"."""
    because: tuple[str, ...]
    """What each witness said, the deciding one first."""


def judge(facts: Facts) -> Answer:
    """Return how the boot before ended, and who says so."""
    said = list(_witnesses(facts))
    said.sort(key=lambda each: each[0] == UNKNOWN)
    return Answer(said[0][0], tuple(words for _, words in said))


def _witnesses(facts: Facts) -> Iterator[tuple[str, str]]:
    """In the order in which they are believed."""
    if facts.kept_a_panic:
        yield YES, "the kernel's pstore holds the log of a panic"
    if facts.journal is not None and facts.journal.crash_kernel:
        yield YES, "a crash kernel ran after it, as the journal tells"
    yield _journal(facts)
    yield _wtmp(facts)
    yield _agent(facts)


def _journal(facts: Facts) -> tuple[str, str]:
    if facts.journal is None:
        return UNKNOWN, f"journal: {facts.doubts.get('journal', 'it holds no boot before this one')}"
    entries = facts.journal.last
    if not entries:
        return UNKNOWN, "journal: it holds nothing of the end of that boot"
    if _ended(entries):
        return NO, "journal: it was closed by a shutdown"
    if any(entry.message_id == SHUTDOWN for entry in entries):
        return YES, "journal: a shutdown was begun and did not come to its end"
    return YES, f"journal: it ends in the midst of work ({entries[-1].text[:120]!a})"


def _ended(entries: Sequence[Entry]) -> bool:
    """Is its end that of a shutdown? A journal that was only restarted has a start after its stop."""
    last = max((at for at, entry in enumerate(entries) if _is_last(entry)), default=-1)
    start = max((at for at, entry in enumerate(entries) if entry.message_id == JOURNAL_START), default=-1)
    return last > start or any(_by_systemd(entry, LEAVES_DISK) for entry in entries[-NEAR_END:])


def _is_last(entry: Entry) -> bool:
    by_journal = entry.message_id == JOURNAL_STOP and entry.transport == "driver"
    return by_journal or _by_systemd(entry, LAST_WORDS)


def _by_systemd(entry: Entry, words: tuple[str, ...]) -> bool:
    return entry.pid == "1" and entry.text.startswith(words)


def _wtmp(facts: Facts) -> tuple[str, str]:
    turns = facts.turns
    boots = [at for at, turn in enumerate(turns) if turn.kind == "boot"]
    if not boots or abs(turns[boots[-1]].at - facts.began) > CLOCKS:
        return UNKNOWN, f"wtmp: {facts.doubts.get('wtmp', 'it does not know the present boot')}"
    if boots[-1] == 0:
        return UNKNOWN, "wtmp: it begins with the present boot"
    if turns[boots[-1] - 1].kind == "shutdown":
        return NO, "wtmp: the machine was shut down before this boot"
    return YES, "wtmp: the machine booted twice without a shutdown between"


def _agent(facts: Facts) -> tuple[str, str]:
    boot = facts.remembered
    if boot is None or (facts.journal is not None and facts.journal.id != boot.id):
        return UNKNOWN, "agent: it did not run in that boot"
    if boot.ended == "shutdown":
        return NO, "agent: it was ended by a shutdown"
    if boot.ended is not None:
        return UNKNOWN, "agent: it was stopped before that boot ended"
    return YES, "agent: nobody ended it in that boot"
