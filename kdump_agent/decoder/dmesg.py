"""The verb "dmesg": the kernel's log out of a dump."""

from __future__ import annotations

from collections.abc import Iterator

from kdump_agent.vmcore.dmesg import LARGEST as _TEXT
from kdump_agent.vmcore.extract import extract_dmesg
from kdump_agent.vmcore.header import read_header

from .piece import Asked, Blob, Doubt, Piece

LOG = "dmesg.txt"
LARGEST = 2 * _TEXT
"""Bytes of a log; its last record may reach over the bound at which reading stops."""


def work(asked: Asked) -> Iterator[Piece]:
    """Yield the log, if there is one, and what stayed in doubt."""
    fd = asked.files["vmcore"]
    found = extract_dmesg(fd, read_header(fd, asked.beat), asked.scratch, asked.beat)
    if found.log is not None:
        yield Blob(LOG, found.log)
    yield from map(Doubt, found.doubts)
