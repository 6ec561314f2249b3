"""Read PCI Express errors: Advanced Error Reporting (AER), Downstream Port Containment (DPC), Error Disconnect Recover.

The lines are those of drivers/pci/pcie/aer.c (before 4.17 aer/aerdrv_errprint.c), dpc.c, edr.c and err.c, from 2.6.33
on. What the status bits mean is aer_status.py's; the forms of 2.6.32 and of the trace are aer_block.py's and
aer_trace.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdump_agent.decode.line import Line

from . import aer_status
from .record import HardwareError, register
from .sentence import BEHIND, DEVICE, INJECTED, LINK, calm, sentence

MARKS = (
    "error received", "error message received", "PCIe Bus Error", "CXL Bus Error", "aer_status", "containment event",
    "EDR event",
)  # fmt: skip
"""A log without these has none of these errors."""
_LINE = re.compile(
    r"(?:([\w.-]{1,32}) )?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?::pcie?\w{1,8})?: +"
    r"(?:(?:AER|DPC|EDR): +){0,2}(.*)"
)
_RECEIVED = re.compile(
    r"(Multiple )?(Correct\w{2,5}|Uncorrect\w{2,5} \((?:Non-)?Fatal\)) error (?:message )?received(?::| from) ?"
    r"(\S{0,24})"
)
_BUS_ERROR = re.compile(
    r"(?:PCIe|CXL) Bus Error: severity=([^,]{1,40}), type=([^,]{1,40}), (?:id=[0-9a-f]{4})?\(([^)]{1,40})\)"
)
_REGISTERS = re.compile(
    r"device \[([0-9a-f]{4}:[0-9a-f]{4})\] error status/mask=([0-9a-f]{8})/([0-9a-f]{8})"
    r"|(aer)_status: 0x([0-9a-f]{8}), aer_mask: 0x([0-9a-f]{8})"
)
_LAYER = re.compile(r"aer_layer=([^,]{1,40}), aer_agent=(.{1,40})")
_SEVERITY = re.compile(r"aer_uncor_severity: 0x([0-9a-f]{8})")
_FIRST = re.compile(r"\[ ?(\d{1,2})\] .{1,64}\(First\)")
_HEADER = re.compile(r"TLP Header(?: \(Flit\))?: ?((?: ?(?:0x)?[0-9a-f]{8}){4,14})")
_CONTAINED = re.compile(
    r"(?:DPC )?containment event, status:(0x[0-9a-f]{4})"
    r"(?:,? source:0x([0-9a-f]{4})|, ERR_(?:NON)?FATAL received from ([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]))?"
)
_RECOVERY = re.compile(
    r"[Cc]an't recover|[Dd]evice recovery (?:successful|failed)|link has been reset|broadcast .{1,20} message"
)
_FAILED = re.compile(r"an't recover|failed")
_EDR = "EDR event received"
_INJECTED = re.compile(r"aer_inject: Injecting errors .{1,40} into device (\S{7,24})")
_SPAN = 64
"""Lines within which the kernel tells the rest of an error."""

TRIGGERS = ("unmasked uncorrectable error", "ERR_NONFATAL received", "ERR_FATAL received")
"""Why a port was shut: bits 2:1 of the DPC status register (7.9.14.4); 3 is told by bits 6:5."""
MESSAGES = (1, 2)
"""Of these, a message from a device below the port."""
EXTENDED_TRIGGERS = ("root port programmed I/O error", "software trigger", "reserved", "reserved")
HOW_BAD = {
    "fatal": "fatal to the link: the device behind it was lost",
    "uncorrected": "not corrected: a request or its data was lost",
    "corrected": "corrected by the link, nothing was lost",
}
LINK_LAYERS = ("Physical Layer", "Data Link Layer")
PORT_DRIVER = "pcieport"
"""The driver of root and switch ports, which are no cards: what is behind them is."""
GONE = "look for a card that lost power or its seat, then replace the card"


@dataclass
class Draft:
    """An error whose lines are still coming."""

    line: int
    device: str | None = None
    """The one that found the error; None while only the port's interrupt was told."""
    told: dict[str, Any] = field(default_factory=dict)
    injected: Mapping[str, str] = field(default_factory=dict)
    """The last device that an error was injected into before this one, and the line that says so."""


def find_aer(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield the PCI Express errors of a log."""
    draft: Draft | None = None
    injected: dict[str, str] = {}
    for line in lines:
        found = _LINE.match(line.text)
        if found is None:
            continue
        if aimed := _INJECTED.search(line.text):
            injected = {aimed[1]: line.text[:120]}
        device, words = found[2], found[3].strip()
        begun = _begin(line.number, device, words)
        if begun is not None and (draft is None or not _joins(draft, begun)):
            if draft is not None:
                yield _finish(draft)
            draft = begun
            draft.injected = injected
        elif draft is not None and line.number - draft.line <= _SPAN:
            if begun is not None:
                draft.device = begun.device
                draft.told.update(begun.told)
            _add(draft, device, found[1], words)
    if draft is not None:
        yield _finish(draft)


def _begin(number: int, device: str, words: str) -> Draft | None:
    """Return a new draft where a line begins to tell of an error."""
    if found := _RECEIVED.match(words):
        told = {"severity": severity_of(found[2]), "reporter": device, "multiple": found[1] is not None}
        return Draft(number, None, {**told, "received_from": _source(device, found[3])})
    if found := _BUS_ERROR.match(words):
        return Draft(number, device, {"severity": severity_of(found[1]), "layer": found[2], "agent": found[3]})
    if (found := _REGISTERS.match(words)) and found[4]:
        return Draft(number, device, {"status": f"0x{found[5]}", "mask": f"0x{found[6]}"})
    if found := _CONTAINED.match(words):
        told = {"containment": _trigger(int(found[1], 16)), "dpc_status": found[1]}
        return Draft(number, device, {**told, **_sender(device, int(found[1], 16), found[2], found[3])})
    return Draft(number, device, {"containment": "told by firmware"}) if words == _EDR else None


def _joins(draft: Draft, begun: Draft) -> bool:
    """Does a line that could begin an error belong to the one that is open? It does when it tells something new."""
    news = next((name for name in ("layer", "dpc_status", "status", "containment") if name in begun.told), None)
    near = begun.line - draft.line <= _SPAN and draft.device in (None, begun.device)
    return news is not None and news not in draft.told and near


def _add(draft: Draft, device: str, driver: str | None, words: str) -> None:
    if _RECOVERY.search(words):
        draft.told.setdefault("recovery", []).append(f"{device}: {words}"[:120])
        del draft.told["recovery"][8:]
    if draft.device != device:
        return
    told = draft.told
    if driver:
        told.setdefault("driver", driver)
    if found := _REGISTERS.match(words):
        told.setdefault("product", found[1])
        told.update(status=f"0x{found[2] or found[5]}", mask=f"0x{found[3] or found[6]}")
    elif found := _LAYER.match(words):
        told.update(layer=found[1], agent=found[2])
    elif found := _SEVERITY.match(words):
        told["severity"] = "fatal" if int(found[1], 16) & int(told.get("status", "0"), 16) else "uncorrected"
    elif found := _FIRST.match(words):
        told["first"] = int(found[1])
    elif found := _HEADER.match(words):
        told["tlp"] = found[1].strip()


def severity_of(words: str) -> str:
    """AER's words, "Corrected", "Uncorrectable (Non-Fatal)" ..., in ours."""
    return "corrected" if words.startswith("Correct") else "uncorrected" if "Non-Fatal" in words else "fatal"


def _source(reporter: str, words: str) -> str | None:
    """Return whose message the port received; kernels before 4.17 told it as a requester ID, "id=00e5"."""
    if not words.startswith("id="):
        return words if _LINE.match(f"{words}: ") else None
    if not re.match(r"id=[0-9a-f]{4}$", words):
        return None
    return _requester(reporter, int(words[3:], 16))


def _requester(reporter: str, number: int) -> str:
    """Write a requester ID as the address of a device in the reporter's domain."""
    return f"{reporter.split(':')[0]}:{number >> 8:02x}:{number >> 3 & 0x1F:02x}.{number & 7}"


def _sender(port: str, status: int, source: str | None, device: str | None) -> dict[str, str]:
    """Whose message shut the port: told where a message did (7.9.14.5 "DPC Error Source ID Register")."""
    if device is None and source is not None and status >> 1 & 3 in MESSAGES:
        device = _requester(port, int(source, 16))
    return {} if device is None else {"received_from": device}


def _trigger(status: int) -> str:
    reason = status >> 1 & 3
    return TRIGGERS[reason] if reason < len(TRIGGERS) else EXTENDED_TRIGGERS[status >> 5 & 3]


def _finish(draft: Draft) -> HardwareError:
    told = draft.told
    severity = "fatal" if "containment" in told else told.get("severity", "corrected")
    status, mask = (int(told.get(name, "0"), 16) for name in ("status", "mask"))
    errors = aer_status.errors(status, mask, corrected=severity == "corrected", first=told.get("first"))
    if not errors and "containment" in told:
        errors = [told["containment"]]
    device = _device(draft)
    return record(draft.line, {**told, "severity": severity}, errors, device, injected=draft.injected.get(device))


def _device(draft: Draft) -> str:
    return str(draft.device or draft.told.get("received_from") or draft.told["reporter"])


def record(
    number: int, told: Mapping[str, Any], errors: Sequence[str], device: str, *, injected: str | None = None
) -> HardwareError:
    """Return the record of an error on a device; ``told`` has at least its severity, in our words."""
    layer = told.get("layer", "")
    kind = f"{layer.lower()} error" if "Layer" in layer else "error"
    text = f"PCI Express {kind}: {' and '.join(errors) or 'not told which'}"
    decoded = {**told, "class": "pcie", "text": text, "pci": device, "errors": list(errors)}
    severity = decoded["severity"]
    remedy = INJECTED if injected else calm(severity, _remedy(decoded, device, errors))
    return HardwareError(
        "aer", line=number, status=register(told.get("status")), decoded=decoded,
        injected=f"the log says: {injected}" if injected else None,
        summary=sentence(text, _where(decoded, device), HOW_BAD[severity], remedy),
    )  # fmt: skip


def _where(decoded: Mapping[str, Any], device: str) -> list[str | None]:
    reporter, sender = decoded.get("reporter"), decoded.get("received_from")
    return [
        f"device {device}{f' [{product}]' if (product := decoded.get('product')) else ''}",
        f"told by port {reporter}" if reporter not in (None, device) else None,
        "port shut by DPC" if "containment" in decoded else None,
        f"on a message from {sender}" if "containment" in decoded and sender not in (None, device) else None,
        "recovery failed" if any(map(_FAILED.search, decoded.get("recovery", ()))) else None,
    ]


def _remedy(decoded: Mapping[str, Any], device: str, errors: Sequence[str]) -> str:
    """What to try; a port, by its driver or because it is what ports do, is told from the card behind it."""
    layer = decoded.get("layer")
    link = layer in LINK_LAYERS if layer else bool(aer_status.LINK_ERRORS.intersection(errors))
    port = decoded.get("driver") == PORT_DRIVER or decoded.get("reporter") == device or "containment" in decoded
    return GONE if "surprise down" in errors else LINK if link else BEHIND if port else DEVICE
