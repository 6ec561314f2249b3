"""The corpus of machine checks with mcelog's answers, by the rules of its own score.py; the manual is the judge."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest

from kdump_agent.decode.hardware import mcacod

from ...machine import shared
from .checks import one

pytestmark = pytest.mark.shared


def score() -> ModuleType:
    """The corpus's own script, for its questions."""
    spec = importlib.util.spec_from_file_location("score", shared("corpora", "mce", "score.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in shared("corpora", "mce", "cases.jsonl").read_text().splitlines()]


def by_the_manual(case: dict[str, Any], what: str, want: Any) -> Any:
    """Mend mcelog's one known fault: it counts the level of cache errors (000F'0001'RRRR'TTLL) from 1.

    Its p4.c adds 1 to LL, so that L0 is "Level-1" and L2 "Level-3"; the manual's table of the sub-field LL says level 0
    for 00, level 1 for 01, level 2 for 10, generic for 11.
    """
    if what == "level" and case["expect"]["class"] == "cache":
        return mcacod.LEVELS[int(case["status"], 16) & 3]
    return want


def test_every_question_of_the_corpus_is_answered_as_the_manual_has_it() -> None:
    questions = score().questions
    asked, wrong = 0, []
    for number, case in enumerate(cases()):
        record = one(case["log"])
        for what, want, got in questions(case, vars(record), record.decoded):
            asked += 1
            if got != by_the_manual(case, what, want):
                wrong.append((number, what, want, got))
    assert asked > 2000
    assert wrong == []


def test_mcelog_differs_from_the_manual_in_the_level_of_cache_errors_only() -> None:
    """When mcelog is mended, or the corpus made anew, ``by_the_manual`` can go."""
    differing = {
        (what, case["expect"]["class"])
        for case in cases()
        for what, want in case["expect"].items()
        if by_the_manual(case, what, want) != want
    }
    assert differing == {("level", "cache")}
