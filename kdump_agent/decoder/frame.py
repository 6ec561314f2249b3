"""How the decoder and who asks it speak: frames on a stream socket.

A frame is the lengths of its two parts, big endian, a JSON object and a blob. One frame asks; the descriptors that it
names travel with its first bytes (SCM_RIGHTS, unix(7)). A frame says that the question was taken, one for each piece
answers it, and a last one says that it was the last. Both sides believe nothing of the other: every length is bounded
before it is obeyed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

VERSION = 1
"""Of the conversation; the decoder refuses another."""
LARGEST_HEADER = 64 << 10
LENGTHS = struct.Struct(">II")

Take = Callable[[int], bytes]
"""Returns exactly so many bytes, or raises."""


class Garbled(Exception):
    """What arrived is no frame of ours."""


@dataclass(frozen=True)
class Frame:
    """One thing said."""

    header: Mapping[str, Any]
    blob: bytes = b""


def pack(frame: Frame) -> bytes:
    """Return a frame as bytes."""
    header = json.dumps(frame.header).encode()
    return LENGTHS.pack(len(header), len(frame.blob)) + header + frame.blob


def unpack(take: Take, largest_blob: int) -> Frame:
    """Return the next frame. Raises Garbled, and what ``take`` raises."""
    header_length, blob_length = LENGTHS.unpack(take(LENGTHS.size))
    if header_length > LARGEST_HEADER or blob_length > largest_blob:
        raise Garbled(f"a frame of {header_length} and {blob_length} bytes")
    try:
        header = json.loads(take(header_length))
    except (ValueError, RecursionError):
        raise Garbled("a frame without a JSON header") from None
    if not isinstance(header, dict):
        raise Garbled("a frame whose header is no object")
    return Frame(header, take(blob_length))
