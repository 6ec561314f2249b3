"""What the real crash said of real dumps; see tests/data/README.md."""

from __future__ import annotations

from pathlib import Path

from kdump_agent.analysis.commands import DEFAULT, MACHINE_CHECK, file_name

DATA = Path(__file__).resolve().parent.parent / "data/analysis"


def texts_of(crash: str) -> dict[str, str]:
    """Return what each command said, by command."""
    files = {command: DATA / crash / file_name(command) for command in (*DEFAULT, MACHINE_CHECK)}
    return {command: path.read_text() for command, path in files.items() if path.exists()}
