"""Tell the endpoint, monitoring and systemd how this host is: on change, after boot, and once a day.

A host that would lose its next crash is visible before it; one that fell silent is visible by that. Nothing here ever
holds up a crash: a failure is logged and tried again later.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from . import files
from .arming.document import finding_document
from .arming.gather import gather
from .arming.verdict import Verdict, judge
from .errors import AgentError
from .jobs import Jobs
from .model import Job
from .paths import HostPaths
from .report.document import Host
from .report.status import Boot, news, status
from .service.log import Log
from .service.metrics import render
from .ship.backoff import share_of
from .ship.endpoint import Endpoint, Item

HOUR, DAY = 3600.0, 86400.0


@dataclass
class Presence:
    """Knows what was told last, and tells anew when that is no longer true."""

    host: Host
    paths: HostPaths
    crash_dir: Path
    jobs: Jobs
    endpoint: Callable[[], Endpoint]
    backoff: Callable[[int, float | None], float]
    log: Log
    textfile: Path | None
    send: bool
    clock: Callable[[], float]
    """Seconds since 1970."""
    steady: Callable[[], float]
    remember: Callable[[Mapping[str, Any]], None] = lambda _arming: None
    """Keeps how the host is for the next boot, which may have to tell why there is no dump. May raise OSError."""
    last_boot: Callable[[], Mapping[str, Any] | None] = lambda: None
    """How the boot before this one ended, where that was judged."""
    hold: Callable[[], float] = lambda: 0.0
    """Seconds for which nothing is told yet, so that the hosts of a fleet do not speak at once after a power cut."""
    url: str = ""
    """Where the endpoint is: another one knows nothing of this host yet."""
    beat: Callable[[], None] = lambda: None
    """Says that we live; called between two requests, one of which may take half of the watchdog's patience."""
    _verdict: Verdict | None = None
    _seen: tuple[object, ...] = ()
    _looked: float = float("-inf")
    _not_before: float = float("-inf")
    """On the steady clock: when sending may be tried."""
    _failures: int = 0
    _told: set[str] = field(default_factory=set)

    def __call__(self, current: list[Job]) -> str:
        """Look at the host and tell what is new; return the verdict in one word or two. Never raises AgentError."""
        verdict = self._look()
        document = self._document(verdict, current)
        if self.send and not self.hold() and self.steady() >= self._not_before and self._is_due(document):
            self._deliver(document)
        self._write_metrics(document, current)
        return verdict.state

    def _look(self) -> Verdict:
        """Judge the host anew when something that decides has changed, or an hour is over."""
        seen = self._fingerprint()
        if self._verdict is None or seen != self._seen or self.steady() - self._looked >= HOUR:
            before = self._verdict
            self._verdict, self._seen, self._looked = judge(gather(self.paths)), seen, self.steady()
            if before is None or before != self._verdict:
                codes = [finding.code for finding in self._verdict.findings if finding.severity != "note"]
                level = "info" if self._verdict.state == "armed" else "warning"
                getattr(self.log, level)("arming", verdict=self._verdict.state, findings=codes)
                self._remember(self._verdict)
        return self._verdict

    def _remember(self, verdict: Verdict) -> None:
        findings = [finding_document(finding) for finding in verdict.findings]
        try:
            self.remember({"verdict": verdict.state, "at": int(self.clock()), "findings": findings})
        except OSError as exc:
            self.log.error("arming not remembered", why=str(exc))

    def _fingerprint(self) -> tuple[object, ...]:
        """What decides and is cheap to see."""
        paths = self.paths
        new, old = paths.kexec
        loaded, sizes = (
            (new / "crash_loaded", old / "kexec_crash_loaded"),
            (new / "crash_size", old / "kexec_crash_size"),
        )
        contents = [_content(path) for path in (*loaded, *sizes, paths.boot_id, paths.sysctls / "panic_on_oops")]
        settings = (paths.kdump_conf, paths.sysconfig_kdump, paths.default_kdump_tools)
        times = [_changed(path) for path in (*settings, *paths.unit_links)]
        return (*contents, *times, self._room())

    def _room(self) -> int | None:
        """How full the crash folder's file system is, so coarsely that only halving or doubling is a change."""
        try:
            return (files.free_space(self.crash_dir).bytes_free >> 20).bit_length()
        except OSError:
            return None

    def _document(self, verdict: Verdict, current: list[Job]) -> dict[str, Any]:
        uptime = _content(self.paths.uptime)
        release = os.uname().release if self.paths.root == Path("/") else None
        boot = Boot(release, _content(self.paths.boot_id), float(uptime.split()[0]) if uptime else None)
        findings = [finding_document(finding) for finding in verdict.findings]
        try:
            free: int | None = files.free_space(self.jobs.state_dir).bytes_free
        except OSError:
            free = None
        return status(
            self.host, boot, verdict.state, findings, current,
            now=int(self.clock()), bytes_free=free, last_boot=self.last_boot(),
        )  # fmt: skip

    def _write_metrics(self, document: Mapping[str, Any], current: list[Job]) -> None:
        if self.textfile is None:
            return
        try:
            text = render(document, current, now=self.clock(), told=self._told_last()[0])
            files.write_durable(self.textfile, text.encode(), mode=0o644)
        except OSError as exc:
            hint = "check metrics.textfile and what the service may write to (ReadWritePaths=)"
            self._tell_once(f"{self.textfile}: metrics cannot be written: {exc.strerror}; {hint}")

    def _is_due(self, document: Mapping[str, Any]) -> bool:
        at, before = self._told_last()
        if at is None:
            return True
        age = self.clock() - at
        # A share of the day that is the host's own keeps a fleet from speaking at the same minute.
        day = DAY * (0.9 + 0.2 * share_of(self.host.name))
        return before != news(document) or not 0 <= age < day

    def _told_last(self) -> tuple[float | None, object]:
        """When this endpoint last took a status, and what was new in it; None before the first time."""
        try:
            sent = json.loads(self._sent.read_bytes())
            if sent["to"] != self.url:
                return None, None
            return float(sent["at"]), sent["news"]
        except (OSError, ValueError, KeyError, TypeError):
            return None, None

    def _deliver(self, document: dict[str, Any]) -> None:
        path = self.jobs.state_dir / "status.json"
        try:
            files.write_json(path, document)
            self._carry(path)
            files.write_json(self._sent, {"to": self.url, "at": self.clock(), "news": news(document)})
            self._failures, self._not_before = 0, float("-inf")
            self.log.info("status delivered", verdict=document["verdict"])
        except (AgentError, OSError) as exc:
            self._failures += 1
            wait = self.backoff(self._failures, getattr(exc, "after", None))
            self._not_before = self.steady() + wait
            self.log.warning("status not sent", why=str(exc), seconds=round(wait, 1))

    def _carry(self, path: Path) -> None:
        content = path.read_bytes()
        key = f"hosts/{self.host.name}/status.json"
        item = Item(key, len(content), hashlib.sha256(content).hexdigest(), {"kind": "status", "host": self.host.name})
        endpoint = self.endpoint()
        handle = endpoint.begin(item)
        self.beat()
        offset = endpoint.offset(item, handle)
        self.beat()
        with path.open("rb") as file:
            if offset < item.size:
                endpoint.append(item, handle, offset, file.fileno(), item.size - offset, lambda _done: self.beat())
        endpoint.finish(item, handle, self.beat)

    @property
    def _sent(self) -> Path:
        return self.jobs.state_dir / "status.sent.json"

    def _tell_once(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self.log.warning("metrics", why=words)


def _content(path: Path) -> str | None:
    try:
        return path.read_text("ascii", "replace")[:256].strip()
    except OSError:
        return None


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
