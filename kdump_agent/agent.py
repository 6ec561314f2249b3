"""The loop: wait for a doorbell or a deadline, then advance one job by one stage.

What a stage does is stages/', what comes next is pipeline.py's; here is when, and what becomes of a failure.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Callable

from .discover.scan import Scan
from .discover.watch import Doorbell
from .errors import AgentError, Permanent, Retryable, Stop
from .jobs import Jobs
from .model import CrashDir, Dump, Job, Stage
from .pipeline import is_open, is_poison, next_job, next_wait
from .service.log import Log

Step = Callable[[Job], Job]

LONGEST_SLEEP = 60.0
"""Seconds between two looks at the crash folder, at the most."""
REVIVAL = 6 * 3600.0
"""Seconds after which what is parked is tried again: who mends a token or an endpoint does not come to every host."""
PASS_PATIENCE = 60.0
"""Seconds that a single pass waits for a dump to settle or for the end of a back-off."""

DELIVERED, WAITING, COULD_NOT_LOOK = 0, 1, 2
"""What one pass answers, and the exit codes of ``run --once``."""


@dataclass
class Agent:
    """Advances the jobs of one host. All that it does to the world is in the parts that it is given."""

    jobs: Jobs
    steps: Mapping[Stage, Step]
    scan: Callable[[], Scan]
    """Looks at the crash folder."""
    crash_time: Callable[[CrashDir], int]
    """When a crash happened, by the best clock at hand; seconds since 1970."""
    backoff: Callable[[int, float | None], float]
    """Seconds to wait after so many failed tries, given what the endpoint asked for."""
    retain: Callable[[list[Job]], None]
    log: Log
    status: Callable[[str], None] = lambda _words: None
    presence: Callable[[list[Job]], str] = lambda _jobs: ""
    """Tells the world how this host is, and us whether it is armed."""
    hold: Callable[[], float] = lambda: 0.0
    """Seconds for which no dump is to leave yet, so that the hosts of a fleet do not come at once."""
    inquest: Callable[[list[Job], Sequence[str]], bool] = lambda _jobs, _refused: False
    """Asks once a boot how the last one ended; says whether that made a job."""
    begin: Callable[[], None] = lambda: None
    """Remembers that the agent began, before there can be a reason to ask for it. May raise OSError, as the next."""
    leave: Callable[[], None] = lambda: None
    """Remembers that the agent ended orderly."""
    beat: Callable[[], None] = lambda: None
    """Raises what ends the agent, when it was asked to end."""
    rescan: float = LONGEST_SLEEP
    clock: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    _due: float = field(default=float("-inf"))
    """On the steady clock: when the crash folder is to be looked at next."""
    _revival: float = field(default=float("inf"))
    """On the steady clock: when parked jobs are to be tried next."""
    _told: set[tuple[str, str]] = field(default_factory=set)
    """What was refused, found damaged or not looked at, and logged already."""
    _seen: Scan = field(default_factory=Scan)
    """The last look at the crash folder."""
    _unsaved: dict[str, Job] = field(default_factory=dict)
    """What became of jobs whose records cannot be written, as on a full disk; by id."""
    _unmade: float | None = None
    """On the steady clock: when a crash is to be made a job again, which that was not possible for."""
    _unjudged: float = float("-inf")
    """On the steady clock: when the last boot may be judged again, which failed."""
    _armed: str = ""

    def serve(self, doorbell: Doorbell) -> None:
        """Advance jobs for ever; a stop request arrives as an exception."""
        self._start()
        while True:
            self.beat()
            doorbell.refresh()
            if doorbell.problem:
                self._tell_once("warning", "doorbell does not ring", doorbell.problem)
            self._try_parked()
            self.look()
            jobs = self._read_jobs()
            self._tell_status(jobs)
            while (job := next_job(jobs, self.clock())) is not None:
                self.beat()
                if job.stage not in (Stage.FOUND, Stage.DECODED) and self._look_around(jobs):
                    jobs = self._read_jobs()
                    continue
                self.advance(job)
                self.look_if_due()
                jobs = self._read_jobs()
                self._tell_status(jobs)
            self._retain(jobs)
            if self._look_around(jobs):
                continue
            if doorbell.wait(self._pause(jobs)):
                self._due = float("-inf")

    def one_pass(self, doorbell: Doorbell) -> int:
        """Advance every job as far as it goes now and return what is left to say: see DELIVERED and its like."""
        self._start()
        began = self.steady()
        tried: set[str] = set()
        while True:
            self.beat()
            waits = self.look()
            jobs = [job for job in self._read_jobs() if job.id not in tried]
            job = next_job(jobs, self.clock())
            if job is not None:
                if self.advance(job) is None:
                    tried.add(job.id)
                continue
            if self._hold_inquest(self._read_jobs()):
                continue
            wait = min((w for w in (next_wait(jobs, self.clock()), waits) if w is not None), default=None)
            if wait is None or self.steady() + wait - began > PASS_PATIENCE:
                break
            doorbell.wait(wait)
        jobs = self._read_jobs()
        self._retain(jobs)
        self._present(jobs)
        if self._seen.problem:
            return COULD_NOT_LOOK
        left = [job for job in jobs if job.stage not in (Stage.DELIVERED, Stage.PRUNED)]
        return WAITING if left or waits is not None or self._unmade is not None or self._damaged() else DELIVERED

    def end(self) -> None:
        """Remember that we ended orderly. Never raises."""
        self._remember(self.leave)

    def _start(self) -> None:
        self._remember(self.begin)
        self.revive()

    def _remember(self, what: Callable[[], None]) -> None:
        try:
            what()
        except OSError as exc:
            self.log.error("not remembered for the next boot", why=str(exc))

    def _look_around(self, jobs: list[Job]) -> bool:
        """Every report has left: look how the last boot ended and how this host is. Says whether that made a job."""
        if self._hold_inquest(jobs):
            return True
        self._present(jobs)
        self._tell_status(jobs)
        return False

    def _present(self, jobs: list[Job]) -> None:
        """Tell how this host is. A fault of our own in looking at it must never hold up a crash."""
        try:
            self._armed = self.presence(jobs)
        except Exception as exc:
            self.log.error("a fault of the agent itself", doing="presence", exc_info=exc)
            self._armed = "unknown"

    def carry(self, job: Job) -> bool:
        """Advance one job as far as it goes now; say whether that is all the way."""
        current: Job | None = job
        while current is not None and is_open(current):
            current = self.advance(current)
        return current is not None and not is_open(current)

    def revive(self) -> None:
        """Give every job that was parked one new try: what refused it may have been mended before this start."""
        for job in self.jobs.all()[0]:
            revived = self._held(job.untried() if job.parked and not is_poison(job) else job)
            if revived != job:
                self._save(revived)
        self._revival = self.steady() + REVIVAL

    def _try_parked(self) -> None:
        """When it is time, try what is parked, at once and one by one: what fails again was parked all along."""
        if self.steady() < self._revival:
            return
        self._revival = self.steady() + REVIVAL
        for job in self._read_jobs():
            if job.parked and not is_poison(job):
                self.advance(job.untried())

    def _held(self, job: Job) -> Job:
        """Let a dump that could leave now wait for its host's turn."""
        wait = self.hold() if job.stage is Stage.PACKED and job.crash.dump is not None else 0.0
        return replace(job, not_before=max(job.not_before, self.clock() + wait)) if wait else job

    def look_if_due(self) -> None:
        """Look at the crash folder when its time has come; safe to call from inside a long stage."""
        if self.steady() >= self._due:
            self.look()

    def look(self) -> float | None:
        """Look at the crash folder and make a job of every new crash.

        Returns the seconds after which something there is to be looked at again, or None.
        """
        self._due = float("inf")  # making a job beats, and a beat looks when that is due
        waits: float | None = None
        try:
            scan = self._seen = self.scan()
            waits = min((seconds for _, _, seconds in scan.waiting), default=None)
            self._tell(scan)
            known = {identity for job in self.jobs.all()[0] for identity in _identities(job)}
            self._begin([crash for crash in scan.found if _identity(crash) not in known])
        finally:
            self._due = self.steady() + min(self.rescan, LONGEST_SLEEP, LONGEST_SLEEP if waits is None else waits)
        return waits

    def _tell(self, scan: Scan) -> None:
        if scan.problem:
            self._tell_once("error", "crash folder not looked at", scan.problem)
        for path, reason in scan.refused:
            self._tell_once("warning", "refused", str(path), why=reason)
        for crash, reason, seconds in scan.waiting:
            self._tell_once("info", "not taken yet", str(crash.folder), why=reason, seconds=round(seconds, 1))

    def advance(self, job: Job) -> Job | None:
        """Do the next piece of work of one job; None when it failed.

        The try is counted before it begins, and as a death, which is taken back when the agent lived to tell why it
        failed: a full disk, a silent server, or being asked to stop is not the dump's doing.
        """
        survived = replace(job, attempts=job.attempts + 1)
        job = replace(survived, deaths=job.deaths + 1)
        if is_poison(job):
            self._park(job, f"{job.deaths - 1} tries ended the agent; the dump is kept, look at it by hand")
            return None
        try:
            self.jobs.save(job)
            self._unsaved.pop(job.id, None)
            return self._settle(job, self.steps[job.stage](job))
        except Permanent as exc:
            self._park(survived, str(exc))
        except Retryable as exc:
            self._put_off(survived, str(exc), exc.after)
        except OSError as exc:
            self._put_off(survived, f"{exc.filename or job.crash.folder}: {exc.strerror or exc}", None)
        except Stop:
            self._take_back(job)
            raise
        except Exception as exc:
            self.log.error("a fault of the agent itself", job=job.id, stage=job.stage.value, exc_info=exc)
            self._put_off(job, f"a fault of the agent itself: {type(exc).__name__}: {exc}", None)
        return None

    def _take_back(self, job: Job) -> None:
        """Do not count a try that we were asked to stop, unless it had come to its end already."""
        try:
            saved = self.jobs.read(job.id)
        except AgentError as exc:
            self._tell_once("error", "record not saved", str(exc))
        else:
            if saved.stage is job.stage and saved.deaths == job.deaths:
                self._save(replace(saved, attempts=saved.attempts - 1, deaths=saved.deaths - 1))

    def _settle(self, job: Job, moved: Job) -> Job:
        """Save what a stage has done, and return it as it was saved."""
        fresh = replace(moved.untried(), error=None)
        if moved.stage is Stage.DELIVERED:
            fresh = replace(fresh, delivered_at=int(self.clock()))
        if moved.stage is not job.stage:
            fresh = self._held(fresh)
        self.jobs.save(fresh)
        if moved.stage is not job.stage:
            self.log.info(moved.stage.value, job=job.id, crash=str(job.crash.folder))
        return fresh

    def _park(self, job: Job, why: str) -> None:
        self.log.error("parked", job=job.id, stage=job.stage.value, why=why, hint=f"kdump-agent retry {job.id}")
        self._record(replace(job, parked=True, error=why))

    def _put_off(self, job: Job, why: str, after: float | None) -> None:
        wait = self.backoff(job.attempts, after)
        self.log.warning("put off", job=job.id, stage=job.stage.value, why=why, seconds=round(wait, 1))
        self._record(replace(job, not_before=self.clock() + wait, error=why))

    def _record(self, job: Job) -> None:
        """Save what a failure left, on top of what the stage itself had already saved."""
        try:
            job = replace(job, uploads=self.jobs.read(job.id).uploads)
        except AgentError as exc:
            self._tell_once("error", "record not saved", str(exc))
        else:
            self._save(job)

    def _save(self, job: Job) -> None:
        """Save a record, or remember it until that is possible: a full disk must not make us try without a pause."""
        try:
            self.jobs.save(job)
            self._unsaved.pop(job.id, None)
        except OSError as exc:
            self._unsaved[job.id] = job
            self._tell_once("error", "record not saved", f"{self.jobs.folder(job.id)}: {exc.strerror or exc}")

    def _begin(self, crashes: Sequence[CrashDir]) -> None:
        """Make jobs of new crashes; where that fails, the next look that tries it again is a minute away."""
        if self._unmade is not None and self.steady() < self._unmade and crashes:
            return
        self._unmade = None
        for crash in crashes:
            try:
                job = self.jobs.create(crash, crashed_at=self.crash_time(crash), now=int(self.clock()))
            except OSError as exc:
                self._unmade = self.steady() + LONGEST_SLEEP
                self._tell_once("error", "job not made", f"{crash.folder}: {self.jobs.home}: {exc.strerror or exc}")
            else:
                self.log.info("found", job=job.id, crash=str(crash.folder), layout=crash.layout, partial=crash.partial)

    def _hold_inquest(self, jobs: list[Job]) -> bool:
        """Ask how the last boot ended, once it is known what it left."""
        if self._seen.problem or self._seen.waiting or self.steady() < self._unjudged:
            return False
        try:
            return self.inquest(jobs, [f"{path}: {why}" for path, why in self._seen.refused])
        except (OSError, AgentError) as exc:
            self._unjudged = self.steady() + LONGEST_SLEEP  # a job half made and removed rings our own bell
            self._tell_once("error", "last boot not judged", str(exc))
        except Exception as exc:
            self.log.error("a fault of the agent itself", doing="inquest", exc_info=exc)
            self.inquest = lambda _jobs, _refused: False  # the same would happen again; the next start tries anew
        return False

    def _read_jobs(self) -> list[Job]:
        jobs, damaged = self.jobs.all()
        for record in damaged:
            self._tell_once("error", "damaged record", record.id, why=record.why)
        return [self._asked(self._unsaved.get(job.id, job)) for job in jobs]

    def _asked(self, job: Job) -> Job:
        """Return the job as a person's ``retry`` makes it."""
        try:
            fresh = self.jobs.take_retry(job)
        except OSError as exc:
            self._tell_once("error", "retry not taken", f"{self.jobs.folder(job.id)}: {exc.strerror or exc}")
            return job
        if fresh != job:
            self._unsaved.pop(job.id, None)
        return fresh

    def _damaged(self) -> bool:
        return bool(self.jobs.all()[1])

    def _retain(self, jobs: list[Job]) -> None:
        try:
            self.retain(jobs)
        except (OSError, AgentError) as exc:
            self.log.error("retention failed", why=str(exc))

    def _pause(self, jobs: list[Job]) -> float:
        wait = next_wait(jobs, self.clock())
        until_look = max(0.0, self._due - self.steady())
        return until_look if wait is None else min(until_look, wait)

    def _tell_status(self, jobs: list[Job]) -> None:
        waiting = sum(is_open(job) for job in jobs)
        parked = sum(job.parked for job in jobs)
        done = sum(job.stage in (Stage.DELIVERED, Stage.PRUNED) for job in jobs)
        armed = f"; {self._armed}" if self._armed else ""
        self.status(f"{waiting} waiting, {parked} parked, {done} delivered{armed}")

    def _tell_once(self, level: str, event: str, what: str, **fields: object) -> None:
        if (event, what) not in self._told:
            if len(self._told) > 10_000:
                self._told.clear()
            self._told.add((event, what))
            getattr(self.log, level)(event, what=what, **fields)


def _identity(crash: CrashDir) -> tuple[str, Dump | None]:
    """The same crash keeps the same identity over scans: the file by which it was found, unchanged."""
    return str(crash.folder), crash.dump or crash.dmesg


def _identities(job: Job) -> Iterator[tuple[str, Dump | None]]:
    """What a job stands for: its dump, unless that was lost and may come back, and its log, which may outlive it."""
    for file in (None if job.lost else job.crash.dump, job.crash.dmesg):
        if file is not None:
            yield str(job.crash.folder), file
