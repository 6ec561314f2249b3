"""Records of a flattened dump: what is read through their index is what lies in the file put in order."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.vmcore import flattened
from kdump_agent.vmcore.flattened import FlattenedReader, index, rearrange
from kdump_agent.vmcore.reader import FileReader
from tests.machine import AMD, MCE, MINIS, dump_of, shared

from .build import flat_file, flatten
from .open import behind

RECORDS = st.lists(st.tuples(st.integers(0, 300), st.binary(min_size=1, max_size=60)), max_size=20)


def in_order(records: list[tuple[int, bytes]]) -> bytes:
    """What the records say, by writing each where it belongs."""
    out = bytearray()
    for at, content in records:
        out.extend(bytes(max(0, at + len(content) - len(out))))
        out[at : at + len(content)] = content
    return bytes(out)


@given(RECORDS, st.integers(0, 400), st.integers(0, 400))
def test_any_piece_reads_as_it_lies_in_order(records: list[tuple[int, bytes]], offset: int, length: int) -> None:
    with behind(flat_file(records)) as fd:
        file = FileReader(fd)
        found = index(file)
        assert (found.whole, found.why) == ("yes", None)
        assert FlattenedReader(file, found).read(offset, length) == in_order(records)[offset : offset + length]


@given(RECORDS)
def test_putting_it_in_order_writes_the_same_bytes(records: list[tuple[int, bytes]]) -> None:
    with behind(flat_file(records)) as fd, behind(b"") as target:
        rearrange(FileReader(fd), target, lambda: None)
        assert os.pread(target, 1000, 0) == in_order(records)


@given(RECORDS, st.data())
def test_a_file_cut_anywhere_is_not_whole_and_still_reads(
    records: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    content = flat_file(records)
    length = data.draw(st.integers(4096, len(content) - 1))
    with behind(content[:length]) as fd:
        found = index(FileReader(fd))
        assert found.whole == "no"
        assert found.why is not None
        assert len(FlattenedReader(FileReader(fd), found).read(0, 1000)) == found.size


@pytest.mark.parametrize("record", [(-2, 5), (0, 0), (0, -1), (1 << 60, 5), (5, 1 << 60)])
def test_a_damaged_record_ends_the_walk(record: tuple[int, int]) -> None:
    content = flat_file([(0, b"abc")], end=False)
    with behind(content + struct.pack(">qq", *record) + b"rest") as fd:
        found = index(FileReader(fd))
    assert (found.whole, found.size) == ("no", 3)
    assert found.why == f"the record at byte {len(content)} is damaged"


def test_a_file_that_hops_about_is_not_followed_for_ever() -> None:
    with behind(flat_file([(at, b"x") for at in range(1000, 0, -1)])) as fd:
        found = index(FileReader(fd))
    assert found.whole == "unknown"
    assert len(found.runs) == 64


def test_only_the_signature_makes_a_flattened_file() -> None:
    content = flatten(b"abc")
    assert flattened.is_flattened(content)
    assert not flattened.is_flattened(content[:16] + bytes(16))
    assert not flattened.is_flattened(b"makedumpfile")


@pytest.mark.shared
def test_a_real_dump_put_in_order_holds_what_its_reader_reads(tmp_path: Path) -> None:
    ordered = tmp_path / "ordered"
    with dump_of(shared("dumps", "debian12-mce", MCE)).open("rb") as source, ordered.open("wb+") as target:
        file = FileReader(source.fileno())
        rearrange(file, target.fileno(), lambda: None)
        reader = FlattenedReader(file, index(file))
        assert reader.size == ordered.stat().st_size
        for at in range(0, reader.size, 1 << 20):
            assert reader.read(at, 1 << 20) == os.pread(target.fileno(), 1 << 20, at)


def test_flattening_and_reading_gives_the_dump_back() -> None:
    content = dump_of(MINIS / AMD).read_bytes()
    with behind(flatten(content)) as fd:
        file = FileReader(fd)
        assert FlattenedReader(file, index(file)).read(0, len(content) + 1) == content
