"""Which program packed a file, told by its first bytes."""

from __future__ import annotations

FORMATS = (  # RFC 8878, RFC 1952, the xz and bzip2 manuals, lz4_Frame_format.md
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
)


def packer(head: bytes) -> str | None:
    """Return the name of the program that unpacks a file with these first bytes, or None where it is not packed."""
    return next((program for magic, program in FORMATS if head.startswith(magic)), None)
