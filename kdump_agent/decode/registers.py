"""What the CPU held at the crash: program counter, error code, the address that faulted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .line import Line
from .report import Place
from .stack import place

MOST_DISSOLVED = 16
"""Calls that a compiler may have dissolved into one function."""
HEAD = 200
"""Characters of a line in which a register's name must stand."""
MOST_FAULT = 60
"""Lines behind a cause in which the kernel tells error code and address."""

_COUNTER = re.compile(
    r"\b[RE]IP: ?(?:(?!0033|0023|0073|002b)[0-9a-f]{4}:)?|\b[RE]IP is at |\bRIP {2}\[|\bIP: "  # x86, also of 2.6
    r"|\bp[cs] ?: |\bPC is at |^pc {0,3}:? |\bepc {0,3}: |\b(?:era ?|ERA): |\bNIP \[|Krnl PSW : "  # arm to s390
)
_NOWHERE = re.compile(r"\bR?IP: (?:[0-9a-f]{4}:)?(?:0x[0-9a-f]{1,16}|\(null\)|\[<)")
_INLINE = re.compile(
    r"(?:RIP: [0-9a-f]{4}:|EIP: |p[cs] ?: |PC is at |epc ?: |NIP \[[0-9a-f]{8,16}\] )"
    r"([A-Za-z_][\w.]{0,255}) \S{1,256}:\d{1,6} \[inline\]"
)

_HEX = r"(?:0x)?([0-9a-f]{1,16})\b"
_ERRORS = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        ("error_code", rf"error_code(?:\(|: ){_HEX}"),  # x86 since 5.1; its double fault
        ("Internal error: ", rf"Internal error: .{{1,60}}: {_HEX} \[#"),  # arm, arm64
        (" [#", r"(?:fault|Oops|segment|address 0x[0-9a-f]{1,16}): ([0-9a-f]{4,8}) (?:ilc:\d )?\[#"),  # x86, s390
        ("ESR = ", rf"\bESR = {_HEX}"),  # arm64
        ("DSISR: ", rf"\bDSISR: {_HEX}"),  # powerpc
        ("dsisr: ", rf"^ {{0,4}}dsisr: {_HEX}"),  # its xmon
        ("-- SError", rf"code {_HEX} -- SError"),  # arm64
        (" cause: ", rf"\bbadaddr: .{{1,20}} cause: {_HEX}"),  # riscv
    )
)
_ADDRESSES = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        ("address: ", rf"(?:for address|dereference, address): {_HEX}"),  # x86 since 5.1
        ("non-canonical address ", rf"non-canonical address {_HEX}"),  # x86 since 5.5
        ("at virtual address ", rf"at virtual address {_HEX}"),  # arm, arm64, riscv, mips
        ("ailing address: ", rf"[Ff]ailing address: {_HEX}"),  # s390
        ("at address ", rf"for \S{{4,12}} at address {_HEX}"),  # powerpc until 5.0
        (" at addr ", rf"\b(?:Read|Write) (?:of size \d{{1,20}} )?at addr {_HEX}"),  # KASAN
        (
            " at 0x",
            rf"(?:read|write|fetch|dereference|access|fault|free|corruption)\b.{{0,24}} at {_HEX}",
        ),  # KFENCE, powerpc
        (
            " at ",
            r"(?:dereference|request|(?:fault|exception|abort) \(0x[0-9a-f]{1,8}\)) at {1,20}"
            rf"(?:{_HEX}|\((null)\))",
        ),  # x86 until 5.0, arm
        ("badaddr: ", rf"\bbadaddr: {_HEX}"),  # riscv
        ("DAR: ", rf"\bDAR: {_HEX}"),  # powerpc
    )
)
_SHADOWED = (("KASAN: ", re.compile(rf"^KASAN: [a-z -]{{3,60}} in range \[{_HEX}-")),)
"""The address whose shadow could not be read, behind a fault at the shadow's own; mm/kasan/report.c."""
_CR2 = (("CR2: ", re.compile(rf"\bCR2: {_HEX}")),)
"""x86 writes it with all registers, whatever the fault was: of a general protection fault it tells nothing."""
PAGED = frozenset({"page_fault", "null_deref", "stack", "double_fault", "oops"})
"""Kinds of crash in which the CPU had put the failing address there."""


def counter(lines: Sequence[Line]) -> tuple[int, Place] | None:
    """Return where the kernel stood and the index of the line that says so: the first with a symbol."""
    for at, line in enumerate(lines):
        if found := _COUNTER.search(line.text, 0, HEAD):
            after = line.text[found.start() :]
            spot = place(after) or (place(lines[at + 1].text) if "PSW" in after and at + 1 < len(lines) else None)
            if spot is not None:
                return at, spot
            if _NOWHERE.search(after):
                return None  # a jump to nowhere: no symbol stands for it
    return None


def dissolved(lines: Sequence[Line], at: int) -> Iterator[str]:
    """Yield the calls that the compiler dissolved where the CPU stood, where a symboliser wrote them before it."""
    for line in lines[max(0, at - MOST_DISSOLVED) : at]:
        if found := _INLINE.search(line.text):
            yield found[1]


def error_code(lines: Sequence[Line]) -> str | None:
    """Return x86's error code, arm64's ESR, arm's FSR, powerpc's DSISR, riscv's cause, in hexadecimal."""
    return _first(_ERRORS, lines)


def fault_address(kind: str, lines: Sequence[Line]) -> str | None:
    """Return the address whose access failed, in hexadecimal."""
    return _first(_SHADOWED, lines) or _first(_ADDRESSES, lines) or (_first(_CR2, lines) if kind in PAGED else None)


def _first(forms: Sequence[tuple[str, re.Pattern[str]]], lines: Sequence[Line]) -> str | None:
    for line in lines[:MOST_FAULT]:
        for word, form in forms:
            if word in line.text and (found := form.search(line.text)):
                digits = next(group for group in found.groups() if group)
                return "0x0" if digits == "null" else f"{int(digits, 16):#x}"
    return None
