"""Once in each boot: did the boot before end badly and leave no dump? Then make a job of what is left of it.

What can be known is gathered and judged in lastboot/; here is when, and what becomes of the answer. The answer waits
until no crash in the crash folder is still being written: a dump may arrive late, and then there is no riddle.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from . import files
from .jobs import Jobs
from .lastboot import pstore
from .lastboot.boots import Boots
from .lastboot.compose import EVIDENCE, NOTHING, death, evidence, written
from .lastboot.facts import Facts
from .lastboot.gather import gather
from .lastboot.judge import CLOCKS, NO, YES, Answer, judge
from .look import Look
from .model import CrashDir, Job, Stage
from .paths import HostPaths
from .service.log import Log


@dataclass
class Inquest:
    """Asks once a boot how the last one ended, and remembers this one for the next."""

    paths: HostPaths
    jobs: Jobs
    crash_dir: Path
    boots: Boots
    log: Log
    report: bool
    """Is a job made at all?"""
    remove_pstore: bool
    boot_id: str | None
    began: int
    """When this boot began, seconds since 1970."""
    clock: Callable[[], float]
    beat: Callable[[], None] = lambda: None
    """Called at least once a second while the journal is asked."""
    _opened: bool = False

    def begin(self) -> None:
        """Remember that the agent runs in this boot. Raises OSError."""
        if self.boot_id is not None and not self._opened:
            self.boots.open(self.boot_id, began=self.began, now=int(self.clock()))
            self._opened = True
            if self.boots.problem:
                self.log.warning("boots forgotten", why=self.boots.problem)

    def __call__(self, jobs: Sequence[Job], refused: Sequence[str]) -> bool:
        """Hold the inquest if it is due, and say whether it made a job. Raises OSError.

        ``refused`` is what in the crash folder is not believed, for the report's doubts.
        """
        if self.boot_id is None:
            return False
        self.begin()
        if self.boots.judged == self.boot_id:
            self.boots.touch()
            return False
        return self._hold(jobs, refused)

    def note(self, arming: Mapping[str, Any]) -> None:
        """Remember how the host is, for the inquest of the next boot. Raises OSError."""
        if self.boot_id is not None:
            self.begin()
            self.boots.note(arming)

    def leave(self) -> None:
        """Remember that the agent ends orderly, and whether with the host. Raises OSError."""
        if not self._opened:
            return
        question = ("systemctl", "show", "--property=SystemState")
        state = Look(self.paths).ask("state", "systemctl-show-state", question, seconds=3) or ""
        self.boots.close("shutdown" if "=stopping" in state else "stopped")

    def clear(self, jobs: Sequence[Job]) -> None:
        """Remove the pstore records of delivered jobs, if that is set. Raises OSError."""
        if self.remove_pstore:
            for job in jobs:
                if job.crash.layout == NOTHING and job.stage in (Stage.DELIVERED, Stage.PRUNED):
                    self._remove(job)

    def _hold(self, jobs: Sequence[Job], refused: Sequence[str]) -> bool:
        before = self.boots.before
        if before is None:  # what was before the agent's first start is not its business
            self.boots.settle(None, self._records())
            return False
        facts = gather(
            self.paths, boot_id=self.boots.present.id, began=self.began, remembered=before, known=self.boots.known,
            beat=self.beat,
        )  # fmt: skip
        answer = judge(facts)
        dumped = _dumped(jobs, self.began, before.began)
        made = answer.unclean == YES and dumped is None and self.report and self._make(facts, answer, jobs, refused)
        self._tell(answer, dumped)
        self.boots.settle({"unclean": answer.unclean, "because": list(answer.because)}, self._records())
        return made

    def _make(self, facts: Facts, answer: Answer, jobs: Sequence[Job], refused: Sequence[str]) -> bool:
        doubts = tuple(f"not believed, and so not read: {what}" for what in refused)
        found = evidence(facts, answer, doubts)
        if found["boot_id"] in {self._evidence(job).get("boot_id", "") for job in jobs if job.crash.layout == NOTHING}:
            return False  # a kill came between the job and the memory of it
        crash = CrashDir(self.crash_dir, NOTHING, dump=None, dmesg=None)
        job = self.jobs.create(
            crash, crashed_at=death(facts), now=int(self.clock()), found=written(facts, found)
        )  # fmt: skip
        self.log.warning(
            "found", job=job.id, crash="no clean shutdown and no dump", why="; ".join(found["why_no_dump"])
        )
        return True

    def _tell(self, answer: Answer, dumped: Job | None) -> None:
        level = self.log.info if answer.unclean == NO or dumped else self.log.warning
        level("last boot", unclean=answer.unclean, because="; ".join(answer.because), dump=dumped and dumped.id)

    def _records(self) -> list[str]:
        """The pstore records that are there now; those that are gone need not be remembered."""
        return [identity for _, identity in pstore.present(Look(self.paths))]

    def _evidence(self, job: Job) -> Mapping[str, Any]:
        try:
            found = json.loads((self.jobs.folder(job.id) / EVIDENCE).read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _remove(self, job: Job) -> None:
        wanted = {str(each.get("identity")) for each in self._evidence(job).get("pstore", ())}
        for path, identity in pstore.present(Look(self.paths)) if wanted else ():
            if identity in wanted:
                files.remove(path)
                self.log.info("pstore record removed", job=job.id, path=str(path), reason="its report is delivered")


def _dumped(jobs: Sequence[Job], began: int, before: int) -> Job | None:
    """Return a job of a crash of the boot before: found in this boot, and not older than that one."""
    return next(
        (
            job for job in jobs
            if job.crash.layout != NOTHING and not job.crash.drill
            and job.found_at >= began and job.crashed_at >= before - CLOCKS
        ),
        None,
    )  # fmt: skip
