"""A driver's fault on a real Debian 13, whose Python is 3.13 and whose kernel is of another year."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from .cost import cost
from .fault import fault
from .fleet import FleetHost
from .recipe import TRIXIE
from .verdicts import check_armed, check_arrival, check_health, check_status, check_watchdog

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(3600)]


def test_a_null_dereference_arrives_with_the_driver_that_did_it(
    deb: Path, trixie_host: FleetHost, figure: Callable[[dict[str, float]], None]
) -> None:
    host = trixie_host
    host.install(deb)
    host.wait_for("status delivered")
    check_armed(host)

    host.guest.crash(f"insmod {host.guest.put(fault(TRIXIE, host.guest.image))}")
    host.wait_for("delivered", then="status delivered")

    crash = host.crash()
    check_arrival(host, crash)
    panic = crash.report["panic"]
    assert (panic["kind"], panic["function"], panic["comm"]) == ("null_deref", "lab_reset_device", "insmod")
    assert "lab_fault" in {frame["module"] for frame in crash.report["frames"]}
    check_status(host)
    check_watchdog(host)
    check_health(host)
    figure(cost(host))
