"""Which build an ELF file is, for every class and byte order, and on any bytes."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.elf import Identity, build_id_of, identify

from .analysis.vmlinux import vmlinux

ID = "06f8bde30046985060c60820f7a11515a33afb06"


def told(content: bytes) -> Identity | None:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return identify(file.fileno())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("debug", [True, False])
def test_the_build_id_and_the_debugging_information_are_told(order: str, wide: bool, debug: bool) -> None:
    assert told(vmlinux(ID, order=order, wide=wide, debug=debug)) == Identity(ID, debug)


def test_a_file_without_a_build_id_tells_none() -> None:
    assert told(vmlinux(None)) == Identity(None, True)


def test_what_is_no_elf_file_is_none() -> None:
    assert told(b"#!/bin/sh\n" * 100) is None
    assert told(b"") is None


def test_a_real_program_tells_the_build_id_that_the_loader_sees() -> None:
    found = build_id_of(Path(sys.executable).resolve())
    assert found is None or len(found) in (16, 32, 40)


@given(st.binary(max_size=80), st.integers(0, 400))
def test_no_damage_makes_it_raise(what: bytes, at: int) -> None:
    content = bytearray(vmlinux(ID))
    content[at : at + len(what)] = what
    told(bytes(content))


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(content: bytes) -> None:
    told(b"\x7fELF\x02\x01" + content)


def test_the_file_position_is_left_alone() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(vmlinux(ID))
        file.seek(3)
        identify(file.fileno())
        assert os.lseek(file.fileno(), 0, os.SEEK_CUR) == 3
