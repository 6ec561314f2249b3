"""The one sentence that a technician acts on: what, where, how bad, what to try. Machine checks have summary.py's."""

from __future__ import annotations

from collections.abc import Iterable

HOW_BAD = {
    "fatal": "fatal: the machine could not go on",
    "uncorrected": "not corrected, data were lost",
    "deferred": "not corrected, but not yet used by anyone",
    "corrected": "corrected, nothing was lost",
    "info": "told for information",
}
"""What each severity means to the one who reads it."""

MEMORY = "reseat or replace that DIMM, then test the memory"
FIND_DIMM = (
    "find the DIMM that holds this address (EDAC, rasdaemon or the management controller may know), then test it"
)
PROCESSOR = "update firmware and microcode; when it comes back, replace that processor"
LINK = "reseat the card and its riser or cable and look at the slot; when it comes back, replace the card"
DEVICE = "update that device's firmware and driver; when it comes back, replace it"
BEHIND = "update firmware and driver of the device behind that port and reseat it; when it comes back, replace it"
FIRMWARE = "read the management controller's event log and update the firmware"
INJECTED = "it was injected on purpose, so no part is at fault"
HARMLESS = "one of these needs nothing; if they go on, "


def calm(severity: str, remedy: str, *, times: int = 1) -> str:
    """Return the remedy, put off where the error was corrected and told only once."""
    return HARMLESS + remedy if severity == "corrected" and times <= 1 else remedy


def sentence(what: str, where: Iterable[str | None], how_bad: str, remedy: str) -> str:
    """Return the sentence; places that are not known are None and left out."""
    known = ", ".join(place for place in where if place)
    return f"{what[:1].upper()}{what[1:]}{f' ({known})' if known else ''}; {how_bad}; {remedy}."
