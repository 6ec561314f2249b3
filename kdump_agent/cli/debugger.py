"""Put together what opens a dump: where its vmlinux may be, what is asked, and how long that may take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Callable

from kdump_agent.analysis import debuginfod
from kdump_agent.analysis.cache import Cache
from kdump_agent.analysis.find import Search
from kdump_agent.analysis.question import Question
from kdump_agent.arming.distros.distribution import parse_os_release
from kdump_agent.arming.distros.shell import assignments, is_plain
from kdump_agent.decoder.ask import open_decoder
from kdump_agent.errors import Permanent
from kdump_agent.model import Job, Stage
from kdump_agent.pack import unpack
from kdump_agent.pack.packers import packer
from kdump_agent.service.log import Log
from kdump_agent.settings import Settings

from .wire import PATHS, Setting

LONGEST = 900.0
"""Seconds that a debugger may take; two of them and a copy of the dump must fit into the decoder's time."""


def stage(setting: Setting, log: Log, beat: Callable[[], None]) -> Callable[[Job], Job]:
    """Return what brings a reported job on: an analysis, or nothing where that is switched off."""
    from kdump_agent.stages.analyse import AnalyseStage

    if not setting.settings.analysis.enabled:
        return lambda job: replace(job, stage=Stage.ANALYSED)
    cache = Cache(setting.jobs.state_dir / "vmlinux", setting.settings.analysis.cache, beat)
    return AnalyseStage(
        setting.jobs, partial(open_decoder, PATHS.decoder), search(setting.settings, cache),
        question(setting.settings), log, beat,
    )  # fmt: skip


def question(settings: Settings) -> Question:
    """Return what is asked of every dump."""
    chosen = settings.analysis
    return Question(
        commands=chosen.commands, command_seconds=chosen.command_time, total_seconds=min(chosen.time, LONGEST)
    )


def search(settings: Settings, cache: Cache) -> Search:
    """Return where a vmlinux may be on this host."""
    server = settings.analysis.debuginfod
    return Search(
        PATHS,
        family=parse_os_release(_text(PATHS.os_release)).family,
        more=settings.analysis.vmlinux,
        debug_kernel=_debug_kernel(),
        expand=partial(_expand, cache),
        fetch=partial(_fetch, cache, server) if server else None,
    )


def _debug_kernel() -> str | None:
    value = assignments(_text(PATHS.default_kdump_tools)).get("DEBUG_KERNEL", "")
    return value if value.startswith("/") and is_plain(value) else None


def _expand(cache: Cache, fd: int, name: str) -> Path:
    """Unpack what is behind a descriptor into the cache. Raises OSError."""
    program = packer(os.pread(fd, 16, 0))
    if program is None:
        raise OSError("is neither ELF nor packed by a program that we know")
    found = os.fstat(fd)
    key = f"{name} {found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns}"

    def blocks() -> Iterator[bytes]:
        os.lseek(fd, 0, os.SEEK_SET)
        yield from unpack.blocks(program, fd)

    try:
        return cache.get(key, blocks)
    except Permanent as exc:
        raise OSError(str(exc)) from exc


def _fetch(cache: Cache, server: str, build_id: str) -> Path:
    return cache.get(f"debuginfod {build_id}", lambda: debuginfod.blocks(server, build_id, cache.beat))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1 << 18).decode("utf-8", "replace")
    except OSError:
        return ""
