"""What the tests of the packages may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import built


@pytest.fixture
def deb() -> Path:
    return built.package("deb")


@pytest.fixture
def rpm() -> Path:
    return built.package("rpm")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[built.Root]:
    with built.root(tmp_path) as found:
        yield found
