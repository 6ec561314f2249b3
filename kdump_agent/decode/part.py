"""Name the hardware that failed, so that all crashes of one part group, whatever the kernel was doing.

Works on the records' fields alone; reading a log for them is hardware/'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .hardware.cper import NO_PART
from .hardware.find import RANKS
from .hardware.record import HardwareError

VERSION = 1
MEMORY = frozenset({"memory", "memory_controller", "extended_memory"})
_LABELS = ("dimm", "fru_text")
"""Names that stand for the whole place, as firmware or driver wrote them on the board."""
_NAMELESS = re.compile(rf"\d{{1,20}}$|{NO_PART.pattern}")
"""Numbers, and what firmware writes where it knows no name."""
_NUMBERS = ("controller", "channel", "slot", "dimm", "csrow")
"""What else leads to a DIMM, from the outside in; rank, row and column are within it and left out."""
LOST = 2
"""The rank of a severity from which on data was lost."""


def signature(records: Sequence[HardwareError]) -> str | None:
    """Return ``1:kind of part:where it is`` of the worst record of this crash; None where no hardware failed.

    Where that one only used lost memory, the record that says where the memory is names the part.
    """
    own = _causes([record for record in records if record.boot == "crashed"])
    if not own:
        return None
    worst = max(own, key=_rank)
    if _is_memory(worst) and not list(_memory(worst)):
        placed = [record for record in own if _is_memory(record) and list(_memory(record)) and _one(record, worst)]
        worst = max(placed, key=_rank, default=worst)
    return ":".join([str(VERSION), *_part(worst)])


def _causes(records: Sequence[HardwareError]) -> Sequence[HardwareError]:
    """Leave out arm's aborts where firmware says what lost the data that the CPU was refused."""
    told = any(record.kind == "cper" and _rank(record) > LOST for record in records)
    return [record for record in records if record.kind != "arm"] if told else records


def _rank(record: HardwareError) -> int:
    return RANKS.get(record.decoded.get("severity", ""), 2)


def _one(record: HardwareError, worst: HardwareError) -> bool:
    """May two records be of one loss? They tell of one address, or the other one lost data, too."""
    return (record.addr is not None and record.addr == worst.addr) or _rank(record) >= LOST


def _is_memory(record: HardwareError) -> bool:
    return record.decoded.get("class") in MEMORY or record.decoded.get("part") == "memory"


def _part(record: HardwareError) -> Iterator[str]:
    decoded = record.decoded
    if device := decoded.get("pci") or decoded.get("reported_by"):
        yield from ("pci", str(device))
    elif _is_memory(record):
        yield from ("memory", *_processor(record), *_memory(record))
    else:
        teller = record.kind if record.bank is None else "mce"
        yield from (teller, record.vendor or "unknown", *_processor(record))
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
    label = next((name for name in _LABELS if place.get(name) and not _NAMELESS.match(str(place[name]))), None)
    for name in (label,) if label else _NUMBERS:
        if place.get(name) is not None:
            yield f"{name} {place[name]}"
