"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
