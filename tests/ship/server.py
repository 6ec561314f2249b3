"""A real tus server on loopback: started, killed and started again by the test, on the same port and store."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyinotify

from tests.machine import REPOSITORY

HERE = REPOSITORY / "tests/ship/tus_server"


@dataclass(frozen=True)
class Arrived:
    """One upload as it lies in the server's store."""

    path: Path
    length: int
    metadata: dict[str, str]

    @property
    def complete(self) -> bool:
        return self.path.stat().st_size == self.length


class TusServer:
    """`@tus/server` with `@tus/file-store`."""

    def __init__(self, store: Path, *options: str, scheme: str = "http") -> None:
        self.store, self.options, self.scheme = store, options, scheme
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"tus+{self.scheme}://127.0.0.1:{self.port}/files/"

    def argv(self) -> list[str]:
        """What starts it; port 0 is any. Its first line tells the port."""
        _install()
        return ["node", str(HERE / "server.mjs"), str(self.store), str(self.port), *self.options]

    def start(self) -> None:
        self.store.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(self.argv(), stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:1] == ["port"], words
        self.port = int(words[1])

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def wait_for_bytes(self, count: int, within: float = 900) -> None:
        """Wait until a single upload has so many bytes, complete or not. Raises TimeoutError."""
        manager = pyinotify.WatchManager()
        manager.add_watch(str(self.store), pyinotify.IN_CREATE | pyinotify.IN_MODIFY, quiet=False)
        with os.fdopen(manager.get_fd(), "rb", buffering=0) as doorbell:
            until = time.monotonic() + within
            while max((path.stat().st_size for path in self.store.iterdir()), default=0) < count:
                if not select.select([doorbell], [], [], max(0, until - time.monotonic()))[0]:
                    raise TimeoutError(f"no upload of {count} bytes in {self.store}")
                doorbell.read(1 << 16)

    def uploads(self, below: str = "crashes/") -> list[Arrived]:
        """What is in the store under such a key, complete or not."""
        return [upload for upload in self.sheets() if upload.metadata.get("key", "").startswith(below)]

    def sheets(self) -> Iterator[Arrived]:
        """Read what the store says of each upload."""
        for sheet in sorted(self.store.glob("*.json")):
            try:
                document = json.loads(sheet.read_text())
            except ValueError:
                continue  # it is being written at this moment
            yield Arrived(sheet.with_suffix(""), document["size"], document.get("metadata") or {})

    def arrived(self, below: str = "crashes/") -> dict[str, list[Arrived]]:
        """The complete uploads under such a key, by their key."""
        by_key: dict[str, list[Arrived]] = {}
        for upload in self.uploads(below):
            if upload.complete:
                by_key.setdefault(upload.metadata["key"], []).append(upload)
        return by_key


@contextlib.contextmanager
def tus_server(store: Path, *options: str, scheme: str = "http") -> Iterator[TusServer]:
    """Yield a running server; on leaving it is dead."""
    with running(TusServer(store, *options, scheme=scheme)) as server:
        yield server


@contextlib.contextmanager
def running(server: TusServer) -> Iterator[TusServer]:
    """Start a server; on leaving it is dead."""
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.kill()


def _install() -> None:
    """Install the server's packages once; two test runs at a time wait for each other."""
    if shutil.which("npm") is None:
        raise RuntimeError("the tests need node and npm: apt-get install nodejs npm")
    with (HERE / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HERE / "node_modules/@tus/server").is_dir():
            environment = {name: value for name, value in os.environ.items() if not name.startswith("npm_config_")}
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, env=environment)


def decode_metadata(header: str) -> dict[str, str]:
    """Read an Upload-Metadata header."""
    pairs = (pair.split(" ") for pair in header.split(","))
    return {name: base64.b64decode(value).decode() for name, value in pairs}
