"""The one sentence that a technician acts on: what, where, how bad, what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import hints
from .processor import Processor
from .record import HardwareError
from .sentence import INJECTED, calm, sentence

HOW_BAD = {
    "fatal": "fatal", "uncorrected": "not corrected", "SRAR": "not corrected (SRAR)", "SRAO": "not corrected (SRAO)",
    "UCNA": "not corrected (UCNA)", "deferred": "deferred", "corrected": "corrected", "unknown": "of unknown severity",
}  # fmt: skip
REMEDIES = {
    "memory": "test, reseat or replace {dimms}",
    "met": "find the DIMM that {lost} (EDAC, rasdaemon or the management controller may know; it may be a device's "
    "memory, too), then test, reseat or replace it; the processor that met the lost data need not be at fault",
    "packaged": "update the firmware; if it comes back, replace the processor{of_socket} or accelerator: this memory "
    "is built into it",
    "processor": "update firmware and microcode; if it comes back, replace the processor{of_socket}",
    "interconnect": "update the firmware; if it comes back, reseat the processors and check the board and the links "
    "between them",
    "io": "look for AER messages and reseat or replace the device {behind}; update its firmware",
    "power": "check power supplies, voltage regulators and cooling; update firmware and microcode",
    "thermal": "check fans, heat sinks and air flow",
    "watchdog": "look for a device or firmware that hung (PCIe, SMI), and for stalled CPUs in the log, before the CPU",
    "unknown": "read the management controller's event log; it may know what signalled the error",
}
FREQUENT = "it came too often: plan to "
SOFTWARE = "report the bug to the kernel's maintainers; look at the hardware only if it comes back with another kernel"
PACKAGED = ("HBM", "MCDRAM")
"""Memory in the processor's own package, which has no DIMM."""
NOT_PHYSICAL = ("normalized", "linear", "segment offset")
"""Kinds of address that no DIMM can be found by."""
_CHANNEL = re.compile(r", channel (?:\d{1,2}|not specified)")


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
        ("node", decoded.get("node")),
        ("memory channel", memory.get("channel")), ("DIMM", memory.get("dimm")), ("rank", memory.get("rank")),
        ("chip select", memory.get("chip_select")), ("root port", decoded.get("reported_by")),
        (_address(decoded), record.addr),
    )  # fmt: skip
    return [f"{name} {value}" for name, value in places if value is not None]


def _address(decoded: Mapping[str, Any]) -> str:
    mode = decoded.get("address_mode")
    return f"{mode} address" if mode in NOT_PHYSICAL else "address"


def _unit(decoded: Mapping[str, Any]) -> str | None:
    """The unit, where the text does not name it."""
    unit = str(decoded.get("unit") or "")
    return unit if unit and unit.lower() not in decoded["text"].lower() else None


def _remedy(record: HardwareError, decoded: Mapping[str, Any]) -> str:
    if record.injected:
        return INJECTED
    if hints.TDX in decoded.get("hints", ()):
        return SOFTWARE
    remedy = REMEDIES.get(_advice(decoded), REMEDIES["processor"])
    port = decoded.get("reported_by")
    words = remedy.format(
        dimms=_dimms(record, decoded),
        lost=f"holds address {record.addr}" if _findable(record, decoded) else "lost it",
        of_socket="" if record.socket is None else f" of socket {record.socket}",
        behind=f"behind root port {port}" if port else "that was accessed",
    )
    if decoded.get("threshold") == "yellow":
        return FREQUENT + words
    return calm(decoded["severity"], words, times=decoded.get("corrected_count") or 1)


def _advice(decoded: Mapping[str, Any]) -> str:
    """Which of the remedies fits: memory that was met elsewhere or has no DIMM has one of its own."""
    if decoded.get("consumed"):
        return "met"
    built_in = decoded.get("part") == "memory" and any(kind in str(decoded.get("unit")) for kind in PACKAGED)
    return "packaged" if built_in else str(decoded.get("part", ""))


def _findable(record: HardwareError, decoded: Mapping[str, Any]) -> bool:
    return record.addr is not None and decoded.get("address_mode") not in NOT_PHYSICAL


def _of_channel(record: HardwareError, counted: Any, coded: Any) -> str:
    """The channel as counted over the socket; the one of the error code is counted within one controller."""
    if counted is not None:
        return f" of channel {counted}"
    behind = "" if record.bank is None else f" of the memory controller behind bank {record.bank}"
    return "" if coded is None else f" of channel {coded}{behind}"


def _dimms(record: HardwareError, decoded: Mapping[str, Any]) -> str:
    """The DIMMs, as near as the record proves: the CPU that logs what firmware told has no part in it."""
    memory = decoded.get("memory") or {}
    of_channel = _of_channel(record, memory.get("channel"), decoded.get("channel"))
    dimm = f"DIMM {memory['dimm']}" if memory.get("dimm") is not None else "the DIMMs"
    proven = record.socket is not None and not decoded.get("made_up")
    processor = Processor(record.vendor, record.family, record.model)
    of_die = f" of CPU {record.cpu}'s die" if processor.many_dies and record.cpu is not None else ""
    of_die = of_die if decoded.get("node") is None else f" of node {decoded['node']}"
    of_socket = f"{of_die} of socket {record.socket}" if proven else of_die
    at = f" that hold address {record.addr}" if not of_channel and _findable(record, decoded) else ""
    return f"{dimm}{of_channel}{of_socket}{at}"
