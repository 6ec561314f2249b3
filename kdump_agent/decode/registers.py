"""What the CPU held at the crash: program counter, error code, the address that faulted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .line import Line
from .report import Place
from .stack import place

_COUNTER = re.compile(
    r"\b(?:RIP|EIP): ?(?:(?!0033|0023|0073|002b)[0-9a-f]{4}:)?|\b[ER]IP is at |\bRIP {2}\[|\bIP: |\bp[cs] ?: |\bepc {0,3}: "
    r"|\bPC is at |\bNIP \[|^pc {0,3}:? |\bera ?: |Krnl PSW : "
)
"""x86 of all ages; arm, arm64, riscv, mips, powerpc, loongarch, s390."""
_INLINE = re.compile(r"RIP: [0-9a-f]{4}:([A-Za-z_][\w.]{0,255}) \S{1,256}:\d{1,6} \[inline\]")
_BARE = re.compile(r"\bR?IP: [0-9a-f]{4}:(?:0x[0-9a-f]{1,16}|\(null\)|\[<)")

_ERROR = re.compile(
    r"error_code\((0x[0-9a-f]{1,8})\)|\bOops: ([0-9a-f]{4,8})\b|\bESR = (0x[0-9a-f]{1,16})"
    r"|(?:fault|opcode|error|segment|address 0x[0-9a-f]{1,16}): ([0-9a-f]{4,8}) \[#|Internal error: [^:\[]{1,60}: ([0-9a-f]{1,16}) \[#"
    r"|error_code: (0x[0-9a-f]{1,8})|DSISR: ([0-9a-f]{8,16})|code:? (0x[0-9a-f]{1,16}) -- SError"
)
_ADDRESS = re.compile(
    r"(?:for|NULL pointer dereference, )\s?address:? (?:0x)?([0-9a-f]{4,16})\b"
    r"|(?:paging request|dereference|access|fault|page fault|memory|routines|data|fetch|read|write|execute)[a-z -]{0,40} at "
    r"(?:virtual )?(?:kernel )?(?:address )?(?:0x)?([0-9a-f]{1,16}\b|\(null\))"
    r"|non-canonical address (0x[0-9a-f]{1,16})|Failing address: (?:0x)?([0-9a-f]{1,16})"
    r"|\b(?:Read|Write|Free) (?:of size \d{1,20} )?(?:at|of) addr ([0-9a-f]{4,16})\b|data at address (?:0x)?([0-9a-f]{1,16})"
    r"|\bCR2: ([0-9a-f]{8,16})\b"
)


def counter(lines: Sequence[Line]) -> Place | None:
    """Return where the kernel stood, by the first line that shows the program counter with a symbol."""
    for at, line in enumerate(lines):
        if found := _COUNTER.search(line.text):
            after = line.text[found.start() :]
            spot = place(after) or (place(lines[at + 1].text) if "PSW" in after and at + 1 < len(lines) else None)
            if spot is not None:
                return spot
            if _BARE.search(after):
                return None  # a jump to nowhere: no symbol stands for it
    return None


def dissolved(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the calls that the compiler dissolved where the CPU stood, where a symboliser wrote them back."""
    for line in lines:
        if found := _INLINE.search(line.text):
            yield found[1]
        elif "RIP: " in line.text:
            return


def error_code(lines: Sequence[Line]) -> str | None:
    """Return the fault's error code (x86), ESR (arm64), DSISR (powerpc), FSR (arm) as the kernel wrote it, in hexadecimal."""
    return _hexadecimal(_ERROR, lines)


def fault_address(lines: Sequence[Line]) -> str | None:
    """Return the address whose access failed, in hexadecimal."""
    return _hexadecimal(_ADDRESS, lines)


def _hexadecimal(pattern: re.Pattern[str], lines: Sequence[Line]) -> str | None:
    for line in lines:
        if found := pattern.search(line.text):
            digits = next(group for group in found.groups() if group)
            return "0x0" if digits == "(null)" else f"{int(digits, 16):#x}"
    return None
