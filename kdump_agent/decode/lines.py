"""Cut a log into messages and free each of its prefixes. Bounded and linear, and nothing in it raises.

What the messages mean is everybody else's work.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice

from .line import Line

MOST_BYTES = 24 << 20
MOST_LINES = 300_000
"""Bytes and lines that are looked at; of a longer log the first and the last half of these."""
BLOCK = 1 << 18
"""Bytes that are cleaned at once."""
_AT_ONCE = 1 << 12
"""Lines that are joined at once."""
LONGEST = 4096
"""Characters of one line that are kept; the kernel's own limit is about 1000."""

_LEVELS = {
    name: level for level, name in enumerate(("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"))
}

_TIME = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_MONTH = r"(?:[^\W\d_]{3,8}\.?|\d{1,2}[^\W\d_])"  # in any language, as journalctl writes it: Nov, sty, févr., 11月
_DAY = rf"(?:\d{{4}} )?(?:[A-Z][a-z]{{2}} )?{_MONTH} [ \d]\d (?:\d{{4}} )?{_TIME}(?: \d{{4}})?"
_ISO = rf"(?:[A-Z][a-z]{{2}} )?\d{{4}}-\d\d-\d\d[T ]{_TIME}(?:Z|[+-]\d\d:?\d\d| [A-Z]{{3,5}}(?= ))?"
_UNIX = r"\d{10}\.\d{3,6}"
_KERNEL = r"(?:\S{1,255} )?(?:\w{1,10}\.\w{1,10} )?kernel(?:\[\d{1,7}\])?(?:: ?| - - - )"
_BEFORE = r"(?:\S{1,255} )?(?=\[ {0,8}\d{1,10}\.|<\d{1,3}>\[|\d{1,4},\d{1,20},\d{1,20},[-cf+])"
_STAMP = r"\[ {0,8}(\d{1,10}\.\d{1,9})[^\]\n]{0,20}\] ?(?:(?:\S{1,255} )?kernel: ?)?"
_DATED = r"[^\]\s]{1,16} [^\]\s]{1,16} [ \d]\d \d\d:\d\d:\d\d[^\]\n]{0,40}"
_CLOCK = rf"\[(?:{_DATED}|[A-Z][a-z]{{2}} ?\d{{1,2}} \d\d:\d\d|[ <]{{0,8}}\+?\d{{1,6}}\.\d{{6}}>?)\] ?"

_PREFIX = re.compile(
    r"(?:<(\d{1,3})>(?:1 )?)?"  # syslog's <4>, RFC 5424's <4>1
    rf"(?:(?:{_DAY}|{_ISO}|{_UNIX}) {_KERNEL}"  # syslog, journalctl
    rf"|(?:{_DAY}|{_ISO}|\[{_ISO}\]) {{1,3}}{_BEFORE}|{_ISO} "  # a console server, netconsole; dmesg --time-format iso
    r"| ?kernel:(?: |(?=\[))| {0,4}MESSAGE=|\d\d: (?=\[))?"  # syslogd's cry to all; journalctl -o verbose; z/VM's CPU
    r"(?:<(\d{1,3})>)?"  # the console's level behind syslog's date
    r"(?:kern {0,2}:([a-z]{3,7}) {0,3}: )?"  # dmesg --decode
    r"(?:(\d{1,4}),\d{1,20},(\d{1,20}),[-cf+](?:,caller=([TC]\d{1,10}))?[^;\n]{0,80};)?"  # /dev/kmsg
    rf"(?:{_STAMP}|{_CLOCK})?"  # printk, journalctl -o short-monotonic; dmesg -T in any language, -e, -d
    r"(?:\[ {0,8}([TC]\d{1,10})\] ?)?"  # CONFIG_PRINTK_CALLER
)
_USUAL = re.compile(r"\[ {0,8}(\d{1,10}\.\d{6})\] (?=[^\[\s])")
"""The prefix of most lines of most logs, which the long pattern would read alike but for twice the time."""
_FIELD = re.compile(r" {0,4}_{0,2}[A-Z][A-Z0-9_]{1,40}=")
"""A field of the journal beside its MESSAGE, or of /dev/kmsg behind a message."""
_AGAIN = re.compile(r"\[ {0,8}\d{1,10}\.\d{6}\]")
"""Another message's stamp in the middle of a line: two consoles, or a line that never ended."""
_LEVEL = re.compile("\x01[0-7d]")
"""include/linux/kern_levels.h: printk() leaves it inside a line that was gathered in an NMI (4.6 to 4.9)."""
_CONTINUED = "\x01c"
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]{0,16}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[^\[\]\n])")
_STRAY = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\x01\t\n")


class Log:
    """A log, cut: its messages in order, and where in them a word stands."""

    def __init__(self, lines: list[Line], truncated: bool) -> None:
        self.lines = lines
        self.truncated = truncated
        """Was there more than we read?"""
        self._text = bytearray()
        self._starts = array("Q", [0])
        for begin in range(0, len(lines), _AT_ONCE):  # a second copy of a long log would cost more memory than the log
            texts = [line.text for line in lines[begin : begin + _AT_ONCE]]
            joined = "\n".join(texts)
            lengths = map(len, texts if joined.isascii() else [text.encode() for text in texts])
            self._starts.extend(
                islice(accumulate((length + 1 for length in lengths), initial=len(self._text)), 1, None)
            )
            self._text += joined.encode()
            self._text += b"\n"

    def holding(self, word: str) -> Iterator[int]:
        """Yield the index of each line that holds a word, in order. Far cheaper than asking every line."""
        sought = word.encode()
        found = self._text.find(sought)
        while found >= 0:
            at = bisect_right(self._starts, found) - 1
            yield at
            found = self._text.find(sought, self._starts[at + 1])


def split(log: bytes) -> Log:
    """Return the messages of a log, in its order; empty lines are passed over."""
    raw = _raw(_bounded(log))
    half = MOST_LINES // 2
    lines = [line for number, text in islice(raw, half) for line in _messages(text, number)]
    tail: deque[tuple[int, str]] = deque(maxlen=MOST_LINES - half)
    behind = 0
    for later in raw:
        tail.append(later)
        behind += 1
    lines += [line for number, text in tail for line in _messages(text, number)]
    return Log(lines, len(log) > MOST_BYTES or behind > len(tail))


def _bounded(log: bytes) -> bytes:
    half = MOST_BYTES // 2
    return log if len(log) <= MOST_BYTES else log[:half] + b"\n" + log[-half:]


def _raw(log: bytes) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty, cut to length, and its number."""
    number = 0
    for block in _blocks(log.replace(b"\r", b"\n") if b"\r" in log else log):
        texts = _clean(block).decode("utf-8", "replace").split("\n")
        yield from ((number + at, text[:LONGEST]) for at, text in enumerate(texts) if text)
        number += len(texts) - 1


def _blocks(log: bytes) -> Iterator[bytes]:
    """Cut a log into pieces of whole lines, so that cleaning one needs little memory; of an endless line the begin."""
    begin = 0
    while begin < len(log):
        end = log.rfind(b"\n", begin, begin + BLOCK) + 1
        if end:
            yield log[begin:end]
        else:
            yield log[begin : begin + BLOCK]
            end = log.find(b"\n", begin + BLOCK)
        begin = end if end >= 0 else len(log)


def _clean(log: bytes) -> bytes:
    """Take out what a terminal would have swallowed."""
    if b"\x1b" in log:
        log = _ESCAPE.sub(b"", log)
    return log.translate(None, _STRAY)


def _messages(raw: str, number: int) -> Iterable[Line]:
    """Return the messages of one raw line: one, unless others broke into it."""
    if "\x01" in raw:
        parts = (part.replace("\x01", "") for part in _LEVEL.split(raw.replace(_CONTINUED, "")))
        return [line for part in parts for line in _messages(part, number)]
    usual = _USUAL.match(raw)
    if usual and "kernel:" not in raw and not _AGAIN.search(raw, usual.end()):
        return (Line(raw[usual.end() :].rstrip(), number, float(usual[1])),)
    pieces = _pieces(raw) if _AGAIN.search(raw, 1) else (raw,)
    return [line for piece in pieces if (line := _line(piece, number)) is not None]


def _pieces(raw: str) -> Iterator[str]:
    """Cut a line where another message's stamp stands in its middle, behind a message and not behind a prefix."""
    begin = 0
    while begin < len(raw):
        other = _AGAIN.search(raw, _prefix(raw, begin).end())
        end = other.start() if other else len(raw)
        yield raw[begin:end]
        begin = end


def _prefix(raw: str, begin: int = 0) -> re.Match[str]:
    found = _PREFIX.match(raw, begin)
    assert found is not None, "every part of a prefix is optional"
    return found


def _line(raw: str, number: int) -> Line | None:
    found = _prefix(raw)
    text = raw[found.end() :].rstrip()
    if not text or (not found.end() and _FIELD.match(raw)):
        return None
    syslog, console, word, kmsg, micros, told, stamp, caller = found.groups()
    time = float(stamp) if stamp else int(micros) / 1e6 if micros else None
    digits = console or kmsg or syslog
    return Line(text, number, time, caller or told, int(digits) & 7 if digits else _LEVELS.get(word))
