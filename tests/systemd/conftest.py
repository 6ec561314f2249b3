"""What a test under a real systemd may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ship.server import TusServer, tus_server

from .container import Container, booted
from .package import Deb, Package, Rpm
from .service import TOKEN

HOSTS = [(Deb, "bookworm"), (Deb, "trixie"), (Rpm, "bookworm"), (Rpm, "trixie")]


@pytest.fixture(params=HOSTS, ids=lambda host: f"{host[0].__name__.lower()}-{host[1]}")
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Container, Package]]:
    """A booted host with the package installed, and nothing set or started yet; and the package."""
    kind, suite = request.param
    with booted(suite) as container:
        package = kind(tmp_path)
        package.install(container)
        yield container, package


@pytest.fixture
def host(hosted: tuple[Container, Package]) -> Container:
    return hosted[0]


@pytest.fixture
def package(hosted: tuple[Container, Package]) -> Package:
    return hosted[1]


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[TusServer]:
    """A real tus server that wants the token."""
    (tmp_path / "token").write_text(TOKEN)
    with tus_server(tmp_path / "store", str(tmp_path / "token")) as server:
        yield server
