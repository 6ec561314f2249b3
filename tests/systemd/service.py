"""The service as its owner sees it: settings, a crash, the journal, what lies at the endpoint."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

from tests.machine import dump_of
from tests.ship.server import TusServer

from .container import Container

SERVICE = "kdump-agent.service"
TOKEN = "canary-5e1f0c"
Entry = Mapping[str, Any]
Wanted = Callable[[Entry], bool]

FORBIDDEN = ("denied", "not permitted", "read-only file system", "eperm", "seccomp", "traceback")


def configure(host: Container, url: str, more: str = "") -> None:
    """Say where crashes go; a finished dump needs no time to settle."""
    host.write("/etc/kdump-agent/config.toml", f'[agent]\nsettle = "0 s"\n[endpoint]\nurl = "{url}"\n{more}', 0o600)


def start(host: Container) -> None:
    """Enable and start the service; it has said READY then."""
    host.run("systemctl", "enable", "--now", SERVICE)


def crash(host: Container, source: Path, *, log: bool = True, content: bytes | None = None) -> Path:
    """Put a dump into the crash folder as kdump does: a new folder, then the files, the dump renamed at the end."""
    folder = host.root / "var/crash" / source.name
    folder.mkdir(parents=True)
    dump = dump_of(source)
    for file in source.iterdir():
        if file != dump and log:
            shutil.copy(file, folder)
    draft = folder / ("vmcore-incomplete" if dump.name == "vmcore" else "dump-incomplete")
    draft.write_bytes(dump.read_bytes() if content is None else content)
    draft.chmod(0o600)
    draft.rename(folder / dump.name)
    return folder


def of(unit: str) -> Wanted:
    """What systemd says of a unit whose name begins so."""
    return lambda entry: str(entry.get("UNIT", "")).startswith(unit)


def event(name: str, **fields: object) -> Wanted:
    """What the agent says of itself."""

    def wanted(entry: Entry) -> bool:
        if entry.get("_SYSTEMD_UNIT") != SERVICE or not str(entry["MESSAGE"]).startswith("{"):
            return False
        said = json.loads(entry["MESSAGE"])
        return bool(said["event"] == name and fields.items() <= said.items())

    return wanted


def nth(count: int, wanted: Wanted) -> Wanted:
    """The same, as often as that."""
    seen = 0

    def counted(entry: Entry) -> bool:
        nonlocal seen
        seen += wanted(entry)
        return seen == count

    return counted


def delivered(host: Container, folder: Path) -> None:
    """Wait until the endpoint has all of a crash."""
    host.wait_for(event("delivered", crash=f"/var/crash/{folder.name}"))


def complaints(host: Container) -> list[str]:
    """What was logged by our units or of them that is worse than a warning or tells of something forbidden."""
    found = []
    for entry in host.journal():
        about = f"{entry.get('UNIT')} {entry.get('_SYSTEMD_UNIT')}"
        text = str(entry.get("MESSAGE", ""))
        if "kdump-agent" in about:
            bad = int(entry.get("PRIORITY", 6)) < 5 or '"level": "error"' in text
            if bad or any(word in text.lower() for word in FORBIDDEN):
                found.append(text)
    return found


def original(endpoint: TusServer, name: str) -> tuple[dict[str, Any], Path]:
    """Return the report and the packed dump that arrived of a crash, each exactly once."""
    arrived = endpoint.arrived()
    (manifest,) = [
        key for key, uploads in arrived.items() if key.endswith("manifest.json") and name in uploads[0].path.read_text()
    ]
    (report,), (dump,) = (arrived[f"{manifest.rpartition('/')[0]}/{file}"] for file in ("report.json", "vmcore.zst"))
    return json.loads(report.path.read_text()), dump.path
