"""The power fails while the dump is on its way, on a real Debian 12."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fleet import FleetHost
from .verdicts import check_arrival, check_health, check_status

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(3600)]


def test_a_dump_whose_upload_lost_its_power_arrives_once_and_whole(deb: Path, bookworm_host: FleetHost) -> None:
    host = bookworm_host
    host.install(deb, 'bandwidth = "1 MiB"\n')
    host.guest.crash("echo c >/proc/sysrq-trigger")
    host.server.wait_for_bytes(4 << 20)

    host.guest.monitor.pull_the_plug()
    (torn,) = (each for each in host.server.uploads() if each.metadata["kind"] == "vmcore")
    assert 0 < torn.path.stat().st_size < torn.length
    host.guest.wait_for_boot()
    host.wait_for("delivered", job=torn.metadata["crash"], then="status delivered")

    crashes = host.crashes()
    crash = crashes.pop(torn.metadata["crash"])
    assert crash.dump.path == torn.path, "the upload went on where it was torn"
    check_arrival(host, crash)
    (cut,) = crashes.values()
    assert "manifest.json" in cut.files, "the power cut is told, too: a boot that ended without a word and left no dump"
    assert cut.report["dump"]["format"] == "none"
    check_status(host, delivered=2)
    assert host.status()["last_boot"]["unclean"] == "yes"
    check_health(host)
