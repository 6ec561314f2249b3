"""Guests to crash. Each test gets one of its own, up and armed; image.py builds what they start from once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest import Guest, guest
from .recipe import BOOKWORM, TRIXIE


@pytest.fixture
def bookworm(tmp_path: Path) -> Iterator[Guest]:
    """Debian 12."""
    with guest(BOOKWORM, tmp_path / "bookworm") as up:
        yield up


@pytest.fixture
def trixie(tmp_path: Path) -> Iterator[Guest]:
    """Debian 13."""
    with guest(TRIXIE, tmp_path / "trixie") as up:
        yield up
