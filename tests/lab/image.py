"""Build a guest's disk, kernel and initrd, once for each recipe, without a boot and without a mount.

The kdump initrd is made in the tree, too, so the first boot finds all it needs.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.cache import cached
from tests.debian import bootstrap, say

from .recipe import ROOT, Recipe

DISK = "4G"
"""The size of the disk; what is not used takes no room on this host."""
IDLE = (
    "apt-daily-upgrade.timer", "apt-daily.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
    "fstrim.timer", "getty@tty1.service", "modprobe@dm_mod.service", "modprobe@drm.service", "modprobe@fuse.service",
    "modprobe@loop.service",
)  # fmt: skip
"""Units that have nothing to do with a crash and seconds of an emulated CPU to cost."""
KEEP_INITRD = """for made in "$1"/var/lib/kdump/initrd.img-*; do
    cp "$1/etc/kdump/sysctl.conf" "$1/var/lib/kdump/latest_sysctls-${made#*/initrd.img-}"
done"""
"""kdump-config makes a new initrd when its sysctl.conf is not the one that it knew."""


@dataclass(frozen=True)
class Image:
    """A guest's disk, and the kernel and initrd that QEMU starts."""

    folder: Path

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd"

    @property
    def release(self) -> str:
        """The kernel's release, as ``uname -r`` would say it."""
        return (self.folder / "release").read_text().strip()


def image(recipe: Recipe) -> Image:
    """Return the image of a recipe."""
    return Image(cached(f"guest-{recipe.suite}", recipe.key, lambda folder: _build(recipe, folder)))


def _build(recipe: Recipe, folder: Path) -> None:
    tree = folder / "tree"
    tree.mkdir()
    # The files come first: the kernel's installation makes both initrds, and reads how small they are to be.
    put = f'--setup-hook=cp -r {ROOT}/. "$1"'
    switch_on = "echo kdump-tools kdump-tools/use_kdump boolean true"
    finish = (
        f'--essential-hook={switch_on} | chroot "$1" debconf-set-selections',
        '--customize-hook=echo kdumplab >"$1/etc/hostname"; rm -f "$1/etc/resolv.conf"',
        '--customize-hook=chroot "$1" systemctl enable -q systemd-networkd lab-hand.service',
        f'--customize-hook=chroot "$1" systemctl mask -q {" ".join(IDLE)}',
        f"--customize-hook={KEEP_INITRD}",
        '--customize-hook=chroot "$1" passwd -q -d root',
    )
    bootstrap(recipe.suite, recipe.packages, tree, put, *finish)
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    release = kernel.name.partition("-")[2]
    shutil.copy(kernel, folder / "vmlinuz")
    shutil.copy(tree / "boot" / f"initrd.img-{release}", folder / "initrd")
    (folder / "release").write_text(release + "\n")
    say("mkfs.ext4", "-q", "-F", "-d", str(tree), str(folder / "disk"), DISK)
    shutil.rmtree(tree)
