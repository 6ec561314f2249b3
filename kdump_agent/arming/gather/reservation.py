"""Is memory kept for a crash kernel, and is one loaded? From the kernel's own words."""

from __future__ import annotations

import re
from pathlib import Path

from kdump_agent.arming.facts import Reservation
from kdump_agent.look import Look


def reservation(look: Look) -> Reservation:
    """Look at both places of the kexec ABI, at /proc/iomem and at firmware-assisted dump."""
    new, old = look.paths.kexec
    loaded = _first(look, "kdump", new / "crash_loaded", old / "kexec_crash_loaded")
    reserved, range_size = _first(look, "reservation", new / "crash_size", old / "kexec_crash_size"), _crash_range(look)
    if reserved is None and range_size is not None:
        reserved = range_size
        look.doubts.pop("reservation", None)
    fadump_new, fadump_old = look.paths.fadump
    return Reservation(
        supported=loaded is not None or "kdump" in look.doubts if old.is_dir() else None,
        loaded=_truth(loaded),
        reserved=reserved,
        range_size=range_size,
        fadump_enabled=_truth(_first(look, "fadump", fadump_new / "enabled", fadump_old / "fadump_enabled")),
        fadump_registered=_truth(_first(look, "fadump", fadump_new / "registered", fadump_old / "fadump_registered")),
    )


def _first(look: Look, topic: str, *places: Path) -> int | None:
    found = (look.number(topic, place) for place in places)
    return next((number for number in found if number is not None), None)


def _truth(number: int | None) -> bool | None:
    return None if number is None else number != 0


def _crash_range(look: Look) -> int | None:
    """Return the bytes of the crash kernel's ranges; None without any, and for a reader who is shown zeros."""
    text = look.text("iomem", look.paths.iomem) or ""
    ranges = re.finditer(r"^ *([0-9a-f]{1,16})-([0-9a-f]{1,16}) : Crash kernel", text, re.MULTILINE)
    sizes = [int(found[2], 16) - int(found[1], 16) + 1 for found in ranges]
    return sum(sizes) if any(size > 1 for size in sizes) else None
