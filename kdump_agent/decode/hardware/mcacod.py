"""MCACOD, bits 15:0 of MCi_STATUS: what kind of unit failed doing what.

Intel SDM vol. 3B, 15.9 "Interpreting the MCA Error Codes": table 15-9 (simple codes), 15-10 (compound codes), 15-11 to
15-15 (their fields). AMD uses the TLB, cache and bus forms of it: APM vol. 2, 9.3.2.2.
"""

from __future__ import annotations

from typing import Any, Callable

SIMPLE = {
    0x0000: "No error", 0x0001: "Unclassified error", 0x0002: "Parity error in the microcode ROM",
    0x0003: "External error: BINIT# from another processor", 0x0004: "Functional redundancy check error",
    0x0005: "Internal parity error", 0x0006: "SMM handler code access violation", 0x0400: "Internal timer error",
    0x0E0B: "I/O error",
}  # fmt: skip
TRANSACTIONS = ("instruction", "data", "generic", None)
LEVELS = ("L0", "L1", "L2", "LG")
REQUESTS = ("ERR", "RD", "WR", "DRD", "DWR", "IRD", "PREFETCH", "EVICT", "SNOOP")
PARTICIPATIONS = ("SRC", "RES", "OBS", "generic")
SPACES = ("M", None, "IO", "other")
MEMORY_REQUESTS = ("GEN", "RD", "WR", "AC", "MS")
_WORDS = {
    "ERR": "generic", "RD": "generic read", "WR": "generic write", "DRD": "data-read", "DWR": "data-write",
    "IRD": "instruction-fetch", "PREFETCH": "prefetch", "EVICT": "eviction", "SNOOP": "snoop",
    "GEN": "generic", "AC": "address/command", "MS": "scrub",
}  # fmt: skip
_MEMORY_WORDS = {**_WORDS, "RD": "read", "WR": "write"}
_LEVEL_WORDS = {"L0": "level-0", "L1": "level-1", "L2": "level-2", "LG": "generic-level"}


def decode(code: int) -> dict[str, Any]:
    """Return the class of a code and the fields that this class has, and the text of it all.

    Bit 12, the "correction report filtering" of compound codes (SDM 15.9.2.1), is not part of any field.
    """
    if code in SIMPLE:
        return {"class": "simple", "text": SIMPLE[code]}
    if code & ~0x3FF == 0x400:
        return {"class": "simple", "text": "Internal unclassified error"}
    plain = code & ~0x1000
    for test, read in FORMS:
        if test(plain):
            return read(plain)
    return {"class": "unknown", "text": f"Unknown error code {code:#06x}"}


def _request(code: int) -> str | None:
    number = code >> 4 & 0xF
    return REQUESTS[number] if number < len(REQUESTS) else None


def _generic_cache(code: int) -> dict[str, Any]:
    level = LEVELS[code & 3]
    return {"class": "generic_cache", "level": level, "text": f"Generic cache hierarchy error, {_LEVEL_WORDS[level]}"}


def _tlb(code: int) -> dict[str, Any]:
    level, transaction = LEVELS[code & 3], TRANSACTIONS[code >> 2 & 3]
    words = f"{(transaction or 'reserved').capitalize()} TLB {_LEVEL_WORDS[level]} error"
    return {"class": "tlb", "transaction": transaction, "level": level, "text": words}


def _memory(code: int) -> dict[str, Any]:
    number, channel = code >> 4 & 7, code & 0xF
    request = MEMORY_REQUESTS[number] if number < len(MEMORY_REQUESTS) else None
    extended = code & 0xFF80 == 0x0280
    where = "channel not specified" if channel == 0xF else f"channel {channel}"
    what = "Extended memory (memory used as cache)" if extended else "Memory controller"
    return {
        "class": "extended_memory" if extended else "memory_controller",
        "request": request,
        "channel": None if channel == 0xF else channel,
        "text": f"{what} {_MEMORY_WORDS.get(request or '', 'reserved')} error, {where}",
    }


def _cache(code: int) -> dict[str, Any]:
    level, transaction, request = LEVELS[code & 3], TRANSACTIONS[code >> 2 & 3], _request(code)
    words = f"cache {_LEVEL_WORDS[level]} {_WORDS.get(request or '', 'reserved')} error"
    return {
        "class": "cache", "level": level, "transaction": transaction, "request": request,
        "text": f"{(transaction or 'reserved').capitalize()} {words}",
    }  # fmt: skip


def _bus(code: int) -> dict[str, Any]:
    level, space, request = LEVELS[code & 3], SPACES[code >> 2 & 3], _request(code)
    timeout, who = bool(code >> 8 & 1), PARTICIPATIONS[code >> 9 & 3]
    roles = {"SRC": "this processor asked", "RES": "this processor responded", "OBS": "this processor looked on",
             "generic": "no processor named"}  # fmt: skip
    kinds = {"M": "memory", "IO": "I/O", "other": "another kind of"}
    words = f"{_WORDS.get(request or '', 'reserved')}, {kinds.get(space or '', 'reserved')} access, {roles[who]}"
    return {
        "class": "bus", "level": level, "participation": who, "request": request, "memory_io": space,
        "timeout": timeout,
        "text": f"Bus or interconnect {_LEVEL_WORDS[level]} error: {words}{', timed out' if timeout else ''}",
    }  # fmt: skip


FORMS: tuple[tuple[Callable[[int], bool], Callable[[int], dict[str, Any]]], ...] = (
    (lambda code: code & 0xFFFC == 0x000C, _generic_cache),
    (lambda code: code & 0xFFF0 == 0x0010, _tlb),
    (lambda code: code & 0xFF80 in (0x0080, 0x0280), _memory),
    (lambda code: code & 0xFF00 == 0x0100, _cache),
    (lambda code: code & 0xF800 == 0x0800, _bus),
)
