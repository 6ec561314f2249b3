"""What a real guest says of its kdump, and what becomes of a crash there that leaves no dump."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdump_agent.arming.document import schema
from tests.machine import REPOSITORY

from .guest import Guest, guest
from .recipe import BOOKWORM

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(1200)]
PROGRAM = """#!/bin/sh
cd /opt/agent && exec python3 -m kdump_agent "$@"
"""
STATES = ["armed", "degraded", "not armed", "unknown"]
"""By exit code."""


def bring_agent(machine: Guest) -> None:
    """Put the agent and its real units into a guest."""
    shutil.copytree(REPOSITORY / "kdump_agent", machine.share / "agent/kdump_agent")
    shutil.copytree(REPOSITORY / "systemd", machine.share / "units")
    (machine.share / "kdump-agent").write_text(PROGRAM)
    machine.run("cp -r /host/agent /opt/; install /host/kdump-agent /usr/bin/; cp /host/units/* /etc/systemd/system/")


def check(machine: Guest) -> dict[str, Any]:
    """What ``check`` says, once it keeps to its schema and to its exit codes."""
    answer = machine.ask("kdump-agent check --json")
    found: dict[str, Any] = json.loads(answer.text)
    jsonschema.validate(found, schema())
    assert STATES[answer.status] == found["state"]
    return found


def codes(found: dict[str, Any]) -> set[str]:
    """The codes that make a host less than armed."""
    return {finding["code"] for finding in found["findings"] if finding["severity"] != "note"}


def test_an_armed_guest_and_each_way_to_disarm_it_are_told_apart_and_mended(trixie: Guest) -> None:
    bring_agent(trixie)
    found = check(trixie)
    assert (found["state"], found["crash_kernel_loaded"], found["reserved_bytes"]) == ("armed", True, 256 << 20)
    assert found["kernel"] == trixie.image.release

    trixie.run("kdump-config unload && systemctl disable kdump-tools")
    assert codes(check(trixie)) == {"kdump.not-loaded", "unit.disabled"}
    trixie.run("kdump-agent check --fix --yes")  # which ends with 0 when it is armed then

    trixie.run("systemctl mask --now kdump-tools")
    trixie.run("kdump-config unload", check=False)
    trixie.run("mount -t tmpfs -o size=1m tmpfs /var/crash && sysctl -w kernel.panic_on_oops=0")
    assert codes(check(trixie)) == {"kdump.not-loaded", "unit.masked", "target.full", "panic.oops-survives"}


def test_a_crash_that_leaves_no_dump_is_reported_after_the_boot_with_the_reason(tmp_path: Path) -> None:
    """By the real unit, in its sandbox."""
    with guest(BOOKWORM, tmp_path / "guest", arguments="panic=5") as machine:
        bring_agent(machine)
        assert check(machine)["state"] == "armed"
        machine.run("systemctl enable --now kdump-agent && kdump-config unload")
        # the loaded crash kernel is looked at with every look at the crash folder
        remembered = "grep -q kdump.not-loaded /var/lib/kdump-agent/boots.json"
        machine.run(f"until {remembered}; do touch /var/crash/.look; sleep 1; done")
        crashed = machine.boot_id
        machine.crash("logger last words; sync; sleep 2; echo c > /proc/sysrq-trigger")
        machine.run("until ls /var/lib/kdump-agent/outbox/crashes/*/*/manifest.json; do sleep 1; done")
        report = json.loads(machine.run("cat /var/lib/kdump-agent/outbox/crashes/*/*/report.json"))
        last = report["last_boot"]
        assert last["boot_id"] == crashed.replace("-", "")
        assert last["why_no_dump"] == ["kdump.not-loaded: no crash kernel is loaded"]
        assert any("last words" in line for line in last["journal"])
        assert (report["panic"]["kind"], report["dump"]["format"]) == ("unknown", "none")
        assert last["arming"]["verdict"] == "not armed"
