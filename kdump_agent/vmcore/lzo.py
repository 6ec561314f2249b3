"""Expand LZO1X, as ``makedumpfile -l`` writes each page.

The stream's format is told in the kernel's Documentation/staging/lzo.rst. Pure Python: slow (a page takes a
millisecond) and safe on hostile bytes.
"""

from __future__ import annotations

_END = 16384


def decompress(packed: bytes, size: int) -> bytes:
    """Return at most some ``size`` bytes. Raises ValueError or IndexError where it is no LZO1X."""
    out = bytearray()
    at, literals = 0, 0
    if packed[0] > 17:
        literals = packed[0] - 17
        out += packed[1 : 1 + literals]
        at, literals = 1 + literals, min(literals, 4)
    while len(out) <= size:
        code = packed[at]
        at += 1
        if code < 16 and literals == 0:
            length, at = _length(packed, at, code, 15)
            out += packed[at : at + length + 3]
            at, literals = at + length + 3, 4
            continue
        length, distance, literals, at = _match(packed, at, code, literals)
        if distance == _END:
            return bytes(out)
        if distance > len(out):
            raise ValueError("a match begins before the page")
        start = len(out) - distance
        out += (out[start : start + length] * (length // distance + 1))[:length]
        out += packed[at : at + literals]
        at += literals
    raise ValueError("it is longer than a page")


def _match(packed: bytes, at: int, code: int, literals: int) -> tuple[int, int, int, int]:
    """Return length and distance of a match, how many literals follow it, and where they are."""
    if code >= 64:
        length = (code >> 5) - 1 + 2 if code < 128 else 5 + (code >> 5 & 3)
        return length, (packed[at] << 3) + (code >> 2 & 7) + 1, code & 3, at + 1
    if code >= 16:
        mask = 31 if code >= 32 else 7
        length, at = _length(packed, at, code & mask, mask)
        pair = packed[at] | packed[at + 1] << 8
        distance = (pair >> 2) + 1 if code >= 32 else _END + ((code >> 3 & 1) << 14) + (pair >> 2)
        return length + 2, distance, pair & 3, at + 2
    distance = (packed[at] << 2) + (code >> 2)
    return (3, distance + 2049, code & 3, at + 1) if literals == 4 else (2, distance + 1, code & 3, at + 1)


def _length(packed: bytes, at: int, short: int, full: int) -> tuple[int, int]:
    """Return a length and where its bytes end: 0 says that it goes on, each zero byte adding 255."""
    if short:
        return short, at
    length = full
    while packed[at] == 0:
        length, at = length + 255, at + 1
    return length + packed[at], at + 1
