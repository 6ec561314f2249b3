"""What a dump's own structure tells, on real dumps, on parts of them, and on hand-made ones of other machines."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.vmcore import elf, kdump
from kdump_agent.vmcore.header import read_header
from kdump_agent.vmcore.reader import FileReader
from tests.machine import AMD, MCE, MINIS, NULL, dump_of, shared

from . import build
from .guest import ARCHES, PAGE, RECORDS, Guest, ring
from .open import behind, header_of

DUMPS = {name: dump_of(MINIS / name).read_bytes() for name in (MCE, NULL, AMD)}
LARGE = [
    ("debian12-mce", MCE, "flattened", "zlib", 31872),
    ("debian12-null", NULL, "flattened", "zlib", 36464),
    ("rhel-mce-amd", AMD, "kdump", "lzo", 31793),
]


def guest(name: str = "x86_64") -> Guest:
    return ring(Guest(name), RECORDS)


@pytest.mark.shared
@pytest.mark.parametrize(("place", "folder", "form", "compression", "pages"), LARGE)
def test_real_dumps_are_whole_and_tell_whose_they_are(
    place: str, folder: str, form: str, compression: str, pages: int
) -> None:
    with dump_of(shared("dumps", place, folder)).open("rb") as file:
        found = read_header(file.fileno())
    assert (found.whole, found.why) == ("yes", ())
    assert (found.format, found.compression, found.pages, found.dump_level) == (form, compression, pages, 31)
    assert (found.release, found.machine, found.nodename) == ("6.1.0-50-amd64", "x86_64", "kdumplab")
    assert found.build_id == "06f8bde30046985060c60820f7a11515a33afb06"
    assert found.version is not None
    assert found.version.startswith("#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1")


@pytest.mark.parametrize(
    ("name", "inner", "when"), [(MCE, "kdump", 1795466785), (NULL, "kdump", 1795467092), (AMD, None, 1795467768)]
)
def test_the_small_dumps_are_whole(name: str, inner: str | None, when: int) -> None:
    found = header_of(DUMPS[name])
    assert (found.whole, found.why, found.inner, found.crash_time) == ("yes", (), inner, when)


@pytest.mark.shared
@pytest.mark.parametrize("place", [row[:2] for row in LARGE], ids=lambda row: row[0])
def test_a_real_dump_cut_anywhere_is_not_whole(place: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(dump_of(shared("dumps", *place)).read_bytes())
    size = path.stat().st_size
    for cut in range(60, -1, -1):
        length = size - 1 if cut == 60 else size * cut // 60
        os.truncate(path, length)
        with path.open("rb") as file:
            found = read_header(file.fileno())
        assert found.whole != "yes", length
        assert found.whole == "no" or length < 32, length
        assert found.why, length


@given(st.sampled_from(sorted(DUMPS)), st.data())
def test_a_small_dump_cut_anywhere_is_not_whole(name: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(DUMPS[name]) - 1))
    found = header_of(DUMPS[name][:length])
    assert found.whole != "yes"
    assert found.why


@given(st.sampled_from(sorted(DUMPS)), st.data())
def test_a_dump_whose_end_is_zeros_is_not_whole(name: str, data: st.DataObject) -> None:
    content = DUMPS[name]
    length = data.draw(st.integers(0, len(content) - 8192))
    found = header_of(content[:length] + bytes(len(content) - length))
    assert found.whole == "no" or found.format == "unknown"
    assert found.why


@given(st.sampled_from(sorted(DUMPS)), st.lists(st.tuples(st.integers(0, 9000), st.binary(min_size=1, max_size=16))))
def test_hostile_headers_never_raise(name: str, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(DUMPS[name])
    for at, patch in changes:
        content[at : at + len(patch)] = patch
    found = header_of(bytes(content))
    assert found.whole in ("yes", "no", "unknown")
    assert bool(found.why) == (found.whole != "yes")


@given(st.sampled_from([elf.MAGIC, kdump.MAGIC, build.flatten(b"")[:4096], b""]), st.binary(max_size=2000))
def test_no_bytes_raise(magic: bytes, rest: bytes) -> None:
    assert header_of(magic + rest).whole != "yes" or magic


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("version", range(1, 7))
def test_every_version_of_the_kdump_header_is_read(name: str, version: int) -> None:
    found = header_of(build.kdump(guest(name), version=version, level=17))
    assert (found.whole, found.machine, found.nodename) == ("yes", name.split(",")[0], "lab")
    assert (found.release, found.dump_level) == ("6.1.0-test", 17)
    assert found.crash_time == (1795466785 if version >= 3 else None)


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("xnum", [False, True])
def test_elf_dumps_of_every_architecture_are_read(name: str, xnum: bool) -> None:
    made = guest(name)
    found = header_of(build.elf(made, xnum=xnum))
    machine = {"i686": "i386"}.get(made.machine, made.machine)
    assert (found.format, found.whole, found.machine, found.compression) == ("elf", "yes", machine, "none")
    assert (found.release, found.crash_time, found.pages) == ("6.1.0-test", 1795466785, len(made.memory))


@pytest.mark.parametrize("name", ["x86_64", "s390x", "i686"])
def test_an_elf_dump_cut_anywhere_is_not_whole(name: str) -> None:
    content = build.elf(guest(name))
    for length in [*range(600), *range(600, len(content), 97), len(content) - 1]:
        assert header_of(content[:length]).whole != "yes", length


@pytest.mark.parametrize("compression", build.COMPRESSORS)
def test_the_compression_of_pages_is_told(compression: str) -> None:
    assert header_of(build.kdump(guest(), compression=compression)).compression == compression


@pytest.mark.parametrize("content", [build.kdump(guest(), status=kdump.INCOMPLETE), build.elf(guest(), flags=1)])
def test_a_dump_that_its_writer_could_not_finish_is_not_whole(content: bytes) -> None:
    found = header_of(content)
    assert (found.whole, found.why) == ("no", ("its writer marked it incomplete",))


def test_pages_that_were_never_written_are_counted() -> None:
    content = bytearray(build.kdump(guest()))
    with behind(bytes(content)) as fd:
        found = kdump.parse(FileReader(fd))
        assert found is not None
        pages = kdump.count_pages(FileReader(fd), found)
        assert pages is not None
    end = found.descriptors_at + pages * kdump.DESCRIPTOR
    content[end - 2 * kdump.DESCRIPTOR : end] = bytes(2 * kdump.DESCRIPTOR)
    assert header_of(bytes(content)).why == (f"the last 2 of its {pages} pages were never written",)


def test_a_hole_in_the_middle_of_the_page_table_is_found() -> None:
    made = guest()
    for number in range(64, 464):
        made.store(number * PAGE, b"x")
    content = bytearray(build.kdump(made))
    assert header_of(bytes(content)).whole == "yes"
    hole = 6 * PAGE  # the table begins at 5 * PAGE
    content[hole : hole + PAGE] = bytes(PAGE)
    found = header_of(bytes(content))
    assert found.whole == "no"
    assert found.why[0].startswith("the table of its pages is empty at byte 2")


def test_an_elf_dump_that_ends_in_zeros_is_doubted() -> None:
    made = guest()
    for number in range(64, 64 + 257):
        made.store(number * PAGE, b"\0")
    found = header_of(build.elf(made))
    assert found.whole == "unknown"
    assert "zeros" in found.why[0]


def test_a_bitmap_that_lost_a_block_is_doubted() -> None:
    made = guest()
    for number in range(64, 464):
        made.store(number * PAGE, b"x")
    content = bytearray(build.kdump(made))
    content[4 * PAGE + 8 : 4 * PAGE + 48] = bytes(40)  # the second bitmap
    found = header_of(bytes(content))
    assert found.whole == "unknown"
    assert found.why[0].startswith("its bitmap promises")


def test_a_dump_of_no_pages_is_not_whole() -> None:
    content = bytearray(build.kdump(guest()))
    content[4 * PAGE : 5 * PAGE] = bytes(PAGE)
    assert header_of(bytes(content)).why == ("it promises no page of memory",)


def test_a_part_of_a_split_dump_says_so() -> None:
    found = header_of(build.kdump(guest(), split=(0, 20)))
    assert (found.whole, found.why) == ("unknown", ("it is one part of a split dump",))


def test_a_compressed_file_is_named_but_not_opened() -> None:
    found = header_of(gzip.compress(DUMPS[AMD]))
    assert (found.format, found.whole) == ("unknown", "unknown")
    assert found.why == ("it is compressed by gzip, and was not unpacked",)


def test_a_file_of_zeros_never_reached_the_disk() -> None:
    assert header_of(bytes(100_000)).whole == "no"


@pytest.mark.parametrize("made", [build.kdump(guest()), build.flatten(build.kdump(guest()))])
def test_reading_a_header_beats(made: bytes) -> None:
    beats: list[None] = []
    with behind(made) as fd:
        read_header(fd, lambda: beats.append(None))
    assert len(beats) >= 2, "the bitmap and the table of pages"


@pytest.mark.parametrize("name", ["x86_64", "i686"])
def test_a_table_of_program_headers_that_claims_gigabytes_is_not_read(name: str) -> None:
    content = bytearray(build.elf(guest(name)))
    at = 54 if guest(name).arch.word == 8 else 42  # e_phentsize, and e_phnum behind it
    content[at : at + 4] = b"\xff\xff\xfe\xff"
    assert header_of(bytes(content)).why == ("its headers are damaged",)


def test_an_empty_file_is_not_whole() -> None:
    """Debian's script gives it the final name of a dump when makedumpfile died before its first byte."""
    assert (header_of(b"").whole, header_of(b"").why) == ("no", ("it is empty",))
    assert header_of(build.flat_file([], end=False)).whole == "no"


def test_a_flattened_file_cannot_claim_a_bitmap_that_it_does_not_hold() -> None:
    """A hole of a flattened dump reads as zeros; a header that claims 1 GiB of them must not cost a minute."""
    content = bytearray(build.kdump(guest()))
    at = 12 + 6 * 65 + 6 + 16 + 12  # bitmap_blocks
    content[at : at + 4] = (2 * 262144).to_bytes(4, "little")
    found = header_of(build.flat_file([(0, bytes(content)), (1 << 40, b"x")]))
    assert found.whole == "no"
    assert found.pages is None
