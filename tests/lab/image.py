"""Build a guest's disk, kernel and initrd, once for each recipe, without a boot and without a mount.

The kdump initrd is made in the tree, too, so the first boot finds all it needs. Images are kept in
``$XDG_CACHE_HOME/kdump-agent-lab``, else ``/var/cache/kdump-agent-lab``, and old ones go when their recipe does.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mirror import mirror

from .recipe import ROOT, Recipe

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "/var/cache")) / "kdump-agent-lab"
DISK = "4G"
"""The size of the disk; what is not used takes no room on this host."""
UNREAD = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
"""What no guest needs: left out by dpkg."""
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
    """Return the image of a recipe, built when there is none; two that ask at a time wait for each other."""
    folder = CACHE / f"{recipe.suite}-{recipe.key}"
    with locked(recipe.suite):
        if not folder.exists():
            with draft(folder) as new:
                _build(recipe, new)
            _forget(recipe, folder)
    return Image(folder)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Be the only one in the cache who works on this."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """A folder of the cache in the making: it gets its name when it is whole, or goes."""
    new = Path(tempfile.mkdtemp(prefix=".draft-", dir=CACHE))
    new.chmod(0o755)
    try:
        yield new
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def debian(suite: str, packages: tuple[str, ...], tree: Path, *hooks: str) -> None:
    """Install these packages of a Debian into a folder that does not yet exist."""
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in UNREAD]
    say("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", *options, *hooks,
        suite, str(tree), mirror())  # fmt: skip


def say(*argv: str) -> None:
    """Run a program; what it said is in the error when it fails."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        words = done.stdout.decode("utf-8", "replace").splitlines()[-40:]
        raise RuntimeError("\n".join([f"{argv[0]} ended with {done.returncode}:", *words]))


def _build(recipe: Recipe, folder: Path) -> None:
    tree = folder / "tree"
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
    debian(recipe.suite, recipe.packages, tree, put, *finish)
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    release = kernel.name.partition("-")[2]
    shutil.copy(kernel, folder / "vmlinuz")
    shutil.copy(tree / "boot" / f"initrd.img-{release}", folder / "initrd")
    (folder / "release").write_text(release + "\n")
    say("mkfs.ext4", "-q", "-F", "-d", str(tree), str(folder / "disk"), DISK)
    shutil.rmtree(tree)


def _forget(recipe: Recipe, current: Path) -> None:
    """Remove what older recipes left."""
    for folder in CACHE.glob(f"{recipe.suite}-*"):
        if folder != current:
            shutil.rmtree(folder)
