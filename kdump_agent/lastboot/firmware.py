"""Read what the firmware kept of an error that it saw before the reset: ACPI's boot error region.

The kernel offers it at /sys/firmware/acpi/tables/data/BERT and prints it at boot; the decoder reads what it printed.
Here it is only recognised and kept, for whoever has the vendor's tools (ACPI 6.5, 18.3.1 and table 18.13).
"""

from __future__ import annotations

import struct

from .facts import Firmware

SEVERITIES = {0: "recoverable", 1: "fatal", 2: "corrected", 3: "none"}
KEPT = 4096
"""Bytes of the region that a report holds."""
_STATUS_BLOCK = struct.Struct("<IIIII")


def firmware(region: bytes | None) -> Firmware | None:
    """Return what the region holds, None when it holds no error."""
    if region is None or len(region) < _STATUS_BLOCK.size:
        return None
    status, _, _, _, severity = _STATUS_BLOCK.unpack_from(region)
    if not status:
        return None
    return Firmware(SEVERITIES.get(severity, "unknown"), len(region), region[:KEPT])
