"""Make the Debian of the tests' guests and containers."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

CHOSEN = "KDUMP_AGENT_LAB_MIRROR"
UNREAD = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
"""What no test needs: left out by dpkg."""
_ARCHIVE = re.compile(r"^(?:URIs:|deb(?: \[[^]]*\])?)\s+(\S+/debian)/?(?:\s|$)", re.MULTILINE)


def mirror() -> str:
    """Return the mirror that ``KDUMP_AGENT_LAB_MIRROR`` names, else the one that this host's own apt uses."""
    if chosen := os.environ.get(CHOSEN):
        return chosen
    apt = Path("/etc/apt")
    for source in (*sorted(apt.glob("sources.list.d/*.sources")), *sorted(apt.glob("**/*.list"))):
        if found := _ARCHIVE.search(source.read_text()):
            return found[1]
    raise RuntimeError(f"apt's sources name no Debian archive; set {CHOSEN}")


def bootstrap(suite: str, packages: Sequence[str], folder: Path, *hooks: str) -> None:
    """Install these packages of a Debian into an empty folder; ``hooks`` are options of mmdebstrap."""
    options = [f"--dpkgopt=path-exclude={pattern}" for pattern in UNREAD]
    say("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", *options, *hooks,
        suite, str(folder), mirror())  # fmt: skip


def say(*argv: str) -> None:
    """Run a program; what it said is in the error when it fails."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        words = done.stdout.decode("utf-8", "replace").splitlines()[-40:]
        raise RuntimeError("\n".join([f"{argv[0]} ended with {done.returncode}:", *words]))
