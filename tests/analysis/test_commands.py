"""No command that reaches crash can write, run or load anything, whatever the settings say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.analysis.commands import DEFAULT, MACHINE_CHECK, chosen, file_name, refusal
from kdump_agent.decoder.analyse import TEXTS


@pytest.mark.parametrize("command", [*DEFAULT, MACHINE_CHECK, "struct task_struct.pid,comm ffff8ed981262100", "log -T"])
def test_what_only_reads_is_allowed(command: str) -> None:
    assert refusal(command) is None


@pytest.mark.parametrize(
    "command",
    [
        "!id", "bt | sh", "bt > /tmp/x", "bt >> /tmp/x", "bt < /tmp/x", "sys\nquit", "sys\rquit", "bt ; id", "`id`",
        'p $_shell("id")', "p $_", "gdb shell id", "shell id", "python 1", "source /tmp/x",
        "extend /tmp/x.so", "wr 0 0",
        "alias a !id", "set scroll on", "edit sys", "repeat sys", "rd -r /tmp/x 0 10", "mod -s ext4 /tmp/x",
        "sys panic",
        "sys -panic", "help -m", "", " ", "bt\0", "bt " + "a" * 300, "bt é", "q", "man", "*task_struct", "ascii 61",
    ],
)  # fmt: skip
def test_what_may_do_more_is_refused(command: str) -> None:
    assert refusal(command) is not None


@given(st.text(max_size=50))
def test_what_is_allowed_has_no_letter_that_crash_gives_a_meaning(command: str) -> None:
    if refusal(command) is None:
        assert not set(command) & set("!|><;$`\\\"'\n\r\0{}#~?^")


@given(st.text(max_size=300))
def test_every_file_name_is_one_that_the_decoder_may_give(command: str) -> None:
    assert TEXTS.fullmatch(file_name(command))


def test_each_default_command_has_a_file_of_its_own() -> None:
    assert len({file_name(command) for command in chosen((), machine_check=True)}) == len(DEFAULT) + 1


def test_the_settings_choose_and_a_machine_check_adds_its_own() -> None:
    assert chosen(("sys", "sys"), machine_check=False) == ("sys",)
    assert chosen(("sys",), machine_check=True) == ("sys", MACHINE_CHECK)
