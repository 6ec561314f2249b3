"""The loop: what becomes of a failure, which job is next, and that one bad job never blocks another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.agent import DELIVERED, WAITING, Agent, Step
from kdump_agent.discover.scan import Scan
from kdump_agent.discover.watch import Timer
from kdump_agent.errors import AgentError, Permanent, Retryable, Stop
from kdump_agent.jobs import Jobs, from_document, to_document
from kdump_agent.model import Artifact, CrashDir, Dump, Job, Stage, Upload
from kdump_agent.pipeline import AFTER, ASIDE_AFTER, ORDER, is_raw, next_job, next_wait
from kdump_agent.retain.policy import Limits, Local, choose
from kdump_agent.ship.backoff import spread_left

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


class Quiet:
    """A log that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def debug(self, event: str, **fields: object) -> None: ...

    def info(self, event: str, **fields: object) -> None: ...

    def warning(self, event: str, **fields: object) -> None:
        self.events.append(("warning", event))

    def error(self, event: str, **fields: object) -> None:
        self.events.append(("error", event))


def crash(name: str, at: int = 1) -> CrashDir:
    return CrashDir(Path("/var/crash") / name, "debian", Dump(f"dump.{name}", at, 10, at), None)


def forward(job: Job) -> Job:
    return replace(job, stage=AFTER[job.stage])


class Bench:
    """An agent with steps of the test's own and a clock that only the test moves."""

    def __init__(self, home: Path, **steps: Step) -> None:
        self.jobs = Jobs(home)
        self.jobs.prepare()
        self.now = 1_000_000.0
        self.log = Quiet()
        self.found: list[CrashDir] = []
        self.hold = 0.0
        self.agent = Agent(
            jobs=self.jobs,
            steps={stage: steps.get(stage.value, forward) for stage in AFTER},
            scan=lambda: Scan(found=list(self.found)),
            crash_time=lambda crash: crash.dump.mtime_ns if crash.dump else 0,
            backoff=lambda attempt, after: after or 1000.0 * attempt,
            retain=lambda _jobs: None,
            log=self.log,
            hold=lambda: self.hold,
            clock=lambda: self.now,
            steady=lambda: self.now,
        )

    def one_pass(self) -> int:
        return self.agent.one_pass(Timer())

    def stages(self) -> dict[str, str]:
        return {job.crash.folder.name: job.stage.value for job in self.jobs.all()[0]}


class Stopping(Timer):
    """A doorbell at which somebody asks the agent to end."""

    def wait(self, seconds: float) -> bool:
        raise KeyboardInterrupt


def test_a_retryable_failure_waits_and_the_next_job_goes_on(tmp_path: Path) -> None:
    def ship(job: Job) -> Job:
        if job.crash.folder.name == "bad":
            raise Retryable("no route", after=5000)
        return forward(job)

    bench = Bench(tmp_path, decoded=ship)
    bench.found = [crash("bad", 9), crash("good", 3)]
    assert bench.one_pass() == WAITING
    assert bench.stages() == {"bad": "decoded", "good": "delivered"}
    (bad,) = [job for job in bench.jobs.all()[0] if job.stage is Stage.DECODED]
    assert (bad.attempts, bad.not_before, bad.error, bad.parked) == (1, bench.now + 5000, "no route", False)


def test_a_back_off_survives_a_restart_and_ends(tmp_path: Path) -> None:
    calls: list[str] = []

    def ship(job: Job) -> Job:
        calls.append(job.id)
        if len(calls) == 1:
            raise Retryable("not now")
        return forward(job)

    first = Bench(tmp_path, decoded=ship)
    first.found = [crash("one")]
    assert first.one_pass() == WAITING
    again = Bench(tmp_path, decoded=ship)
    assert again.one_pass() == WAITING
    assert len(calls) == 1
    again.now += 1001
    assert again.one_pass() == DELIVERED
    assert len(calls) == 2


def test_after_a_boot_the_report_leaves_at_once_and_the_dump_at_the_hosts_turn(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found, bench.hold = [crash("one")], 300.0
    assert bench.one_pass() == WAITING
    assert bench.stages() == {"one": "packed"}
    bench.now += 200
    bench.hold = 100.0
    assert bench.one_pass() == WAITING
    bench.now += 101
    bench.hold = 0.0
    assert bench.one_pass() == DELIVERED


def test_a_crash_without_a_dump_waits_for_no_turn(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.hold = 300.0
    bench.jobs.create(CrashDir(Path("/var/crash"), "none", None, None), crashed_at=1, now=2)
    assert bench.one_pass() == DELIVERED


def test_a_dump_that_a_power_cut_held_up_waits_for_the_hosts_turn_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found, bench.hold = [crash("one")], 0.0
    stage = bench.agent.steps[Stage.PACKED]
    bench.agent.steps = {**bench.agent.steps, Stage.PACKED: lambda job: job}  # a slice, and then the cut
    bench.agent.look()
    (job,) = bench.jobs.all()[0]
    while job.stage is not Stage.PACKED:
        job = bench.agent.advance(job) or job
    again = Bench(tmp_path, packed=stage)
    again.hold = 120.0
    assert again.one_pass() == WAITING
    again.now += 121
    again.hold = 0.0
    assert again.one_pass() == DELIVERED


def test_a_person_who_says_retry_does_not_wait_for_the_hosts_turn(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found, bench.hold = [crash("one")], 300.0
    assert bench.one_pass() == WAITING
    (job,) = bench.jobs.all()[0]
    bench.hold = 0.0
    bench.jobs.ask_retry(job)
    assert bench.one_pass() == DELIVERED


@given(st.text(max_size=30), st.floats(0, 86400), st.floats(0, 1e9))
def test_a_hosts_turn_comes_within_the_spread_and_only_after_a_boot(host: str, spread: float, uptime: float) -> None:
    left = spread_left(host, spread, uptime)
    assert 0 <= left <= spread
    assert left == 0 or uptime < spread
    assert spread_left(host, spread, uptime) == left


def test_a_fleet_that_boots_together_comes_one_by_one() -> None:
    starts = sorted(spread_left(f"host{number}", 600, 0) for number in range(10_000))
    busiest = max(sum(second <= start < second + 1 for start in starts) for second in range(600))
    assert busiest < 40


def test_a_doorbell_that_does_not_ring_is_told_once(tmp_path: Path) -> None:
    class Deaf(Timer):
        waits = 0

        def wait(self, seconds: float) -> bool:
            self.waits += 1
            if self.waits == 3:
                raise KeyboardInterrupt
            return False

    bench = Bench(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        bench.agent.serve(Deaf("inotify is used up"))
    assert bench.log.events == [("warning", "doorbell does not ring")]


def test_a_permanent_failure_parks_and_a_start_tries_once_more(tmp_path: Path) -> None:
    allowed = False

    def ship(job: Job) -> Job:
        if not allowed:
            raise Permanent("HTTP 403")
        return forward(job)

    bench = Bench(tmp_path, decoded=ship)
    bench.found = [crash("one")]
    assert bench.one_pass() == WAITING
    (job,) = bench.jobs.all()[0]
    assert (job.parked, job.error) == (True, "HTTP 403")
    allowed = True
    assert bench.one_pass() == DELIVERED


def test_what_is_parked_is_tried_again_some_times_a_day(tmp_path: Path) -> None:
    tries: list[str] = []

    def ship(job: Job) -> Job:
        tries.append(job.id)
        if len(tries) < 3:
            raise Permanent("HTTP 401")
        return forward(job)

    bench, waits = Bench(tmp_path, decoded=ship), []

    class Hours(Timer):
        def wait(self, seconds: float) -> bool:
            waits.append(len(tries))
            if len(waits) > 13:
                raise KeyboardInterrupt
            bench.now += 3600
            return False

    bench.found = [crash("one")]
    with pytest.raises(KeyboardInterrupt):
        bench.agent.serve(Hours())
    assert waits == [1] * 6 + [2] * 6 + [3] * 2
    assert bench.stages() == {"one": "delivered"}


def test_a_fault_of_our_own_is_put_off_and_blocks_nobody(tmp_path: Path) -> None:
    def decode(job: Job) -> Job:
        if job.crash.folder.name == "bad":
            raise ZeroDivisionError("oh")
        return forward(job)

    bench = Bench(tmp_path, found=decode)
    bench.found = [crash("bad"), crash("good")]
    assert bench.one_pass() == WAITING
    assert bench.stages() == {"bad": "found", "good": "delivered"}
    assert ("error", "a fault of the agent itself") in bench.log.events


def test_a_dump_that_kills_the_agent_goes_raw_and_then_is_set_aside(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    raw: list[bool] = []

    def decode(job: Job) -> Job:
        raw.append(is_raw(job))
        raise Killed

    for _ in range(ASIDE_AFTER):
        bench = Bench(tmp_path, found=decode)
        bench.found = [crash("poison")]
        with pytest.raises(Killed):
            bench.one_pass()
    assert raw == [False, False, False, True, True, True]
    bench = Bench(tmp_path, found=decode)
    assert bench.one_pass() == WAITING
    (job,) = bench.jobs.all()[0]
    assert job.parked
    assert len(raw) == ASIDE_AFTER
    assert Bench(tmp_path, found=decode).one_pass() == WAITING  # not even a new start touches it
    assert len(raw) == ASIDE_AFTER
    bench.jobs.ask_retry(job)
    assert Bench(tmp_path).one_pass() == DELIVERED


@pytest.mark.parametrize("trouble", [OSError(28, "No space left on device"), Retryable("the disk is away")])
def test_trouble_that_the_agent_survives_never_sets_a_dump_aside(tmp_path: Path, trouble: Exception) -> None:
    """A disk that is full, or away, for an hour is no dump's fault; nobody types ``retry`` on a fleet."""
    raw: list[bool] = []
    mended = False

    def decode(job: Job) -> Job:
        raw.append(is_raw(job))
        if mended:
            return forward(job)
        raise trouble

    bench = Bench(tmp_path, found=decode)
    bench.found = [crash("one")]
    for _ in range(3 * ASIDE_AFTER):
        assert bench.one_pass() == WAITING
        bench.now += 100_000
    (job,) = bench.jobs.all()[0]
    assert (job.parked, job.attempts, job.deaths) == (False, 3 * ASIDE_AFTER, 0)
    assert not any(raw)
    mended = True
    assert bench.one_pass() == DELIVERED


def test_orderly_stops_in_the_middle_of_a_dump_never_set_it_aside(tmp_path: Path) -> None:
    """A host that is restarted each time before its large dump is packed."""
    raw: list[bool] = []

    def pack(job: Job) -> Job:
        raw.append(is_raw(job))
        raise Stop("SIGTERM")

    for _ in range(3 * ASIDE_AFTER):
        bench = Bench(tmp_path, analysed=pack)
        bench.found = [crash("one")]
        with pytest.raises(Stop):
            bench.one_pass()
    assert not any(raw)
    (job,) = bench.jobs.all()[0]
    assert (job.attempts, job.deaths, job.not_before) == (0, 0, 0.0)
    assert Bench(tmp_path).one_pass() == DELIVERED


class Stopped(Quiet):
    """A log in whose middle a stop request arrives."""

    def info(self, event: str, **fields: object) -> None:
        if event == Stage.PACKED.value:
            raise Stop("SIGTERM")


def test_a_stop_after_the_last_write_of_a_stage_takes_nothing_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found = [crash("one")]
    bench.agent.log = Stopped()
    with pytest.raises(Stop):
        bench.one_pass()
    (job,) = bench.jobs.all()[0]
    assert (job.stage, job.attempts, job.deaths) == (Stage.PACKED, 0, 0)


def test_a_fault_of_our_own_in_reading_a_dump_counts_as_a_death(tmp_path: Path) -> None:
    raw: list[bool] = []

    def decode(job: Job) -> Job:
        raw.append(is_raw(job))
        if raw[-1]:
            return forward(job)
        raise RecursionError("hostile")

    bench = Bench(tmp_path, found=decode)
    bench.found = [crash("one")]
    while bench.one_pass() == WAITING:
        bench.now += 100_000
    assert raw == [False, False, False, True]


def test_a_record_of_before_deaths_were_counted_is_read(tmp_path: Path) -> None:
    document = to_document(job(Stage.FOUND, 1))
    del document["deaths"]
    assert from_document(document, job(Stage.FOUND, 1).id).deaths == 0


def test_deaths_in_mid_upload_never_set_a_job_aside(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def die(job: Job) -> Job:
        raise Killed

    for _ in range(3 * ASIDE_AFTER):
        bench = Bench(tmp_path, packed=die)
        bench.found = [crash("one")]
        with pytest.raises(Killed):
            bench.one_pass()
    assert Bench(tmp_path).one_pass() == DELIVERED


def test_a_damaged_record_is_kept_and_harms_only_itself(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found = [crash("one"), crash("two")]
    assert bench.one_pass() == DELIVERED
    victim = bench.jobs.all()[0][0]
    record = bench.jobs.folder(victim.id) / "job.json"
    record.write_text('{"version": 99}')
    bench.found = [crash("three")]
    assert bench.one_pass() == WAITING
    assert sorted(bench.stages().values()) == ["delivered", "delivered"]
    assert record.read_text() == '{"version": 99}'
    with pytest.raises(AgentError, match="it is of version 99, and this agent knows 1"):
        bench.jobs.read(victim.id)


@pytest.fixture
def full(tmp_path: Path, mounted: Callable[[Path], None]) -> Path:
    """A state folder whose file system can be filled to its last byte."""
    home = tmp_path / "state"
    home.mkdir()
    mounted(home)
    return home


def fill(home: Path) -> Path:
    filler = home / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return filler


@as_root
def test_a_record_that_cannot_be_written_is_not_tried_without_a_pause(full: Path) -> None:
    bench = Bench(full)
    bench.found = [crash("one")]
    bench.agent.look()
    filler = fill(full)
    with pytest.raises(KeyboardInterrupt):
        bench.agent.serve(Stopping())
    assert bench.log.events.count(("warning", "put off")) == 1
    assert ("error", "record not saved") in bench.log.events
    filler.unlink()
    bench.now += 1001
    assert bench.one_pass() == DELIVERED


@as_root
def test_a_job_that_cannot_be_made_is_told_and_leaves_nothing_behind(full: Path) -> None:
    bench = Bench(full)
    filler = fill(full)
    bench.found = [crash("one")]
    for _ in range(3):
        assert bench.one_pass() == WAITING
    assert bench.log.events == [("error", "job not made")]
    assert list(bench.jobs.home.iterdir()) == []
    filler.unlink()
    assert bench.one_pass() == WAITING  # its minute is not over
    bench.now += 61
    assert bench.one_pass() == DELIVERED


@as_root
def test_a_full_disk_keeps_nobody_from_starting(full: Path) -> None:
    def ship(job: Job) -> Job:
        raise Permanent("HTTP 403")

    bench = Bench(full, decoded=ship)
    bench.found = [crash("one")]
    assert bench.one_pass() == WAITING
    (parked,) = bench.jobs.all()[0]
    bench.jobs.ask_retry(parked)
    filler = fill(full)
    again = Bench(full)
    assert again.one_pass() == WAITING
    filler.unlink()
    assert again.one_pass() == DELIVERED


def test_a_dump_that_was_gone_when_it_was_to_be_packed_is_a_new_crash_when_it_is_back(tmp_path: Path) -> None:
    """The crash folder's file system was unmounted for a while."""
    bench = Bench(tmp_path, analysed=lambda job: forward(replace(job, lost=True)))
    bench.found = [crash("one")]
    bench.agent.look()
    bench.found = []
    assert bench.one_pass() == DELIVERED
    again = Bench(tmp_path)
    again.found = [crash("one")]
    assert again.one_pass() == DELIVERED
    assert sorted(job.lost for job in again.jobs.all()[0]) == [False, True]


def test_a_crash_whose_dump_somebody_removed_is_not_a_second_crash(tmp_path: Path) -> None:
    """An admin makes room and leaves the log, as ABRT and kdump's own purges never do."""
    bench = Bench(tmp_path)
    log = Dump("vmcore-dmesg.txt", 7, 8, 9)
    bench.found = [replace(crash("one"), dmesg=log)]
    assert bench.one_pass() == DELIVERED
    bench.found = [replace(crash("one"), dump=None, dmesg=log)]
    assert bench.one_pass() == DELIVERED
    assert len(bench.jobs.all()[0]) == 1
    bench.found = [replace(crash("one", 5), dmesg=log)]
    assert bench.one_pass() == DELIVERED
    assert len(bench.jobs.all()[0]) == 2, "a dump that comes after its log is one to be shipped"


def test_a_look_that_is_due_while_jobs_are_made_does_not_make_them_twice(tmp_path: Path) -> None:
    """Reading the time of a crash out of a large dump takes minutes, and beats."""
    bench = Bench(tmp_path)

    def crash_time(crash: CrashDir) -> int:
        bench.now += 1000
        bench.agent.look_if_due()
        return 1

    bench.agent.crash_time = crash_time
    bench.found = [crash("one"), crash("two")]
    assert bench.one_pass() == DELIVERED
    assert len(bench.jobs.all()[0]) == 2


def test_a_half_made_job_is_cleared_at_the_next_start(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    jobs.prepare()
    draft = jobs.home / ".20260101T000000Z-00000000.draft"
    draft.mkdir()
    jobs.prepare()
    assert not draft.exists()


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    with Jobs(tmp_path).lock() as first, Jobs(tmp_path).lock() as second:
        assert (first, second) == (True, False)
    with Jobs(tmp_path).lock() as third:
        assert third


def job(stage: Stage, at: int, **more: object) -> Job:
    values: dict[str, object] = {"crashed_at": at, "found_at": 0, **more}
    return Job(f"20260101T000000Z-{at:08x}", stage, crash(str(at), at), **values)  # type: ignore[arg-type]


def test_the_least_advanced_goes_first_and_the_newest_among_equals() -> None:
    jobs = [job(Stage.PACKED, 9), job(Stage.FOUND, 1), job(Stage.FOUND, 5), job(Stage.DELIVERED, 7)]
    chosen = next_job(jobs, 0)
    assert chosen is not None
    assert (chosen.stage, chosen.crashed_at) == (Stage.FOUND, 5)


def test_what_waits_or_is_parked_is_passed_over() -> None:
    jobs = [job(Stage.FOUND, 1, not_before=100.0), job(Stage.FOUND, 2, parked=True), job(Stage.PACKED, 3)]
    chosen = next_job(jobs, 40)
    assert chosen is not None
    assert chosen.crashed_at == 3
    assert next_wait(jobs[:2], 40) == 60
    assert next_wait(jobs[1:2], 40) is None


def test_a_wait_beyond_all_patience_comes_from_a_clock_that_was_set_back() -> None:
    assert next_job([job(Stage.FOUND, 1, not_before=10.0**9)], 0) is not None


@given(
    st.builds(
        Job,
        id=st.just("20260101T000000Z-0123abcd"),
        stage=st.sampled_from(Stage),
        crash=st.builds(
            CrashDir,
            folder=st.binary(max_size=40).map(
                lambda raw: Path("/c") / raw.replace(b"\0", b"").replace(b"/", b"").decode("utf-8", "surrogateescape")
            ),
            layout=st.sampled_from(["rhel", "loose"]),
            dump=st.none() | st.builds(Dump, st.text(), st.integers(), st.integers(), st.integers()),
            dmesg=st.none(),
        ),
        crashed_at=st.integers(0, 1 << 33),
        found_at=st.integers(0, 1 << 33),
        artifacts=st.lists(st.builds(Artifact, st.text(), st.integers(), st.text())).map(tuple),
        uploads=st.dictionaries(st.text(), st.builds(Upload, st.text(), st.booleans())),
        attempts=st.integers(0, 99),
        deaths=st.integers(0, 99),
        not_before=st.floats(0, 1e10),
        doubts=st.lists(st.text()).map(tuple),
    )
)
def test_a_record_is_read_as_it_was_written(job: Job) -> None:
    import json

    assert from_document(json.loads(json.dumps(to_document(job))), job.id) == job


LIMITS = Limits(keep=None, max_age=None, max_bytes=None, min_free=0)


def removed(copies: list[Local], limits: Limits, *, now: float = 0, free: int = 1 << 40) -> dict[int, str]:
    return {removal.job.crashed_at: removal.reason for removal in choose(copies, limits, now=now, bytes_free=free)}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (replace(LIMITS, keep=2), {1: "beyond the newest 2"}),
        (replace(LIMITS, max_bytes=25), {1: "beyond 25 B in all"}),
        (replace(LIMITS, max_age=86400.0 * 3), {1: "4 d old, beyond 3 d"}),
        (LIMITS, {}),
    ],
)
def test_each_limit_removes_the_oldest_and_says_why(limits: Limits, expected: dict[int, str]) -> None:
    day = 86400
    copies = [Local(job(Stage.DELIVERED, at), 10) for at in (3 * day, 2 * day, 1 * day)]
    chosen = removed(copies, limits, now=5 * day)
    assert chosen == {at * day: reason for at, reason in expected.items()}


def test_crashes_that_left_no_dump_do_not_push_dumps_out() -> None:
    copies = [Local(job(Stage.DELIVERED, at), size) for at, size in ((5, 0), (4, 0), (3, 10), (2, 10), (1, 10))]
    assert removed(copies, replace(LIMITS, keep=2)) == {1: "beyond the newest 2"}


def test_a_full_disk_takes_the_oldest_first_and_no_more_than_needed() -> None:
    copies = [Local(job(Stage.DELIVERED, at), 10) for at in (1, 2, 3)]
    assert list(removed(copies, replace(LIMITS, min_free=25), free=10)) == [1, 2]


@given(
    st.lists(st.tuples(st.sampled_from(Stage), st.integers(0, 100), st.integers(0, 100)), unique_by=lambda row: row[1]),
    st.integers(0, 3), st.integers(0, 50), st.integers(0, 1000),
)  # fmt: skip
def test_nothing_undelivered_is_ever_chosen(
    rows: list[tuple[Stage, int, int]], keep: int, size: int, floor: int
) -> None:
    copies = [Local(job(stage, at), count) for stage, at, count in rows]
    limits = Limits(keep, 1.0, size, floor)
    assert all(removal.job.stage is Stage.DELIVERED for removal in choose(copies, limits, now=1000, bytes_free=0))


def test_stages_only_move_forward() -> None:
    assert all(ORDER[later] == ORDER[earlier] + 1 for earlier, later in AFTER.items())


def test_the_host_is_looked_at_when_every_report_has_left_and_before_any_dump_does(tmp_path: Path) -> None:
    did: list[str] = []

    def step(job: Job) -> Job:
        did.append(f"{job.crash.folder.name} {job.stage.value}")
        return forward(job)

    def presence(_jobs: list[Job]) -> str:
        did.append("presence")
        return "armed"

    bench = Bench(tmp_path, **{stage.value: step for stage in AFTER})
    bench.found = [crash("a"), crash("b", 2)]
    bench.agent.begin = lambda: did.append("begin")
    bench.agent.presence = presence
    with pytest.raises(KeyboardInterrupt):
        bench.agent.serve(Stopping())
    assert did[0] == "begin"
    assert did[1:6] == ["b found", "a found", "b decoded", "a decoded", "presence"]


def test_an_inquest_waits_until_nothing_is_being_written_and_its_job_goes_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    held: list[list[str]] = []
    riddle = CrashDir(Path("/var/crash"), "none", None, None)

    def inquest(jobs: list[Job], refused: Sequence[str]) -> bool:
        held.append(list(refused))
        if len(jobs) < 1:
            bench.jobs.create(riddle, crashed_at=1, now=2)
            return True
        return False

    bench.agent.inquest = inquest
    bench.agent.scan = lambda: Scan(waiting=[(crash("x"), "is not finished yet", 600.0)])
    assert bench.one_pass() == WAITING
    assert held == []
    bench.agent.scan = lambda: Scan(problem="/var/crash: cannot be looked at")
    bench.one_pass()
    assert held == []
    bench.agent.scan = lambda: Scan(refused=[(Path("/var/crash/y"), "is a link")])
    assert bench.one_pass() == DELIVERED
    assert held[0] == ["/var/crash/y: is a link"]
    assert bench.stages() == {"crash": "delivered"}


def test_an_inquest_that_fails_stops_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def inquest(_jobs: list[Job], _refused: Sequence[str]) -> bool:
        raise ZeroDivisionError

    bench.agent.inquest = inquest
    assert bench.one_pass() == DELIVERED
    assert bench.one_pass() == DELIVERED
    assert bench.log.events == [("error", "a fault of the agent itself")]


def test_an_inquest_without_room_for_its_job_is_held_again_after_a_minute(tmp_path: Path) -> None:
    """Making its job and removing the half of it rings the agent's own bell, and would begin the next at once."""
    bench, held = Bench(tmp_path), 0

    def inquest(_jobs: list[Job], _refused: Sequence[str]) -> bool:
        nonlocal held
        held += 1
        raise OSError(28, "No space left on device")

    bench.agent.inquest = inquest
    for _ in range(3):
        bench.one_pass()
    assert held == 1
    bench.now += 61
    bench.one_pass()
    assert held == 2


def test_a_look_at_the_host_that_fails_holds_up_no_crash(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.found = [crash("one")]

    def presence(_jobs: list[Job]) -> str:
        raise ZeroDivisionError

    bench.agent.presence = presence
    assert bench.one_pass() == DELIVERED
