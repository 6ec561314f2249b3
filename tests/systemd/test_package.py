"""The package's life: an upgrade in the middle of an upload, a removal with crashes still here, a purge."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from tests.machine import AMD, MCE, MINIS, dump_of, unpacked_sha256
from tests.ship.server import TusServer

from .container import Container
from .package import Deb, Package
from .service import SERVICE, TOKEN, complaints, configure, crash, delivered, event, original, start

pytestmark = [pytest.mark.nspawn, pytest.mark.timeout(400)]
NOWHERE = "tus+http://127.0.0.1:9/files/"


def test_an_upgrade_in_the_middle_of_an_upload_goes_on_where_it_was(
    host: Container, package: Package, endpoint: TusServer
) -> None:
    configure(host, endpoint.url, '[ship]\nbandwidth = "20 KiB"\n')
    host.write("/etc/kdump-agent/token", TOKEN, 0o600)
    start(host)
    content = dump_of(MINIS / AMD).read_bytes() + os.urandom(1 << 20)  # some 50 s of upload
    folder = crash(host, MINIS / AMD, content=content)
    while not (begun := [each for each in endpoint.uploads() if each.metadata["kind"] == "vmcore"]):
        time.sleep(0.05)  # nobody tells when an upload begins
    while not begun[0].path.stat().st_size:
        time.sleep(0.05)
    assert begun[0].path.stat().st_size < begun[0].length
    old = host.property(SERVICE, "MainPID")
    configure(host, endpoint.url)  # read at the restart
    package.upgrade(host)
    assert host.property(SERVICE, "MainPID") not in (old, "0")
    assert host.property(SERVICE, "ActiveState") == "active"
    delivered(host, folder)
    assert [each.path for each in endpoint.uploads() if each.metadata["kind"] == "vmcore"] == [begun[0].path]
    assert unpacked_sha256(original(endpoint, AMD)[1]) == hashlib.sha256(content).hexdigest()
    assert complaints(host) == []


def test_what_was_not_delivered_outlives_the_package(host: Container, package: Package, endpoint: TusServer) -> None:
    configure(host, NOWHERE)
    start(host)
    crash(host, MINIS / MCE)
    host.wait_for(event("put off"))
    kept_by(host, package.remove(host))
    assert (host.root / "etc/kdump-agent/config.toml").exists()
    if isinstance(package, Deb):
        kept_by(host, package.purge(host))
        assert not (host.root / "etc/kdump-agent").exists()
    package.install(host)
    configure(host, endpoint.url)
    host.write("/etc/kdump-agent/token", TOKEN, 0o600)
    start(host)
    delivered(host, host.root / "var/crash" / MCE)
    assert "kept" not in package.remove(host)
    if isinstance(package, Deb):
        package.purge(host)
        assert not (host.root / "var/lib/kdump-agent").exists()
        assert not (host.root / "etc/kdump-agent").exists()
    assert list((host.root / "etc/systemd").rglob("*kdump-agent*")) == []
    assert dump_of(host.root / "var/crash" / MCE).exists()
    assert complaints(host) == []


def kept_by(host: Container, said: str) -> None:
    """The service is gone, the crash is not, and the package said so."""
    assert "crashes that were not delivered: 1; they are kept in /var/lib/kdump-agent/jobs" in said
    assert len(list((host.root / "var/lib/kdump-agent/jobs").glob("*/job.json"))) == 1
    for unit in (SERVICE, "kdump-agent-decoder.socket"):
        assert host.property(unit, "ActiveState") == "inactive"
