"""Read PCI Express errors as kernels from 2.6.19 to 2.6.32 told them: a block of lines under a heading.

The lines are those of drivers/pci/pcie/aer/aerdrv_errprint.c. Only the first error that was set is told; the register
is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from kdump_agent.decode.line import Line

from .aer import record, severity_of
from .record import HardwareError

MARKS = ("PCI-Express Device Error",)
_FIELD = re.compile(r"(\w[\w /-]{1,40}?)(?:\s|\^I){1,8}: (.{1,60})")
_DEVICE = re.compile(
    r"VendorID=([0-9a-f]{4})h, DeviceID=([0-9a-f]{4})h, Bus=([0-9a-f]{2})h, Device=([0-9a-f]{2})h, "
    r"Function=([0-9a-f]{2})h"
)
_HEADER = re.compile(r"(?:[0-9a-f]{8} ?){4}$")
_SPAN = 9
"""Lines of a block."""
NAMES = {
    "data link protocol": "data link protocol error", "flow control protocol": "flow control protocol error",
    "completion timeout": "completion timeout", "completer abort": "completer abort", "ecrc": "ECRC error",
    "poisoned tlp": "poisoned TLP", "malformed tlp": "malformed TLP", "receiver error": "receiver error",
    "bad tlp": "bad TLP", "bad dllp": "bad DLLP", "relay_num rollover": "replay number rollover",
    "replay timer timeout": "replay timer timeout", "advisory non-fatal": "advisory non-fatal error",
    "unexpected completion": "unexpected completion", "receiver overflow": "receiver overflow",
    "unsupported request": "unsupported request",
}  # fmt: skip
"""The kernel's names, in those of the specification."""


def find_aer_block(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the errors that such a block tells."""
    for at, line in enumerate(lines):
        if MARKS[0] in line.text:
            yield from _read(line.number, [later.text for later in lines[at + 1 : at + _SPAN]])


def _read(number: int, block: Sequence[str]) -> Iterator[HardwareError]:
    told: dict[str, Any] = {"severity": "uncorrected"}
    errors: list[str] = []
    device = "unknown"
    for text in block:
        if MARKS[0] in text:
            break
        if found := _DEVICE.search(text):
            device = f"0000:{found[3]}:{found[4]}.{int(found[5], 16) & 7}"
            told["product"] = f"{found[1]}:{found[2]}"
        elif _HEADER.match(text):
            told["tlp"] = text
        elif found := _FIELD.match(text):
            _field(told, errors, found[1].strip(), found[2].strip())
    yield record(number, told, errors, device)


def _field(told: dict[str, Any], errors: list[str], name: str, value: str) -> None:
    if name == "Error Severity":
        told["severity"] = severity_of(value)
    elif name == "PCIE Bus Error type":
        told["layer"] = value
    elif name.endswith(" ID"):
        told["agent"] = name
    elif value in ("First", "Multiple"):
        told["multiple"] = value == "Multiple"
        errors.append(NAMES.get(name.lower(), name.lower()))
