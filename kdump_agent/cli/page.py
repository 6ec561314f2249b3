"""Write a report as one HTML page, with what the job's folder holds beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdump_agent import files
from kdump_agent.errors import AgentError
from kdump_agent.report.html import page

from .answer import write

LARGEST_LOG = 32 << 20
LARGEST_ANALYSIS = 64 << 20
LARGEST_ANSWER = 1 << 20
"""Bytes of one command's answer that are shown."""
ALL_ANSWERS = 16 << 20


def write_page(target: str, text: str) -> None:
    """Leave a page at a path, whole or not at all, or on standard output for "-". Raises AgentError.

    The file is its owner's alone, as the kernel log in it was.
    """
    if target == "-":
        write(text)
        return
    try:
        files.write_durable(Path(target), text.encode("utf-8", "backslashreplace"), mode=0o600)
    except OSError as exc:
        raise AgentError(f"{target!a}: the page cannot be written: {exc.strerror or exc}") from exc


def page_of(folder: Path, report: Mapping[str, Any]) -> str:
    """Return the page of a job whose artifacts lie in ``folder``; what is not there, or damaged, is not shown."""
    analysis = _analysis(folder)
    return page(report, log=_read(folder, "dmesg.txt", LARGEST_LOG), analysis=analysis, said=_said(folder, analysis))


def _analysis(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(_read(folder, "analysis.json", LARGEST_ANALYSIS) or b"null")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _said(folder: Path, analysis: Mapping[str, Any] | None) -> dict[str, str]:
    """What the debugger answered, by the artifact's name."""
    said: dict[str, str] = {}
    left = ALL_ANSWERS
    for asked in (analysis or {}).get("commands") or []:
        name = asked.get("file")
        answer = _read(folder, name, min(LARGEST_ANSWER, left)) if name else None
        if answer is not None:
            said[name] = answer.decode("utf-8", "replace")
            left -= len(answer)
    return said


def _read(folder: Path, name: str, most: int) -> bytes | None:
    if Path(name).name != name:
        return None
    try:
        with (folder / name).open("rb") as file:
            return file.read(most)
    except (OSError, ValueError):
        return None
