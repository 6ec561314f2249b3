"""Completions, asked of the real shells."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.machine import REPOSITORY

LINES = {  # a line as it is typed -> what the shell completes it to
    "kdump-agent ch": "kdump-agent check",
    "kdump-agent --conf": "kdump-agent --config",
    "kdump-agent --config pyproj": "kdump-agent --config pyproject.toml",
    "kdump-agent config sh": "kdump-agent config show",
    "kdump-agent check --ro": "kdump-agent check --root",
    "kdump-agent decode --br": "kdump-agent decode --brief",
    "kdump-agent decode pyproj": "kdump-agent decode pyproject.toml",
    "kdump-agent run --on": "kdump-agent run --once",
}


@cache
def written(shell: str) -> str:
    argv = [sys.executable, "-B", "packaging/completions", shell]
    return subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("line", LINES)
def test_bash_completes(line: str, tmp_path: Path) -> None:
    words = line.split()
    script = tmp_path / "ask"
    script.write_text(
        f"{written('bash')}\nCOMP_WORDS=({line}) COMP_CWORD={len(words) - 1}\n"
        f"_kdump_agent kdump-agent {words[-1]} {words[-2]}\necho ${{COMPREPLY[@]}}\n"
    )
    done = subprocess.run(["bash", str(script)], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert done.stdout.split() == [LINES[line].split()[-1]], done.stderr


@pytest.mark.parametrize("line", LINES)
def test_fish_completes(line: str, tmp_path: Path) -> None:
    (tmp_path / "kdump-agent.fish").write_text(written("fish"))
    ask = f"source {tmp_path}/kdump-agent.fish; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert [offer.split("\t")[0] for offer in done.stdout.splitlines()] == [LINES[line].split()[-1]]


def test_zsh_completes(tmp_path: Path) -> None:
    (tmp_path / "_kdump-agent").write_text(written("zsh"))
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(REPOSITORY)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(tmp_path)})
    try:
        os.write(terminal, b"fpath=($HOME $fpath); autoload -Uz compinit; compinit -u; echo rea''dy\n")
        hear(terminal, "ready")
        for line, completed in LINES.items():
            os.write(terminal, f"{line}\t".encode())
            hear(terminal, completed)
            os.write(terminal, b"\x15")  # forget the line
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def hear(terminal: int, words: str) -> None:
    heard = ""
    while words not in heard:
        assert select.select([terminal], [], [], 60)[0], heard
        heard += os.read(terminal, 4096).decode(errors="replace")
