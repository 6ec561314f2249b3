"""What the agent costs a host: measured in the guest by systemd, the kernel and the journal, told by the test run."""

from __future__ import annotations

import json
import re
from typing import Any

from .fleet import UNIT, FleetHost


def cost(host: FleetHost) -> dict[str, float]:
    """Return seconds from the network's address to the confirmed report and dump, CPU seconds, and peak MiB."""
    lines = host.guest.run(f"journalctl -q -b -o json -u systemd-networkd -u {UNIT}").splitlines()
    entries = [json.loads(line) for line in lines]
    network = min(_at(entry) for entry in entries if "DHCPv4 address" in _text(entry))
    told = {_event(entry): _at(entry) for entry in entries}
    peak = host.guest.run(f"grep VmHWM /proc/$(systemctl show {UNIT} -P MainPID)/status")
    (kibibytes,) = re.findall(r"\d+", peak)
    return {
        "network to report, s": round(told["reported"] - network, 1),
        "network to dump, s": round(told["delivered"] - network, 1),
        "agent's CPU, s": round(int(host.show("CPUUsageNSec")["CPUUsageNSec"]) / 1e9, 1),
        "agent's peak RSS, MiB": round(int(kibibytes) / 1024, 1),
    }


def _at(entry: dict[str, Any]) -> float:
    """Return the guest's seconds since boot."""
    return int(entry["__MONOTONIC_TIMESTAMP"]) / 1e6


def _text(entry: dict[str, Any]) -> str:
    return str(entry["MESSAGE"])


def _event(entry: dict[str, Any]) -> str:
    text = _text(entry)
    return str(json.loads(text)["event"]) if text.startswith("{") else ""
