"""What stands in the journal: one JSON object a line, and nothing in it that a terminal would obey."""

from __future__ import annotations

import json

import pytest

from kdump_agent.service.log import set_up


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["kdump.not-loaded", "panic.oops-survives"], ["kdump.not-loaded", "panic.oops-survives"]),
        (("/var/crash/\x1b[2Jx",), [r"/var/crash/\x1b[2Jx"]),
        ("caf\u00e9\x07", r"caf\xe9\x07"),
        ("first\nsec\x1bond", "first\n" + r"sec\x1bond"),
        (7, 7),
        (True, True),
        (None, None),
    ],
)
def test_a_fact_is_told_as_what_it_is_and_escaped(
    value: object, said: object, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up().info("found", fact=value)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.strip().isprintable()
    assert json.loads(line)["fact"] == said
