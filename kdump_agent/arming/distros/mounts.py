"""Which file systems are mounted: /proc/self/mountinfo, read and searched.

The format is proc(5), "/proc/pid/mountinfo": which folder of the file system in field 4, mount point in field 5, then
after a lone ``-`` the type, the source, and the file system's own options. Those of the one mount (field 6) are not
looked at: a service whose unit has ProtectSystem=strict sees every mount read-only, and the crash kernel does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One mounted file system, as the host names it."""

    point: PurePosixPath
    kind: str
    source: str
    options: tuple[str, ...] = ()
    """Of the file system, whoever mounted it."""
    root: str = "/"
    """The folder of the file system that is mounted; another one where a part is bound to a second place."""


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Return the mounts in the order in which they were made; lines that are none are passed over."""
    return tuple(mount for mount in map(_mount, text.splitlines()) if mount is not None)


def holding(mounts: Iterable[Mount], path: PurePosixPath) -> Mount | None:
    """Return the mount that ``path`` lies on: the deepest one, and of two at one point the later one."""
    best = None
    for mount in mounts:
        inside = mount.point == path or mount.point in path.parents
        if inside and (best is None or len(mount.point.parts) >= len(best.point.parts)):
            best = mount
    return best


def _mount(line: str) -> Mount | None:
    fields = line.split(" ")
    try:
        dash = fields.index("-", 6)
        root, point, kind, source, options = *fields[3:5], *fields[dash + 1 : dash + 4]
    except (ValueError, IndexError):
        return None
    return Mount(PurePosixPath(_plain(point)), kind, _plain(source), tuple(options.split(",")), _plain(root))


def _plain(field: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), field)
