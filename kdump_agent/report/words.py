"""What a report says, in a person's words: the terminal and the page tell the same.

Works on the JSON document alone, so that a stored report and a fresh one read the same. Nothing is escaped here: that
is for those who know where the words go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kdump_agent.units import show_duration, show_size

Document = Mapping[str, Any]

MILDNESS = {"fatal": 0, "SRAR": 1, "uncorrected": 1, "SRAO": 3, "deferred": 3, "UCNA": 4, "corrected": 5, "info": 6}
MILD = 2
"""By severity; one that is not told stands in the middle."""
TAINT_WORDS = {
    "PROPRIETARY_MODULE": "a proprietary module was loaded", "FORCED_MODULE": "a module was loaded by force",
    "OOT_MODULE": "an out-of-tree module was loaded", "UNSIGNED_MODULE": "an unsigned module was loaded",
    "MACHINE_CHECK": "a machine check had happened", "WARN": "the kernel had warned before",
    "DIE": "the kernel had died (Oops) before", "BAD_PAGE": "a bad page had been seen",
    "LIVEPATCH": "a live patch was applied", "SOFTLOCKUP": "a soft lockup had happened",
    "CRAP": "a staging driver was loaded",
    "CPU_OUT_OF_SPEC": "a processor ran out of its specification", "USER": "a user asked for the taint",
    "FIRMWARE_WORKAROUND": "a firmware bug was worked around", "FORCED_RMMOD": "a module was removed by force",
    "OVERRIDDEN_ACPI_TABLE": "an ACPI table was overridden", "AUX": "the distribution's own flag",
    "TEST": "a test ran in the kernel",
    "RANDSTRUCT": "structures are laid out at random", "FWCTL": "userspace changed a device through fwctl",
}  # fmt: skip
_MODULE_FLAGS = {"PROPRIETARY_MODULE": "P", "FORCED_MODULE": "F", "OOT_MODULE": "O", "UNSIGNED_MODULE": "E",
                 "CRAP": "C", "LIVEPATCH": "K", "TEST": "N"}  # fmt: skip
"""Taints that a module brings, and the letter behind its name in the kernel's list."""
WHOLE = {"yes": "whole", "no": "NOT whole", "unknown": "perhaps not whole"}
MOST_NAMES = 6
_BUILT_IN = re.compile(
    r"^.{0,400}/(?:linux[^/]{0,80}|build_[^/]{1,80}|BUILD)/"
    r"(?=(?:arch|block|certs|crypto|drivers|fs|include|init|io_uring|ipc|kernel|lib|mm|net|rust|security|sound|virt)/)"
)
"""The folder in which a distribution built its kernel."""
_PAGE_FAULTS = frozenset(("null_deref", "page_fault"))
_X86 = frozenset(("x86_64", "i686"))


def headline(report: Document) -> str:
    """Return the sentence that matters."""
    panic, errors = report.get("panic"), report.get("hardware_errors") or []
    if panic and _by_hardware(panic, errors):
        return str(worst(errors).get("summary") or panic["title"])
    if panic:
        return str(panic.get("title") or panic.get("kind"))
    if errors:
        return f"no crash, but {len(errors)} hardware error{'s' * (len(errors) > 1)}: {worst(errors).get('summary')}"
    log = report.get("dmesg") or {}
    if log.get("source") == "none":
        return "no log was read, so what happened is not known"
    return "the log holds no crash" if log.get("lines") else "the log is empty, so what happened is not known"


def _by_hardware(panic: Document, errors: Sequence[Document]) -> bool:
    """Did the kernel stop because of one of these errors? An NMI has many senders; this log must tell of one."""
    kind = panic.get("kind")
    return bool(errors) and (
        kind in ("mce", "hardware") or (kind == "nmi" and any(error.get("kind") == "nmi" for error in errors))
    )


def parts(sentence: str) -> tuple[str, str]:
    """Cut a headline into what happened, and how bad it is and what to do; the second may be empty."""
    depth = 0
    for at, letter in enumerate(sentence):
        depth += (letter == "(") - (letter == ")")
        if depth <= 0 and sentence.startswith("; ", at):  # one in parentheses is no end
            rest = sentence[at + 2 :]
            return sentence[:at], rest[:1].upper() + rest[1:]
    return sentence, ""


def worst(errors: Sequence[Document]) -> Document:
    """Return the hardware error that matters most: the worst of this boot, the first among equals.

    An abort of arm's matters less than the firmware's record of what the CPU was refused.
    """
    told = any(error.get("kind") == "cper" and mildness(error) < MILD for error in errors)
    return min(
        errors,
        key=lambda error: (error.get("boot") == "previous", told and error.get("kind") == "arm", mildness(error)),
    )


def mildness(error: Document) -> int:
    """Return how little a hardware error matters: 0 is fatal."""
    return MILDNESS.get((error.get("decoded") or {}).get("severity") or "", MILD)


def facts(report: Document) -> Iterator[tuple[str, str]]:
    """Yield what backs the headline: a label, and its words."""
    panic, kernel, host = report.get("panic") or {}, report.get("kernel") or {}, report.get("host") or {}
    hardware = report.get("hardware_name")
    signature = report.get("signature") or {}
    if report.get("drill"):
        yield "Drill", "a self-test of kdump, no incident"
    yield from (
        (label, words)
        for label, words in (
            ("Cause", str(panic.get("message") or "")),
            ("Place", _place(panic)),
            ("Access", _access(report)),
            ("Host", str(host.get("name") or "")),
            ("Machine", str(hardware or "")),
            ("When", _when(report)),
            ("Kernel", " ".join(filter(None, (kernel.get("release"), kernel.get("machine"), kernel.get("version"))))),
            ("Taint", _taint(report)),
            ("Dump", _dump(report)),
            ("Group", "; ".join(filter(None, (signature.get("crash"), signature.get("hardware"))))),
        )
        if words
    )


def spot(place: Document) -> str:
    """Write a place in the kernel's text: ``crashme_null+0x26/0x4a [crashme]``."""
    offset, size, module = place.get("offset"), place.get("size"), place.get("module")
    inside = f"+{offset:#x}" if isinstance(offset, int) else ""
    inside += f"/{size:#x}" if inside and isinstance(size, int) else ""
    return f"{place.get('symbol')}{inside}" + (f" [{module}]" if module else "")


def source(place: Document) -> str:
    """Write where a place is in the source, ``mm/memory.c:5293``; where it was built says nothing and is left out."""
    if not place.get("file"):
        return ""
    line = f":{place['line']}" if place.get("line") is not None else ""
    return _BUILT_IN.sub("", str(place["file"]), count=1) + line


def _place(panic: Document) -> str:
    rip = panic.get("rip") or {}
    comm, pid = panic.get("comm"), panic.get("pid")
    said = (
        (rip.get("symbol"), spot(rip)),
        (panic.get("cpu") is not None, f"CPU {panic.get('cpu')}"),
        (
            comm is not None or pid is not None,
            " ".join(f"{comm or ''} {'' if pid is None else f'(PID {pid})'}".split()),
        ),
    )
    return ", ".join(words for true, words in said if true)


def _access(report: Document) -> str:
    panic = report.get("panic") or {}
    address, code = panic.get("fault_address"), panic.get("error_code")
    said = ([f"address {address}"] if address else []) + ([f"error code {code}"] if code else [])
    if code and panic.get("kind") in _PAGE_FAULTS and (report.get("kernel") or {}).get("machine") in _X86:
        said.append(_page_fault(int(code, 16)))
    return ", ".join(said)


def _page_fault(code: int) -> str:
    """The error code of a page fault. Intel SDM vol. 3A, "Page-Fault Error Code"; arch/x86/include/asm/trap_pf.h."""
    what = "an instruction fetch" if code & 0x10 else "a write" if code & 0x2 else "a read"
    who = "user code" if code & 0x4 else "the kernel"
    how = (
        "a reserved bit is set in the page tables"
        if code & 0x8
        else "not permitted"
        if code & 0x1
        else "no page is there"
    )
    return f"{what} by {who}: {how}"


def _when(report: Document) -> str:
    crashed, uptime = report.get("crashed_at"), report.get("uptime_seconds")
    said = [str(crashed).replace("T", " ").replace("Z", " UTC")] if crashed else []
    return ", ".join(said + ([f"{show_duration(float(uptime))} after boot"] if uptime is not None else []))


def _taint(report: Document) -> str:
    modules = report.get("modules") or []
    words = []
    for flag in (report.get("panic") or {}).get("taint") or []:
        letter = _MODULE_FLAGS.get(flag)
        names = [str(each.get("name")) for each in modules if letter and letter in (each.get("flags") or "")]
        more = [f"{len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
        listed = ", ".join(names[:MOST_NAMES] + more)
        words.append(TAINT_WORDS.get(flag, str(flag)) + (f" ({listed})" if listed else ""))
    return "; ".join(words)


def _dump(report: Document) -> str:
    dump = report.get("dump") or {}
    if dump.get("format") in (None, "none"):
        return ""
    why = f": {'; '.join(dump['why'])}" if dump.get("why") else ""
    return f"{dump.get('source')}, {dump['format']}, {show_size(dump['bytes'])}, {WHOLE[dump['whole']]}{why}"
