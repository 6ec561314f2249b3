"""Formats and wholeness, on real dumps, on what a full disk leaves of them, and on hostile bytes."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent import process
from kdump_agent.vmcore import flattened
from kdump_agent.vmcore.extract import extract_dmesg
from kdump_agent.vmcore.header import Header, read_header
from kdump_agent.vmcore.reader import FileReader

from ..machine import AMD, MCE, MINIS, NULL, dump_of, shared


def header_of(path: Path) -> Header:
    with path.open("rb") as file:
        return read_header(file.fileno())


def header_of_bytes(content: bytes) -> Header:
    fd = os.memfd_create("dump")
    try:
        os.write(fd, content)
        return read_header(fd)
    finally:
        os.close(fd)


@pytest.fixture
def ordered(tmp_path: Path) -> Path:
    """The null dereference's dump, put in order."""
    path = tmp_path / "ordered"
    with dump_of(MINIS / NULL).open("rb") as source, path.open("wb") as target:
        file = FileReader(source.fileno())
        flattened.rearrange(file, flattened.index(file), target.fileno(), lambda: None)
    return path


@pytest.mark.parametrize(
    ("name", "form", "inner", "compression", "pages"),
    [
        (MCE, "flattened", "kdump", "zlib", 156),
        (NULL, "flattened", "kdump", "zlib", 158),
        (AMD, "kdump", None, "lzo", 156),
    ],
)
def test_a_real_dump_tells_whose_it_is(name: str, form: str, inner: str | None, compression: str, pages: int) -> None:
    header = header_of(dump_of(MINIS / name))
    assert (header.format, header.inner, header.compression, header.pages) == (form, inner, compression, pages)
    assert (header.release, header.machine, header.nodename) == ("6.1.0-50-amd64", "x86_64", "kdumplab")
    assert header.version == "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-02)"
    assert (header.dump_level, header.build_id) == (31, "06f8bde30046985060c60820f7a11515a33afb06")
    assert (header.whole, header.why) == ("yes", ())


@pytest.mark.shared
def test_the_large_dumps_are_whole_and_cut_ones_are_not(tmp_path: Path) -> None:
    for dump in sorted(
        path for path in shared("dumps").rglob("*") if path.name.startswith("dump.") or path.name == "vmcore"
    ):
        assert header_of(dump).whole == "yes"
        copy = tmp_path / "copy"
        shutil.copy(dump, copy)
        for part in (0.99, 0.5, 0.01):
            os.truncate(copy, int(dump.stat().st_size * part))
            assert header_of(copy).whole == "no"


@pytest.mark.parametrize("name", [MCE, AMD])
def test_a_dump_cut_anywhere_is_never_called_whole(name: str) -> None:
    content = dump_of(MINIS / name).read_bytes()
    for end in [*range(0, 4200, 97), *range(4200, len(content), 4001), len(content) - 16, len(content) - 1]:
        header = header_of_bytes(content[:end])
        assert header.whole != "yes", end
        assert header.why, end


def test_a_dump_that_its_writer_marked_incomplete_is_not_whole(ordered: Path) -> None:
    content = bytearray(ordered.read_bytes())
    status = 12 + 6 * 65 + 6 + 16  # after signature, version, utsname, padding and timestamp
    assert struct.unpack_from("<I", content, status)[0] == 0x1
    struct.pack_into("<I", content, status, 0x1 | 0x8)
    assert header_of_bytes(bytes(content)).why == ("its writer marked it incomplete",)


def test_descriptors_that_were_never_written_are_missed(ordered: Path) -> None:
    whole = ordered.read_bytes()
    from kdump_agent.vmcore import kdump

    with ordered.open("rb") as file:
        found = kdump.parse(FileReader(file.fileno()))
    assert found is not None
    content = bytearray(whole)
    start = found.descriptors_at + 100 * kdump.DESCRIPTOR
    content[start : start + 58 * kdump.DESCRIPTOR] = bytes(58 * kdump.DESCRIPTOR)
    assert header_of_bytes(bytes(content)).why == ("the last 58 of its 158 pages were never written",)


def elf(
    order: str = "<", wide: bool = True, machine: int = 62, size: int = 1000, flags: int = 0, info: bytes = b""
) -> bytes:
    """A small ELF dump: one note, one segment."""
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    note = struct.pack(order + "III", 11, len(info), 0) + b"VMCOREINFO\0\0" + info + bytes(-len(info) % 4)
    head_size, entry = (64, 56) if wide else (52, 32)
    note_at = head_size + 2 * entry
    load_at = note_at + len(note)
    shape = "HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"
    head = ident + struct.pack(order + shape, 4, machine, 1, 0, head_size, 0, flags, head_size, entry, 2, 0, 0, 0)
    if wide:
        headers = struct.pack(order + "IIQQQQQQ", 4, 0, note_at, 0, 0, len(note), len(note), 0)
        headers += struct.pack(order + "IIQQQQQQ", 1, 7, load_at, 0xFFFF888000000000, 0, size, size, 0)
    else:
        headers = struct.pack(order + "IIIIIIII", 4, note_at, 0, 0, len(note), len(note), 0, 0)
        headers += struct.pack(order + "IIIIIIII", 1, load_at, 0xC0000000, 0, size, size, 7, 0)
    return head + headers + note + bytes(size)


@pytest.mark.parametrize(
    ("order", "wide", "machine", "name"),
    [("<", True, 62, "x86_64"), ("<", True, 183, "aarch64"), (">", True, 22, "s390x"), ("<", True, 21, "ppc64le"),
     (">", True, 21, "ppc64"), ("<", False, 3, "i386"), ("<", False, 40, "arm"), ("<", True, 243, "riscv64")],
)  # fmt: skip
def test_an_elf_dump_of_any_architecture(order: str, wide: bool, machine: int, name: str) -> None:
    info = b"OSRELEASE=4.18.0-553.el8\nBUILD-ID=00ff\nCRASHTIME=1700000000\n"
    header = header_of_bytes(elf(order, wide, machine, info=info))
    assert (header.format, header.machine, header.whole) == ("elf", name, "yes")
    assert (header.release, header.build_id, header.crash_time) == ("4.18.0-553.el8", "00ff", 1700000000)


def test_an_elf_dump_that_is_short_or_marked_is_not_whole() -> None:
    assert header_of_bytes(elf()[:-1]).why[0].startswith("it ends at byte")
    assert header_of_bytes(elf(flags=1)).why == ("its writer marked it incomplete",)


def test_what_is_no_dump_is_unknown_and_zeros_are_told() -> None:
    assert header_of_bytes(b"hello").format == "unknown"
    assert header_of_bytes(b"").whole == "unknown"
    assert header_of_bytes(bytes(5000)).whole == "no"
    assert "compressed by gzip" in header_of_bytes(b"\x1f\x8b\x08").why[0]


BASES = [dump_of(MINIS / NULL).read_bytes()[:90_000], dump_of(MINIS / AMD).read_bytes()[:90_000], elf(info=b"A=B\n")]


@settings(max_examples=300)
@given(
    st.sampled_from(BASES),
    st.lists(st.tuples(st.integers(0, 9000), st.binary(min_size=1, max_size=8)), max_size=6),
    st.integers(0, 90_000),
)
def test_no_damage_makes_it_raise(base: bytes, damage: list[tuple[int, bytes]], end: int) -> None:
    content = bytearray(base)
    for at, piece in damage:
        content[at : at + len(piece)] = piece
    header = header_of_bytes(bytes(content[:end]))
    assert header.whole in ("yes", "no", "unknown")
    assert header.whole == "yes" or header.why


@given(st.binary(max_size=300))
def test_nothing_at_all_makes_it_raise(content: bytes) -> None:
    for magic in (
        b"",
        b"\x7fELF\x02\x01",
        b"KDUMP   ",
        flattened.SIGNATURE.ljust(16, b"\0") + struct.pack(">QQ", 1, 1),
    ):
        header_of_bytes(magic + content)


@given(st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=40)), max_size=12))
def test_records_out_of_order_read_as_they_were_written(records: list[tuple[int, bytes]]) -> None:
    """The reader and putting in order agree with writing one record after the other, where records do not overlap."""
    expected, taken = bytearray(), set[int]()
    body = bytearray()
    for offset, piece in records:
        places = set(range(offset, offset + len(piece)))
        if places & taken:
            continue
        taken |= places
        expected.extend(bytes(max(0, offset + len(piece) - len(expected))))
        expected[offset : offset + len(piece)] = piece
        body += struct.pack(">qq", offset, len(piece)) + piece
    head = (flattened.SIGNATURE.ljust(16, b"\0") + struct.pack(">QQ", 1, 1)).ljust(flattened.HEADER_SIZE, b"\0")
    source, target = os.memfd_create("flat"), os.memfd_create("ordered")
    try:
        os.write(source, head + bytes(body) + struct.pack(">qq", -1, -1))
        file = FileReader(source)
        found = flattened.index(file)
        assert (found.whole, found.size) == ("yes", len(expected))
        assert flattened.FlattenedReader(file, found).read(0, 1000) == bytes(expected)
        flattened.rearrange(file, found, target, lambda: None)
        assert os.pread(target, 1000, 0) == bytes(expected)
    finally:
        os.close(source)
        os.close(target)


@pytest.mark.parametrize("name", [MCE, NULL, AMD])
def test_the_log_inside_is_the_log_beside_it(tmp_path: Path, name: str) -> None:
    with dump_of(MINIS / name).open("rb") as file:
        found = extract_dmesg(file.fileno(), read_header(file.fileno()), tmp_path, lambda: None)
    assert found.doubts == ()
    assert found.log == next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name).read_bytes()
    assert list(tmp_path.iterdir()) == []


def test_a_dump_that_makedumpfile_cannot_read_is_a_doubt(tmp_path: Path) -> None:
    content = bytearray(dump_of(MINIS / AMD).read_bytes())
    content[80_000:] = os.urandom(len(content) - 80_000)
    (tmp_path / "broken").write_bytes(content)
    (tmp_path / "scratch").mkdir()
    with (tmp_path / "broken").open("rb") as file:
        found = extract_dmesg(file.fileno(), read_header(file.fileno()), tmp_path / "scratch", lambda: None)
    assert found.log is None or found.doubts
    assert list((tmp_path / "scratch").iterdir()) == []


def test_without_makedumpfile_the_report_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SEARCH", (str(tmp_path),))
    with dump_of(MINIS / AMD).open("rb") as file:
        found = extract_dmesg(file.fileno(), read_header(file.fileno()), tmp_path, lambda: None)
    assert found.log is None
    assert found.doubts == ("no log was read from the dump: makedumpfile is not installed",)
