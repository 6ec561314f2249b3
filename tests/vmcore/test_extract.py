"""Who reads the log out of a dump, and what is said when nobody can."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kdump_agent import process
from kdump_agent.vmcore import extract, lend
from kdump_agent.vmcore.extract import Extracted, extract_dmesg
from kdump_agent.vmcore.header import read_header
from tests.machine import AMD, MCE, MINIS, NULL, dump_of

from .open import behind

NAMES = (MCE, NULL, AMD)


def dump(name: str) -> bytes:
    return dump_of(MINIS / name).read_bytes()


def beside(name: str) -> bytes:
    return next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name).read_bytes()


def unknown_to_us(name: str) -> bytes:
    """The same dump of a machine that our own reader does not know; makedumpfile does not look at that."""
    return dump(name).replace(b"x86_64\0", b"x86_6?\0", 1)


def extracted(content: bytes, scratch: Path) -> Extracted:
    with behind(content) as fd:
        found = extract_dmesg(fd, read_header(fd), scratch, lambda: None)
        assert not list(scratch.iterdir()), "a draft stayed"
        return found


def without_makedumpfile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SEARCH", ())


def needs_makedumpfile() -> None:
    if process.find_program("makedumpfile") is None:
        assert os.environ.get("CI") != "true", "makedumpfile is missing"
        pytest.skip("makedumpfile is missing")


@pytest.mark.parametrize("name", NAMES)
def test_a_dump_is_read_without_any_program(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_makedumpfile(monkeypatch)
    assert extracted(dump(name), tmp_path) == Extracted(beside(name), (), "kdump-agent")


@pytest.mark.parametrize("name", NAMES)
def test_makedumpfile_reads_what_we_cannot(name: str, tmp_path: Path) -> None:
    needs_makedumpfile()
    assert extracted(unknown_to_us(name), tmp_path) == Extracted(beside(name), (), "makedumpfile")


def test_a_flattened_dump_is_not_put_in_order_where_there_is_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_makedumpfile()
    monkeypatch.setattr(lend, "SPARE", 1 << 60)
    found = extracted(unknown_to_us(MCE), tmp_path)
    assert found.log is None
    assert "putting the dump in order takes 120054 of" in found.doubts[-1]


def test_what_neither_can_read_says_both_reasons(tmp_path: Path) -> None:
    needs_makedumpfile()
    found = extracted(dump(AMD)[:50_000], tmp_path)
    assert found.log is None
    assert found.doubts[0].startswith("no log was read from the dump: ")
    assert found.doubts[1].startswith("makedumpfile could not read the log: ")


def test_a_truncated_dump_keeps_the_part_of_the_log_that_could_be_read(tmp_path: Path) -> None:
    found = extracted(dump(AMD)[:110_000], tmp_path)
    assert found.log is not None
    assert 1000 < len(found.log) < len(beside(AMD))
    assert "pieces of the log lie in pages that the dump lacks" in found.doubts[0]
    assert found.tool == "kdump-agent"


def test_a_missing_second_reader_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_makedumpfile(monkeypatch)
    found = extracted(unknown_to_us(AMD), tmp_path)
    assert found.log is None
    assert found.doubts[-1] == "neither makedumpfile nor drgn, which may read more of it, is installed"


def needs_drgn() -> None:
    if extract._find_drgn() is None:
        assert os.environ.get("CI") != "true", "drgn is missing"
        pytest.skip("drgn is missing")


@pytest.mark.parametrize("name", NAMES)
def test_drgn_reads_what_neither_we_nor_makedumpfile_can(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_drgn()
    monkeypatch.setattr(extract, "_read_ourselves", lambda _fd, _beat: Extracted(None, ("we could not",)))
    monkeypatch.setattr(extract, "SECOND", extract.SECOND[1:])
    assert extracted(dump(name), tmp_path) == Extracted(beside(name), (), "drgn")


def test_drgn_says_what_it_could_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_drgn()
    monkeypatch.setattr(extract, "SECOND", extract.SECOND[1:])
    found = extracted(dump(AMD)[:50_000], tmp_path)
    assert found.log is None
    assert found.doubts[0].startswith("no log was read from the dump: ")
    assert found.doubts[1].startswith("drgn could not read the log")


def test_no_program_is_started_for_something_that_is_no_dump(tmp_path: Path) -> None:
    found = extracted(b"hello" * 1000, tmp_path)
    assert found == Extracted(None, ("no log was read from the dump, whose format is unknown",))


def test_a_stop_request_ends_the_work(tmp_path: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with behind(dump(AMD)) as fd, pytest.raises(KeyboardInterrupt):
        extract_dmesg(fd, read_header(fd), tmp_path, stop)
