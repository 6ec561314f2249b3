"""The compressors of pages: against streams made from known instructions, and on hostile bytes."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.vmcore import lzo, page, snappy
from tests.machine import AMD, MINIS, dump_of

from . import build

Copies = list[tuple[bytes, int, int]]
COPIES = st.lists(
    st.tuples(st.binary(min_size=4, max_size=300), st.integers(1, 1 << 17), st.integers(3, 700)), max_size=8
)
"""Literals, then a match: its distance and length."""
SIZE = 1 << 16


def lzo_stream(copies: Copies) -> tuple[bytes, bytes]:
    """Return a stream of long literals and of matches in every form that fits, and what it expands to."""
    packed, plain = bytearray(), bytearray()
    for literals, distance, length in copies:
        plain += literals
        packed += bytes([0, *_lzo_rest(len(literals) - 3, 15)]) if len(literals) > 18 else bytes([len(literals) - 3])
        packed += literals
        distance = 1 + distance % min(len(plain), 49151)
        if 2049 <= distance <= 3072 and length % 3 == 0:  # the three-byte match that follows literals only
            length = 3
            packed += bytes([(distance - 2049 & 3) << 2, distance - 2049 >> 2])
        elif distance <= 2048 and length <= 8:
            code = (length - 1) << 5 if length <= 4 else 128 | (length - 5) << 5
            packed += bytes([code | (distance - 1 & 7) << 2, distance - 1 >> 3])
        elif distance <= 16384:
            packed += _lzo_long(32, 31, length) + struct.pack("<H", distance - 1 << 2)
        else:
            far = distance - 16384
            packed += _lzo_long(16 | far >> 14 << 3, 7, length) + struct.pack("<H", (far & 0x3FFF) << 2)
        start = len(plain) - distance
        for at in range(length):
            plain.append(plain[start + at])
    return bytes(packed) + b"\x11\0\0", bytes(plain)


def _lzo_long(code: int, full: int, length: int) -> bytes:
    return bytes([code, *_lzo_rest(length - 2, full)]) if length - 2 > full else bytes([code | length - 2])


def _lzo_rest(length: int, full: int) -> list[int]:
    rest = length - full
    zeros = (rest - 1) // 255
    return [0] * zeros + [rest - 255 * zeros]


def snappy_stream(copies: Copies) -> tuple[bytes, bytes]:
    packed, plain = bytearray(), bytearray()
    for literals, distance, length in copies:
        plain += literals
        packed += (
            bytes([len(literals) - 1 << 2]) if len(literals) <= 60 else b"\xf4" + struct.pack("<H", len(literals) - 1)
        )
        packed += literals
        distance = 1 + distance % len(plain)
        if distance < 2048 and 4 <= length <= 11:
            packed += bytes([1 | length - 4 << 2 | distance >> 8 << 5, distance & 255])
        else:
            length = min(length, 64)
            wide = distance > 65535 or length % 2
            packed += bytes([(3 if wide else 2) | length - 1 << 2]) + struct.pack("<I" if wide else "<H", distance)
        start = len(plain) - distance
        for at in range(length):
            plain.append(plain[start + at])
    return struct.pack("B", 0) + bytes(packed), bytes(plain)


@given(COPIES)
def test_every_lzo_instruction_expands(copies: Copies) -> None:
    packed, plain = lzo_stream(copies)
    assert lzo.decompress(packed, SIZE) == plain


@given(COPIES)
def test_every_snappy_instruction_expands(copies: Copies) -> None:
    packed, plain = snappy_stream(copies)
    assert snappy.decompress(packed, SIZE) == plain


@given(st.sampled_from([0, 1, 2, 4, 0x20, 3, 0x40]), st.binary(max_size=400))
def test_hostile_pages_are_damaged_or_a_page(flags: int, packed: bytes) -> None:
    found = page.expand(packed, flags, 4096)
    assert found is None or len(found) == 4096


@given(st.integers(0, 120_000), st.sampled_from([1, 2, 4]))
def test_real_compressed_bytes_read_at_the_wrong_place_never_raise(at: int, flags: int) -> None:
    found = page.expand(dump_of(MINIS / AMD).read_bytes()[at : at + 8192], flags, 4096)
    assert found is None or len(found) == 4096


def test_a_bomb_is_cut_at_one_page() -> None:
    flag, deflate = build.COMPRESSORS["zlib"]
    assert page.expand(deflate(bytes(1 << 26)), flag, 4096) == bytes(4096)
    assert page.expand(b"\0" * 1000 + b"\xff" * 3000, 2, 4096) is None


def test_zstd_pages_behind_a_damaged_one_are_not_guessed() -> None:
    _, zstd = build.COMPRESSORS["zstd"]
    frames = [zstd(bytes([letter]) * 4096) for letter in b"abc"]
    assert page.expand_zstd(frames, 4096) == [b"a" * 4096, b"b" * 4096, b"c" * 4096]
    assert page.expand_zstd([frames[0], frames[1][:-3], frames[2]], 4096)[0] == b"a" * 4096
    assert page.expand_zstd([frames[0], b"no frame", frames[2]], 4096)[1:] == [None, None]
