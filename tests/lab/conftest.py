"""Guests to crash. Each test gets one of its own, up and armed; image.py builds what they start from once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from tests.packaging.built import package

from .fleet import FleetHost, fleet_host
from .guest import Guest, guest
from .recipe import BOOKWORM, TRIXIE


@pytest.fixture
def bookworm(tmp_path: Path) -> Iterator[Guest]:
    """Debian 12."""
    with guest(BOOKWORM, tmp_path / "bookworm") as up:
        yield up


@pytest.fixture
def trixie(tmp_path: Path) -> Iterator[Guest]:
    """Debian 13, with Python 3.13."""
    with guest(TRIXIE, tmp_path / "trixie") as up:
        yield up


@pytest.fixture
def bookworm_host(bookworm: Guest, tmp_path: Path) -> Iterator[FleetHost]:
    """Debian 12 and an endpoint; the agent is not yet installed."""
    with fleet_host(bookworm, tmp_path) as host:
        yield host


@pytest.fixture
def trixie_host(trixie: Guest, tmp_path: Path) -> Iterator[FleetHost]:
    """Debian 13 and an endpoint; the agent is not yet installed."""
    with fleet_host(trixie, tmp_path) as host:
        yield host


@pytest.fixture(scope="session")
def deb() -> Path:
    """The Debian package of this tree."""
    return package("deb")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[dict[str, float]], None]:
    """Tell at the end of the run what was measured."""

    def tell(figures: dict[str, float]) -> None:
        for name, value in figures.items():
            record_property(name, value)

    return tell


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the guests: they wait for minutes while the other workers test on."""
    items.sort(key=lambda item: item.get_closest_marker("lab") is None)
