"""A path for a dump that is only a descriptor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kdump_agent.vmcore import lend
from kdump_agent.vmcore.header import read_header
from tests.machine import AMD, MCE, MINIS, dump_of

from .open import behind


def quiet() -> None:
    pass


def test_a_dump_that_opens_again_is_lent_where_it_lies(tmp_path: Path) -> None:
    with behind(b"dump") as fd, lend.lend(fd, tmp_path, quiet, ordered=True) as (path, kept):
        assert (path, kept) == (f"/proc/self/fd/{fd}", fd)


def test_one_that_does_not_is_lent_as_a_copy_with_its_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lend, "_opens", lambda _fd: False)
    content = dump_of(MINIS / AMD).read_bytes() + bytes(8 << 20)
    with behind(content) as fd, lend.lend(fd, tmp_path, quiet, ordered=True) as (path, kept):
        assert Path(path).read_bytes() == content
        assert os.fstat(kept).st_blocks * 512 < 4 << 20
        assert kept != fd
    assert not list(tmp_path.iterdir())


def test_a_flattened_dump_is_put_in_order_when_asked(tmp_path: Path) -> None:
    content = dump_of(MINIS / MCE).read_bytes()
    with behind(content) as fd:
        with lend.lend(fd, tmp_path, quiet, ordered=True) as (_, kept):
            assert read_header(kept).format == "kdump"
            assert read_header(kept).whole == "yes"
        with lend.lend(fd, tmp_path, quiet, ordered=False) as (_, kept):
            assert kept == fd


def test_no_copy_is_begun_where_it_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lend, "_opens", lambda _fd: False)
    monkeypatch.setattr(lend, "SPARE", 1 << 60)
    with behind(b"dump") as fd, pytest.raises(lend.NoRoom, match="a copy of the dump takes 4 of"):
        with lend.lend(fd, tmp_path, quiet, ordered=True):
            pass
    assert not list(tmp_path.iterdir())
