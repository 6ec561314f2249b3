"""Sizes and durations as people write them: "20 GiB", "30 d", "1.5 GB", "10 min". Pure."""

from __future__ import annotations

import re

SIZES = {
    "": 1, "B": 1,
    "K": 1 << 10, "KIB": 1 << 10, "KB": 10**3,
    "M": 1 << 20, "MIB": 1 << 20, "MB": 10**6,
    "G": 1 << 30, "GIB": 1 << 30, "GB": 10**9,
    "T": 1 << 40, "TIB": 1 << 40, "TB": 10**12,
}  # fmt: skip
SECONDS = {
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*)")


def size(text: str) -> int:
    """Return the bytes that ``text`` names. Raises ValueError."""
    number, unit = _split(text)
    return int(number * SIZES[_known(unit.upper(), SIZES)])


def duration(text: str) -> float:
    """Return the seconds that ``text`` names. Raises ValueError."""
    number, unit = _split(text)
    return number * SECONDS[_known(unit.lower(), SECONDS)]


def show_size(count: int) -> str:
    """Write a number of bytes for a person: "25.6 MB"."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def show_duration(seconds: float) -> str:
    """Write a number of seconds for a person: "2 min 5 s"."""
    left, words = round(seconds), []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words[:2]) or "0 s"


def _split(text: str) -> tuple[float, str]:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise ValueError("no number")
    return float(found[1]), found[2]


def _known(unit: str, table: dict[str, int]) -> str:
    if unit not in table:
        raise ValueError("unknown unit")
    return unit
