from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.arming.distros.shell import LONGEST, assignments, directives, is_plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("USE_KDUMP=1\n", {"USE_KDUMP": "1"}),
        ('MAKEDUMP_ARGS="-c -d 31" # level\n', {"MAKEDUMP_ARGS": "-c -d 31"}),
        ("A='it''s'\"\\$5\"\n", {"A": "its$5"}),
        ('A="two \\\nparts"\n', {"A": "two parts"}),
        ("export A=1; B=2\n", {"A": "1", "B": "2"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("#A=1\n  # B=2\n", {}),
        ("A=\n", {"A": ""}),
        ('A="never closed\n', {}),
        ("if [ -x /bin/true ]; then echo A=3; fi\n", {}),
        ("A=$(uname -r)\n", {"A": "$(uname -r)"}),
    ],
)
def test_assignments_are_read_as_a_shell_would_without_expanding(text: str, found: dict[str, str]) -> None:
    assert assignments(text) == found


def test_a_directive_is_a_word_and_the_rest_of_its_line() -> None:
    text = (
        "# old\npath /var/crash # here\n\ncore_collector makedumpfile -l -d 31\nauto_reset_crashkernel yes\npath /b\n"
    )
    assert directives(text) == {
        "path": "/b", "core_collector": "makedumpfile -l -d 31", "auto_reset_crashkernel": "yes",
    }  # fmt: skip


def test_what_a_shell_would_expand_is_not_plain() -> None:
    assert [is_plain(value) for value in ("/var/crash", "$X/crash", "`pwd`")] == [True, False, False]


@given(st.text(alphabet="A=1'\"\\ \n;#$`()x", max_size=80))
def test_any_text_is_read_without_failing(text: str) -> None:
    assert all(name.isascii() for name in assignments(text))
    directives(text)


@given(st.text(alphabet=st.sampled_from("ab '\"\\$/*"), max_size=20))
def test_a_quoted_value_comes_back_as_a_real_shell_says_it(value: str) -> None:
    quoted = "'" + value.replace("'", "'\\''") + "'"
    shell = shutil.which("sh")
    assert shell
    said = subprocess.run([shell, "-c", f'A={quoted}\nprintf %s "$A"'], capture_output=True, check=True).stdout
    assert assignments(f"A={quoted}\n") == {"A": said.decode()}


def test_a_file_of_great_length_is_cut() -> None:
    assert len(assignments("A=" + "x" * (2 * LONGEST))["A"]) < LONGEST
