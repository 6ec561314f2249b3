"""Ask the journal about the boot before this one (journalctl(1), systemd.journal-fields(7)).

A crash kernel that mounts the host's own file systems, as Debian's does, is a boot of its own there; it is passed over
and told. What the entries mean is judge.py's work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kdump_agent.look import Look

from .facts import Entry, JournalBoot

LAST, LAST_OF_KERNEL = 300, 600
"""Entries from the end that are read."""
START = 64_000
"""Characters of a kernel log in which its command line stands."""
LONGEST = 2000
"""Characters of one that are kept."""
PATIENCE = 30.0
"""Seconds for one question: a large journal on a slow disk."""
_BOOT = re.compile(r"^ *(-?[0-9]{1,6}) ([0-9a-f]{32}) ", re.MULTILINE)
CRASH_KERNEL = "elfcorehdr="
"""What kexec tells a crash kernel on its command line (Documentation/admin-guide/kdump/kdump.rst)."""
KERNEL = "_TRANSPORT=kernel"


def journal(look: Look, boot_id: str) -> JournalBoot | None:
    """Return what the journal kept of the boot before ``boot_id``; None when it has none, or cannot be asked."""
    said = look.ask("journal", "journalctl-list-boots", ("journalctl", "--list-boots", "--no-pager"), PATIENCE)
    before = _before([found[2] for found in _BOOT.finditer(said or "")], boot_id)
    crash_kernel: tuple[Entry, ...] = ()
    while before and CRASH_KERNEL in (start_of_log(look, before[-1]) or "")[:START]:
        crash_kernel = crash_kernel or _last(look, before[-1], LAST, "")
        before.pop()
    if not before:
        return None
    last, kernel = (_last(look, before[-1], *which) for which in ((LAST, ""), (LAST_OF_KERNEL, KERNEL)))
    return JournalBoot(before[-1], last, kernel, crash_kernel)


def start_of_log(look: Look, boot_id: str) -> str | None:
    """Return the start of a boot's kernel log, as ``dmesg`` shows it."""
    question = ("journalctl", "-b", boot_id, "-o", "short-monotonic", "--no-pager", "-q", KERNEL)
    return look.ask_start("journal", f"journalctl-kernel-{boot_id}", question, PATIENCE)


def _before(boots: list[str], boot_id: str) -> list[str]:
    """The boots before the present one, oldest first; a journal that does not know it yet knows only such."""
    return boots[: boots.index(boot_id)] if boot_id in boots else boots


def _last(look: Look, boot_id: str, count: int, match: str) -> tuple[Entry, ...]:
    return tuple(reversed(list(_entries(look, boot_id, count, match))))


def _entries(look: Look, boot_id: str, count: int, match: str) -> Iterator[Entry]:
    """The last ``count`` entries, the last one first, so that a cut takes the oldest."""
    question = ["journalctl", "-b", boot_id, "-r", "-n", str(count), "-o", "json", "--no-pager", "-q", match]
    said = look.ask_start(
        "journal", f"journalctl-{'kernel-' if match else ''}last-{boot_id}", [*filter(None, question)], PATIENCE
    )
    for line in (said or "").splitlines():
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(fields, dict):
            yield _entry(fields)


def _entry(fields: dict[str, Any]) -> Entry:
    def word(name: str) -> str:
        value = fields.get(name)
        if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
            value = bytes(value).decode("utf-8", "replace")  # a text that is no UTF-8 comes as its bytes
        return value[:LONGEST] if isinstance(value, str) else ""

    def seconds(name: str) -> float:
        digits = word(name)
        return int(digits) / 1e6 if re.fullmatch("[0-9]{1,18}", digits, re.ASCII) else 0.0

    return Entry(
        text=word("MESSAGE"), at=seconds("__REALTIME_TIMESTAMP"),
        since_boot=seconds("_SOURCE_MONOTONIC_TIMESTAMP") or seconds("__MONOTONIC_TIMESTAMP"),
        transport=word("_TRANSPORT"), pid=word("_PID"), speaker=word("SYSLOG_IDENTIFIER"),
        message_id=word("MESSAGE_ID"), priority=word("PRIORITY"),
    )  # fmt: skip
