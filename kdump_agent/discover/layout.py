"""Recognise what each distribution's kdump leaves in the crash folder. Pure: names in, crashes out.

The forms, and who writes them:

- Fedora, RHEL, CentOS (kdump-utils ``kdump-lib-initramfs.sh``): ``<address>-YYYY-MM-DD-HH:MM:SS/vmcore``, in 2014 with
  dots in the date; ``vmcore-incomplete`` while writing; ``vmcore.flat`` over ssh; ``vmcore-dmesg.txt`` beside it.
- Debian, Ubuntu (kdump-tools ``kdump-config``): ``YYYYMMDDHHMM/dump.<stamp>``, ``dump-incomplete`` while writing, or
  ``vmcore.<stamp>`` when makedumpfile failed; ``dmesg.<stamp>`` beside it; two crashes of a minute share a folder.
- SUSE (``kdump-save``): ``YYYY-MM-DD-HH:MM/vmcore`` under its final name from the first byte, README.txt beside it.
- RHEL's self-test (``kdumpctl test``): ``kdump-test-<id>/``, no incident.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_COMPRESSED = r"(?:\.(?:gz|xz|lz4|bz2|zst|lzo))?"
_STAMP = r"\d{12}(?:\d{2})?"

FOLDERS = (  # layout, whether it is a drill, the folder's name
    ("debian", False, re.compile(_STAMP)),
    ("suse", False, re.compile(r"\d{4}-\d\d-\d\d-\d\d:\d\d(?::\d\d)?")),
    ("rhel", True, re.compile(r"kdump-test-.+", re.S)),
    ("rhel", False, re.compile(r".*-\d{4}[-.]\d\d[-.]\d\d-\d\d:\d\d:\d\d", re.S)),
)

FILES = (  # what it is, whether it is unfinished, the file's name; group 1 tells crashes of one folder apart
    ("dump", False, re.compile(rf"(?:dump|vmcore)\.({_STAMP}){_COMPRESSED}")),
    ("dump", False, re.compile(rf"vmcore(?:\.flat)?{_COMPRESSED}()")),
    ("dump", True, re.compile(r"(?:vmcore|dump)(?:\.flat)?-incomplete()")),
    ("dump", True, re.compile(rf"(?:vmcore|dump)\.({_STAMP})-incomplete")),
    ("dmesg", False, re.compile(rf"dmesg\.({_STAMP}){_COMPRESSED}")),
    ("dmesg", False, re.compile(r"(?:vmcore-)?dmesg\.txt()")),
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
    found = (Kind(layout, drill) for layout, drill, pattern in FOLDERS if pattern.fullmatch(folder))
    return next(found, Kind("rhel"))


def is_crash_folder(folder: str) -> bool:
    """May this folder hold a crash? Hidden folders and lost+found never do."""
    return not folder.startswith(".") and folder != "lost+found"


def groups(names: Sequence[str]) -> Iterator[Group]:
    """Yield the crashes that the files of one folder make up; files that belong to none are passed over.

    Dumps and logs of one stamp belong together. A dump without a stamp takes the log without one, or, when it is
    the folder's only crash, the only log there is.
    """
    dumps, logs = _by_stamp("dump", names), _by_stamp("dmesg", names)
    if len(dumps) == 1 and len(logs) == 1 and dumps.keys() != logs.keys() and "" in (*dumps, *logs):
        logs = {next(iter(dumps)): next(iter(logs.values()))}
    for stamp in sorted({*dumps, *logs}):
        dump, dump_unfinished = dumps.get(stamp, (None, False))
        dmesg, dmesg_unfinished = logs.get(stamp, (None, False))
        yield Group(dump, dump_unfinished, dmesg, dmesg_unfinished)


def _by_stamp(wanted: str, names: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """The best file of each stamp: a finished one before an unfinished one, then the first by name."""
    best: dict[str, tuple[str, bool]] = {}
    for name in sorted(names):
        for what, unfinished, pattern in FILES:
            found = pattern.fullmatch(name) if what == wanted else None
            if found and (found[1] not in best or (best[found[1]][1] and not unfinished)):
                best[found[1]] = (name, unfinished)
    return best
