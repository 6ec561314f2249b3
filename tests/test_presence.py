"""How a host tells that it is there, and whether it would capture its next crash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdump_agent.arming import document as check
from kdump_agent.errors import Retryable
from kdump_agent.jobs import Jobs
from kdump_agent.model import CrashDir, Job, Stage
from kdump_agent.paths import HostPaths
from kdump_agent.presence import DAY, HOUR, Presence
from kdump_agent.report import status
from kdump_agent.report.document import Host
from kdump_agent.ship.backoff import share_of
from kdump_agent.ship.directory import Directory
from kdump_agent.ship.endpoint import Endpoint, Item

from .machine import MINIS, NULL, Machine
from .ship.server import TusServer
from .test_agent import Quiet
from .test_ship_stage import Told

CRASH = CrashDir(Path("/var/crash/one"), "loose", None, None)


def promtool() -> str:
    """Prometheus' own checker; CI has it."""
    found = shutil.which("promtool", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("promtool is missing")
    assert found is not None, "promtool is missing"
    return found


class Standing:
    """A presence on a root of the test's own, with clocks that only the test moves."""

    def __init__(self, home: Path) -> None:
        self.root, self.outbox, self.textfile = home / "root", home / "outbox", home / "metrics.prom"
        self.now = 1_800_000_000.0
        self.down = False
        jobs = Jobs(home / "state")
        jobs.prepare()
        self.write("proc/sys/kernel/random/boot_id", "one")
        self.write("proc/uptime", "12.34 5.0")
        self.write("sys/kernel/kexec_crash_loaded", "0")
        self.presence = Presence(
            Host("h1"), HostPaths(self.root), self.root / "var/crash", jobs, self.endpoint,
            lambda attempt, _after: 100.0 * attempt, Quiet(), self.textfile, True, clock=lambda: self.now,
            steady=lambda: self.now,
        )  # fmt: skip

    def write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def endpoint(self) -> Endpoint:
        if self.down:
            raise Retryable("no route")
        return Directory(self.outbox)

    def sent(self) -> dict[str, Any] | None:
        path = self.outbox / "hosts/h1/status.json"
        return json.loads(path.read_text()) if path.exists() else None

    def tell(self, jobs: Sequence[Job] = ()) -> dict[str, Any] | None:
        """Let it tell, and return what is new at the endpoint."""
        path = self.outbox / "hosts/h1/status.json"
        path.unlink(missing_ok=True)
        self.presence(list(jobs))
        return self.sent()


@pytest.fixture
def standing(tmp_path: Path) -> Standing:
    return Standing(tmp_path)


def test_after_a_start_the_endpoint_learns_the_verdict(standing: Standing) -> None:
    told = standing.tell()
    assert told is not None
    jsonschema.validate(told, status.schema())
    assert (told["host"]["name"], told["boot_id"], told["uptime_seconds"]) == ("h1", "one", 12.34)
    assert told["verdict"] == "not armed"
    assert "kdump.not-installed" in {finding["code"] for finding in told["findings"]}


def test_nothing_new_is_not_told_again_until_the_day_is_over(standing: Standing) -> None:
    assert standing.tell()
    standing.now += HOUR
    assert standing.tell() is None
    standing.now += 1.2 * DAY
    assert standing.tell()


def test_another_endpoint_is_told_at_once(standing: Standing) -> None:
    standing.tell()
    standing.presence.url = "tus+https://new.example.com/files/"
    assert standing.tell()
    assert standing.tell() is None


def test_a_change_of_the_host_is_told_at_once(standing: Standing) -> None:
    standing.tell()
    standing.write("proc/sys/kernel/random/boot_id", "two")
    told = standing.tell()
    assert told is not None
    assert told["boot_id"] == "two"
    standing.write("etc/default/kdump-tools", "USE_KDUMP=0\n")
    told = standing.tell()
    assert told is not None
    assert "kdump.switched-off" in {finding["code"] for finding in told["findings"]}


def test_a_crash_on_its_way_is_told_when_it_is_known_and_when_it_has_arrived(standing: Standing) -> None:
    standing.tell()
    told = []
    for stage in Stage:
        reached = stage in (Stage.DELIVERED, Stage.PRUNED)
        job = Job("20260101T000000Z-00000000", stage, CRASH, 7, 8, delivered_at=9 if reached else None)
        if (status := standing.tell([job])) is not None:
            told.append((stage, status["last_crash"], status["last_delivery"]))
    assert told == [
        (Stage.FOUND, "1970-01-01T00:00:07Z", None),
        (Stage.DELIVERED, "1970-01-01T00:00:07Z", "1970-01-01T00:00:09Z"),
    ]
    assert "kdump_agent_last_delivery_timestamp_seconds 9\n" in standing.textfile.read_text()


def test_an_endpoint_that_is_away_is_tried_again_after_a_while(standing: Standing) -> None:
    standing.down = True
    assert standing.tell() is None
    standing.down = False
    assert standing.tell() is None
    standing.now += 101
    assert standing.tell()


def test_the_watchdog_hears_of_us_between_any_two_requests(standing: Standing) -> None:
    noted: list[str] = []
    standing.presence.endpoint = lambda: Told(standing.outbox, noted)
    standing.presence.beat = lambda: noted.append("beat")
    assert standing.tell()
    assert noted[:5] == ["begin", "beat", "offset", "beat", "append"]


def test_metrics_say_the_same_and_promtool_agrees(standing: Standing) -> None:
    standing.tell()
    text = standing.textfile.read_text()
    assert "kdump_agent_armed 0\n" in text
    assert 'kdump_agent_jobs{stage="delivered"} 0\n' in text
    assert 'kdump_agent_findings{code="kdump.not-installed",severity="fatal"} 1\n' in text
    assert standing.textfile.stat().st_mode & 0o777 == 0o644
    assert f"kdump_agent_last_status_timestamp_seconds {int(standing.now)}\n" in text
    answer = subprocess.run([promtool(), "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    broken = text.replace("kdump_agent_armed 0", "kdump-agent-armed 0")
    assert subprocess.run([promtool(), "check", "metrics"], input=broken.encode(), check=False).returncode != 0


def test_metrics_that_cannot_be_written_stop_nothing(standing: Standing) -> None:
    standing.presence = replace(standing.presence, textfile=Path("/nonexistent/metrics"))
    assert standing.tell()


def test_after_a_power_cut_the_hosts_of_a_fleet_speak_one_after_the_other(standing: Standing) -> None:
    left = [30.0]
    standing.presence.hold = lambda: left[0]
    assert standing.tell() is None
    left[0] = 0.0
    assert standing.tell()


def test_a_unit_that_is_disabled_is_seen_at_once(standing: Standing) -> None:
    capture, folder = "kdump-agent-captures/systemctl-show-kdump.service", "etc/systemd/system/multi-user.target.wants"
    remembered: list[str] = []
    standing.presence.remember = lambda arming: remembered.append(arming["verdict"])
    standing.write(capture, "LoadState=loaded\nUnitFileState=enabled\n")
    standing.write(f"{folder}/kdump.service", "")
    standing.tell()
    standing.write(capture, "LoadState=loaded\nUnitFileState=disabled\n")
    (standing.root / folder / "kdump.service").unlink()
    os.utime(standing.root / folder, (1, 1))
    told = standing.tell()
    assert told is not None
    assert "unit.disabled" in {finding["code"] for finding in told["findings"]}
    assert remembered == ["not armed", "not armed"]


def test_hosts_spread_over_the_day() -> None:
    shares = sorted(share_of(f"host{number}") for number in range(1000))
    assert shares[100] < 0.2
    assert shares[900] > 0.8
    assert share_of("host1") == share_of("host1")


def test_a_pass_tells_of_crashes_and_deliveries(machine: Machine, tus: TusServer) -> None:
    machine.add(MINIS / NULL)
    machine.write_config(url=tus.url)
    assert machine.run("run", "--once").returncode == 0
    ((upload,),) = tus.arrived("hosts/").values()
    told = json.loads(upload.path.read_text())
    jsonschema.validate(told, status.schema())
    assert told["jobs"]["delivered"] == 1
    assert told["last_crash"] == "2026-11-23T20:51:32Z"
    assert told["last_delivery"] is not None
    assert upload.metadata["kind"] == "status"


def test_it_can_be_switched_off(machine: Machine) -> None:
    machine.write_config("[status]\nsend = false\n")
    assert machine.run("run", "--once").returncode == 0
    assert not (machine.outbox / "hosts").exists()


def test_the_schema_of_a_check_is_that_of_its_findings() -> None:
    mine = set(status.schema()["properties"]["findings"]["items"]["properties"])
    assert mine == {"code", "severity", "fact", "reason", "remedy"}
    assert "findings" in check.schema()["properties"]


def test_items_of_the_same_key_replace_each_other(tmp_path: Path) -> None:
    import hashlib

    endpoint = Directory(tmp_path)
    for content in (b"old", b"new"):
        item = Item("hosts/h/status.json", 3, hashlib.sha256(content).hexdigest())
        fd = os.memfd_create("status")
        os.write(fd, content)
        handle = endpoint.begin(item)
        offset = endpoint.offset(item, handle)
        endpoint.append(item, handle, offset, fd, 3 - offset, lambda _done: None)
        endpoint.finish(item, handle, lambda: None)
        os.close(fd)
    assert (tmp_path / "hosts/h/status.json").read_bytes() == b"new"
