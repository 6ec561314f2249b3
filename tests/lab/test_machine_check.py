"""The main promise, on a real Debian 12: its hardware fails, and the endpoint knows why before anybody asks."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from .cost import cost
from .fleet import FleetHost
from .verdicts import check_armed, check_arrival, check_health, check_status, check_watchdog

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]

BANK, STATUS = 1, 0xBE00000000000135
"""A data read that missed in the level 1 cache: valid, uncorrected, enabled, with address, context corrupt."""


def test_a_fatal_machine_check_arrives_decoded_and_then_whole(
    deb: Path, bookworm_host: FleetHost, figure: Callable[[dict[str, float]], None]
) -> None:
    host = bookworm_host
    host.install(deb)
    host.wait_for("status delivered")
    check_armed(host)
    assert host.status()["verdict"] == "armed"

    host.guest.monitor.machine_check(BANK, STATUS, address=0x12345678, misc=0x8C)
    host.guest.wait_for_boot()
    host.wait_for("delivered", then="status delivered")

    crash = host.crash()
    check_arrival(host, crash)
    assert (crash.report["panic"]["kind"], crash.report["host"]["name"]) == ("mce", "kdumplab")
    error = next(each for each in crash.report["hardware_errors"] if each["kind"] == "mce")
    assert (error["bank"], error["status"], error["addr"]) == (BANK, f"{STATUS:#x}", "0x12345000")
    assert error["decoded"]["text"] == "Data cache level-1 data-read error"
    assert error["decoded"]["severity"] == "fatal"
    check_status(host)
    check_watchdog(host)
    check_health(host)
    figure(cost(host))
