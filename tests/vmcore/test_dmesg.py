"""The log out of dumps: real ones, and those of every kind of kernel, architecture and compressor."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent import process
from kdump_agent.process import find_program
from kdump_agent.vmcore.dmesg import read_log
from kdump_agent.vmcore.header import open_dump
from tests.machine import AMD, MCE, MINIS, NULL, dump_of, shared

from . import build
from .guest import ARCHES, PAGE, RECORDS, RENDERED, Guest, plain, printk_log, ring
from .open import behind, log_of

NAMES = (MCE, NULL, AMD)
DUMPS = {name: dump_of(MINIS / name).read_bytes() for name in NAMES}
LOGS = {name: next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name).read_bytes() for name in NAMES}
LARGE = (("debian12-mce", MCE), ("debian12-null", NULL), ("rhel-mce-amd", AMD))
MAKERS: dict[str, Callable[[Guest], bytes]] = {
    "kdump": build.kdump,
    "elf": build.elf,
    "flattened": lambda guest: build.flatten(build.kdump(guest)),
}
Kind = Callable[[Guest, list[tuple[int, bytes]]], Guest]


@pytest.mark.parametrize("name", NAMES)
def test_the_log_is_the_one_that_lay_beside_the_dump(name: str) -> None:
    found = log_of(DUMPS[name])
    assert (found.text, found.doubts) == (LOGS[name], ())


@pytest.mark.shared
@pytest.mark.parametrize(("place", "folder"), LARGE)
def test_the_log_of_a_large_dump_too(place: str, folder: str) -> None:
    with dump_of(shared("dumps", place, folder)).open("rb") as file:
        assert read_log(open_dump(file.fileno()), lambda: None).text == LOGS[folder]


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("kind", [ring, printk_log])
def test_records_of_every_architecture_are_read(name: str, maker: str, kind: Kind) -> None:
    found = log_of(MAKERS[maker](kind(Guest(name), RECORDS)))
    assert (found.text, found.doubts) == (RENDERED, ())


@pytest.mark.parametrize("name", ARCHES)
@pytest.mark.parametrize("maker", MAKERS)
def test_the_plain_text_of_the_oldest_kernels_is_read(name: str, maker: str) -> None:
    text = b"<6>[    0.000000] Linux version 2.6.32\n"
    assert log_of(MAKERS[maker](plain(Guest(name), text))).text == text


@pytest.mark.parametrize("length", [4095, 4096, 4097, 6000, 12000])
def test_plain_text_that_went_round_is_turned_back(length: int) -> None:
    text = bytes(33 + at % 90 for at in range(length))
    assert log_of(build.kdump(plain(Guest(), text))).text == text[-4096:]


@pytest.mark.parametrize("compression", build.COMPRESSORS)
def test_pages_of_every_compressor_are_read(compression: str) -> None:
    assert log_of(build.kdump(ring(Guest(), RECORDS), compression=compression)).text == RENDERED


def test_pages_of_zstd_without_the_program_are_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    made = build.kdump(ring(Guest(), RECORDS), compression="zstd")
    monkeypatch.setattr(process, "SEARCH", ())
    found = log_of(made)
    assert found.doubts == ("its pages are compressed by zstd, which is not installed here: install zstd",)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=16), st.integers(0, 1 << 40))
def test_a_ring_that_went_round_gives_its_records_in_order(texts: list[bytes], first: int) -> None:
    texts = [text or b"x" for text in texts]
    found = log_of(build.kdump(ring(Guest(), [(0, text) for text in texts], text_bits=12, first=first)))
    alone = [log_of(build.kdump(ring(Guest(), [(0, text)]))).text for text in texts]
    assert found.text == b"".join(alone)


@pytest.mark.parametrize("name", ["x86_64", "i686"])
def test_a_record_that_ends_where_the_ring_does_is_read(name: str) -> None:
    """Since 6.18 (commit 67e1b0052f6b) such a block stays where it is; before, it began anew at the ring's start."""
    guest = Guest(name)
    word = guest.arch.word
    texts = [b"x" * 8, b"y" * (4096 - word - 8 - word)]
    made = ring(guest, [(0, text) for text in texts], text_bits=12)
    found = log_of(build.kdump(made))
    assert found.text == b"".join(b"[    0.000000] %s\n" % text for text in texts)


def test_a_record_without_text_is_passed_over() -> None:
    made = ring(Guest(), RECORDS)
    row = 5 % 16
    made.store(0x10000 + 0x1000 + row * 24 + 8, made.pack(3) * 2)  # EMPTY_LINE_LPOS
    assert log_of(build.kdump(made)).text == RENDERED.split(b"\n", 1)[1]


@given(st.integers(0, 3000), st.integers(1, 60))
def test_a_record_log_that_went_round_gives_its_records_in_order(start: int, count: int) -> None:
    records = [(at * 1_000_000_000, b"record %d" % at) for at in range(count)]
    found = log_of(build.kdump(printk_log(Guest(), records, start=start & -8)))
    assert found.text == b"".join(b"[%5d.000000] record %d\n" % (at, at) for at in range(count))


def test_a_dump_without_vmcoreinfo_says_so() -> None:
    made = ring(Guest(), RECORDS)
    made.info = {}
    assert log_of(build.kdump(made)).doubts == ("it has no VMCOREINFO, which tells where the log is",)


def test_the_log_of_3_5_has_another_name_for_its_records() -> None:
    assert log_of(build.kdump(printk_log(Guest(), RECORDS, name="log"))).text == RENDERED


@given(st.sampled_from(NAMES), st.data())
def test_a_truncated_dump_gives_what_can_be_read_and_says_so(name: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(DUMPS[name]) - 1))
    found = log_of(DUMPS[name][:length])
    if found.text == LOGS[name]:  # what is cut off was not needed
        return
    assert found.doubts
    lines = LOGS[name].splitlines()
    rest = iter(lines)
    assert all(line in rest for line in found.text.splitlines()), "not lines of the log in their order"


def test_some_of_a_truncated_log_is_really_read() -> None:
    content, log = DUMPS[AMD], LOGS[AMD]
    lengths = [len(log_of(content[: len(content) * part // 20]).text) for part in range(21)]
    assert lengths[-1] == len(log)
    assert any(0 < length < len(log) for length in lengths)
    assert lengths == sorted(lengths)


def test_pages_of_zeros_that_were_left_out_are_zeros_and_others_are_missing() -> None:
    made = ring(Guest(), RECORDS)
    made.memory[0x20] = bytearray(PAGE)  # the text
    assert log_of(build.kdump(made, level=1)).text.startswith(b"[    0.000000] \\x00")
    lost = log_of(build.kdump(made, level=30))
    assert (lost.text, lost.doubts) == (b"", ("3 pieces of the log lie in pages that the dump lacks",))


@given(
    st.sampled_from(NAMES), st.lists(st.tuples(st.integers(0, 70_000), st.binary(min_size=1, max_size=8)), max_size=9)
)
def test_hostile_dumps_never_raise(name: str, changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(DUMPS[name])
    for at, patch in changes:
        content[at : at + len(patch)] = patch
    found = log_of(bytes(content))
    assert found.text or found.doubts, "nothing, and no reason"


@given(
    st.sampled_from([ring, printk_log]),
    st.dictionaries(st.sampled_from(sorted(ring(Guest(), RECORDS).info)), st.sampled_from(
        ["", "0", "1", "-1", "7", "ffffffffffffffff", "99999999999999999999", "x", "0x", "fffffffffffffffffff"])),
)  # fmt: skip
def test_hostile_vmcoreinfo_never_raises(kind: Kind, changes: dict[str, str]) -> None:
    made = kind(Guest(), RECORDS)
    made.info.update(changes)
    found = log_of(build.kdump(made))
    assert len(found.text) < 1 << 20


@given(
    st.sampled_from([ring, printk_log]),
    st.lists(st.tuples(st.integers(0, 0x3000), st.binary(min_size=1, max_size=8))),
)
def test_hostile_memory_never_raises(kind: Kind, changes: list[tuple[int, bytes]]) -> None:
    made = kind(Guest(), RECORDS)
    for at, patch in changes:
        made.store(0x10000 + at, patch)
    assert len(log_of(build.kdump(made)).text) < 1 << 22


@pytest.mark.parametrize("kind", [ring, printk_log])
def test_makedumpfile_writes_the_same_text(kind: Kind, tmp_path: Path) -> None:
    program = find_program("makedumpfile")
    if program is None:
        assert os.environ.get("CI") != "true", "makedumpfile is missing"
        pytest.skip("makedumpfile is missing")
    made = kind(Guest(), RECORDS)
    for_makedumpfile(made)
    dump, log = tmp_path / "dump", tmp_path / "log"
    dump.write_bytes(build.kdump(made))
    subprocess.run([program, "--dump-dmesg", dump, log], check=True, capture_output=True)
    # its %02x of a negative char writes "\xffffffc3"
    assert log.read_bytes().replace(b"\\xffffff", b"\\x") == RENDERED
    with behind(dump.read_bytes()) as fd:
        assert read_log(open_dump(fd), lambda: None).text == RENDERED


def for_makedumpfile(guest: Guest) -> None:
    """Add what makedumpfile wants to know before it looks for the log: a flat memory map and its structures."""
    guest.define("mem_map", guest.pack(guest.arch.linear), 0xF00)
    guest.tell("list_head", 16, next=0, prev=8)
    guest.tell("page", 64, flags=0, _refcount=52, mapping=24, lru=8, _mapcount=48, private=40, compound_dtor=16,
               compound_order=17, compound_head=8)  # fmt: skip
