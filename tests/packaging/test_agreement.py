"""What is told in several places says the same: versions, dependencies, commands and options."""

from __future__ import annotations

import re
import runpy
import subprocess

import pytest

import kdump_agent
from kdump_agent.cli.main import COMMANDS
from tests.machine import REPOSITORY

MANUAL = (REPOSITORY / "man/kdump-agent.8").read_text()
SPEC = (REPOSITORY / "packaging/rpm/kdump-agent.spec").read_text()
CONTROL = (REPOSITORY / "packaging/deb/control").read_text()
DEPENDENCIES = re.findall(
    r'^    "(\w+)', (REPOSITORY / "pyproject.toml").read_text().split("dependencies = [")[1].split("]")[0], re.MULTILINE
)


def test_every_package_has_the_programs_version() -> None:
    changelog = (REPOSITORY / "packaging/deb/changelog").read_text()
    assert changelog.startswith(f"kdump-agent ({kdump_agent.__version__}) ")
    assert f"\nVersion:        {kdump_agent.__version__}\n" in SPEC
    assert f"> - {kdump_agent.__version__}-1\n" in SPEC


def test_the_rpm_says_which_locked_versions_it_brings_along() -> None:
    locked = dict(re.findall(r"^(\w+)==(\S+) ", (REPOSITORY / "packaging/rpm/bundled.txt").read_text(), re.MULTILINE))
    assert set(locked) == {"structlog", "sdnotify"}
    for name, version in locked.items():
        assert f"%global {name} {version}\n" in SPEC
        assert f"bundled(python3-{name}) = %{{{name}}}\n" in SPEC


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_every_dependency_is_in_both_packages(name: str) -> None:
    assert name == "pyasyncore" or f"python3-{name},\n" in CONTROL, "the Debian build would leave it out"
    other = {"pyinotify": "python3-inotify", "pyasyncore": "python3-inotify"}.get(name, f"python3-{name}")
    assert re.search(rf"^(Requires: +|Provides: +bundled)\(?{other}\b", SPEC, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_knows_every_command_and_option(command: str) -> None:
    usage = subprocess.run(
        ["kdump-agent", command, "--help"], executable=REPOSITORY / ".venv/bin/kdump-agent",
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    (entry,) = re.findall(rf"^\.It Cm {command}(?: .*)?\n(?:(?!\.It|\.El).*\n)*", MANUAL.split(".Sh FILES")[0], re.M)
    for option in set(re.findall(r"--([a-z-]+)", usage)) - {"help"}:
        assert f"Fl Fl {option}" in entry, f"man/kdump-agent.8 says nothing of {command} --{option}"


def test_what_is_written_from_the_settings_is_up_to_date() -> None:
    for place, write in runpy.run_path(str(REPOSITORY / "packaging/settings-doc"))["WRITTEN"].items():
        assert (REPOSITORY / place).read_text() == write(), f"{place}: run packaging/settings-doc"
