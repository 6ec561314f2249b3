"""When a crash may be read: clocks are arguments, nothing sleeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kdump_agent.discover.settle import Finished, Look, Memory, Times, Wait, judge

BOOT = 1_000_000.0
TIMES = Times(now=BOOT + 500, monotonic=500.0, boot=BOOT, settle=5.0, incomplete_wait=600.0)
FRESH = Look(state="as it is", changed=TIMES.now, writer=False, unfinished=False)


def test_what_was_written_before_this_boot_is_finished_at_once() -> None:
    assert judge(replace(FRESH, changed=BOOT - 1), 0.0, TIMES) == Finished()


def test_what_was_touched_in_this_boot_is_not_taken_for_older() -> None:
    early = replace(TIMES, now=BOOT + 3)
    assert judge(replace(FRESH, changed=BOOT), 0.0, early) == Wait("it changed a moment ago", 2.0)


def test_what_stayed_unfinished_before_this_boot_is_partial_at_once() -> None:
    assert judge(replace(FRESH, changed=BOOT - 1, unfinished=True), 0.0, TIMES) == Finished(partial=True)


def test_a_fresh_dump_is_looked_at_again_exactly_when_it_may_be_settled() -> None:
    assert judge(replace(FRESH, changed=TIMES.now - 2), 0.0, TIMES) == Wait("it changed a moment ago", 3.0)
    assert judge(replace(FRESH, changed=TIMES.now - 5), 0.0, TIMES) == Finished()


def test_an_unfinished_one_is_given_the_longer_wait_then_shipped_as_partial() -> None:
    unfinished = replace(FRESH, unfinished=True)
    assert judge(replace(unfinished, changed=TIMES.now - 100), 0.0, TIMES) == Wait("it is not finished yet", 500.0)
    later = replace(TIMES, now=TIMES.now + 500)
    assert judge(replace(unfinished, changed=TIMES.now - 100), 0.0, later) == Finished(partial=True)


@pytest.mark.parametrize("changed", [BOOT - 1, BOOT + 1, TIMES.now])
def test_a_writer_is_never_overtaken(changed: float) -> None:
    assert judge(replace(FRESH, writer=True, changed=changed), 590.0, TIMES) == Wait("somebody is writing it", 5.0)
    assert judge(replace(FRESH, writer=True, changed=changed), 598.0, TIMES) == Wait("somebody is writing it", 2.0)


def test_a_writer_who_never_writes_holds_nothing_up_for_ever() -> None:
    """Over NFS 4 without a delegation, the kernel tells of a writer of every file."""
    assert judge(replace(FRESH, writer=True), 600.0, TIMES) == Finished()
    assert judge(replace(FRESH, writer=True, unfinished=True), 600.0, TIMES) == Finished(partial=True)


def test_a_writer_that_cannot_be_told_leaves_it_to_the_quiet_time() -> None:
    assert isinstance(judge(replace(FRESH, writer=None), 0.0, TIMES), Wait)
    assert judge(replace(FRESH, writer=None), 5.0, TIMES) == Finished()


def test_a_dump_from_the_future_is_finished_once_we_saw_it_quiet() -> None:
    """A crash kernel may take a clock that runs in local time for UTC; the dump is then hours ahead."""
    ahead = replace(FRESH, changed=TIMES.now + 14 * 3600)
    assert judge(ahead, 0.0, TIMES) == Wait("it changed a moment ago", 5.0)
    assert judge(ahead, 5.0, TIMES) == Finished()


def test_memory_counts_by_the_steady_clock_and_starts_anew_at_every_change() -> None:
    memory = Memory()
    seen = [memory.unchanged_for("crash", state, at) for state, at in (("a", 1.0), ("a", 4.0), ("b", 6.0), ("b", 7.5))]
    assert seen == [0.0, 3.0, 0.0, 1.5]


def test_memory_forgets_what_is_gone() -> None:
    memory = Memory()
    memory.unchanged_for("gone", "a", 1.0)
    memory.unchanged_for("here", "a", 1.0)
    memory.keep({"here"})
    assert memory.unchanged_for("gone", "a", 9.0) == 0.0
    assert memory.unchanged_for("here", "a", 9.0) == 8.0
