"""The status registers of PCI Express Advanced Error Reporting: which bit is which error.

PCI Express Base Specification 6.0, 7.8.4.2 "Uncorrectable Error Status Register" and 7.8.4.5 "Correctable Error Status
Register". The kernel's own names for them changed in 4.19 and say less.
"""

from __future__ import annotations

CORRECTABLE = {
    0: "receiver error", 6: "bad TLP", 7: "bad DLLP", 8: "replay number rollover", 12: "replay timer timeout",
    13: "advisory non-fatal error", 14: "corrected internal error", 15: "header log overflow",
}  # fmt: skip
UNCORRECTABLE = {
    4: "data link protocol error", 5: "surprise down", 12: "poisoned TLP", 13: "flow control protocol error",
    14: "completion timeout", 15: "completer abort", 16: "unexpected completion", 17: "receiver overflow",
    18: "malformed TLP", 19: "ECRC error", 20: "unsupported request", 21: "ACS violation", 22: "internal error",
    23: "multicast blocked TLP", 24: "AtomicOp egress blocked", 25: "TLP prefix blocked",
    26: "poisoned TLP egress blocked",
}  # fmt: skip
LINK_ERRORS = frozenset((
    "receiver error", "bad TLP", "bad DLLP", "replay number rollover", "replay timer timeout",
    "data link protocol error",
))  # fmt: skip
"""Errors of the physical and the data link layer: the card's seat, its cable or its slot."""


def errors(status: int, mask: int, *, corrected: bool, first: int | None = None) -> list[str]:
    """Return the names of the bits that are set and not masked (or of all that are set), the ``first`` error first."""
    names = CORRECTABLE if corrected else UNCORRECTABLE
    bits = [bit for bit in range(32) if (status & ~mask or status) >> bit & 1]
    bits.sort(key=lambda bit: bit != first)
    return [names.get(bit, f"reserved bit {bit}") for bit in bits]
