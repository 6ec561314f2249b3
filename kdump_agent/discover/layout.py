"""Recognise what each distribution's kdump leaves in the crash folder. Pure: names in, crashes out.

The forms, and who writes them:

- Fedora, RHEL, CentOS (kdump-utils ``kdump-lib-initramfs.sh``): ``<address>-YYYY-MM-DD-HH:MM:SS/vmcore``, in 2014 with
  dots in the date; ``vmcore-incomplete`` while writing; ``vmcore.flat`` over ssh; ``vmcore-dmesg.txt`` beside it.
- Debian, Ubuntu (kdump-tools ``kdump-config``): ``YYYYMMDDHHMM/dump.<stamp>``, ``dump-incomplete`` while writing, both
  with a compressor's ending where KDUMP_COMPRESSION is set, or ``vmcore.<stamp>`` when makedumpfile failed;
  ``dmesg.<stamp>`` beside it; two crashes of a minute share a folder; ``<host>-<stamp>/`` on NFS and over ssh.
- SUSE: ``YYYY-MM-DD-HH:MM/vmcore`` (``kdumptool``), today ``YYYY-MM-DD-HH-MM/vmcore`` (``kdump-save``), under its final
  name from the first byte; README.txt beside it, today also ``dmesg``, which is all there is with KDUMP_DUMPFORMAT=none
  or where KDUMP_FREE_DISK_SIZE took the dump away; ``<host>-`` before the time on NFS and the like. ``makedumpfile
  --split`` (KDUMP_CPUS of ``kdumptool``) leaves parts with a number behind the name, each of them a dump here.
  What RHEL's ``kdumpctl`` fetches from a raw partition has a folder of the older form.
- RHEL's self-test (``kdumpctl test``): ``kdump-test-<id>/``, no incident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COMPRESSED = r"(?:\.(?:gz|xz|lz4|bz2|zst|lzo))?"
_STAMP = r"[0-9]{12}(?:[0-9]{2})?"

FOLDERS = (  # layout, whether it is a drill, the folder's name
    ("debian", False, re.compile(rf"(?:.+-)?{_STAMP}", re.S)),
    ("rhel", True, re.compile(r"kdump-test-.+", re.S)),
    ("rhel", False, re.compile(r".*-\d{4}[-.]\d\d[-.]\d\d-\d\d:\d\d:\d\d", re.S | re.A)),
    ("suse", False, re.compile(r"(?:.+-)?\d{4}-\d\d-\d\d-\d\d[-:]\d\d(?::\d\d)?", re.S | re.A)),
)

FILES = (  # what it is, whether it is unfinished, the file's name; group 1 tells crashes of one folder apart
    ("dump", False, re.compile(rf"(?:dump|vmcore)\.({_STAMP}){_COMPRESSED}")),
    ("dump", False, re.compile(rf"vmcore(?:\.flat|\.?[0-9]{{1,4}})?{_COMPRESSED}()")),
    ("dump", True, re.compile(rf"(?:vmcore|dump)(?:\.flat)?-incomplete{_COMPRESSED}()")),
    ("dump", True, re.compile(rf"(?:vmcore|dump)\.({_STAMP})-incomplete")),
    ("dmesg", False, re.compile(rf"dmesg\.({_STAMP}){_COMPRESSED}")),
    ("dmesg", False, re.compile(r"(?:dmesg|(?:vmcore-)?dmesg\.txt)()")),
    ("dmesg", True, re.compile(r"(?:vmcore-)?dmesg-incomplete(?:\.txt)?()")),
    ("dmesg", True, re.compile(rf"dmesg\.({_STAMP})-incomplete")),
)


@dataclass(frozen=True)
class Kind:
    """What a folder's name says."""

    layout: str
    drill: bool = False


@dataclass(frozen=True)
class Group:
    """The files of one crash, by name."""

    dump: str | None
    dump_unfinished: bool
    dmesg: str | None
    dmesg_unfinished: bool


def kind_of(folder: str) -> Kind:
    """Return what a folder's name says; one that no distribution makes may still hold a loose vmcore."""
    return _told(folder) or Kind("rhel")


def is_kdumps(folder: str) -> bool:
    """Is this a name that a distribution's kdump gives to its folders?"""
    return _told(folder) is not None


def is_crash_folder(folder: str) -> bool:
    """May this folder hold a crash? Hidden folders and lost+found never do."""
    return not folder.startswith(".") and folder != "lost+found"


def groups(names: Sequence[str]) -> Iterator[Group]:
    """Yield the crashes that the files of one folder make up, finished dumps first.

    Every dump is one, so that none is passed over: where makedumpfile failed, Debian leaves its ``dump-incomplete``
    beside the ``vmcore.<stamp>`` that it then copied. Dumps and logs of one stamp belong together. A dump without a
    stamp takes the log without one, or, when it is the folder's only crash, the only log there is.
    """
    dumps, logs = _pick("dump", names), {log.stamp: log for log in reversed(_pick("dmesg", names))}
    stamps = {dump.stamp for dump in dumps}
    if len(stamps) == 1 and len(logs) == 1 and stamps != logs.keys() and "" in (*stamps, *logs):
        logs = dict(zip(stamps, logs.values()))
    for dump in dumps:
        log = logs.pop(dump.stamp, None)
        yield Group(dump.name, dump.unfinished, log.name if log else None, log.unfinished if log else False)
    for log in sorted(logs.values()):
        yield Group(None, False, log.name, log.unfinished)


@dataclass(frozen=True, order=True)
class _File:
    """One recognised file; a finished one is the lesser."""

    unfinished: bool
    name: str
    stamp: str


def _pick(wanted: str, names: Sequence[str]) -> list[_File]:
    """The files of one sort, the best first."""
    table = [(unfinished, pattern) for what, unfinished, pattern in FILES if what == wanted]
    return sorted(
        _File(unfinished, name, found[1])
        for name in names for unfinished, pattern in table if (found := pattern.fullmatch(name))
    )  # fmt: skip


def _told(folder: str) -> Kind | None:
    return next((Kind(layout, drill) for layout, drill, pattern in FOLDERS if pattern.fullmatch(folder)), None)
