"""A machine of the test's own: a crash folder, a state folder, settings, and the real program run on them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "tests/data"
MINIS = DATA / "crash"
SHARED = REPOSITORY.parent / "shared"

MCE, NULL, AMD = "202611232047", "202611232052", "127.0.0.1-2026-11-23-21:03:20"


def shared(*names: str) -> Path:
    """Return a path of ../shared; where it is missing the test is skipped, but in CI it fails."""
    import pytest

    path = SHARED.joinpath(*names)
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{path} is missing")
        pytest.skip(f"{path} is missing")
    return path


class Machine:
    """Where one agent lives."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.crash = home / "crash"
        self.state = home / "state"
        self.outbox = home / "outbox"
        self.config = home / "config.toml"
        self.crash.mkdir(parents=True, exist_ok=True)
        self.write_config()

    def write_config(self, more: str = "", *, url: str | None = None, agent: str = "", ship: str = "") -> None:
        self.config.write_text(
            f'[agent]\ncrash_dir = "{self.crash}"\nstate_dir = "{self.state}"\nsettle = "0 s"\n{agent}\n'
            f'[ship]\nspread = "0 s"\n{ship}\n'
            f'[endpoint]\nurl = "{url or self.outbox.as_uri()}"\n{more}\n'
        )
        self.config.chmod(0o600)

    def add(self, source: Path) -> Path:
        """Copy a crash folder as kdump would have left it."""
        return Path(shutil.copytree(source, self.crash / source.name))

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "kdump_agent", "--config", str(self.config), *words]

    def run(self, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.argv(*words), capture_output=True, text=True, timeout=timeout, cwd=REPOSITORY, check=False
        )

    def run_powerless(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it without a capability, as the service is: what is another user's is then closed to root, too."""
        argv = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *self.argv(*words)]
        return subprocess.run(argv, capture_output=True, text=True, cwd=REPOSITORY, check=False)

    def json(self, *words: str) -> Any:
        answer = self.run(*words, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def delivered(self) -> dict[str, Path]:
        """What lies at the directory endpoint of crashes, by key."""
        return {
            path.relative_to(self.outbox).as_posix(): path
            for path in sorted(self.outbox.rglob("*"))
            if path.is_file() and not path.name.startswith(".") and "crashes" in path.parts
        }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpacked_sha256(path: Path) -> str:
    """The hash of what is in a zstd file."""
    content = subprocess.run(["zstd", "-dc", "--", str(path)], check=True, capture_output=True).stdout
    return hashlib.sha256(content).hexdigest()


def dump_of(folder: Path) -> Path:
    """The dump of a crash folder."""
    return next(
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith(("dump", "vmcore")) and "dmesg" not in path.name
    )
