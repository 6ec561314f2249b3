"""Name the hardware that failed, so that all crashes of one part group, whatever the kernel was doing.

Works on the records' fields alone; reading a log for them is hardware/'s work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .hardware.find import RANKS
from .hardware.record import HardwareError

VERSION = 1
MEMORY = frozenset({"memory", "memory_controller", "extended_memory"})
_LABELS = ("dimm", "fru_text")
"""Names that stand for the whole place, as firmware or driver wrote them on the board."""
_NUMBERS = ("controller", "channel", "slot", "dimm", "csrow", "rank")
"""What else leads to a DIMM, from the outside in; the row and the column within it are left out."""


def signature(records: Sequence[HardwareError]) -> str | None:
    """Return ``1:kind of part:where it is`` of the worst record of this crash; None where no hardware failed."""
    if not records:
        return None
    worst = max(
        records, key=lambda record: (record.boot == "crashed", RANKS.get(record.decoded.get("severity", ""), 2))
    )
    return ":".join([str(VERSION), *_part(worst)])


def _part(record: HardwareError) -> Iterator[str]:
    decoded = record.decoded
    if decoded.get("pci"):
        yield from ("pci", str(decoded["pci"]))
    elif decoded.get("class") in MEMORY or decoded.get("part") == "memory":
        yield from ("memory", *_processor(record), *_memory(record))
    else:
        yield from (record.kind, record.vendor or "unknown", *_processor(record))
        if record.bank is not None:
            yield f"bank {record.bank}"
        yield str(decoded.get("class") or "unknown")


def _processor(record: HardwareError) -> Iterator[str]:
    """The processor's own number, which stays when the part moves to another socket; else its socket."""
    if record.ppin and int(record.ppin, 16):
        yield f"ppin {record.ppin}"
    elif record.socket is not None:
        yield f"socket {record.socket}"


def _memory(record: HardwareError) -> Iterator[str]:
    place = {**record.decoded, **(record.decoded.get("memory") or {})}
    label = next((name for name in _LABELS if place.get(name) and not str(place[name]).isdigit()), None)
    for name in (label,) if label else _NUMBERS:
        if place.get(name) is not None:
            yield f"{name} {place[name]}"
