"""Remove local copies of delivered crashes: the packed file, and the source where that is wanted.

Which ones, and why, is policy.py's. Nothing is removed here whose receipt the caller has not seen.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from kdump_agent import files
from kdump_agent.errors import Refused
from kdump_agent.model import CrashDir, Dump, Job

PACKED, DUMP, DMESG = "vmcore.zst", "vmcore", "dmesg.txt"


def copy_size(job: Job, folder: Path, *, with_source: bool) -> int:
    """Return the bytes that removing a job's local copy would free; ``folder`` is the job's own."""
    total = 0
    with contextlib.suppress(OSError):
        total += (folder / PACKED).lstat().st_blocks * 512
    for file in _delivered(job) if with_source else ():
        with contextlib.suppress(OSError):
            found = (job.crash.folder / file.name).lstat()
            total += found.st_blocks * 512 if file is job.crash.dump and _same(found, file) else 0
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
        removed += _remove_source(job.crash, list(_delivered(job)))
    return removed


def source_exists(crash: CrashDir) -> bool:
    """Does any file that this crash was found by still lie where it lay?"""
    for file in filter(None, (crash.dump, crash.dmesg)):
        with contextlib.suppress(OSError):
            if _same((crash.folder / file.name).lstat(), file):
                return True
    return False


def _delivered(job: Job) -> Iterator[Dump]:
    """The files of the crash folder of which the endpoint confirmed every byte.

    A dump that was lost has no receipt, though it may lie there again; nor has a log of which only a part was read.
    """
    receipts = {
        artifact.name: artifact.size if artifact.source_size is None else artifact.source_size
        for artifact in job.artifacts
        if artifact.name in job.uploads and job.uploads[artifact.name].delivered
    }
    for file, prefix in ((job.crash.dump, DUMP), (job.crash.dmesg, DMESG)):
        if file is not None and any(n.startswith(prefix) and size == file.size for n, size in receipts.items()):
            yield file


def _remove_source(crash: CrashDir, delivered: list[Dump]) -> list[Path]:
    """Remove exactly these files, and the folder when nothing else is in it."""
    if not delivered:
        return []
    loose = crash.layout == "loose"
    names = () if loose else (crash.folder.name,)
    removed: list[Path] = []
    with (
        contextlib.suppress(FileNotFoundError, Refused),
        files.open_folder(crash.folder if loose else crash.folder.parent, names) as folder,
    ):
        for file in delivered:
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
