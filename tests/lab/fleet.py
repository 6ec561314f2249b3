"""A host of a fleet: a guest with the agent's package installed, and the endpoint on this side.

The endpoint is the real tus server, over TLS and with a token, which the agent has as a systemd credential.
"""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ship.authority import Authority
from tests.ship.server import Arrived, TusServer, tus_server

from .guest import Guest

US = "10.0.2.2"
"""This machine's loopback, as the guest sees it."""
TOKEN = "what-only-this-fleet-knows"
UNIT = "kdump-agent.service"
FOLLOW = """
rm -f /run/lab-lines; mkfifo /run/lab-lines
journalctl -q -b -n all -f -o cat -u kdump-agent >/run/lab-lines & follower=$!
timeout {seconds} sed -u -n {script} /run/lab-lines; found=$?
kill $follower; [ $found = 9 ]
"""
"""Ends when sed has found what it looks for, which its script tells by ending with 9."""


@dataclass(frozen=True)
class Crash:
    """What of one crash has arrived, each file once."""

    files: dict[str, Arrived]

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.files["report.json"].path.read_text())
        return found

    @property
    def dump(self) -> Arrived:
        (name,) = (name for name in self.files if name.startswith("vmcore"))
        return self.files[name]


class FleetHost:
    """One host and what it sends."""

    def __init__(self, guest: Guest, server: TusServer, authority: Authority) -> None:
        self.guest, self.server, self._authority = guest, server, authority

    def install(self, deb: Path, settings: str = "") -> None:
        """Do what a fleet's owner does: package, settings, token, enable. ``settings`` are lines of TOML."""
        config = self.guest.share / "config.toml"
        url = self.server.url.replace("127.0.0.1", US)
        config.write_text(
            f'[endpoint]\nurl = "{url}"\nca_file = "/etc/kdump-agent/ca.pem"\n[ship]\nspread = "0 s"\n{settings}'
        )
        (self.guest.share / "token").write_text(TOKEN)
        self.guest.put(self._authority.ca)
        self.guest.run(
            f"""set -e
            dpkg -i {self.guest.put(deb)}
            install -d -m 755 /etc/kdump-agent
            install -m 600 /host/token /host/config.toml /etc/kdump-agent
            install -m 644 /host/ca.pem /etc/kdump-agent
            sync # a crash within seconds is to find the settings on the disk
            systemctl enable -q --now {UNIT}"""
        )

    def wait_for(self, event: str, *, job: str = "", then: str = "", within: float = 900) -> None:
        """Wait until the agent of this boot has logged such an event, of this job if one is named, and then another.

        Raises AssertionError, with all that it logged.
        """
        # no $ for "to the end": sed would wait for another line to know whether this one is the last
        script = f"/{_of(job)}{_event(event)}/,/^never$/ {{ /{_event(then or event)}/ q9 }}"
        answer = self.guest.ask(FOLLOW.format(seconds=int(within), script=shlex.quote(script)), within=within + 60)
        assert answer.status == 0, f"no {then or event!r} in:\n" + self.guest.run("journalctl -b -o cat -u kdump-agent")

    def events(self) -> list[dict[str, Any]]:
        """All that the agent has logged, in all boots."""
        lines = self.guest.run(f"journalctl -q -o cat _SYSTEMD_UNIT={UNIT}").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def crashes(self) -> dict[str, Crash]:
        """Return what has arrived, by crash; fails when any file of one came twice."""
        found: dict[str, Crash] = {}
        for key, uploads in self.server.arrived("crashes/").items():
            assert len(uploads) == 1, uploads
            crash, name = key.split("/")[-2:]
            found.setdefault(crash, Crash({})).files[name] = uploads[0]
        return found

    def crash(self) -> Crash:
        """Return the only crash that has arrived."""
        (only,) = self.crashes().values()
        return only

    def status(self) -> dict[str, Any]:
        """Return what the host last told of itself."""
        (told,) = self.server.arrived("hosts/").values()
        newest: dict[str, Any] = json.loads(max(told, key=lambda each: each.path.stat().st_mtime_ns).path.read_text())
        return newest

    def show(self, *properties: str) -> dict[str, str]:
        """Return properties of the agent's unit."""
        said = self.guest.run(f"systemctl show {UNIT} -p {','.join(properties)}")
        return dict(line.split("=", 1) for line in said.splitlines())


def _of(job: str) -> str:
    return f'"job": "{job}".*' if job else ""


def _event(words: str) -> str:
    return f'"event": "{words}"'


@contextlib.contextmanager
def fleet_host(guest: Guest, home: Path) -> Iterator[FleetHost]:
    """Yield a host whose endpoint is up; the agent is not yet installed."""
    authority = Authority(home / "authority")
    certificate, key = authority.issue("endpoint", f"IP:{US}")
    token = home / "token"
    token.write_text(TOKEN)
    with tus_server(home / "store", str(token), str(certificate), str(key), scheme="https") as server:
        yield FleetHost(guest, server, authority)
