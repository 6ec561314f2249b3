"""Banks that no hardware has: kernels tell of other things under their numbers.

The kernel's arch/x86/include/asm/mce.h and mce/apei.c, which used bank 1 in 2.6.32; the old kernels'
K8_MCE_THRESHOLD_BASE (to 3.x) and time-out bank (mcelog.h of mcelog).
"""

from __future__ import annotations

from typing import Any

from .registers import bit

THERMAL, TIMEOUT, APEI = 128, 128 + 90, 255
FIRST_THRESHOLD, BLOCKS, NORTHBRIDGE = 129, 9, 4
"""An AMD bank's error counters are nine numbers from 129 + 9 * bank."""
COUNTERS = {
    FIRST_THRESHOLD + BLOCKS * NORTHBRIDGE + block: (f"error counter of the {name}", part)
    for block, (name, part) in enumerate((
        ("DRAM", "memory"), ("HyperTransport links", "interconnect"), ("L3 cache", "processor"), ("FBDIMMs", "memory"),
    ))
}  # fmt: skip
NAMES = {
    THERMAL: ("thermal sensor", "thermal"),
    **dict.fromkeys(range(FIRST_THRESHOLD, FIRST_THRESHOLD + 6 * BLOCKS), ("error threshold counter", "processor")),
    **COUNTERS,
    TIMEOUT: ("wait for the other CPUs' machine check handlers", "watchdog"),
    APEI: ("firmware (APEI)", "memory"),
}
"""By bank: what it stands for, and what a technician looks at."""
APEI_ONCE, APEI_STATUS, APEI_GRADES = 1, 0x9400_0000_0000_009F, 1 << 61 | 1 << 57
"""Firmware's first bank, which hardware has as well; what the kernel writes there, and UC and PCC beside it."""
HOT, OVERFLOWED = 0, 48
"""Bit 0 of the thermal bank's status; bit 48 of a counter's MISC."""


def number(bank: int | None, status: int) -> int | None:
    """Return the bank that a machine check stands for; None where hardware has it."""
    if bank == APEI_ONCE and status & ~APEI_GRADES == APEI_STATUS:
        return APEI
    return bank if bank in NAMES else None


def explain(bank: int, status: int, misc: int | None) -> dict[str, Any]:
    """Return unit, part and details of one of these banks."""
    unit, part = NAMES[bank]
    return {"unit": unit, "part": part, "made_up": True, "details": _details(bank, status, misc or 0)}


def _details(bank: int, status: int, misc: int) -> list[str]:
    if bank == THERMAL:
        hot = "too hot: the processor is throttled" if bit(status, HOT) else "cooled down: throttling ended"
        return [hot]
    if bank == TIMEOUT:
        return ["timed out"]
    return ["the counter overflowed"] if bit(misc, OVERFLOWED) and bank != APEI else []
