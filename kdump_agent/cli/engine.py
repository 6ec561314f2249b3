"""Put the running agent together; the only file that imports every part."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Callable

from kdump_agent import files
from kdump_agent.agent import Agent
from kdump_agent.decoder.ask import open_decoder
from kdump_agent.discover.scan import Scan, scan
from kdump_agent.discover.settle import Memory, Times
from kdump_agent.errors import AgentError, Stop
from kdump_agent.inquest import Inquest
from kdump_agent.jobs import Jobs
from kdump_agent.lastboot.boots import Boots
from kdump_agent.model import CrashDir, Job, Stage
from kdump_agent.pack.pack import Effort
from kdump_agent.presence import Presence
from kdump_agent.retain import policy, prune
from kdump_agent.service.log import Log
from kdump_agent.service.progress import Progress
from kdump_agent.ship.backoff import spread_left
from kdump_agent.stages.decode import DecodeStage
from kdump_agent.stages.pack import PackStage
from kdump_agent.stages.ship import ShipStage, slice_of
from kdump_agent.stages.source import open_source
from kdump_agent.vmcore.header import read_header

from . import debugger, wire
from .wire import PATHS, Setting, backoff, boot_id, boot_time, find_crash_dir


class StopRequest:
    """Turns SIGTERM and SIGINT into Stop, at once and wherever we are.

    sdnotify swallows every exception that arises inside it, so a request is also remembered, for ``check``.
    """

    def __init__(self) -> None:
        self._asked: str | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._hear)

    def check(self) -> None:
        """Raise Stop when we were asked to stop."""
        if self._asked is not None:
            raise Stop(self._asked)

    def _hear(self, number: int, _frame: object) -> None:
        first, self._asked = self._asked is None, signal.Signals(number).name
        if first:
            self.check()


def build(
    setting: Setting,
    log: Log,
    progress: Progress,
    stop: StopRequest,
    status: Callable[[str], None] = lambda _words: None,
    *,
    spread: bool = False,
) -> Agent:
    """Return the agent that these settings describe; ``spread`` lets it wait for its turn after a boot."""
    settings, jobs = setting.settings, setting.jobs
    endpoint = lru_cache(maxsize=1)(partial(wire.endpoint, settings))
    ship = partial(
        ShipStage, jobs, endpoint, setting.host.name, log, progress, progress.beat,
        slice=slice_of(settings.ship.bandwidth),
    )  # fmt: skip
    effort = Effort(
        settings.pack.level, settings.pack.threads, settings.pack.min_saving, floor=settings.retain.min_free
    )  # fmt: skip
    inquest = _inquest(setting, log, progress.beat)
    agent = Agent(
        jobs=jobs,
        steps={
            Stage.FOUND: DecodeStage(jobs, setting.host, partial(open_decoder, PATHS.decoder), progress.beat),
            Stage.DECODED: ship(Stage.REPORTED),
            Stage.REPORTED: debugger.stage(setting, log, progress.beat),
            Stage.ANALYSED: PackStage(jobs, setting.host.name, effort, log, progress),
            Stage.PACKED: ship(Stage.DELIVERED),
        },
        scan=_scanner(setting, log),
        crash_time=partial(crash_time, beat=progress.beat),
        backoff=backoff(),
        retain=partial(_retain, setting, log, inquest),
        log=log,
        presence=Presence(
            setting.host,
            PATHS,
            setting.crash_dir,
            jobs,
            endpoint,
            backoff(),
            log,
            settings.metrics.textfile,
            settings.status.send,
            clock=time.time,
            steady=time.monotonic,
            remember=inquest.note,
            last_boot=lambda: inquest.boots.answer,
            hold=partial(_turn, setting, STATUS_SPREAD) if spread else lambda: 0.0,
            url=settings.url,
            beat=progress.beat,
        ),
        inquest=inquest,
        begin=inquest.begin,
        leave=inquest.leave,
        status=status,
        hold=partial(_turn, setting, setting.settings.ship.spread) if spread else lambda: 0.0,
        beat=progress.beat,
        rescan=settings.agent.rescan,
    )

    def also() -> None:
        stop.check()
        agent.look_if_due()

    progress.also = also
    return agent


def _scanner(setting: Setting, log: Log) -> Callable[[], Scan]:
    """Look where kdump's dumps lie now: its target may be mounted after we began (nofail in fstab), and rings then."""
    memory, agent = Memory(), setting.settings.agent
    folder = setting.crash_dir

    def look() -> Scan:
        nonlocal folder
        before, (folder, source) = folder, find_crash_dir(setting.settings)
        if folder != before:
            log.info("crash folder changed", crash_dir=str(folder), said_by=source, before=str(before))
        now = time.time()
        times = Times(now, time.monotonic(), boot_time(now), agent.settle, agent.incomplete_wait)
        return scan(folder, memory, times)

    return look


STATUS_SPREAD = 60.0
"""Seconds after a boot over which the hosts of a fleet tell of themselves, unless ship.spread is shorter."""


def _turn(setting: Setting, longest: float) -> float:
    now = time.time()
    return spread_left(setting.host.name, min(longest, setting.settings.ship.spread), now - boot_time(now))


def _inquest(setting: Setting, log: Log, beat: Callable[[], None]) -> Inquest:
    now, last_boot = time.time(), setting.settings.last_boot
    return Inquest(
        PATHS, setting.jobs, setting.crash_dir, Boots(setting.jobs.state_dir / "boots.json"), log,
        report=last_boot.report, remove_pstore=last_boot.remove_pstore, boot_id=boot_id(), began=int(boot_time(now)),
        clock=time.time, beat=beat,
    )  # fmt: skip


def crash_time(crash: CrashDir, beat: Callable[[], None] = lambda: None) -> int:
    """Return when a crash happened: by the dump's own record, else by the oldest of its files."""
    if crash.dump is not None:
        try:
            with open_source(crash, crash.dump) as fd:
                told: int | None = read_header(fd, beat).crash_time
            if told is not None and 0 < told < 1 << 33:
                return told
        except (AgentError, OSError):
            pass  # the decoder will meet the same trouble and put it into the report
    written = [file.mtime_ns for file in (crash.dump, crash.dmesg) if file is not None]
    return max(0, min(min(written) // 10**9, 1 << 33))


def _retain(setting: Setting, log: Log, inquest: Inquest, current: list[Job]) -> None:
    """Remove what the policy chooses, then the records that nothing refers to any more."""
    chosen, jobs = setting.settings.retain, setting.jobs
    with_source = {job.id: chosen.remove_source and _is_kdumps(job, setting.crash_dir) for job in current}
    copies = [
        policy.Local(job, prune.copy_size(job, jobs.folder(job.id), with_source=with_source[job.id]))
        for job in current
        if job.stage is Stage.DELIVERED
    ]
    limits = policy.Limits(chosen.keep, chosen.max_age, chosen.max_bytes, chosen.min_free)
    free = files.free_space(jobs.home).bytes_free
    for removal in policy.choose(copies, limits, now=time.time(), bytes_free=free):
        try:
            job = removal.job
            removed = prune.remove_copy(job, jobs.folder(job.id), with_source=with_source[job.id])
            jobs.save(_pruned(job))
        except OSError as exc:  # a crash folder that is read only must not keep the others
            log.error("not pruned", job=removal.job.id, why=f"{removal.job.crash.folder}: {exc.strerror or exc}")
            continue
        log.info("pruned", job=removal.job.id, reason=removal.reason, removed=[os.fsdecode(path) for path in removed])
    inquest.clear(current)
    _forget_old(current, jobs, log)


def _is_kdumps(job: Job, crash_dir: Path) -> bool:
    """Does its dump lie in the crash folder? What a person shipped from elsewhere is that person's."""
    return crash_dir in (job.crash.folder, *job.crash.folder.parents)


HISTORY = 1000
"""Records of pruned crashes that are kept for ``list``, beside those whose source still lies in the crash folder."""


def _forget_old(current: list[Job], jobs: Jobs, log: Log) -> None:
    pruned = sorted((job for job in current if job.stage is Stage.PRUNED), key=lambda job: -job.crashed_at)
    for job in pruned[HISTORY:]:
        if not prune.source_exists(job.crash):
            jobs.forget(job)
            log.info("record forgotten", job=job.id, reason=f"beyond the newest {HISTORY} and its source is gone")


def _pruned(job: Job) -> Job:
    return replace(job, stage=Stage.PRUNED)
