"""Which distribution a host runs, as far as kdump differs between them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .shell import assignments

# os-release(5): ID, else one of ID_LIKE
FAMILIES = {
    "fedora": "fedora", "rhel": "rhel", "centos": "rhel", "almalinux": "rhel", "rocky": "rhel", "ol": "rhel",
    "debian": "debian", "ubuntu": "ubuntu", "sles": "suse", "sled": "suse", "suse": "suse", "opensuse": "suse",
    "opensuse-leap": "suse", "opensuse-tumbleweed": "suse",
}  # fmt: skip


@dataclass(frozen=True)
class Distribution:
    """A distribution and its release."""

    family: str
    """fedora, rhel, debian, ubuntu, suse or unknown."""
    major: int | None
    """The first number of its version; None for a rolling one."""
    name: str
    ostree: bool = False
    """Is the system an image that rpm-ostree changes, and dnf and grubby do not? (CoreOS, Silverblue)"""


def parse_os_release(text: str) -> Distribution:
    """Return the distribution that an os-release(5) names."""
    found = assignments(text)
    names = [found.get("ID", ""), *found.get("ID_LIKE", "").split()]
    family = next((FAMILIES[name] for name in names if name in FAMILIES), "unknown")
    major = re.match(r"[0-9]{1,6}", found.get("VERSION_ID", ""))
    return Distribution(family, int(major[0]) if major else None, found.get("PRETTY_NAME") or names[0] or "unknown")
