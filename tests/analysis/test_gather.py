"""Recorded answers of crash become one analysis."""

from __future__ import annotations

import jsonschema
import pytest

from kdump_agent.analysis.document import Asked, document, schema
from kdump_agent.analysis.gather import gather
from kdump_agent.analysis.heard import Heard
from kdump_agent.analysis.question import Question, Wanted

from .recorded import texts_of

QUESTION = Question(release="6.1.0-50-amd64", wanted=(Wanted("foo", 1, None),))


def heard(crash: str, version: tuple[int, ...] = (8, 0, 6)) -> Heard:
    texts = texts_of(crash)
    return Heard(version, answered=True, texts=texts, asked=[Asked(each, None, 0, "whole") for each in texts])


@pytest.mark.parametrize("crash", ["null", "null-8.0.6", "mce", "amd", "blocked"])
def test_every_recorded_crash_keeps_to_the_schema(crash: str) -> None:
    jsonschema.validate(document(gather(heard(crash), QUESTION), crash_id=None), schema())


def test_a_blocked_task_is_told_with_its_state_its_wait_and_its_stack() -> None:
    (task,) = gather(heard("blocked"), QUESTION).blocked
    assert (task.pid, task.comm, task.state, task.waited_seconds) == (356, "python3", "UN", 2.922)
    assert [frame.symbol for frame in task.frames][2:6] == [
        "schedule_timeout", "wait_for_completion_state", "kernel_clone", "__x64_sys_vfork"
    ]  # fmt: skip
    assert task.frames[4].file is not None
    assert task.frames[4].file.endswith("kernel/fork.c")
    assert task.frames[4].line == 1457


def test_the_panic_task_is_the_one_of_bt_and_not_a_blocked_one() -> None:
    found = gather(heard("blocked"), QUESTION)
    assert found.panic_task is not None
    assert (found.panic_task.comm, found.panic_task.pid) == ("sh", 352)
    assert found.doubts == ()


def test_an_exception_in_a_module_has_that_modules_name() -> None:
    found = gather(heard("null"), QUESTION).panic_task
    assert found is not None
    (came,) = [frame for frame in found.frames if frame.exception]
    assert (came.symbol, came.offset, came.module) == ("crashme_null", 38, "crashme")


def test_places_that_were_asked_for_one_by_one_are_filled_in() -> None:
    told = heard("null")
    told.places = {"0xffffffffc08f50dc": ("crashme.c", 30), "foo+1": ("foo.c", 2)}
    found = gather(told, QUESTION)
    assert found.panic_task is not None
    assert [(frame.file, frame.line) for frame in found.panic_task.frames if frame.exception] == [("crashme.c", 30)]
    assert [(line.symbol, line.file, line.line) for line in found.lines] == [("foo", "foo.c", 2)]


def test_the_words_of_the_dead_kernel_are_not_taken_for_crashs_own() -> None:
    told = heard("blocked")
    told.texts["log"] = "crash: cannot determine length of symbol: log_end\n"
    assert gather(told, QUESTION).doubts == ()
