"""Find the folder where this host's kdump leaves its dumps, from kdump's own settings.

Each distribution says it in another file and another way; where none says it, all of them use /var/crash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kdump_agent.paths import HostPaths

from .devices import names, real
from .mounts import parse_mountinfo
from .shell import LONGEST, assignments, directives, is_plain

DEFAULT = PurePosixPath("/var/crash")

# kdump.conf(5), section OPTIONS: dump targets that are file systems; ``raw``, ``ssh`` and ``sshkey`` are no folder.
FILE_SYSTEMS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "minix", "f2fs", "virtiofs", "nfs", "nfs4", "net")


@dataclass(frozen=True)
class CrashFolder:
    """A folder of the host, and what said so."""

    path: Path
    """Below the root that was looked at."""
    source: str
    """The settings file, or why it is the default."""


def crash_folder(paths: HostPaths) -> CrashFolder:
    """Return where kdump leaves its dumps on this host; never raises, and the default is said to be one."""
    for settings, folder_in in (
        (paths.default_kdump_tools, _debian),
        (paths.kdump_conf, _red_hat),
        (paths.sysconfig_kdump, _suse),
    ):
        try:
            text = settings.read_bytes()[:LONGEST].decode("utf-8", "replace")
        except FileNotFoundError:
            continue
        except OSError as exc:
            return _below(paths, DEFAULT, f"the default, as {settings} cannot be read: {exc.strerror}")
        found, source = folder_in(text, paths)
        return _below(paths, found, source.format(settings=settings))
    return _below(paths, DEFAULT, "the default, as this host has no settings of kdump")


def _below(paths: HostPaths, folder: PurePosixPath, source: str) -> CrashFolder:
    return CrashFolder(paths.root / folder.relative_to("/"), source)


def _debian(text: str, _paths: HostPaths) -> tuple[PurePosixPath, str]:
    """kdump-config(8): KDUMP_COREDIR."""
    return _folder(assignments(text).get("KDUMP_COREDIR"), "KDUMP_COREDIR")


def _suse(text: str, _paths: HostPaths) -> tuple[PurePosixPath, str]:
    """kdump(5) of SUSE: KDUMP_SAVEDIR is a folder or a URL; only ``file:`` is a folder of this host."""
    first = (assignments(text).get("KDUMP_SAVEDIR") or "").split()[:1]
    value = first[0] if first else None
    if value and "://" in value and not value.startswith("file://"):
        return DEFAULT, f"the default, as KDUMP_SAVEDIR in {{settings}} sends dumps elsewhere ({value.split('://')[0]})"
    return _folder(re.sub(r"^file://", "", value) if value else None, "KDUMP_SAVEDIR")


def _red_hat(text: str, paths: HostPaths) -> tuple[PurePosixPath, str]:
    """kdump.conf(5): ``path`` is relative to the dump target when one is given, else a folder of the root."""
    found = directives(text)
    folder, source = _folder(found.get("path"), "path")
    target = dump_target(found)
    if target is None:
        return folder, source
    point = _mount_point(target, paths)
    if point is None:
        return folder, f"path in {{settings}}, though its dump target {_brace(target)} is not mounted"
    return point / folder.relative_to("/"), f"path in {{settings}}, below its dump target at {_brace(str(point))}"


def dump_target(settings: Mapping[str, str]) -> str | None:
    """Return the file system that kdump.conf names for dumps, as it is written there; None without one."""
    named = (settings[kind] for kind in FILE_SYSTEMS if settings.get(kind))
    return next(named, None) or _given_to_dracut(settings.get("dracut_args", ""))


def _folder(value: str | None, name: str) -> tuple[PurePosixPath, str]:
    if value is None or not value.strip():
        return DEFAULT, f"the default, as {{settings}} sets no {name}"
    folder = PurePosixPath(value)
    if not is_plain(value) or "\0" in value or not folder.is_absolute() or ".." in folder.parts:
        return DEFAULT, f"the default, as {name} in {{settings}} is no absolute path: {_brace(ascii(value[:200]))}"
    return PurePosixPath("/", *folder.parts[1:]), f"{name} in {{settings}}"


def _brace(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _mount_point(target: str, paths: HostPaths) -> PurePosixPath | None:
    """Return where the file system ``target`` of kdump.conf is mounted, or None."""
    wanted = names(target, paths)
    try:
        mounts = parse_mountinfo(paths.mountinfo.read_text("utf-8", "replace"))
    except OSError:
        return None
    whole = sorted(mounts, key=lambda mount: len(mount.root))  # a bound part of it is not the target
    return next((mount.point for mount in whole if {mount.source, real(mount.source, paths)} & wanted), None)


def _given_to_dracut(arguments: str) -> str | None:
    """kdump.conf(5), dracut_args: ``--mount "<device> <mount point> ..."`` names a dump target as well."""
    found = re.search(r"--mount[ =]+[\"']?([^\s\"']+)", arguments)
    return found[1] if found else None
