"""Cut a log into messages and free each of its prefixes. Bounded, and nothing in it raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .line import Line

MOST_BYTES = 32 << 20
MOST_LINES = 500_000
LONGEST = 4096
"""Characters of one line that are kept; the kernel's own limit is 1024 bytes."""

# journald, syslog: "Nov 23 20:47:11 host kernel: "; dmesg -T: "[Mon Nov 23 20:47:11 2026] "
_HOST = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,]{8,15}(?:Z|[+-]\d\d:?\d\d)?) \S{1,255} kernel: ?"
)
_LEVEL = re.compile(r"<(\d{1,3})>")
_STAMP = re.compile(
    r"\[ {0,8}(\d{1,10}\.\d{1,9})\](?:\[ {0,8}([TC]\d{1,10})\])? ?"
    r"|\[ {0,8}(\d{1,10}\.\d{1,9}),? {0,8}([TC]\d{1,10})\] ?"
)
_DATE = re.compile(r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\] ?")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,16}[A-Za-z]")
_STRAY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Lines:
    """A log, cut."""

    lines: list[Line]
    truncated: bool
    """Was there more than we read?"""


def split(log: bytes) -> Lines:
    """Return the messages of a log, in its order; empty lines are passed over."""
    text = log[:MOST_BYTES].decode("utf-8", "replace")
    raw = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [line for number, words in enumerate(raw[:MOST_LINES]) if (line := _line(words[:LONGEST], number)).text]
    return Lines(lines, len(log) > MOST_BYTES or len(raw) > MOST_LINES)


def _line(text: str, number: int) -> Line:
    time = caller = level = None
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    text = _STRAY.sub("", text)
    at = 0
    for pattern in (_HOST, _LEVEL, _STAMP, _DATE):
        found = pattern.match(text, at)
        if found is None:
            continue
        at = found.end()
        if pattern is _LEVEL:
            level = int(found[1]) & 7
        elif pattern is _STAMP:
            time, caller = float(found[1] or found[3]), found[2] or found[4]
    return Line(text[at:].rstrip(), number, time, caller, level)
