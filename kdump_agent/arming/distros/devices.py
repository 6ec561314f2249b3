"""Block devices: the names that one has, the kernel's and the links that udev makes to it, and what it lies on.

The service sees no disk in /dev (PrivateDevices=), so the links there are not all that is asked: udev remembers them
in a record for each device, a line ``S:disk/by-uuid/...`` for each link (systemd, sd-device/device-private.c).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from kdump_agent.paths import HostPaths

MOST, LONGEST = 10_000, 64 << 10
"""Devices that are looked at, and bytes of each one's record."""
_TAG = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)", re.DOTALL)
_UNSAFE = re.compile(r"[^\w#+\-.:=@]", re.ASCII)


def names(device: str, paths: HostPaths) -> frozenset[str]:
    """Return every name of what ``device``, as kdump.conf(5) may write it, stands for; at least this one."""
    name = _untagged(device.replace('"', ""))
    if not name.startswith("/dev/"):
        return frozenset([name])  # a server's export, or a tag of virtiofs
    ours = {name, real(name, paths)}
    for known in islice(_known(paths), MOST):
        if ours & known:
            return frozenset(ours | known)
    return frozenset(ours)


def real(name: str, paths: HostPaths) -> str:
    """Return where the links of a name in /dev end; what is no device stays as it is."""
    if not name.startswith("/dev/") or "\0" in name:
        return name
    return "/" + os.path.relpath(os.path.realpath(paths.root / name[1:]), os.path.realpath(paths.root))


def encrypted(device: str, paths: HostPaths) -> str | None:
    """Return the encrypted device that ``device`` is or lies on, however deep, by the kernel's name; None without."""
    if not device.startswith("/dev/"):
        return None
    waiting, seen = [PurePosixPath(name).name for name in names(device, paths)], set[str]()
    while waiting and len(seen) < MOST:
        name = waiting.pop()
        seen.add(name)
        place = paths.block_names / name
        if _is_crypt(place / "dm/uuid"):
            return name
        waiting += [below for below in _names_in(place / "slaves") if below not in seen]
    return None


def _is_crypt(uuid: Path) -> bool:
    """cryptsetup's libdevmapper.c: CRYPT-<type>-...; the types VERITY and INTEGRITY hide nothing."""
    try:
        words = uuid.read_text("ascii", "replace")[:64].split("-")
    except (OSError, ValueError):
        return False
    return words[0] == "CRYPT" and words[1:2] not in (["VERITY"], ["INTEGRITY"])


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (OSError, ValueError):
        return []


def _untagged(device: str) -> str:
    """Return the device behind ``UUID=...`` and its like, as udev names it (blkid_encode_string(3))."""
    tag = _TAG.fullmatch(device)
    if tag is None:
        return device
    value = "".join(f"\\x{ord(char):02x}" if ord(char) < 128 and _UNSAFE.match(char) else char for char in tag[2])
    return f"/dev/disk/by-{tag[1].lower()}/{value}"


def _known(paths: HostPaths) -> Iterator[set[str]]:
    """Yield the names of each block device that udev remembers."""
    try:
        records = [path for path in paths.udev_records.iterdir() if path.name.startswith("b")]
    except OSError:
        return
    for record in records:
        yield {*_links(record), *_kernels(paths.block_devices / record.name[1:])}


def _links(record: Path) -> Iterator[str]:
    try:
        with record.open("rb") as file:
            lines = file.read(LONGEST).decode("utf-8", "replace").splitlines()
    except OSError:
        return
    yield from (f"/dev/{line[2:]}" for line in lines if line.startswith("S:"))


def _kernels(place: Path) -> Iterator[str]:
    try:
        yield f"/dev/{place.readlink().name}"
    except OSError:
        return
