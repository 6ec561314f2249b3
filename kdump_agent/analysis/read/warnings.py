"""What crash says of trouble, in its own words, and what that means for a reader.

The words are those of crash's sources: main.c, diskdump.c, kernel.c, task.c, symbols.c, memory.c.
"""

from __future__ import annotations

import re

_MEANINGS = tuple(
    (re.compile(words, re.IGNORECASE), meaning)
    for words, meaning in (
        (r"vmlinux and \S+ do not match", "crash refused the vmlinux: it is not of the kernel that crashed"),
        (
            r"kernel version inconsistency between vmlinux and dumpfile",
            "crash found another kernel version in the vmlinux than in the dump",
        ),
        (
            r"truncated/incomplete|may be truncated or incomplete|dumpfile is incomplete",
            "the dump is not whole; what lies in its missing part cannot be told",
        ),
        (r"active task \w+ on cpu \d+ not found in PID hash", "crash did not find every task"),
        (
            r"duplicate task address|cannot (?:resolve|determine) .*(?:pid_hash|task)",
            "crash could not read the table of processes as this kernel keeps it",
        ),
        (
            r"invalid (?:structure|array|kernel) (?:member offset|size)",
            "this crash does not know a structure of this kernel; a newer one may",
        ),
        (r"cannot determine (.{1,80})", "crash could not determine something that it needs"),
        (r"page excluded: .{1,120}", "a page that was asked for is not in the dump"),
        (r"seek error: .{1,120}", "memory that was asked for is not in the dump"),
        (r"cannot access vmalloc'd module memory", "modules could not be read"),
        (r"not a supported file format", "crash does not know the format of this file"),
        (r"compressed by \w+|(?:lzo|snappy|zstd) .*not .*(?:supported|built)", "crash was built without a compression"),
        (r"no debugging data available|no debug(?:ging)? info", "the vmlinux has no debugging information"),
    )
)
_MOST = 12


def read_warnings(text: str) -> tuple[str, ...]:
    """Return what is known to be wrong, each thing once, with crash's own words."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        for pattern, meaning in _MEANINGS:
            if meaning not in found and pattern.search(line[:400]):
                found[meaning] = f'{meaning} ("{line.strip()[:200]}")'
                break
    return tuple(found.values())[:_MOST]


def says_mismatch(text: str) -> bool:
    """Is the vmlinux another kernel's, so that no option helps?"""
    return bool(re.search(r"vmlinux and \S+ do not match", text[:1_000_000]))
