"""All hardware errors of a log, in its order."""

from __future__ import annotations

from collections.abc import Sequence

from kdump_agent.decode.line import Line

from .mce import find_mce
from .record import HardwareError


def find(lines: Sequence[Line]) -> tuple[HardwareError, ...]:
    """Return every hardware error that a log tells of; bounded."""
    return tuple(find_mce(lines))
