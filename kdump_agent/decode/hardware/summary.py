"""The one sentence that a technician acts on: what, where, how bad, what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .record import HardwareError
from .sentence import sentence

HOW_BAD = {
    "fatal": "fatal", "uncorrected": "not corrected", "SRAR": "not corrected (SRAR)", "SRAO": "not corrected (SRAO)",
    "UCNA": "not corrected (UCNA)", "deferred": "deferred", "corrected": "corrected", "unknown": "of unknown severity",
}  # fmt: skip
REMEDIES = {
    "memory": "test, reseat or replace {dimms}",
    "processor": "update firmware and microcode; if it comes back, replace the processor{of_socket}",
    "interconnect": "reseat the processors and check the board and the links between them; update the firmware",
    "io": "look for AER messages and reseat or replace the device {behind}; update its firmware",
    "power": "check power supplies, voltage regulators and cooling; update firmware and microcode",
    "thermal": "check fans, heat sinks and air flow",
    "watchdog": "look for a device or firmware that hung (PCIe, SMI), and for stalled CPUs in the log, before the CPU",
    "unknown": "read the management controller's event log; it may know what signalled the error",
}
FREQUENT = "it came too often: plan to "
_CHANNEL = re.compile(r", channel (?:\d{1,2}|not specified)")
HARMLESS = "one of these needs nothing; if they go on, "
INJECTED = "it was injected on purpose, so no part is at fault"


def summarise(record: HardwareError) -> str:
    """Return the sentence for a machine check whose ``decoded`` is filled in."""
    decoded = record.decoded
    what = f"left by the boot before: {_what(decoded)}" if record.boot == "previous" else _what(decoded)
    how_bad = f"{HOW_BAD.get(decoded['severity'], decoded['severity'])}: {decoded['recoverability']}"
    return sentence(what, _places(record, decoded), how_bad, _remedy(record, decoded))


def _what(decoded: Mapping[str, Any]) -> str:
    """The text, without the channel of the error code where the one of the socket is known: two would confuse."""
    text = str(decoded["text"])
    return _CHANNEL.sub("", text, count=1) if "channel" in (decoded.get("memory") or {}) else text


def _places(record: HardwareError, decoded: Mapping[str, Any]) -> list[str]:
    memory = decoded.get("memory") or {}
    places = (
        ("socket", record.socket), ("CPU", record.cpu), ("bank", record.bank), ("in the", _unit(decoded)),
        ("memory channel", memory.get("channel")), ("DIMM", memory.get("dimm")), ("rank", memory.get("rank")),
        ("chip select", memory.get("chip_select")), ("root port", decoded.get("reported_by")),
        ("address", record.addr),
    )  # fmt: skip
    return [f"{name} {value}" for name, value in places if value is not None]


def _unit(decoded: Mapping[str, Any]) -> str | None:
    """The unit, where the text does not name it."""
    unit = str(decoded.get("unit") or "")
    return unit if unit and unit.lower() not in decoded["text"].lower() else None


def _remedy(record: HardwareError, decoded: Mapping[str, Any]) -> str:
    if record.injected:
        return INJECTED
    calm = HARMLESS if decoded["severity"] == "corrected" else ""
    often = FREQUENT if decoded.get("threshold") == "yellow" else calm
    remedy = REMEDIES.get(decoded.get("part", ""), REMEDIES["processor"])
    port = decoded.get("reported_by")
    return often + remedy.format(
        dimms=_dimms(record, decoded),
        of_socket="" if record.socket is None else f" of socket {record.socket}",
        behind=f"behind root port {port}" if port else "that was accessed",
    )


def _dimms(record: HardwareError, decoded: Mapping[str, Any]) -> str:
    memory = decoded.get("memory") or {}
    channel = memory.get("channel", decoded.get("channel"))
    dimm = f"DIMM {memory['dimm']}" if memory.get("dimm") is not None else "the DIMMs"
    of_channel = f" of channel {channel}" if channel is not None else ""
    of_socket = f" of socket {record.socket}" if record.socket is not None else ""
    at = f" that hold address {record.addr}" if channel is None and record.addr else ""
    return f"{dimm}{of_channel}{of_socket}{at}"
