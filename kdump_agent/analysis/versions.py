"""Is this crash new enough for that kernel? Pure.

Each row is a change of the kernel that older versions of crash cannot read.
"""

from __future__ import annotations

import re

# (first kernel, first crash that reads it, what an older one gets wrong)
CHANGES = (
    # slab.h of Linux 3.6; crash's changelog of 6.1.0: kmem -s of 3.6 and later
    ((3, 6), (6, 1, 0), 'slab caches: "invalid structure member offset"'),
    # Linux 65ade2f872b4 "x86/boot/64: Rename init_level4_pgt and early_level4_pgt"; coreos/bugs issue 2347
    ((4, 13), (7, 2, 0), 'the page tables: "cannot resolve init_level4_pgt"'),
    # Linux 896fbe20b4e2 "printk: use the lockless ringbuffer"; crash-utility/crash issue 74
    ((5, 10), (7, 3, 0), 'the log: "cannot determine length of symbol: log_end"'),
    # Linux d122019bf061 "mm: Split slab into its own type"; crash-utility/crash pull request 117
    ((5, 17), (8, 0, 1), 'slab caches: "invalid structure member offset: page_active"'),
    # Linux 524e00b36e8c "mm: remove rb tree"; seen with crash 8.0.2 and 6.1: `vm`, and tasks are missing from `ps`
    ((6, 1), (8, 0, 3), 'memory maps ("invalid structure member offset: mm_struct_mmap"), and perhaps most tasks'),
    # Linux ac3b43283923 "module: replace module_layout with module_memory"
    ((6, 4), (8, 0, 4), "modules, and with them the whole session"),
    # crash-utility/crash issue 232: 9.0.2 does not open dumps of 7.0; the first that does is a later one
    ((7, 0), (9, 0, 3), "the whole dump"),
)


def parse_version(said: str) -> tuple[int, ...] | None:
    """Return the numbers of "crash 8.0.2" or "6.1.0-50-amd64", or None when there are none."""
    found = re.search(r"\b(\d{1,3})\.(\d{1,4})(?:\.(\d{1,4}))?", said[:200])
    return tuple(int(part) for part in found.groups() if part is not None) if found else None


def too_old(crash: tuple[int, ...] | None, release: str | None) -> tuple[str, ...]:
    """Return what this crash cannot read of that kernel; nothing when either version is not known."""
    kernel = parse_version(release or "")
    if crash is None or kernel is None:
        return ()
    shown = ".".join(map(str, crash))
    return tuple(
        f"crash {shown} is too old for Linux {release} ({'.'.join(map(str, needed))} would do): it misreads {what}"
        for first, needed, what in CHANGES
        if kernel >= first and crash < needed
    )
