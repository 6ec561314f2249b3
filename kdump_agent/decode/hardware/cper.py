"""Read the error records that firmware hands to the kernel: APEI's generic hardware error source (GHES).

The lines are those of drivers/acpi/apei/ghes.c and drivers/firmware/efi/cper*.c (before 3.10 drivers/acpi/apei/cper.c),
from 2.6.35 on; what the fields mean is UEFI 2.10, appendix N. One section of a record is one hardware error. The
records of the boot before, which have no error source, are left to bert.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdump_agent.decode.line import Line

from . import aer_status
from .record import HardwareError, register
from .sentence import BEHIND, DEVICE, FIND_DIMM, FIRMWARE, HOW_BAD, LINK, MEMORY, PROCESSOR, calm, sentence

MARKS = ("[Hardware Error]",)
"""A log without these has none of these records."""
_LINE = re.compile(r"(?:\{(\d{1,10})\})?\[Hardware Error\]: ?(.*)")
_SOURCE = "Hardware error from APEI Generic Hardware Error Source"
_STATUS = "APEI generic hardware error status"
_SECTION = re.compile(r"Error \d{1,4}, type: (\w{1,16})|section: ?\d{1,4}, severity: ?\d{1,2}, (\w{1,16})")
_NUMBER = re.compile(r"\b([a-z_]{3,21}): ?(0x[0-9a-f]{1,16}|\d{1,10})\b")
_DEVICE = re.compile(r"([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")
_CODE = re.compile(r"^(?:\d{1,3}, |0x[0-9a-f]{1,8}: )")
_UNKNOWN = re.compile(r"^unknown(?=, )")
UNTOLD = "error of a kind that was not told"
NO_PART = re.compile(r"\w{0,16}Error$|.{0,16}\?\?")
"""What firmware writes for a part that it does not know: "ProcessorError", "MemoryError", "DIMM ??"."""
_HEX = re.compile(r"0x[0-9a-f]{1,16}$")
_OPEN = 8
"""Records that may be told at the same time, by several processors."""
_SECTIONS = 16
"""Sections of one record that are kept."""

SEVERITIES = {"recoverable": "uncorrected", "fatal": "fatal", "corrected": "corrected", "info": "info"}
"""UEFI's words, N.2.1 "Error Severity", in ours."""
NUMBERS = {
    "node", "card", "module", "rank", "bank", "bank_group", "bank_address", "device", "row", "column", "bit_position",
    "chip_id", "requestor_id", "responder_id", "target_id", "physical_address_mask", "slot", "secondary_bus",
    "vendor_id", "device_id", "level", "aer_cor_status", "aer_cor_mask", "aer_uncor_status", "aer_uncor_mask",
    "aer_uncor_severity", "cxl_ras_uncor_status", "cxl_ras_cor_status",
}  # fmt: skip
"""Fields that are numbers; several of them share a line."""
WORDS = {
    "section_type": "section", "section type": "section", "fru_id": "fru_id", "fru_text": "fru_text",
    "error_status": "error_status", "physical_address": "addr", "physical fault address": "addr",
    "target_address": "addr", "virtual fault address": "virtual_address", "error_type": "error_type",
    "Error Structure Type": "error_type", "DIMM location": "dimm", "port_type": "port", "class_code": "class_code",
    "processor_type": "processor", "operation": "operation", "IP": "ip", "processor_id": "processor_id",
    "MIDR": "midr", "Multiprocessor Affinity Register (MPIDR)": "mpidr", "error_info": "error_info",
    "Local APIC_ID": "apic", "Check Information": "check", "Processor Context Corrupt": "context_corrupt",
    "transaction type": "transaction", "Transaction Type": "transaction", "operation type": "operation",
    "Operation": "operation", "cache level": "level", "TLB level": "level", "Level": "level",
    "participation type": "participation", "address space": "memory_io", "Instruction Pointer": "ip",
    "Firmware Error Record Type": "record_type", "Record Identifier": "record_id", "agent_type": "agent",
    "TLP Header": "tlp",
}  # fmt: skip
"""Fields that have a line of their own, and our names for them."""
CODED = ("error_type", "port", "agent", "processor", "operation", "transaction")
"""Fields that are told as a code and its words, "2, single-bit ECC" or "0x02: cache error"; we keep the words."""
PLAIN = frozenset(("cache error", "TLB error", "bus error", "micro-architectural error"))
"""Kinds of a processor's error, which the generic processor section tells without a field name."""


@dataclass
class Section:
    """One section of a record: what one part of the machine did."""

    line: int
    severity: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def add(self, key: str, words: str) -> None:
        """Take a line's fields; the first that tells a field wins, for later ones belong to nested structures."""
        value = words[len(key) + 1 :].strip()
        if key in ("device_id", "agent_address") and (device := _DEVICE.match(value)):
            self.fields.setdefault("pci", device[1])
        elif key in NUMBERS:
            for name, number in _NUMBER.findall(words):
                if name in NUMBERS:
                    self.fields.setdefault("product_id" if name == "device_id" else name, _value(number))
        elif key in WORDS:
            self.fields.setdefault(WORDS[key], value[:120])
        elif PLAIN.issuperset(words.split(", ")):
            self.fields["error_type"] = words


@dataclass
class Event:
    """One record as firmware told it."""

    line: int
    numbered: bool
    """Did each line have a {number}? Records of the boot before never have."""
    source: int | None = None
    """The number of the error source in ACPI's table HEST."""
    severity: str | None = None
    stamp: str | None = None
    sections: list[Section] = field(default_factory=list)

    def add(self, number: int, words: str) -> None:
        """Take one line, without its prefix."""
        key = words.partition(":")[0]
        if key == _SOURCE:
            self.source = next((int(digits) for digits in re.findall(r": (\d{1,5})$", words)), None)
        elif key in ("event severity", "severity"):
            self.severity = words.rsplit(" ", 1)[-1]
        elif key.endswith("precise tstamp"):
            self.stamp = words[len(key) + 1 :].strip()[:32]
        elif found := _SECTION.match(words):
            self._open(number, found[1] or found[2])
        elif self.sections or key in ("section_type", "section type"):
            if not self.sections:
                self._open(number, None)
            self.sections[-1].add(key, words)

    def _open(self, number: int, severity: str | None) -> None:
        if len(self.sections) < _SECTIONS:
            self.sections.append(Section(number, severity))


def find_cper(lines: Sequence[Line]) -> Iterator[HardwareError]:
    """Yield what firmware told of this boot, a section at a time."""
    for event in events(lines):
        if event.numbered or event.source is not None:
            yield from records(event, "cper", "crashed")


def events(lines: Sequence[Line]) -> Iterator[Event]:
    """Yield the records, whole; the {number} that kernels since 3.1 put before each line tells them apart."""
    told: dict[str | None, Event] = {}
    for line in lines:
        found = _LINE.match(line.text)
        if found is None:
            continue
        number, words = found[1], found[2].strip()
        if _begins(words, told.get(number)):
            if number in told:
                yield told.pop(number)
            elif len(told) == _OPEN:
                yield told.pop(next(iter(told)))
            told[number] = Event(line.number, numbered=number is not None)
        if (event := told.get(number)) is not None:
            event.add(line.number, words)
    yield from told.values()


def _begins(words: str, event: Event | None) -> bool:
    if words.startswith(_SOURCE):
        return True
    return words.startswith((_STATUS, "event severity:")) and (event is None or event.severity is not None)


def records(event: Event, kind: str, boot: str) -> Iterator[HardwareError]:
    """Yield one hardware error a section, or one for a record that has none."""
    for section in event.sections or [Section(event.line)]:
        yield _record(event, section, kind, boot)


def _record(event: Event, section: Section, kind: str, boot: str) -> HardwareError:
    told = dict(section.fields)
    addr, apic = _hex(told.pop("addr", None)), _hex(told.pop("apic", None))
    told.update({name: _CODE.sub("", told[name]) for name in CODED if name in told})
    if told.get("dimm", "").startswith("not present"):
        told["dmi_handle"] = told.pop("dimm").rpartition(" ")[2]
    what = _UNKNOWN.sub("error of a kind that the kernel does not know", told.get("section", UNTOLD))
    group = next((name for name in REMEDIES if name in what.lower()), "unknown")
    severity = SEVERITIES.get(section.severity or event.severity or "", "unknown")
    if errors := _pcie_errors(told, severity):
        told["errors"] = errors
    detail = told.get("error_type") or told.get("record_type") or " and ".join(told.get("errors", ()))
    decoded: dict[str, Any] = {
        "class": group,
        "text": f"{what}: {detail}" if detail else what,
        "severity": severity,
        "event_severity": event.severity,
        "source": event.source,
        "stamp": event.stamp,
    }
    decoded = {**{name: value for name, value in decoded.items() if value is not None}, **told}
    return HardwareError(
        kind, line=section.line, apic=int(apic, 16) if apic else None, addr=addr, boot=boot, decoded=decoded,
        summary=_summary(group, decoded, addr, apic, boot),
    )  # fmt: skip


def _pcie_errors(told: dict[str, Any], severity: str) -> list[str]:
    """The errors that a PCIe section's copy of the AER registers tells; of a corrected one the correctable ones."""
    corrected = severity == "corrected"
    kind = "cor" if corrected else "uncor"
    status, mask = (int(str(told.get(f"aer_{kind}_{name}", "0")), 0) for name in ("status", "mask"))
    return aer_status.errors(status, mask, corrected=corrected)


def _value(number: str) -> int | str:
    return number if number.startswith("0x") else int(number)


def _hex(value: str | None) -> str | None:
    return register(value) if value and _HEX.match(value) else None


REMEDIES = {
    "memory": MEMORY, "pcie": DEVICE, "processor": PROCESSOR, "firmware": FIRMWARE, "cxl": DEVICE, "unknown": FIRMWARE,
}  # fmt: skip
"""What to try, by a word of the section's type."""
_PLACES = ("node", "card", "module", "rank", "bank", "row", "column")
_OF_A_DIMM = ("node", "card", "module")
POISON = "look for the record of that memory first: what a processor met may have been lost there; " + PROCESSOR
EVENT_LOG = "read the management controller's event log for the DIMM, then test it"


def _summary(group: str, decoded: dict[str, Any], addr: str | None, apic: str | None, boot: str) -> str:
    where = [
        decoded.get("dimm") and f'DIMM "{decoded["dimm"]}"',
        _part(decoded) and f'part "{_part(decoded)}"',
        " ".join(f"{name} {decoded[name]}" for name in _PLACES if name in decoded),
        decoded.get("pci") and f"device {decoded['pci']}",
        decoded.get("mpidr") and f"processor MPIDR {decoded['mpidr']}",
        apic and f"processor APIC {apic}",
        addr and f"address {addr}",
    ]
    what = f"{decoded['text']}, told by firmware{' of the boot before this one' if boot == 'previous' else ''}"
    how_bad = HOW_BAD.get(decoded["severity"], "how bad was not told")
    return sentence(what, where, how_bad, calm(decoded["severity"], _remedy(group, decoded, addr)))


def _part(decoded: dict[str, Any]) -> str | None:
    """The part to replace, where the firmware's text names one."""
    text = decoded.get("fru_text")
    return None if text is None or NO_PART.match(text) else str(text)


def _remedy(group: str, decoded: dict[str, Any], addr: str | None) -> str:
    if group == "memory":
        return _find_dimm(decoded, addr)
    if group == "pcie":
        other = DEVICE if "end point" in decoded.get("port", "end point") else BEHIND
        return LINK if aer_status.LINK_ERRORS.intersection(decoded.get("errors", ())) else other
    met = group == "processor" and addr not in (None, "0x0") and decoded["severity"] != "corrected"
    return POISON if met else REMEDIES[group]


def _find_dimm(decoded: dict[str, Any], addr: str | None) -> str:
    """Name a DIMM only where the record does."""
    if decoded.get("dimm") or _part(decoded):
        return MEMORY
    if all(name in decoded for name in _OF_A_DIMM):
        return MEMORY.replace("that DIMM", "the DIMM at that node, card and module")
    return FIND_DIMM if addr else EVENT_LOG
