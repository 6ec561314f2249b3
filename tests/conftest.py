"""What every test may ask for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from .machine import Machine
from .ship.server import TusServer, tus_server


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def tus(tmp_path: Path) -> Iterator[TusServer]:
    with tus_server(tmp_path / "store") as server:
        yield server


@pytest.fixture
def mounted() -> Iterator[Callable[[Path], None]]:
    """Mount a small tmpfs; it is gone after the test."""
    done: list[Path] = []

    def mount(folder: Path) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
        done.append(folder)

    yield mount
    for folder in done:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")  # a busy machine is no failure


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what tests measured. It stands here because only this file is read where others run the tests."""
    for report in terminalreporter.stats.get("passed", []):
        if report.user_properties:
            terminalreporter.section(report.nodeid)
            for name, value in report.user_properties:
                terminalreporter.write_line(f"{name}: {value}")
