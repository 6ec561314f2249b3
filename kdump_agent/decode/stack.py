"""Stack traces: the frames that a kernel prints, in all architectures' forms, and which of them is at fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .line import Line
from .machinery import bare, is_machinery
from .report import Frame, Place

SYMBOL = r"([A-Za-z_.$][\w.$]{0,255})\+0x([0-9a-f]{1,8})/0x([0-9a-f]{1,8})(?: \[([\w-]{1,64})[^\]]{0,64}\])?"
_PLACE = re.compile(SYMBOL)
_SECTION = re.compile(r"</?(IRQ|NMI|TASK|EOE|SOFTIRQ|#DF|#MC|#DB|ENTRY_TRAMPOLINE|SYSENTER)>")
_START = re.compile(
    r"(?:\[.{0,40}\] )?(?:Call Trace|Backtrace|Stack traceback|Call trace)s?\b|^stack backtrace:|Trace:$"
)
_REGISTER = re.compile(
    r"(?:RIP|EIP)(?: is at|:)(?: [0-9a-f]{4}:)?(?:\[<[0-9a-f]+>\] *)*(?:\[<[0-9a-f]+>\] *)?|IP: ?\[?<?[0-9a-f]*>?\]? ?"
    r"|p[cs] : |PC is at |pc : |epc : |NIP \[[0-9a-f]+\] |Krnl PSW : [0-9a-f ]+\(|LR is at |PC: "
)

MOST = 256
"""Frames that are kept."""


def place(text: str) -> Place | None:
    """Return the first place in the kernel's text that a line names."""
    found = _PLACE.search(text)
    return None if found is None else Place(found[1], int(found[2], 16), int(found[3], 16), found[4])


def instruction(lines: Iterable[Line]) -> Place | None:
    """Return where the kernel stood, by the first line that shows the program counter with a symbol."""
    for line in lines:
        if _REGISTER.search(line.text) and (found := place(line.text)) is not None:
            return found
    return None


def trace(lines: Sequence[Line]) -> tuple[Frame, ...]:
    """Return the frames of the first stack trace that has any; another one's begin ends it."""
    frames: list[Frame] = []
    section: str | None = None
    inside = False
    for line in lines:
        text = line.text.strip()
        if _START.search(text) and "+0x" not in text:
            if frames:
                break
            inside = True
        elif inside and (mark := _SECTION.match(text)):
            section = None if text.startswith("</") else mark[1].lower()
            if "+0x" in text and (frame := _frame(text, section)):
                frames.append(frame)
        elif inside and (frame := _frame(text, section)):
            frames.append(frame)
        elif frames and text.startswith(("---[", "Code:", "Modules linked in", "Allocated by", "Freed by", "==")):
            break
        if len(frames) == MOST:
            break
    return tuple(frames)


def _frame(text: str, section: str | None) -> Frame | None:
    found = _PLACE.search(text)
    if found is None or len(text) > 400 or found.start() > 64 or text.startswith(("RIP:", "Code:", "CPU:", "RSP:")):
        return None
    reliable = "? " not in text[: found.start()]
    return Frame(found[1], int(found[2], 16), int(found[3], 16), found[4], reliable, section)


def culprit(frames: Iterable[Frame]) -> str | None:
    """Return the function at fault: the first reliable frame that is not common machinery."""
    known = [frame for frame in frames if frame.reliable] or list(frames)
    return next((bare(frame.symbol) for frame in known if not is_machinery(frame.symbol)), None)
