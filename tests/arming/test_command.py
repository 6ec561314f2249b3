from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kdump_agent.arming.distros.remedies import Remedy
from kdump_agent.arming.document import schema
from kdump_agent.arming.verdict import Finding, Verdict
from kdump_agent.cli import check
from kdump_agent.cli.main import EXIT_FAILED, main

from .hosts import HOSTS, NO_ARGUMENT, Tree, build

OOPS: Tree = {"proc/sys/kernel/panic_on_oops": "0\n"}
IN_DOUBT: Tree = {"sys/kernel/kexec_crash_loaded": "perhaps\n"}


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [({}, 0, "ARMED"), (OOPS, 1, "DEGRADED"), (NO_ARGUMENT, 2, "NOT ARMED"), (IN_DOUBT, 3, "UNKNOWN: could not look")],
)
def test_the_exit_code_and_the_first_line_tell_the_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Tree, code: int, word: str
) -> None:
    root = build(tmp_path, {**HOSTS["debian 12"], **change}).root
    assert main(["check", "--root", str(root)]) == code
    assert capsys.readouterr().out.splitlines()[0] == f"This host is {word}."


def test_json_keeps_to_its_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(tmp_path, {**HOSTS["suse 15"], **NO_ARGUMENT}).root
    main(["check", "--json", "--root", str(root)])
    jsonschema.validate(json.loads(capsys.readouterr().out), schema())


def test_fix_prints_commands_and_leaves_the_boot_to_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(tmp_path, {**HOSTS["rhel 9"], **NO_ARGUMENT}).root
    main(["check", "--fix", "--root", str(root)])
    assert capsys.readouterr().out.splitlines() == [
        "# reservation.missing: no crashkernel= on the kernel's command line (left to you)",
        "kdumpctl reset-crashkernel --kernel=ALL",
        "# then boot this host again",
    ]


@pytest.mark.parametrize(
    "words", [["--yes"], ["--fix", "--yes", "--root", "/tmp"], ["--json", "--fix"], ["--root", "/no/such"]]
)
def test_what_makes_no_sense_is_refused_with_a_reason(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *words]) == EXIT_FAILED
    assert "--" in capsys.readouterr().err


def test_a_fact_that_holds_terminal_orders_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(tmp_path, {**HOSTS["suse 15"], "etc/sysconfig/kdump": "KDUMP_SAVEDIR='/a\x1b[2J'\n"}).root
    main(["check", "--root", str(root)])
    assert "\x1b" not in capsys.readouterr().out


def test_what_could_not_be_looked_at_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unreadable = {
        "var/lib/kdump/vmlinuz": None,
        "var/lib/kdump/vmlinuz/x": "",
        "sys/kernel/kexec_crash_loaded": "perhaps",
    }
    root = build(tmp_path, {**HOSTS["debian 12"], **unreadable}).root
    main(["check", "--root", str(root)])
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "could not look at the signature: /var/lib/kdump/vmlinuz: Is a directory"
    assert said.count("holds no number") == 1


def test_yes_runs_each_safe_command_once_and_says_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    findings = tuple(
        Finding(code, "warning", "", "", Remedy(commands, safe))
        for code, commands, safe in (
            ("a.a", ("true", "no-such-program --now"), True),
            ("b.b", ("true", "false"), True),
            ("c.c", ("grubby --update-kernel=ALL",), False),
        )
    )
    assert check.mend(Verdict("degraded", findings))
    assert capsys.readouterr().out.splitlines() == [
        "# true: done",
        "# no-such-program --now: there is no no-such-program on this host",
        "# false: exit 1",
    ]
