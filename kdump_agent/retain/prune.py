"""Remove local copies of delivered crashes: the packed file, and the source where that is wanted.

Which ones, and why, is policy.py's. Nothing is removed here whose receipt the caller has not seen.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from kdump_agent import files
from kdump_agent.errors import Refused
from kdump_agent.model import CrashDir, Dump, Job

PACKED = "vmcore.zst"


def copy_size(job: Job, folder: Path, *, with_source: bool) -> int:
    """Return the bytes that removing a job's local copy would free; ``folder`` is the job's own."""
    total = 0
    with contextlib.suppress(OSError):
        total += (folder / PACKED).lstat().st_blocks * 512
    if with_source and job.crash.dump is not None:
        with contextlib.suppress(OSError):
            found = (job.crash.folder / job.crash.dump.name).lstat()
            total += found.st_blocks * 512 if _same(found, job.crash.dump) else 0
    return total


def remove_copy(job: Job, folder: Path, *, with_source: bool) -> list[Path]:
    """Remove a job's local copy; return what was removed. Raises OSError.

    The report, the log and the manifest stay: they are the host's own memory of the crash.
    """
    removed: list[Path] = []
    packed = folder / PACKED
    if packed.exists():
        files.remove(packed)
        removed.append(packed)
    if with_source:
        removed += _remove_source(job.crash)
    return removed


def source_exists(crash: CrashDir) -> bool:
    """Does the file that this crash was found by still lie where it lay?"""
    file = crash.dump or crash.dmesg
    if file is None:
        return False
    with contextlib.suppress(OSError):
        return _same((crash.folder / file.name).lstat(), file)
    return False


def _remove_source(crash: CrashDir) -> list[Path]:
    """Remove exactly the files that were delivered, and the folder when nothing else is in it."""
    if crash.dump is None and crash.dmesg is None:
        return []
    loose = crash.layout == "loose"
    names = () if loose else (crash.folder.name,)
    removed: list[Path] = []
    with (
        contextlib.suppress(FileNotFoundError, Refused),
        files.open_folder(crash.folder if loose else crash.folder.parent, names) as folder,
    ):
        for file in (crash.dump, crash.dmesg):
            if file is None:
                continue
            with contextlib.suppress(FileNotFoundError):
                if _same(os.stat(file.name, dir_fd=folder, follow_symlinks=False), file):
                    os.unlink(file.name, dir_fd=folder)
                    removed.append(crash.folder / file.name)
    if not loose:
        with contextlib.suppress(OSError):  # something of somebody else's is in it: it stays
            crash.folder.rmdir()
    return removed


def _same(found: os.stat_result, file: Dump) -> bool:
    return (found.st_ino, found.st_size, found.st_mtime_ns) == (file.inode, file.size, file.mtime_ns)
