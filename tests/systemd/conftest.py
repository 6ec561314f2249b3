"""What a test under a real systemd may ask for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.built import package
from tests.ship.server import TusServer, tus_server

from .container import Container, booted
from .service import TOKEN

SUITES = ("bookworm", "trixie")


@pytest.fixture
def deb() -> Path:
    """The package as this tree makes it."""
    return package("deb")


@pytest.fixture(params=SUITES)
def host(request: pytest.FixtureRequest, deb: Path) -> Iterator[Container]:
    """A booted Debian with the package installed, and nothing set or started yet."""
    with booted(request.param) as container:
        install(container, deb)
        yield container


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[TusServer]:
    """A real tus server that wants the token."""
    (tmp_path / "token").write_text(TOKEN)
    with tus_server(tmp_path / "store", str(tmp_path / "token")) as server:
        yield server


def install(host: Container, deb: Path) -> str:
    """Install a package as its owner would, and return what that said."""
    shutil.copy(deb, host.root / "root")
    ended = host.run("dpkg", "--install", f"/root/{deb.name}")
    return ended.stdout + ended.stderr
