"""The Debian package: what is in it, and what becomes of crashes when it comes, changes and goes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.machine import MCE, NULL
from tests.ship.server import TusServer

from . import crashes
from .built import Root

pytestmark = pytest.mark.slow


@pytest.fixture
def installed(root: Root, deb: Path) -> Root:
    install(root, deb)
    return root


def install(root: Root, deb: Path) -> None:
    root.run("dpkg", "--force-unsafe-io", "-i", root.put(deb, "/srv"))


def test_every_file_is_roots_and_no_other_may_write_it(deb: Path) -> None:
    listing = subprocess.run(["dpkg-deb", "-c", str(deb)], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root", line
        assert mode in ("drwxr-xr-x", "-rw-r--r--") or line.endswith("./usr/bin/kdump-agent"), line


def test_the_service_the_manual_and_the_completions_are_where_debian_looks(installed: Root) -> None:
    for place in (
        "lib/systemd/system/kdump-agent.service",
        "usr/share/man/man8/kdump-agent.8.gz",
        "usr/share/man/man5/kdump-agent.toml.5.gz",
        "usr/share/bash-completion/completions/kdump-agent",
        "usr/share/zsh/vendor-completions/_kdump-agent",
        "usr/share/fish/vendor_completions.d/kdump-agent.fish",
        "usr/share/doc/kdump-agent/docs/operating.md",
        "etc/kdump-agent/config.d",
    ):
        assert (installed.path / place).exists(), place


def test_it_depends_on_the_distributions_own_libraries(deb: Path) -> None:
    depends = subprocess.run(["dpkg-deb", "-f", str(deb), "Depends"], check=True, capture_output=True, text=True).stdout
    names = {part.split()[0] for part in depends.split(",")}
    assert names >= {
        "python3-pyinotify", "python3-requests", "python3-sdnotify", "python3-structlog", "python3-tomli", "zstd",
    }  # fmt: skip
    known = [name.split(":")[0] for name in sorted(names)]
    subprocess.run(["apt-cache", "show", *known], check=True, stdout=subprocess.DEVNULL)


def test_the_installed_agent_delivers_with_the_distributions_libraries(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed)
    assert crashes.stages(installed) == ["delivered"]
    assert list((installed.path / "srv/endpoint").rglob("vmcore.zst"))


def test_installing_starts_and_enables_nothing(installed: Root) -> None:
    assert not (installed.path / "etc/systemd/system/multi-user.target.wants/kdump-agent.service").is_symlink()
    assert not installed.state.exists()


def test_removing_keeps_an_undelivered_crash_and_says_where(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.fail_to_deliver(installed)
    gone = installed.run("dpkg", "-r", "kdump-agent")
    assert "crashes that were not delivered: 1; they are kept in /var/lib/kdump-agent/jobs" in gone.stderr
    assert len(crashes.stages(installed)) == 1


def test_removing_tells_of_a_state_folder_that_the_settings_name(installed: Root) -> None:
    crashes.crash(installed, MCE)
    installed.write("/etc/kdump-agent/config.toml", '[agent]\nstate_dir = "/srv/state"\n')
    crashes.fail_to_deliver(installed)
    assert "kept in /srv/state/jobs" in installed.run("dpkg", "-r", "kdump-agent").stderr


def test_purging_keeps_an_undelivered_crash_which_the_next_installation_delivers(installed: Root, deb: Path) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed)
    crashes.crash(installed, NULL)
    crashes.fail_to_deliver(installed)
    gone = installed.run("dpkg", "-P", "kdump-agent")
    assert "crashes that were not delivered: 1;" in gone.stderr
    assert not installed.settings.exists()
    install(installed, deb)
    crashes.deliver(installed)
    assert crashes.stages(installed) == ["delivered", "delivered"]


def test_purging_keeps_crashes_that_no_endpoint_was_set_for(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed, settings="")
    gone = installed.run("dpkg", "-P", "kdump-agent")
    assert "crashes that went to no other host are kept in /var/lib/kdump-agent" in gone.stderr
    assert list(installed.state.glob("outbox/crashes/**/vmcore.zst"))


def test_purging_removes_everything_when_every_crash_is_delivered(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed)
    installed.run("dpkg", "-P", "kdump-agent")
    assert not installed.state.exists()
    assert not installed.settings.exists()
    assert not (installed.path / "usr/lib/python3/dist-packages/kdump_agent").exists()
    assert (installed.path / "var/crash" / MCE).exists()


def test_an_upload_goes_on_after_an_upgrade(installed: Root, deb: Path, tus: TusServer) -> None:
    agent = crashes.begin_slow_upload(installed, tus, MCE)
    install(installed, deb)
    crashes.stop(agent)
    crashes.deliver(installed, f'endpoint.url = "{tus.url}"\n')
    (dump,) = crashes.dumps(tus)
    assert dump.complete
