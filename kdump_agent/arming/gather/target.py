"""Where kdump writes to, and what room is left there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from kdump_agent.arming.distros.crash_folder import crash_folder, dump_target
from kdump_agent.arming.distros.devices import encrypted
from kdump_agent.arming.distros.mounts import Mount, holding, parse_mountinfo
from kdump_agent.arming.facts import Target
from kdump_agent.files import free_space
from kdump_agent.look import Look

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "9p", "fuse.sshfs", "fuse.glusterfs", "autofs")
"""File systems whose server may be gone: no call on them ends then. To look below autofs mounts such a one."""


def target(look: Look, settings: Mapping[str, str]) -> Target:
    """Look at kdump's target folder and the file system that it lies on."""
    found = crash_folder(look.paths)
    folder = look.name(found.path)
    mounts = parse_mountinfo(look.text("target", look.paths.mountinfo) or "")
    mount = holding(mounts, PurePosixPath(folder))
    if mount is not None and mount.kind in NETWORK:
        look.doubt(
            "target", f"{folder} is on a file system of the network ({mount.kind}), which may hold up whoever asks"
        )
        nearest, bytes_free, inodes_free = found.path, None, None
    else:
        nearest = _nearest(found.path)
        bytes_free, inodes_free = _room(look, nearest)
    device = dump_target(settings)
    return Target(
        folder=folder,
        source=found.source,
        exists=nearest == found.path,
        remote=_remote(settings),
        unmounted=device if device and "is not mounted" in found.source else None,
        encrypted=_encrypted(look, mounts, folder),
        read_only=mount is not None and "ro" in mount.options,
        bytes_free=bytes_free,
        inodes_free=None if mount is not None and mount.kind == "btrfs" else inodes_free,  # it counts none: 0 of 0
    )


def _encrypted(look: Look, mounts: Sequence[Mount], folder: str) -> str | None:
    """Return the encrypted device that the crash kernel must unlock without being given its key, None without one.

    Debian's crash kernel boots from the host's own root file system, wherever its dumps go.
    """
    if look.number("target", look.paths.crash_keys):
        return None
    needed = (folder, "/") if look.paths.default_kdump_tools.exists() else (folder,)
    on = (holding(mounts, PurePosixPath(path)) for path in needed)
    found = (encrypted(mount.source, look.paths) for mount in on if mount is not None)
    return next((device for device in found if device is not None), None)


def _nearest(path: Path) -> Path:
    """Return the path itself or the first of its parents that is there."""
    for candidate in (path, *path.parents):
        try:
            candidate.lstat()
        except OSError:
            continue
        return candidate
    return path


def _remote(settings: Mapping[str, str]) -> str | None:
    """Return how dumps leave for elsewhere, by the settings of each distribution (see their manual pages).

    ``raw`` is not among them: kdumpctl takes the dump out of the partition at the next boot (its save_raw).
    """
    names = {"ssh": "ssh", "SSH": "ssh", "NFS": "nfs", "FTP": "ftp"}
    named = next((kind for name, kind in names.items() if settings.get(name)), None)
    scheme = re.match(r"([a-z]{2,8})://", settings.get("KDUMP_SAVEDIR", ""))
    return scheme[1] if scheme and scheme[1] != "file" else named


def _room(look: Look, folder: Path) -> tuple[int | None, int | None]:
    """Return the free bytes and inodes of a live folder; of a copy of a host what ``stat -f`` said there."""
    if look.paths.root != Path("/"):
        said = (look.text("target", look.paths.captures / "stat-f-target") or "").split()
        if len(said) != 3 or not all(word.isdecimal() for word in said):
            return None, None
        blocks, block, inodes = map(int, said)
        return blocks * block, inodes
    try:
        space = free_space(folder)
    except OSError as exc:
        look.doubt("target", f"{look.name(folder)}: {exc.strerror}")
        return None, None
    return space.bytes_free, space.inodes_free
