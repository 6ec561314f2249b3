"""Which package brings the vmlinux of a kernel, and how it is installed. Pure.

The kernel's own release tells whose it is, wherever its dump is looked at; failing that, this host's distribution.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass


@dataclass(frozen=True)
class _Way:
    package: str
    how: str


_FEDORA = _Way("kernel{flavour}-debuginfo-{release}", "dnf debuginfo-install kernel{flavour}-{release}")
# Fedora and RHEL: kernel.spec, subpackage debuginfo, whose variants (rt, 64k, debug) stand behind a + in the release;
# Debian: linux's debian/templates (image-dbg); Ubuntu: ddebs.ubuntu.com, where signed kernels' symbols are those of the
# unsigned build; SUSE: kernel-binary.spec
_WAYS = {
    "fedora": _FEDORA,
    "rhel": _FEDORA,
    "debian": _Way("linux-image-{release}-dbg", "apt-get install {package}"),
    "ubuntu": _Way(
        "linux-image-unsigned-{release}-dbgsym",
        "enable the repository ddebs.ubuntu.com, then apt-get install {package}",
    ),
    "suse": _Way("kernel{flavour}-debuginfo", "zypper --plus-content debug install {package}"),
}  # fmt: skip
_OWNERS = (
    (re.compile(r"\.fc\d+"), "fedora"),
    (re.compile(r"\.(?:el|amzn|an)\d+"), "rhel"),
    (re.compile(r"-\d+-(?:generic|lowlatency|aws|azure|gcp|oracle|kvm|oem)(?:-64k|-hwe)?$"), "ubuntu"),
    (re.compile(r"-(?:(?:cloud-|rt-)?(?:amd64|arm64)|686(?:-pae)?|armmp|s390x|powerpc64le|octeon)$"), "debian"),
    (re.compile(r"-(?:default|preempt|azure|64kb)$"), "suse"),
)


def package_for(release: str | None, family: str | None) -> str:
    """Say which package has the vmlinux of ``release``.

    ``family`` is this host's: "fedora", "rhel", "debian", "ubuntu", "suse", or None.
    """
    if release is None:
        return "the vmlinux with debugging information of that kernel, whose release the dump does not tell"
    owner = next((name for pattern, name in _OWNERS if pattern.search(release)), family or "")
    way = _WAYS.get(owner)
    if way is None:
        return f"the vmlinux with debugging information of {release}, from whoever built that kernel"
    release, flavour = _split(release, owner)
    package = way.package.format(release=release, flavour=flavour)
    how = way.how.format(release=shlex.quote(release), package=shlex.quote(package), flavour=flavour)
    return f"{package} ({how})"


def _split(release: str, owner: str) -> tuple[str, str]:
    """Return the release as packages have it, and which of a distribution's kernels it is, as "-rt"."""
    if owner == "suse":
        return release, f"-{release.rpartition('-')[2] if '-' in release else 'default'}"
    if owner in ("fedora", "rhel"):
        base, plus, variant = release.partition("+")
        return base, f"-{variant}" if plus else ""
    return release, ""
