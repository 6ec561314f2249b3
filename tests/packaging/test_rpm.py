"""The RPM, in a root that provides what it requires: its files, its scripts, and what becomes of crashes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.machine import MCE, MINIS, NULL
from tests.ship.server import TusServer

from . import crashes
from . import rpm as beside
from .built import Root
from .rpm import BROUGHT_ALONG

pytestmark = pytest.mark.slow


@pytest.fixture
def newer(rpm: Path, tmp_path: Path) -> Path:
    return beside.newer(rpm, tmp_path)


@pytest.fixture
def installed(root: Root, rpm: Path, tmp_path: Path) -> Root:
    """A root that has been told to write down what the scripts ask of systemd, and lacks what the package brings."""
    root.write("/usr/bin/systemctl", '#!/bin/sh\necho "$@" >>/srv/systemctl\n', 0o755)
    (root.path / "run/systemd/system").mkdir(parents=True, exist_ok=True)
    for name in BROUGHT_ALONG:
        root.run("sh", "-c", f"rm -rf /usr/lib/python3/dist-packages/{name}*")
    command(root, "-i", str(beside.requirements(tmp_path)), str(rpm))
    return root


def command(root: Root, *words: str) -> str:
    done = subprocess.run(
        ["rpm", f"--root={root.path}", "--force-debian", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def asked_of_systemd(root: Root) -> list[str]:
    return (root.path / "srv/systemctl").read_text().splitlines()


def test_every_file_is_roots_and_no_other_may_write_it(rpm: Path) -> None:
    form = "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\\n]"
    listing = subprocess.run(
        ["rpm", "-qp", "--qf", form, str(rpm)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(listing) > 100
    for line in listing:
        mode, owner, group, name = line.split()
        assert (owner, group) == ("root", "root"), line
        assert mode in ("drwxr-xr-x", "-rw-r--r--") or name == "/usr/bin/kdump-agent", line


def test_it_names_no_python_version_and_says_what_it_bundles(rpm: Path) -> None:
    listing = subprocess.run(["rpm", "-qpl", str(rpm)], check=True, capture_output=True, text=True).stdout
    assert "/usr/share/kdump-agent/kdump_agent/cli/main.py" in listing
    assert not [line for line in listing.splitlines() if line.endswith(".pyc") or "/python3" in line]
    provides = subprocess.run(["rpm", "-qp", "--provides", str(rpm)], check=True, capture_output=True, text=True).stdout
    for name in BROUGHT_ALONG:
        assert f"bundled(python3-{name}) = " in provides


def test_the_service_the_manual_and_the_completions_are_where_fedora_looks(installed: Root) -> None:
    for place in (
        "usr/lib/systemd/system/kdump-agent.service",
        "usr/share/man/man8/kdump-agent.8.gz",
        "usr/share/man/man5/kdump-agent.toml.5.gz",
        "usr/share/bash-completion/completions/kdump-agent",
        "usr/share/zsh/site-functions/_kdump-agent",
        "usr/share/fish/vendor_completions.d/kdump-agent.fish",
        "etc/kdump-agent/config.d",
    ):
        assert (installed.path / place).exists(), place


def test_the_installed_agent_delivers_with_what_it_brings_along(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed)
    assert crashes.stages(installed) == ["delivered"]
    assert list((installed.path / "srv/endpoint").rglob("vmcore.zst"))
    assert command(installed, "-V", "kdump-agent") == ""
    assert not list((installed.path / "usr/share/kdump-agent").rglob("__pycache__"))


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_one_package_serves_every_python(installed: Root, version: str) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if not found:
        pytest.skip(f"Python {version} is not here")
    python = str(found[0])
    log = installed.put(next((MINIS / NULL).glob("dmesg.*")), "/srv")
    answer = installed.run(python, "-I", "/usr/bin/kdump-agent", "decode", "--brief", log)
    assert "crashme_null" in answer.stdout
    search = "import sys; sys.path.insert(0, '/usr/share/kdump-agent/bundled')"
    installed.run(python, "-I", "-c", f"{search}; import {', '.join(BROUGHT_ALONG)}")


def test_what_it_requires_is_not_taken_for_granted(root: Root, rpm: Path) -> None:
    refused = subprocess.run(
        ["rpm", f"--root={root.path}", "--force-debian", "-i", str(rpm)], capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    for name in ("python3-inotify", "python3-requests", "zstd"):
        assert f"{name} is needed by kdump-agent" in refused.stderr


def test_the_scripts_leave_it_to_the_preset_and_restart_what_runs(installed: Root, newer: Path) -> None:
    assert asked_of_systemd(installed) == ["--no-reload preset kdump-agent.service"]
    command(installed, "-U", str(newer))
    assert asked_of_systemd(installed)[1:] == ["daemon-reload", "try-restart kdump-agent.service"]
    command(installed, "-e", "kdump-agent")
    assert asked_of_systemd(installed)[3:] == ["--no-reload disable --now kdump-agent.service"]
    assert not (installed.path / "usr/share/kdump-agent").exists()


def test_an_upload_goes_on_after_an_upgrade(installed: Root, newer: Path, tus: TusServer) -> None:
    agent = crashes.begin_slow_upload(installed, tus, MCE)
    command(installed, "-U", str(newer))
    crashes.stop(agent)
    crashes.deliver(installed, f'endpoint.url = "{tus.url}"\n')
    (dump,) = crashes.dumps(tus)
    assert dump.complete


def test_erasing_keeps_an_undelivered_crash_and_says_where(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.fail_to_deliver(installed)
    said = command(installed, "-e", "kdump-agent")
    assert "crashes that were not delivered: 1; they are kept in /var/lib/kdump-agent/jobs" in said
    assert len(crashes.stages(installed)) == 1


def test_erasing_says_nothing_when_every_crash_is_delivered(installed: Root) -> None:
    crashes.crash(installed, MCE)
    crashes.deliver(installed)
    assert command(installed, "-e", "kdump-agent") == ""
