"""The log of a dead kernel, out of the pieces that it could save."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.lastboot import pstore
from kdump_agent.lastboot.facts import Record
from kdump_agent.look import Look
from kdump_agent.paths import HostPaths

LIVE, MOVED = "sys/fs/pstore", "var/lib/systemd/pstore"


def write(root: Path, name: str, content: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def found(root: Path, known: frozenset[str] = frozenset()) -> tuple[Record, ...]:
    return pstore.records(Look(HostPaths(root)), known)


def log(root: Path) -> bytes:
    return pstore.log(found(root))


def test_parts_go_from_the_highest_to_the_first(tmp_path: Path) -> None:
    for part, text in ((1, b"last\n"), (2, b"middle\n"), (3, b"first\n")):
        write(tmp_path, f"{LIVE}/dmesg-efi-17954213{part:03d}0{part}001", b"Panic#1 Part%d\n%s" % (part, text))
    assert log(tmp_path) == b"first\nmiddle\nlast\n"


def test_the_folders_that_systemd_makes_are_read_and_links_are_not(tmp_path: Path) -> None:
    write(tmp_path, f"{MOVED}/1795421/dmesg-erst-7450000000000000002", b"Panic#1 Part2\nfirst\n")
    write(tmp_path, f"{MOVED}/1795421/001/dmesg-erst-7450000000000000001", b"Panic#1 Part1\nlast\n")
    write(tmp_path, f"{MOVED}/1795421/dmesg.txt", b"the same again\n")
    write(tmp_path, "elsewhere/dmesg-erst-1", b"Panic#9 Part1\nplanted\n")
    (tmp_path / MOVED / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / MOVED / "dmesg-erst-9").symlink_to(tmp_path / "elsewhere/dmesg-erst-1")
    os.mkfifo(tmp_path / MOVED / "dmesg-erst-8")
    assert log(tmp_path) == b"first\nlast\n"


@pytest.mark.parametrize("backend", ["efi", "efi_pstore", "erst", "ramoops", "nvram", "pstore_blk"])
def test_the_records_of_every_backend_are_read(tmp_path: Path, backend: str) -> None:
    """Linux calls EFI's "efi_pstore" since 2022, after the module (drivers/firmware/efi/efi-pstore.c)."""
    write(tmp_path, f"{LIVE}/dmesg-{backend}-179542000001001", b"Panic#1 Part1\ntold\n")
    assert log(tmp_path) == b"told\n"


def test_of_two_panics_the_last_is_told(tmp_path: Path) -> None:
    write(tmp_path, f"{LIVE}/dmesg-efi-179540000001001", b"Panic#1 Part1\nold\n")
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001", b"Panic#1 Part1\nnew\n")
    assert log(tmp_path) == b"new\n"


def test_the_oops_before_a_panic_goes_before_it_without_a_line_twice(tmp_path: Path) -> None:
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001", b"Oops#1 Part1\nBUG: null\nRIP: f\n")
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000101002", b"Panic#2 Part1\nRIP: f\nKernel panic\n")
    assert log(tmp_path) == b"BUG: null\nRIP: f\nKernel panic\n"


def test_what_the_kernel_could_not_decompress_is_decompressed_here(tmp_path: Path) -> None:
    text = b"Panic#1 Part1\n" + b"Kernel panic - not syncing\n" * 40
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001.enc.z", zlib.compress(text))
    assert log(tmp_path).startswith(b"Kernel panic")
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001.enc.z", raw.compress(text) + raw.flush())
    assert log(tmp_path).startswith(b"Kernel panic")


def test_a_record_in_another_compression_is_a_doubt(tmp_path: Path) -> None:
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001.enc.z", b"\x28\xb5\x2f\xfd" + b"\xff" * 60)
    look = Look(HostPaths(tmp_path))
    assert pstore.log(pstore.records(look, frozenset())) == b""
    assert "not deflate" in look.doubts["pstore"]


def test_a_decompression_bomb_is_cut(tmp_path: Path) -> None:
    bomb = zlib.compress(b"\0" * (64 << 20), 9)
    assert len(pstore.inflate(bomb) or b"") == pstore.LARGEST


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    write(tmp_path, f"{LIVE}/dmesg-ramoops-0", b"Panic#1 Part1\nold\n")
    known = frozenset(record.identity for record in found(tmp_path))
    write(tmp_path, f"{LIVE}/dmesg-ramoops-1", b"Panic#1 Part1\nnew\n")
    assert [record.text for record in found(tmp_path, known)] == [b"new\n"]


def test_a_record_that_systemd_moves_or_copies_is_not_a_new_one(tmp_path: Path) -> None:
    """It moves them at boot, and copies them again at each where the firmware does not let them be removed."""
    panic = b"Panic#1 Part1\nonce\n"
    write(tmp_path, f"{LIVE}/dmesg-efi-179542000001001", panic)
    known = frozenset(record.identity for record in found(tmp_path))
    write(tmp_path, f"{MOVED}/179542000/001/dmesg-efi-179542000001001", panic)
    assert len(found(tmp_path)) == 1
    assert log(tmp_path) == b"once\n"
    (tmp_path / LIVE / "dmesg-efi-179542000001001").unlink()
    assert found(tmp_path, known) == ()


def test_without_a_report_the_console_serves(tmp_path: Path) -> None:
    write(tmp_path, f"{LIVE}/console-ramoops-0", b"[   12.0] it was so quiet\n")
    assert log(tmp_path) == b"[   12.0] it was so quiet\n"


@given(st.lists(st.tuples(st.sampled_from(["Panic", "Oops", ""]), st.integers(0, 3), st.integers(0, 4)), max_size=12))
def test_no_order_of_headings_loses_the_last_report_or_raises(parts: list[tuple[str, int, int]]) -> None:
    records = tuple(
        Record(f"/x/dmesg-efi-{at}", str(at), 1, b"%d\n" % at, why, count, part)
        for at, (why, count, part) in enumerate(parts)
    )
    told = pstore.log(records)
    last = next((record for record in reversed(records) if record.why), None)
    assert last is None or last.text in told
