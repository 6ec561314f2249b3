"""Read what the kernel's pstore kept over the reset, and put its parts in order.

A dying kernel writes its log from the end to the beginning, a part at a time, each under a heading such as
``Panic#2 Part1`` (fs/pstore/platform.c, ``pstore_dump``): Part1 is the newest. systemd-pstore(8) moves the files out
of /sys/fs/pstore at boot. Finding out what a log means is the decoder's work.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from kdump_agent.look import LIMIT, Look

from .facts import Record

MOST = 512
"""New records that are told; four times as many are looked at."""
DEPTH = 3
"""Folders below each other: systemd makes one or two for each crash."""
LARGEST = 4 << 20
"""Bytes of one record when decompressed; a backend's own limit is a hundredth of that."""
LARGEST_LOG = 16 << 20
"""Bytes of all of them together."""
_HEADING = re.compile(rb"([A-Z][A-Za-z]{2,15})#([0-9]{1,9}) Part([0-9]{1,9})\n")
_NAME = re.compile(r"(dmesg|console)-([a-z0-9_-]{1,32})-([0-9]{1,20})(\.enc\.z)?")


def records(look: Look, known: frozenset[str]) -> tuple[Record, ...]:
    """Return the records that are not ``known`` by their identity, in the order in which they were written."""
    found: list[Record] = []
    room = LARGEST_LOG
    new = {identity: path for path, identity in present(look) if identity not in known}
    for identity, path in sorted(new.items(), key=lambda each: _written(each[1]))[-MOST:]:
        record = _record(look, path, identity)
        if record is not None and len(record.text) <= room:
            room -= len(record.text)
            found.append(record)
    return tuple(found)


def present(look: Look) -> Iterator[tuple[Path, str]]:
    """Yield each record that is there, with what tells it from every other, now and after the next boot.

    That is its name and what it holds: systemd moves records, or copies them anew at each boot where they stay.
    """
    every = (path for folder in look.paths.pstores for path in _files(folder, DEPTH))
    for path in islice(every, 4 * MOST):
        stored = look.data("pstore", path)
        if stored is not None:
            yield path, f"{path.name} {hashlib.sha256(stored).hexdigest()}"


def log(found: Sequence[Record]) -> bytes:
    """Return the log of the last death among records, oldest line first; empty when none tells of one.

    The parts of one report go together, and an Oops that came before the panic of the same boot goes before it, as
    far as the panic's own parts do not hold it. Without any, the console's log serves.
    """
    reports = list(_reports(found))
    if not reports:
        return next((record.text for record in reversed(found) if "/console-" in record.path), b"")
    told = b""
    for report in _of_one_boot(reports):
        told = _joined(told, b"".join(record.text for record in sorted(report, key=lambda part: -part.part)))
    return told


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the records below a folder; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)[: 2 * MOST]
    except OSError:
        return
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from _files(Path(entry.path), depth - 1)
        elif _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _written(path: Path) -> tuple[str, int]:
    """By backend and record id: EFI's and ERST's ids begin with the time, ramoops counts its zones."""
    name = _NAME.fullmatch(path.name)
    assert name is not None
    return name[2], int(name[3])


def _record(look: Look, path: Path, identity: str) -> Record | None:
    stored = look.data("pstore", path)
    if stored is None:
        return None
    text = stored
    if path.name.endswith(".enc.z"):
        inflated = inflate(stored)
        if inflated is None:
            look.doubt("pstore", f"{look.name(path)}: is compressed in a way that is not deflate")
        text = inflated or b""
    heading = _HEADING.match(text)
    why, count, part = (heading[1].decode(), int(heading[2]), int(heading[3])) if heading else ("", 0, 0)
    text = text[heading.end() :] if heading else text
    return Record(look.name(path), identity, len(stored), text, why, count, part)


def inflate(stored: bytes) -> bytes | None:
    """Return what a record that the kernel could not decompress holds, at most ``LARGEST`` bytes of it.

    Linux wrote zlib streams up to 4.15 and again from 6.6 on, raw deflate between; None for anything else.
    """
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return zlib.decompressobj(bits).decompress(stored[:LIMIT], LARGEST)
        except zlib.error:
            continue
    return None


def _reports(found: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield the parts of each report together: part numbers rise while one report is written."""
    report: list[Record] = []
    for record in (record for record in found if record.why):
        last = report[-1] if report else None
        if last and ((record.why, record.count) != (last.why, last.count) or record.part <= last.part):
            yield report
            report = []
        report.append(record)
    if report:
        yield report


def _of_one_boot(reports: Sequence[list[Record]]) -> list[list[Record]]:
    """The last report and those before it whose numbers, which begin anew at each boot, lead up to its own."""
    chosen = [reports[-1]]
    for report in reversed(reports[:-1]):
        if report[0].count >= chosen[0][0].count:
            break
        chosen.insert(0, report)
    return chosen


def _joined(before: bytes, after: bytes) -> bytes:
    """Return two logs as one, without the lines at the end of the first that the second repeats."""
    if not before:
        return after
    last = before.rstrip(b"\n").rsplit(b"\n", 1)[-1] + b"\n"
    at = after.find(last)
    return before.rstrip(b"\n") + b"\n" + (after[at + len(last) :] if at >= 0 else after)
