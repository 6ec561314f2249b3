"""MCACOD, bits 15:0 of MCi_STATUS: what kind of unit failed doing what.

Intel SDM vol. 3B, "Interpreting the MCA Error Codes": the tables of simple codes, of compound codes, and of the
sub-fields TT, LL, RRRR, PP, T, II and MMM. AMD uses the TLB, cache ("memory") and bus forms and a form of its own for
internal errors: APM vol. 2, "Machine-Check Error Codes".
"""

from __future__ import annotations

from typing import Any, Callable

from .registers import bit, field

SIMPLE = {
    0x0000: "No error", 0x0001: "Unclassified error", 0x0002: "Parity error in the microcode ROM",
    0x0003: "External error: another processor signalled BINIT#", 0x0004: "Functional redundancy check error",
    0x0005: "Internal parity error", 0x0006: "Code outside SMRAM was fetched by the SMM handler",
    0x0400: "Internal timer error: no instruction finished for too long",
}  # fmt: skip
TRANSACTIONS = ("instruction", "data", "generic", None)
LEVELS = ("L0", "L1", "L2", "LG")
REQUESTS = ("ERR", "RD", "WR", "DRD", "DWR", "IRD", "PREFETCH", "EVICT", "SNOOP")
PARTICIPATIONS = ("SRC", "RES", "OBS", "generic")
SPACES = ("M", None, "IO", "other")
MEMORY_REQUESTS = ("GEN", "RD", "WR", "AC", "MS")
ASSERTION = "hardware assertion"
AMD_INTERNAL = (None, None, ASSERTION, None)
"""UU of AMD's internal errors, 0000'01UU'0000'0000."""
FILTER = 1 << 12
"""F of compound codes: further corrected errors of the same cause are not reported."""
IO_ERROR = 0x0E0B
"""Both the simple code "I/O error" and a bus code; read as a bus error, nothing of it is lost."""
UNSPECIFIED_CHANNEL = 0xF

_REQUEST_WORDS = {
    "ERR": "generic", "RD": "generic-read", "WR": "generic-write", "DRD": "data-read", "DWR": "data-write",
    "IRD": "instruction-fetch", "PREFETCH": "prefetch", "EVICT": "eviction", "SNOOP": "snoop", None: "reserved-request",
}  # fmt: skip
_MEMORY_WORDS = {
    "GEN": "error", "RD": "read error", "WR": "write error", "AC": "address or command error", "MS": "scrubbing error",
    None: "error of a reserved kind",
}  # fmt: skip
_LEVEL_WORDS = {"L0": "level-0", "L1": "level-1", "L2": "level-2", "LG": "generic-level"}
_ROLE_WORDS = {
    "SRC": "asked for by this processor", "RES": "answered by this processor", "OBS": "observed by this processor",
    "generic": "by no processor in particular",
}  # fmt: skip
_SPACE_WORDS = {"M": "memory", "IO": "I/O", "other": "other", None: "reserved"}

Form = tuple[int, int, Callable[[int], "dict[str, Any]"]]
"""A mask, what the masked code is, and what reads such a code."""


def decode(code: int, *, amd: bool = False) -> dict[str, Any]:
    """Return the class of a code, the fields that this class has, and the text of it all.

    Classes: simple, generic_cache, tlb, memory_controller, extended_memory, cache, bus, unknown.
    """
    plain = code & ~FILTER
    told = next((read(plain) for mask, want, read in (AMD if amd else INTEL) if plain & mask == want), None)
    if told is None:
        return {"class": "unknown", "text": f"Unknown error code {code:#06x}"}
    return {**told, "filtered": True} if code & FILTER else told


def _simple(code: int) -> dict[str, Any]:
    return {"class": "simple", "text": SIMPLE[code]}


def _internal(code: int) -> dict[str, Any]:
    return {"class": "simple", "text": f"Internal unclassified error {code:#06x}"}


def _amd_internal(code: int) -> dict[str, Any]:
    kind = AMD_INTERNAL[field(code, 9, 8)]
    return {"class": "simple", "internal": kind, "text": f"Internal error: {kind or 'reserved kind'}"}


def _generic_cache(code: int) -> dict[str, Any]:
    level = LEVELS[field(code, 1, 0)]
    return {"class": "generic_cache", "level": level, "text": f"Generic cache hierarchy error, {_LEVEL_WORDS[level]}"}


def _tlb(code: int) -> dict[str, Any]:
    level, transaction = LEVELS[field(code, 1, 0)], TRANSACTIONS[field(code, 3, 2)]
    words = f"{(transaction or 'reserved').capitalize()} TLB {_LEVEL_WORDS[level]} error"
    return {"class": "tlb", "transaction": transaction, "level": level, "text": words}


def _memory_form(kind: str, what: str) -> Callable[[int], dict[str, Any]]:
    def read(code: int) -> dict[str, Any]:
        number, channel = field(code, 6, 4), field(code, 3, 0)
        request = MEMORY_REQUESTS[number] if number < len(MEMORY_REQUESTS) else None
        told = channel != UNSPECIFIED_CHANNEL
        where = f"channel {channel}" if told else "channel not specified"
        return {
            "class": kind, "request": request, "channel": channel if told else None,
            "text": f"{what} {_MEMORY_WORDS[request]}, {where}",
        }  # fmt: skip

    return read


def _cache(code: int) -> dict[str, Any]:
    level, transaction, request = LEVELS[field(code, 1, 0)], TRANSACTIONS[field(code, 3, 2)], _request(code)
    kind = (transaction or "reserved").capitalize()
    return {
        "class": "cache", "level": level, "transaction": transaction, "request": request,
        "text": f"{kind} cache {_LEVEL_WORDS[level]} {_REQUEST_WORDS[request]} error",
    }  # fmt: skip


def _bus(code: int) -> dict[str, Any]:
    level, space, request = LEVELS[field(code, 1, 0)], SPACES[field(code, 3, 2)], _request(code)
    timeout, who = bit(code, 8), PARTICIPATIONS[field(code, 10, 9)]
    what = "I/O error" if code == IO_ERROR else f"Bus or interconnect {_LEVEL_WORDS[level]} error"
    words = f"{_REQUEST_WORDS[request]}, {_SPACE_WORDS[space]} access, {_ROLE_WORDS[who]}"
    return {
        "class": "bus", "level": level, "participation": who, "request": request, "memory_io": space,
        "timeout": timeout, "text": f"{what}: {words}{', timed out' if timeout else ''}",
    }  # fmt: skip


def _request(code: int) -> str | None:
    number = field(code, 7, 4)
    return REQUESTS[number] if number < len(REQUESTS) else None


_BOTH: tuple[Form, ...] = ((0xFFF0, 0x0010, _tlb), (0xFF00, 0x0100, _cache), (0xF800, 0x0800, _bus))
INTEL: tuple[Form, ...] = (
    *((0xFFFF, code, _simple) for code in SIMPLE),
    (0xFC00, 0x0400, _internal),
    (0xFFFC, 0x000C, _generic_cache),
    (0xFF80, 0x0080, _memory_form("memory_controller", "Memory controller")),
    (0xFF80, 0x0280, _memory_form("extended_memory", "Extended memory (memory used as a cache)")),
    *_BOTH,
)
AMD: tuple[Form, ...] = ((0xFFFF, 0x0000, _simple), (0xFCFF, 0x0400, _amd_internal), *_BOTH)
