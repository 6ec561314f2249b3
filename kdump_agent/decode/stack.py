"""Stack traces, in all architectures' forms: which lines are frames, and where one trace ends and the next begins.

Which function is at fault is culprit.py's work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .line import Line
from .report import Frame, Place

_NAME = r"(?<![\w.$])\.?([A-Za-z_][\w.$]{0,255})"
_OFFSET = r"\+(?:0x)?([0-9a-f]{1,8})/(?:0x)?([0-9a-f]{1,8})"
_MODULE = r"(?: {1,2}\[([\w-]{1,64})(?:\([A-Z+-]{0,8}\))?(?: [0-9a-f]{1,64})?\])?"
_PLACE = re.compile(_NAME + _OFFSET + _MODULE)

_ADDRESSES = (
    r"\(?(?:\[< {0,8}(?:[0-9a-f]{4,16}|\(_{0,4}ptrval_{0,4}\)) {0,8}>\]\)?|\[[0-9a-fx]{8,18}\]"
    r"|\[link register {0,4}\]|[0-9a-f]{16}(?= )| ){0,12}"
)
_FRAME = re.compile(rf"{_ADDRESSES}((?:\? )?)\(?{_NAME}{_OFFSET}{_MODULE}")
"""x86, arm64, riscv, loongarch, mips: an address (hidden: 4.15 and on) or none; s390 ``([<pc>] name)``; powerpc
``[sp] [pc] name``, xmon's without the pc's brackets."""
_CALLER = re.compile(
    rf"(?:\[<[0-9a-f]{{8}}>\] )?\(?{_NAME}(?:{_OFFSET})?(?: \[([\w-]{{1,64}})\])?\)?"
    rf" from (?:\[<[0-9a-f]{{8}}>\] )?\(?{_NAME}{_OFFSET}{_MODULE}"
)
"""arm: ``[<pc>] (callee) from [<pc>] (caller+0x10/0x14)``; both with offsets until 3.2, no addresses since 5.18."""
_CALLER_INLINE = re.compile(
    r"(?:\[<[0-9a-f]{8}>\] )?\(?[\w.+/]{1,300}\)? from (?:\[<[0-9a-f]{8}>\] )?"
    rf"\({_NAME} \S{{1,256}}:\d{{1,6}} \[inline\]\)"
)
_INLINE = re.compile(
    rf"(?:\[<[ a-z0-9]{{4,24}}>\] )?((?:\? )?){_NAME} "
    r"(?:[\w.-]{1,64}/){0,16}[\w.-]{1,64}\.(?:[chS]|rs):\d{1,6}(?::\d{1,4})?(?: \[inline\])?$"
)
"""A call that the compiler dissolved, put back by a symboliser: ``name file.c:12 [inline]``."""
_LISTED = re.compile(rf"((?:\? )?){_NAME} \((?=[^()\n]{{0,400}}?:\d)[^()\n]{{1,600}}\)(?: ([\w-]{{1,64}}))?$")
"""scripts/decode_stacktrace.sh: ``name (file.c:12 file.h:34) module``."""
_COUNTER = re.compile(r"(?:RIP: (?:00[01][08]|e030):|EIP: 0060:|p[cs] : |epc : |PC is at |NIP \[|--- interrupt: )")
_UNRELIABLE = ("(unreliable)", "(L)")
"""powerpc, arm64; x86 writes a question mark before the name, s390 the whole frame in parentheses."""
_MARK = re.compile(
    r"<(/?)<?(IRQ|NMI|TASK|EOI|EOE|SOFTIRQ|HARDIRQ|#DF|#MC|#DB|#VC2?|DOUBLEFAULT|ENTRY_TRAMPOLINE|SYSENTER|IST|UNK)"
    r">{1,2} *"
)
_REGISTERS = re.compile(
    r"[RE]?(?:[ABCD]X|SP|BP|SI|DI|FLAGS): |R\d\d: |[CDEFG]S: |CR[02]: |DR[03]: |Code: |x\d{1,2} ?: |sp : |lr : "
    r"|r\d{1,2} ?:|GPR\d\d|pstate|PKRU|[0-9a-f]{8,16} [0-9a-f]{8,16}|Stack:|Exception stack"
    r"|[0-9a-f]{4}: [0-9a-f ]{8}|NIP: |REGS: |MSR: |CFAR: |LR \[|IRQMASK"
)
"""What a kernel prints between the frames of one trace."""
_HEADING = re.compile(
    r"[Cc]all [Tt]race|[Bb]acktrace|stack trace|Last Breaking|Allocated|Freed|created|stored to memory"
    r"|potentially related|buggy address|page_owner|last allocated|last free|\bby (?:task|interrupt|idle)|became "
    r"|-> #\d|locks? held|-{4,}\[|={8,}|INFO: |BUG: |WARNING: |Kernel panic|Modules linked|NMI backtrace|Task dump"
    r"|task:|Showing all|irq event|general protection|Unable to handle|RIP: (?:00[23]|e033)|Rebooting|Workqueue: "
)
"""What ends a trace."""
_WHOSE = re.compile(r"NMI backtrace for|^task:|running task|Task dump for CPU|^CPU: \d|likely owned by|Comm: ")
"""What tells whose a trace is, some lines before it."""
_BARE = ("Call ", "Backtrace", "backtrace")
HEAD = 200
"""Characters of a line in which a heading must begin."""
MOST = 1000
"""Frames of one trace that are kept."""
STRAYS = 4
"""Lines of others that may break into a trace, one after the other, before it counts as ended."""
_LEFT = ("EOI", "EOE")


@dataclass
class Trace:
    """One stack trace, the innermost frame first."""

    heading: str
    """The last line before it that was no frame: "Call Trace:", "Allocated by task 12:" ..."""
    begin: int
    """The index of its first frame among the lines given."""
    whose: str = ""
    """The last line before it that told of a task or CPU."""
    frames: list[Frame] = field(default_factory=list)


def title(trace: Trace) -> str:
    """Return what a trace is of, in the kernel's own words."""
    return trace.whose if trace.whose and trace.heading.strip().startswith(_BARE) else trace.heading


def place(text: str) -> Place | None:
    """Return the first place in the kernel's text that a line names."""
    found = _PLACE.search(text)
    return None if found is None else Place(found[1], int(found[2], 16), int(found[3], 16), found[4])


def traces(lines: Iterable[Line]) -> Iterator[Trace]:
    """Yield every stack trace, in order. A few lines of others that broke into one are passed over."""
    trace: Trace | None = None
    heading, whose, section, strays = "", "", None, 0
    for at, line in enumerate(lines):
        text = line.text.strip()
        if mark := _MARK.match(text):
            section = None if mark[1] or mark[2] in _LEFT else mark[2].strip("#").lower()
            text = text[mark.end() :]
        found = _frames(text, section, trace is not None)
        if found:
            trace = trace or Trace(heading, at, whose)
            trace.frames.extend(found[: MOST - len(trace.frames)])
            strays = 0
        elif text and not (trace and _REGISTERS.match(text)):
            strays += 1
            if trace and (strays > STRAYS or _HEADING.search(text, 0, HEAD)):
                yield trace
                trace, whose = None, ""
            if trace is None:
                heading, section = text, None
                whose = text if _WHOSE.search(text, 0, HEAD) else whose
    if trace is not None:
        yield trace


def _frames(text: str, section: str | None, inside: bool) -> list[Frame]:
    """The frames that a line is: one, none, or on arm two where a trace begins."""
    if "+" in text:
        if " from " in text and (found := _CALLER.match(text)):
            symbol, offset, size, module, *from_ = found.groups()
            caller = _frame(*from_, section=section)
            return [caller] if inside else [_frame(symbol, offset, size, module, section=section), caller]
        if found := _FRAME.match(text):
            reliable = not found[1] and not text.startswith("([") and not text.endswith(_UNRELIABLE)
            return [_frame(*found.groups()[1:], section=section, reliable=reliable)]
        if inside and _COUNTER.match(text) and (spot := place(text)):
            return [Frame(spot.symbol, spot.offset, spot.size, spot.module, True, section)]
    if " from " in text and (found := _CALLER_INLINE.match(text)):
        return [Frame(found[1], None, None, None, True, section)]
    if ":" in text and (found := _INLINE.match(text)):
        return [Frame(found[2], None, None, None, not found[1], section)]
    if ":" in text and (found := _LISTED.match(text)):
        return [Frame(found[2], None, None, found[3], not found[1], section)]
    return []


def _frame(
    symbol: str, offset: str | None, size: str | None, module: str | None, *, section: str | None, reliable: bool = True
) -> Frame:
    return Frame(
        symbol, int(offset, 16) if offset else None, int(size, 16) if size else None, module, reliable, section
    )
