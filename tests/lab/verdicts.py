"""What must be true of a host that has crashed and come back, whatever brought it down."""

from __future__ import annotations

import json
import re

import jsonschema

from kdump_agent.report import document, status
from tests.machine import sha256, unpacked_sha256

from .fleet import Crash, FleetHost

HALF_WATCHDOG = 90
"""Seconds: half of WatchdogSec in systemd/kdump-agent.service."""
DENIED = re.compile(r"type=1326|apparmor=.DENIED|Permission denied|Operation not permitted|Traceback", re.IGNORECASE)
"""What a refusal leaves in the journal; 1326 is the audit record of a system call that seccomp did not allow."""


def check_armed(host: FleetHost) -> None:
    """The host can capture its next crash, and says so itself."""
    answer = json.loads(host.guest.run("kdump-agent check --json", check=False))
    assert answer["state"] == "armed", answer["findings"]


def check_arrival(host: FleetHost, crash: Crash) -> None:
    """The report came before the dump, and the dump is the guest's own."""
    jsonschema.validate(crash.report, document.schema())
    (sheet,) = crash.dump.path.parent.glob(f"{crash.dump.path.name}.json")
    assert crash.files["report.json"].path.stat().st_mtime_ns < sheet.stat().st_mtime_ns
    original = host.guest.run("sha256sum /var/crash/*/dump.*").split()[0]
    packed = crash.dump.metadata["key"].endswith(".zst")
    assert (unpacked_sha256 if packed else sha256)(crash.dump.path) == original
    assert crash.report["dump"]["sha256"] == original
    manifest = json.loads(crash.files["manifest.json"].path.read_text())
    assert {entry["name"]: entry["sha256"] for entry in manifest["files"]} == {
        name: sha256(each.path) for name, each in crash.files.items() if name != "manifest.json"
    }


def check_status(host: FleetHost, delivered: int = 1) -> None:
    """The endpoint knows that the host is armed again and has nothing left to send."""
    told = host.status()
    jsonschema.validate(told, status.schema())
    assert told["verdict"] == "armed", told["findings"]
    assert told["boot_id"] == host.guest.boot_id
    assert (told["jobs"]["delivered"], told["parked"]) == (delivered, 0)


def check_health(host: FleetHost) -> None:
    """The unit lives, its watchdog is fed, and nothing was denied to it or went wrong."""
    shown = host.show("ActiveState", "NRestarts", "Result")
    assert (shown["ActiveState"], shown["NRestarts"], shown["Result"]) == ("active", "0", "success")
    assert [event for event in host.events() if event["level"] in ("error", "critical")] == []
    said = host.guest.run(
        "journalctl -q -o cat -u 'kdump-agent*'; journalctl -q -o cat -k -g 'type=1326|DENIED' || true"
    )
    assert DENIED.findall(said) == [], said
    assert host.guest.run("systemctl --failed --plain --no-legend") == ""


def check_watchdog(host: FleetHost) -> None:
    """The watchdog is fed: when half its period is over since the start, the last word is younger than that."""
    started, fed = "ActiveEnterTimestampMonotonic", "WatchdogTimestampMonotonic"
    shown = host.show(started)
    until = int(shown[started]) // 1_000_000 + HALF_WATCHDOG + 1
    host.guest.run(f"left=$(( {until} - $(cut -d. -f1 /proc/uptime) )); [ $left -le 0 ] || sleep $left")
    shown = host.show("ActiveState", fed)
    assert shown["ActiveState"] == "active", host.guest.run("journalctl -b -o cat -u kdump-agent | tail -60")
    assert float(host.guest.run("cut -d' ' -f1 /proc/uptime")) - int(shown[fed]) / 1e6 < HALF_WATCHDOG
