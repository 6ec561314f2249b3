"""Machine checks made from their registers, for the tests of their meaning."""

from __future__ import annotations

from kdump_agent.decode.hardware.mce import find_mce
from kdump_agent.decode.hardware.record import HardwareError
from kdump_agent.decode.lines import split

HW = "mce: [Hardware Error]: "


def read(log: str) -> tuple[HardwareError, ...]:
    """Return the machine checks of a log."""
    return find_mce(split(log.encode()).lines)


def one(log: str) -> HardwareError:
    """Return the only machine check of a log."""
    (record,) = read(log)
    return record


def check(
    status: int,
    *,
    bank: int = 1,
    processor: str = "0:50654",
    registers: str = "TSC 1ea7 ADDR 12345000 MISC 8c",
    mcg: int = 5,
) -> HardwareError:
    """Return what a machine check with these registers means, as today's kernels log it."""
    return one(
        f"{HW}CPU 3: Machine Check Exception: {mcg:x} Bank {bank}: {status:016x}\n"
        f"{HW}{registers} \n"
        f"{HW}PROCESSOR {processor} TIME 1795465872 SOCKET 1 APIC 6 microcode d07\n"
    )
