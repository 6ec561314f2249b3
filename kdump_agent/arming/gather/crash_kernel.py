"""The kernel and initrd that would boot after a panic, and the age of what they were made from.

Where they lie: kdumpctl(8) and mkdumprd(8) (Red Hat), kdump-config(8) (Debian, Ubuntu), mkdumprd(8) (SUSE).
"""

from __future__ import annotations

import dataclasses
import os
import re
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from kdump_agent.arming.distros.distribution import Distribution
from kdump_agent.arming.facts import CrashKernel, File
from kdump_agent.look import Look

from .host import RELEASE

RED_HAT_INITRDS = ("boot/initramfs-{release}kdump.img", "var/lib/kdump/initramfs-{release}kdump.img")
DEBIAN_INITRDS = ("var/lib/kdump/initrd.img-{release}", "var/lib/kdump/initrd.img", "boot/initrd.img-{release}")
SUSE_INITRDS = ("var/lib/kdump/initrd", "boot/initrd-{release}-kdump", "boot/initrd-{release}kdump")
INITRDS = {"fedora": RED_HAT_INITRDS, "rhel": RED_HAT_INITRDS, "debian": DEBIAN_INITRDS, "ubuntu": DEBIAN_INITRDS,
           "suse": SUSE_INITRDS}  # fmt: skip
# Here kdump builds a missing one itself when it is started, and puts it beside the kernel wherever that lies (OSTree,
# boot loader specification): one that we do not find is neither missing nor a fault.
BUILDS_ITSELF = ("fedora", "rhel", "suse")
# Debian's initrd holds none of the settings; on Red Hat /etc/sysconfig/kdump is used at loading only. Modules count
# only where kdump itself says so (kdumpctl, check_files_modified): any driver from elsewhere writes modules.dep anew.
BUILT_FROM = {"fedora": ("etc/kdump.conf",), "rhel": ("etc/kdump.conf",), "debian": (), "ubuntu": (),
              "suse": ("etc/sysconfig/kdump",)}  # fmt: skip
MODULES = "lib/modules/{release}/modules.dep"
KERNELS = ("boot/vmlinuz-{release}", "boot/Image-{release}", "boot/vmlinux-{release}", "lib/modules/{release}/vmlinuz",
           "lib/modules/{release}/vmlinuz-virt.efi")  # fmt: skip


def crash_kernel(
    look: Look, distribution: Distribution, release: str | None, settings: Mapping[str, str]
) -> CrashKernel:
    """Look at the files that the settings name, else at those of the running release."""
    if release is None or distribution.family not in INITRDS:
        return CrashKernel()
    running = _named(look, None, _below(look, KERNELS, release))
    chosen = settings.get("KDUMP_KERNELVER", "")
    release = chosen if re.fullmatch(RELEASE, chosen, re.ASCII) else release  # it becomes part of paths
    kernel = _named(look, settings.get("KDUMP_KERNEL") or chosen, _below(look, KERNELS, release))
    initrd = _file(
        look, _named(look, settings.get("KDUMP_INITRD"), _below(look, INITRDS[distribution.family], release))
    )  # fmt: skip
    modules = (MODULES,) * bool(settings.get("extra_modules"))
    sources = _below(look, (*BUILT_FROM[distribution.family], *modules), release)
    return CrashKernel(
        running=_file(look, running),
        kernel=dataclasses.replace(
            _file(look, kernel), signed=_signed(look.data("signature", _inside(look.paths.root, kernel)) or b"")
        ),
        initrd=None if initrd.modified is None and distribution.family in BUILDS_ITSELF else initrd,
        sources=tuple(file for file in (_file(look, path) for path in [*sources, kernel]) if file.modified is not None),
    )


def _below(look: Look, names: Iterable[str], release: str) -> list[Path]:
    return [look.paths.root / name.format(release=release) for name in names]


def _named(look: Look, setting: str | None, usual: list[Path]) -> Path:
    """Return the file of the setting when it is a plain path, else the first of the usual ones that is there."""
    if setting and setting.startswith("/") and "$" not in setting and "\0" not in setting:
        return look.paths.root / setting.lstrip("/")
    return next((path for path in usual if os.path.lexists(path)), usual[0])


def _file(look: Look, path: Path) -> File:
    try:
        return File(look.name(path), _inside(look.paths.root, path).stat().st_mtime)
    except (FileNotFoundError, NotADirectoryError):
        return File(look.name(path))
    except OSError as exc:
        look.doubt("crash kernel", f"{look.name(path)}: {exc.strerror}")
        return File(look.name(path))


def _inside(root: Path, path: Path) -> Path:
    """Follow one link as the host would: an absolute one begins at the root that is looked at."""
    try:
        goal = str(path.readlink())
    except OSError:
        return path
    return root / goal.lstrip("/") if goal.startswith("/") else path


def _signed(image: bytes) -> bool | None:
    """Has a PE image a certificate table? (PE/COFF specification, "Optional Header Data Directories", entry 4)."""
    if image[:2] != b"MZ" or len(image) < 0x40:
        return None
    header = struct.unpack_from("<I", image, 0x3C)[0]
    if image[header : header + 4] != b"PE\0\0" or len(image) < header + 24 + 152:
        return None
    plus = struct.unpack_from("<H", image, header + 24)[0] == 0x20B
    address, size = struct.unpack_from("<II", image, header + 24 + (112 if plus else 96) + 4 * 8)
    return bool(address and size)
