"""Expand Snappy, as ``makedumpfile -p`` writes each page.

The stream's format is told in google/snappy's format_description.txt. Pure Python, safe on hostile bytes.
"""

from __future__ import annotations


def decompress(packed: bytes, size: int) -> bytes:
    """Return at most some ``size`` bytes. Raises ValueError or IndexError where it is no Snappy."""
    at = 0
    while packed[at] >= 128:  # the length of the whole, which we know
        at += 1
    at += 1
    out = bytearray()
    while at < len(packed):
        tag = packed[at]
        at += 1
        if tag & 3 == 0:
            length, at = _literal(packed, at, tag >> 2)
            out += packed[at : at + length]
            at += length
        else:
            length, distance, at = _copy(packed, at, tag)
            if not 0 < distance <= len(out):
                raise ValueError("a copy begins before the page")
            start = len(out) - distance
            out += (out[start : start + length] * (length // distance + 1))[:length]
        if len(out) > size:
            raise ValueError("it is longer than a page")
    return bytes(out)


def _literal(packed: bytes, at: int, code: int) -> tuple[int, int]:
    """Return the length of a literal and where it begins."""
    if code < 60:
        return code + 1, at
    width = code - 59
    return int.from_bytes(packed[at : at + width], "little") + 1, at + width


def _copy(packed: bytes, at: int, tag: int) -> tuple[int, int, int]:
    """Return length and distance of a copy, and where it ends."""
    if tag & 3 == 1:
        return (tag >> 2 & 7) + 4, (tag >> 5) << 8 | packed[at], at + 1
    width = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, int.from_bytes(packed[at : at + width], "little"), at + width
