"""What drgn says is believed as far as it keeps to the schema, and what it could not do is told."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import jsonschema
import pytest

from kdump_agent.analysis.analyse import join
from kdump_agent.analysis.document import Analysis, Frame, Kernel, Stack, Tasks, document, schema
from kdump_agent.analysis.drgn import _believe

FRAMES = (Frame("crashme_null", 38, "crashme"), Frame("do_one_initcall", 89))


def said(frames: tuple[Frame, ...] = FRAMES, **more: Any) -> bytes:
    stack = asdict(Stack(432, "insmod", 1, "RU", frames=frames))
    told = document(Analysis(kernel=Kernel("6.1.0"), tasks=Tasks(98, "yes", {"IN": 98})), crash_id=None)
    return json.dumps({**told, "panic_task": stack, "cpu_stacks": [stack], "memory": {"total": 1}, **more}).encode()


def test_a_good_answer_is_taken_and_its_memory_filled_up() -> None:
    found = _believe(said()).document
    assert found is not None
    jsonschema.validate(found, schema())
    assert (found["opened"], found["memory"]["total"], found["memory"]["slab"], found["doubts"]) == ("yes", 1, None, [])


def test_a_stack_that_ends_in_a_module_is_a_doubt_where_crash_has_no_better() -> None:
    found = _believe(said(FRAMES[:1])).document
    assert found is not None
    words = "drgn followed the stack no further than [crashme], whose debugging information is not here"
    nothing = document(Analysis(doubts=("crash is not installed",)), crash_id=None)
    assert join(nothing, found)["doubts"] == ["crash is not installed", words]
    better = document(Analysis(opened="yes", panic_task=Stack(frames=FRAMES)), crash_id=None)
    joined = join(better, found)
    assert words not in joined["doubts"]
    assert len(joined["panic_task"]["frames"]) == 2


def test_tasks_that_crash_did_not_find_are_drgns() -> None:
    found = _believe(said()).document
    assert found is not None
    few = document(Analysis(opened="yes", tasks=Tasks(3, "no", {"RU": 3}), cpus=2), crash_id=None)
    joined = join(few, found)
    assert (joined["tasks"]["count"], joined["cpus"], joined["helper"]) == (98, 2, found["tool"])
    assert joined["doubts"] == ["crash found only 3 tasks; the 98 here are drgn's"]


def test_an_answer_without_tasks_is_in_part() -> None:
    found = _believe(said(tasks=asdict(Tasks()))).document
    assert found is not None
    assert found["opened"] == "partly"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "no JSON"), (b"[]", "something else than was asked"), (b"[" * 100_000, "no JSON"),
        (said(cpus="two"), "nonsense: cpus: want integer or null"),
        (said(more=1), "nonsense: the document: has an unknown"),
        (said(kernel=asdict(Kernel())), "could not read the kernel's memory"),
    ],
)  # fmt: skip
def test_nonsense_is_not_believed(raw: bytes, why: str) -> None:
    answer = _believe(raw)
    assert answer.document is None
    assert why in str(answer.why_not)
