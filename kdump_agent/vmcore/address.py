"""Where the dead kernel's virtual addresses lie in physical memory.

A window is a part of the address space that is physical memory at a fixed distance. Each architecture's come from
VMCOREINFO (``arch_crash_save_vmcoreinfo`` of each) and from its memory map in the kernel's Documentation/arch; on
x86-64 the page tables tell the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Callable, NamedTuple

from .elf import Segment
from .memory import Absent, Memory
from .vmcoreinfo import address, number

_TOP = 1 << 64


class Window(NamedTuple):
    """Addresses from ``first`` on and before ``end``, of which ``first`` lies at ``physical``."""

    first: int
    end: int
    physical: int


class AddressSpace:
    """The kernel's addresses. ``base`` is where the dump's own header says that the kernel was loaded."""

    def __init__(
        self, memory: Memory, machine: str | None, info: Mapping[str, str], base: int, segments: Iterable[Segment]
    ) -> None:
        self._memory = memory
        self._windows = list(_WINDOWS.get(machine or "", _no_windows)(info, base))
        self._segments = [Window(each.virtual, each.virtual + each.memory, each.physical) for each in segments]
        self._tables = PageTables(memory, self._in_windows, info) if machine == "x86_64" else None

    def read(self, where: int, length: int) -> bytes:
        """Return exactly ``length`` bytes. Raises Absent."""
        out = bytearray()
        while len(out) < length:
            at = where + len(out)
            out += self._memory.read(self.physical(at), min(length - len(out), 4096 - at % 4096))
        return bytes(out)

    def physical(self, where: int) -> int:
        """Return the physical address of a virtual one. Raises Absent."""
        found = self._in_windows(where)
        if found is None and self._tables is not None:
            found = self._tables.physical(where)
        if found is None:
            found = _find(self._segments, where)
        if found is None:
            raise Absent(f"the kernel's address {where:#x} is none that we can translate")
        return found

    def _in_windows(self, where: int) -> int | None:
        return _find(self._windows, where)


def _find(windows: Iterable[Window], where: int) -> int | None:
    found = (window.physical + where - window.first for window in windows if window.first <= where < window.end)
    return next((physical for physical in found if physical >= 0), None)


class PageTables:
    """x86-64's: Intel SDM vol. 3A, section 4.5, "4-Level Paging and 5-Level Paging"."""

    _LARGE, _PRESENT = 0x80, 0x1
    _FRAME = (1 << 52) - 4096

    def __init__(self, memory: Memory, window: Callable[[int], int | None], info: Mapping[str, str]) -> None:
        names = ("init_top_pgt", "init_level4_pgt", "swapper_pg_dir")
        top = next((found for name in names if (found := address(info, f"SYMBOL({name})")) is not None), None)
        self._memory = memory
        self._top = window(top) if top is not None else None
        self._levels = 5 if number(info, "NUMBER(pgtable_l5_enabled)") else 4
        self._frame = self._FRAME & ~(number(info, "NUMBER(sme_mask)") or 0)

    def physical(self, where: int) -> int | None:
        table = self._top
        for level in reversed(range(self._levels)):
            if table is None:
                return None
            shift = 12 + 9 * level
            entry = int.from_bytes(self._memory.read(table + (where >> shift & 511) * 8, 8), "little")
            if not entry & self._PRESENT:
                return None
            table = entry & self._frame
            if level == 0 or (level < 3 and entry & self._LARGE):
                return (table >> shift << shift) + (where & (1 << shift) - 1)
        return None


def _x86_64(info: Mapping[str, str], base: int) -> Iterator[Window]:
    loaded = number(info, "NUMBER(phys_base)")
    yield Window(0xFFFFFFFF80000000, _TOP, base if loaded is None else loaded)


def _aarch64(info: Mapping[str, str], _base: int) -> Iterator[Window]:
    bits, start = number(info, "NUMBER(VA_BITS)"), number(info, "NUMBER(PHYS_OFFSET)")
    distance = number(info, "NUMBER(kimage_voffset)")
    kernel = address(info, "SYMBOL(swapper_pg_dir)")
    if bits is None or not 36 <= bits <= 52 or start is None or distance is None or kernel is None:
        return
    bottom, middle = _TOP - (1 << bits), _TOP - (1 << min(bits, 48) - 1)
    if kernel >= middle:  # since 5.4 the linear map is the lower half, before it was the upper one
        yield Window(bottom, middle, start)
        yield Window(middle, _TOP, middle - distance)
    else:
        yield Window(middle, _TOP, start)
        yield Window(bottom, middle, bottom - distance)


def _riscv64(info: Mapping[str, str], _base: int) -> Iterator[Window]:
    distance, kernel = number(info, "NUMBER(va_kernel_pa_offset)"), number(info, "NUMBER(KERNEL_LINK_ADDR)")
    if distance is not None and kernel is not None:
        yield Window(kernel, _TOP, kernel - distance)
    offset, start = number(info, "NUMBER(PAGE_OFFSET)"), number(info, "NUMBER(phys_ram_base)")
    if offset is not None and start is not None:
        yield Window(offset, _TOP, start)


def _s390x(info: Mapping[str, str], _base: int) -> Iterator[Window]:
    kernel, loaded = address(info, "KERNELOFFSET"), address(info, "KERNELOFFPHYS")
    if kernel is not None and loaded is not None:  # since 6.10
        yield Window(kernel, _TOP, loaded)
    identity = address(info, "IDENTITYBASE") or 0
    yield Window(identity, _TOP, 0)


def _fixed(first: int, end: int) -> Callable[[Mapping[str, str], int], Iterator[Window]]:
    return lambda _info, _base: iter([Window(first, end, 0)])


def _no_windows(_info: Mapping[str, str], _base: int) -> Iterator[Window]:
    return iter(())


_I386 = _fixed(0xC0000000, 1 << 32)
_PPC64 = _fixed(0xC000000000000000, 0xC008000000000000)
_WINDOWS: Mapping[str, Callable[[Mapping[str, str], int], Iterator[Window]]] = {
    "x86_64": _x86_64, "aarch64": _aarch64, "riscv64": _riscv64, "s390x": _s390x, "ppc64": _PPC64, "ppc64le": _PPC64,
    "i386": _I386, "i486": _I386, "i586": _I386, "i686": _I386,
    "loongarch64": _fixed(0x9000000000000000, 0x9001000000000000),
}  # fmt: skip
