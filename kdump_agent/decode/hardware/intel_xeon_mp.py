"""What the shared cache and the bus of Intel's first Xeons MP say in MCi_STATUS; data only.

Intel SDM vol. 3B, chapter "Interpreting Machine Check Error Codes", the sections of CPUID signatures 0F_06H (Tulsa,
Xeon 7100) and 06_1DH (Dunnington, Xeon 7400): type B, bus and interconnect errors, and type C, cache bus controller
errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .intel_link import FRONT_SIDE_BUS_CORE
from .registers import Reader, amount, bit, bits, field, pages

BUS_CODE, CONTROLLER_CODE = 0x0E0F, 0x0400
_FRONT = {
    0x1: "inclusion error from core 0", 0x2: "inclusion error from core 1", 0x3: "write exclusive error from core 0",
    0x4: "write exclusive error from core 1", 0x5: "inclusion error from the front side bus",
    0x6: "snoop stall error from the front side bus", 0x7: "write stall error from the front side bus",
    0x8: "the front side bus's arbiter timed out",
}  # fmt: skip
_INTERNAL = {
    **dict.fromkeys((0x2, 0x3), "internal time-out"),
    0x4: "cache safe technology: queue full, or too many ways of a set disabled",
}
_CORES = ("front side bus", "core 0", "core 1", "core 2")
_TULSA_BUS = {
    16: "parity error in the bus's request phase", 17: "parity error in the address of core 0's request",
    18: "parity error in the address of core 1's request", 20: "parity error in the bus's response field",
    21: "parity error in data from the bus", 22: "parity error in data from core 0",
    23: "parity error in data from core 1", 24: "enhanced defer parity error (phase A or B)",
    25: "ECC error in data from the bus", 26: "data strobe glitch or sequencing error",
    27: "request strobe glitch or sequencing error",
}  # fmt: skip
_DUNNINGTON_BUS = {
    16: "parity error in the bus's request phase", 20: "hard failure response to a local transaction",
    21: "parity error in the bus's response field", 22: "parity error in data from the bus",
}  # fmt: skip


def _controller(front: Mapping[int, str], internal: Mapping[int, str], cores: range) -> Reader:
    """Bits 31:16: 000xH is what came over the bus, 0x00H internal, C00xH and E00xH the ECC of outgoing data."""

    def read(status: int) -> Iterator[str]:
        code = field(status, 31, 16)
        if code & 0xFFF0 == 0 and code in front:
            yield front[code]
        elif code & 0xF0FF == 0 and code >> 8 in internal:
            yield internal[code >> 8]
        elif code & 0xDFF0 == 0xC000:
            kind = "uncorrectable" if bit(code, 13) else "correctable"
            yield from (f"{kind} ECC error in data to {_CORES[core]}" for core in cores if bit(code, core))

    return read


def _tulsa_counts(status: int) -> Iterator[str]:
    """Bits 39:32 count corrected errors; 51:44 are an ECC syndrome where bit 52 says so."""
    yield from amount(39, 32, "{} corrected errors")(status)
    if bit(status, 52):
        yield from amount(51, 44, "ECC syndrome {:#x}")(status)


TULSA_BUS = (pages(15, 0, {BUS_CODE: bits(_TULSA_BUS)}), _tulsa_counts)
TULSA_CONTROLLER = (
    pages(15, 0, {
        CONTROLLER_CODE: _controller(
            {**_FRONT, 0x9: "CBC out-of-order data queue under- or overflowed"},
            {0x1: "SpeedStep, TM1 or TM2 error", **_INTERNAL},
            range(3),
        ),
    }),
    _tulsa_counts,
)  # fmt: skip
DUNNINGTON_BUS = (*FRONT_SIDE_BUS_CORE, pages(15, 0, {BUS_CODE: bits(_DUNNINGTON_BUS)}))
DUNNINGTON_CONTROLLER = (
    pages(15, 0, {
        CONTROLLER_CODE: _controller(
            {**_FRONT, 0xA: "inclusion error from core 2", 0xB: "write exclusive error from core 2"},
            {**_INTERNAL, 0x5: "quiet cycle time-out (corrected)"},
            range(1, 4),
        ),
    }),
)  # fmt: skip
