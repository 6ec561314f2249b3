"""What each format's own checkers say of the packages, the manual pages and the completions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.machine import REPOSITORY

MANUAL = sorted((REPOSITORY / "man").iterdir())


def said(*argv: str) -> list[str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    return (done.stdout + done.stderr).splitlines()


@pytest.mark.slow
def test_lintian_finds_no_error_and_no_warning(deb: Path) -> None:
    (changes,) = deb.parent.glob("kdump-agent_*.changes")
    found = said("lintian", "-I", "--pedantic", "--allow-root", str(changes))
    assert not [line for line in found if line.startswith(("E:", "W:"))], found


@pytest.mark.slow
def test_rpmlint_finds_no_error_and_no_warning(rpm: Path) -> None:
    packages = [str(path) for path in rpm.parent.glob("kdump-agent-*.rpm")]
    found = said("rpmlint", "-c", "packaging/rpm/rpmlint.toml", *packages, "packaging/rpm/kdump-agent.spec")
    assert "2 packages and 1 specfiles checked; 0 errors, 0 warnings" in "\n".join(found)


@pytest.mark.parametrize("page", MANUAL, ids=lambda page: page.name)
def test_the_manual_is_well_formed(page: Path) -> None:
    elsewhere = ("referenced manual not found", "outdated mandoc.db")
    assert not [line for line in said("mandoc", "-T", "lint", str(page)) if not any(each in line for each in elsewhere)]
    assert said("man", "--warnings", "--encoding=UTF-8", "--local-file", "-Tutf8", "-Z", str(page))[0] == "x T utf8"
