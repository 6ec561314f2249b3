"""One record of a kernel's log, and how it reads as text: as ``makedumpfile --dump-dmesg`` writes it."""

from __future__ import annotations

from dataclasses import dataclass

_PLAIN = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\v\f\r")


@dataclass(frozen=True)
class Record:
    """What one printk left."""

    nanoseconds: int
    """Since boot."""
    text: bytes

    def render(self) -> bytes:
        """Return its lines; those after the first are indented, and a byte that is not printable ASCII is escaped."""
        seconds, rest = divmod(self.nanoseconds, 1_000_000_000)
        prefix = b"[%5d.%06d] " % (seconds, rest // 1000)
        text = self.text
        if not _PLAIN.issuperset(text):
            text = b"".join(bytes([each]) if each in _PLAIN else b"\\x%02x" % each for each in text)
        return prefix + text.replace(b"\n", b"\n" + b" " * len(prefix)) + b"\n"
