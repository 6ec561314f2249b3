"""A report as a person reads it on a terminal: first the sentence that matters, then all that backs it.

Works on the JSON document alone, so that a stored report and a fresh one read the same. Everything that came from the
crashed host is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kdump_agent.units import show_duration, show_size

Document = Mapping[str, Any]

_BOLD, _RED, _DIM, _END = "\x1b[1m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
MILDNESS = {"fatal": 0, "SRAR": 1, "uncorrected": 1, "SRAO": 3, "deferred": 3, "UCNA": 4, "corrected": 5}
"""By severity; one that is not told stands in the middle."""
MOST_FRAMES = 40
MOST_RECORDS = 32
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


def brief(report: Document) -> str:
    """Return a report as one line."""
    kernel = (report.get("kernel") or {}).get("release")
    return plain(headline(report)) + (f" (kernel {plain(str(kernel))})" if kernel else "")


def headline(report: Document) -> str:
    """Return the sentence that matters."""
    panic, errors = report.get("panic"), report.get("hardware_errors") or []
    if panic and panic.get("kind") in ("mce", "hardware") and errors:
        return str(worst(errors).get("summary") or panic["title"])
    if panic:
        return str(panic.get("title") or panic.get("kind"))
    if errors:
        return f"no crash, but {len(errors)} hardware error{'s' * (len(errors) > 1)}: {worst(errors).get('summary')}"
    if (report.get("dmesg") or {}).get("source") == "none":
        return "no log was read, so what happened is not known"
    return "the log holds no crash"


def worst(errors: Sequence[Document]) -> Document:
    """Return the hardware error that matters most: the worst of this boot, the first among equals."""
    return min(
        errors,
        key=lambda error: (
            error.get("boot") == "previous",
            MILDNESS.get((error.get("decoded") or {}).get("severity") or "", 2),
        ),
    )


def render(report: Document, *, colour: bool = False) -> str:
    """Return a report as lines of text; ``colour`` allows the terminal's escapes, and nothing else does."""
    ink = (lambda code, text: f"{code}{text}{_END}") if colour else (lambda _code, text: text)
    lines = [ink(_BOLD + _RED, plain(headline(report))), ""]
    for label, words in _facts(report):
        lines.append(f"{ink(_DIM, label.ljust(9))} {plain(words)}")
    for title, block in (("Machine checks and other hardware errors", _errors(report)), ("Stack", _stack(report, ink))):
        rows = list(block)
        if rows:
            lines += ["", ink(_BOLD, title), *rows]
    doubts = [plain(doubt) for doubt in report.get("doubts") or []]
    if doubts:
        lines += ["", ink(_BOLD, "In doubt"), *(f"  - {doubt}" for doubt in doubts)]
    return "\n".join(lines)


def _facts(report: Document) -> Iterator[tuple[str, str]]:
    panic, kernel, host = report.get("panic") or {}, report.get("kernel") or {}, report.get("host") or {}
    when = [str(report["crashed_at"])] if report.get("crashed_at") else []
    if report.get("uptime_seconds") is not None:
        when.append(f"{show_duration(float(report['uptime_seconds']))} after boot")
    rip = panic.get("rip") or {}
    who = " ".join(
        f"{label} {panic[key]}"
        for label, key in (("CPU", "cpu"), ("PID", "pid"), ("in", "comm"))
        if panic.get(key) is not None
    )
    board = f"({report['hardware_name']})" if report.get("hardware_name") else None
    place = f"{rip['symbol']}+{rip.get('offset') or 0:#x}/{rip.get('size') or 0:#x}" if rip.get("symbol") else ""
    yield from (
        (label, words)
        for label, words in (
            ("Message", panic.get("message") or ""),
            ("Place", " ".join(filter(None, (place, f"[{rip['module']}]" if rip.get("module") else "", who)))),
            ("Host", " ".join(filter(None, (host.get("name"), board)))),
            ("When", ", ".join(when)),
            ("Kernel", " ".join(filter(None, (kernel.get("release"), kernel.get("machine"), kernel.get("version"))))),
            ("Taint", "; ".join(TAINT_WORDS.get(name, name) for name in panic.get("taint") or [])),
            ("Dump", _dump(report)),
            ("Group", str((report.get("signature") or {}).get("crash") or "")),
        )
        if words
    )  # fmt: skip
    if report.get("drill"):
        yield "Drill", "a self-test of kdump, no incident"


def _dump(report: Document) -> str:
    dump = report.get("dump") or {}
    if dump.get("format") in (None, "none"):
        return ""
    whole = {"yes": "whole", "no": "NOT whole", "unknown": "perhaps not whole"}[dump["whole"]]
    why = f": {'; '.join(dump['why'])}" if dump.get("why") else ""
    return f"{dump['source']}, {dump['format']}, {show_size(dump['bytes'])}, {whole}{why}"


def _errors(report: Document) -> Iterator[str]:
    records = report.get("hardware_errors") or []
    if not records:
        return
    head = ("KIND", "CPU", "SOCKET", "BANK", "STATUS", "ADDRESS", "SEVERITY")
    rows = [head] + [
        tuple(
            plain(str(value if value is not None else "-"))
            for value in (
                record.get("kind"), record.get("cpu"), record.get("socket"), record.get("bank"), record.get("status"),
                record.get("addr"), (record.get("decoded") or {}).get("severity"),
            )
        )
        for record in records[:MOST_RECORDS]
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for number, row in enumerate(rows):
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        if number:
            yield f"      {plain(str(records[number - 1].get('summary') or ''))}"
    if len(records) > MOST_RECORDS:
        yield f"  ... and {len(records) - MOST_RECORDS} more"


def _stack(report: Document, ink: Any) -> Iterator[str]:
    frames: Sequence[Document] = report.get("frames") or []
    culprit = (report.get("panic") or {}).get("function")
    marked = False
    for frame in frames[:MOST_FRAMES]:
        symbol = str(frame.get("symbol"))
        at_fault = (
            not marked and culprit is not None and symbol.split(".")[0] == culprit and bool(frame.get("reliable"))
        )
        marked = marked or at_fault
        where = f"{symbol}+{frame.get('offset') or 0:#x}/{frame.get('size') or 0:#x}"
        module = f" [{frame['module']}]" if frame.get("module") else ""
        text = plain(f"{where}{module}")
        yield ink(_RED, f"  > {text}") if at_fault else f"    {'' if frame.get('reliable') else '? '}{text}"
    if len(frames) > MOST_FRAMES:
        yield f"    ... and {len(frames) - MOST_FRAMES} more"


def plain(text: str) -> str:
    """Return a text that a terminal cannot mistake for an order."""
    return text if text.isprintable() else ascii(text)[1:-1]
