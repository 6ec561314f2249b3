"""The dead kernel's addresses: two ways to the same physical one, on real dumps, and none to a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kdump_agent.vmcore import kdump
from kdump_agent.vmcore.address import AddressSpace, PageTables
from kdump_agent.vmcore.header import open_dump
from kdump_agent.vmcore.memory import Absent, KdumpMemory
from kdump_agent.vmcore.vmcoreinfo import address
from tests.machine import AMD, MCE, NULL, dump_of, shared

from . import build
from .guest import ARCHES, Guest
from .open import behind

REAL = (("debian12-mce", MCE), ("debian12-null", NULL), ("rhel-mce-amd", AMD))


@contextmanager
def opened(fd: int) -> Iterator[tuple[KdumpMemory, kdump.Kdump]]:
    file = open_dump(fd)
    dump = kdump.parse(file)
    assert dump is not None
    yield KdumpMemory(file, dump, lambda: None), dump


@pytest.mark.shared
@pytest.mark.parametrize(("place", "folder"), REAL)
def test_page_tables_agree_with_where_the_kernel_was_loaded(place: str, folder: str) -> None:
    with dump_of(shared("dumps", place, folder)).open("rb") as file, opened(file.fileno()) as (memory, dump):
        space = AddressSpace(memory, "x86_64", dump.sub.info, 0, ())
        tables = PageTables(memory, space.physical, dump.sub.info)
        for name in ("_stext", "prb", "swapper_pg_dir", "init_uts_ns"):
            where = address(dump.sub.info, f"SYMBOL({name})")
            assert where is not None
            assert tables.physical(where) == space.physical(where)
        # in the direct map, of which no symbol tells where it is: 4 levels of tables in one dump, 5 in another
        sections = address(dump.sub.info, "SYMBOL(mem_section)")
        assert sections is not None
        first = int.from_bytes(space.read(sections, 8), "little")
        assert sections >> 36 == first >> 36, "no pointer into the direct map"


@pytest.mark.parametrize("name", ARCHES)
def test_both_places_of_the_kernel_are_found_and_nothing_else(name: str) -> None:
    made = Guest(name)
    made.store(0x20000, b"x")
    with behind(build.kdump(made)) as fd, opened(fd) as (memory, dump):
        space = AddressSpace(memory, made.machine, dump.sub.info, 0, ())
        assert space.physical(made.arch.kernel + 5) == 0x10005
        assert space.physical(made.arch.linear + 5) == 0x20005
        if made.machine != "s390x":  # whose memory begins at address 0
            with pytest.raises(Absent, match="none that we can translate"):
                space.physical(0x1000)


def test_a_machine_that_we_do_not_know_has_no_addresses() -> None:
    with behind(build.kdump(Guest())) as fd, opened(fd) as (memory, dump):
        space = AddressSpace(memory, "vax", dump.sub.info, 0, ())
        with pytest.raises(Absent, match=r"address 0xffffffff80010000 is none"):
            space.read(0xFFFFFFFF80010000, 8)
