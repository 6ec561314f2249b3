"""Print a machine check as each generation of kernels does, for tests that read it back.

arch/x86/kernel/cpu/mce/core.c, ``__print_mce``, and what it was before: mcheck/mce.c, mcheck/mce_64.c, mcheck/p4.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from kdump_agent.decode.hardware.processor import VENDORS, cpuid

EIPV, MCIP = 2, 4
ALWAYS = ("cpu", "bank", "status", "mcg_status")
REGISTERS = ("tsc", "addr", "misc")
NUMBERS = ("vendor", "family", "model", "stepping", "time", "socket", "apic")


@dataclass(frozen=True)
class Check:
    """The kernel's struct mce. A register that is 0 is not printed."""

    cpu: int
    bank: int
    mcg_status: int
    status: int
    cs: int
    ip: int
    symbol: str
    tsc: int
    addr: int
    misc: int
    ppin: int
    synd: int
    ipid: int
    vendor: int
    cpuid: int
    time: int
    socket: int
    apic: int
    microcode: int


@dataclass(frozen=True)
class Kernel:
    """One generation's way to print it."""

    name: str
    mark: str
    """What stands before each line of the record."""
    tells: tuple[str, ...]
    """The fields that it tells, of those that can be told."""
    opens: str = ""
    closes: str = "Run the above through 'mcelog --ascii'"
    width: int = 0
    """MCG_STATUS is padded with blanks to so many digits."""
    named: bool = False
    """Does the head without an exception say "Machine Check" only?"""
    split: bool = False
    """Does RIP's symbol stand on a line of its own?"""


HW, MCE_HW = "[Hardware Error]: ", "mce: [Hardware Error]: "
WHOLE = (*ALWAYS, *REGISTERS, *NUMBERS, "microcode")
SOFTWARE = "This is not a software problem!"
KERNELS = (
    Kernel("2.6.18", "", (*ALWAYS, *REGISTERS), "HARDWARE ERROR", SOFTWARE, width=16),
    Kernel("2.6.32", "", (*ALWAYS, *REGISTERS, *NUMBERS), "HARDWARE ERROR", SOFTWARE, width=16),
    Kernel("RHEL 6", HW, (*ALWAYS, *REGISTERS, *NUMBERS), "", "Run the above through 'mcelog --ascii'"),
    Kernel("3.14", HW, WHOLE),
    Kernel("3.16", MCE_HW, WHOLE),
    Kernel("4.9", MCE_HW, (*WHOLE, "synd", "ipid"), named=True, split=True),
    Kernel("5.10", MCE_HW, (*WHOLE, "synd", "ipid", "ppin"), named=True),
    Kernel("6.13", MCE_HW, (*WHOLE, "synd", "ipid", "ppin"), named=True),
)


def printed(check: Check, kernel: Kernel) -> Iterator[str]:
    """Yield the lines of one record."""
    if kernel.opens:
        yield kernel.opens
    what = "Machine Check Exception" if check.mcg_status & MCIP or not kernel.named else "Machine Check"
    mcg = f"{check.mcg_status:x}".rjust(kernel.width)
    yield f"{kernel.mark}CPU {check.cpu}: {what}: {mcg} Bank {check.bank}: {check.status:016x}"
    if check.ip:
        inexact = "" if check.mcg_status & EIPV else " !INEXACT!"
        symbol = f"{{{check.symbol}}}" if check.cs == 0x10 else ""
        yield f"{kernel.mark}RIP{inexact} {check.cs:02x}:<{check.ip:016x}> {'' if kernel.split else symbol}"
        if kernel.split and symbol:
            yield symbol
    yield f"{kernel.mark}TSC {check.tsc:x} {''.join(_told(check, kernel))}"
    if "vendor" in kernel.tells:
        microcode = f" microcode {check.microcode:x}" if "microcode" in kernel.tells else ""
        yield (
            f"{kernel.mark}PROCESSOR {check.vendor}:{check.cpuid:x} TIME {check.time} SOCKET {check.socket} "
            f"APIC {check.apic:x}{microcode}"
        )
    yield f"{kernel.mark}{kernel.closes}"


def _told(check: Check, kernel: Kernel) -> Iterator[str]:
    for name in ("addr", "misc", "ppin", "synd", "ipid"):
        if name in kernel.tells and getattr(check, name):
            yield f"{name.upper()} {getattr(check, name):x} "


def expected(check: Check, kernel: Kernel) -> dict[str, Any]:
    """Return what a reader must find again."""
    family, model, stepping = cpuid(check.cpuid)
    every = {
        **{name: f"{getattr(check, name):#x}" for name in ("mcg_status", "status", "tsc", "microcode")},
        **{name: f"{value:#x}" if (value := getattr(check, name)) else None
           for name in ("addr", "misc", "ppin", "synd", "ipid")},
        **{name: getattr(check, name) for name in ("cpu", "bank", "time", "socket", "apic")},
        "vendor": VENDORS[check.vendor], "family": family, "model": model, "stepping": stepping,
    }  # fmt: skip
    told = {name: value if name in kernel.tells else None for name, value in every.items()}
    exact = bool(check.mcg_status & EIPV) if check.ip else None
    return {**told, "rip_exact": exact, "rip": _rip(check)}


def _rip(check: Check) -> dict[str, Any] | None:
    if not check.ip:
        return None
    rip = {"cs": f"{check.cs:02x}", "address": f"{check.ip:#x}"}
    if check.cs != 0x10:
        return rip
    symbol, _, numbers = check.symbol.partition(" ")[0].partition("+")
    offset, _, size = numbers.partition("/")
    module = check.symbol[check.symbol.index("[") + 1 : -1] if "[" in check.symbol else None
    return {**rip, "symbol": symbol, "offset": int(offset, 16), "size": int(size, 16), "module": module}


REGISTER = st.integers(0, 2**64 - 1)
CHECKS = st.builds(
    Check,
    cpu=st.integers(0, 8191), bank=st.integers(0, 63), mcg_status=st.integers(0, 15), status=REGISTER,
    cs=st.sampled_from((0x10, 0x33)), ip=st.just(0) | REGISTER,
    symbol=st.sampled_from((
        "native_safe_halt+0xb/0x10", "mwait_idle_with_hints.constprop.0+0x4b/0x90", "nvme_irq+0x1/0x2f0 [nvme]",
    )),
    tsc=REGISTER, addr=REGISTER, misc=REGISTER, ppin=REGISTER, synd=REGISTER, ipid=REGISTER,
    vendor=st.sampled_from((0, 2, 5, 9, 10)),
    cpuid=st.sampled_from((0x106A5, 0x206D7, 0x50654, 0xC06F2, 0xA06D1, 0x400F10, 0x60FB2, 0x100F42, 0x600F12,
                           0x830F10, 0xA10F11, 0xB00F20, 0x900F22, 0x70750, 0xF41, 0x6D8)),
    time=st.integers(1, 2**33), socket=st.integers(0, 64), apic=st.integers(0, 2**32 - 1),
    microcode=st.integers(0, 2**32 - 1),
)  # fmt: skip
