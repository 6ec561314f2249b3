"""The verb "analyse": what crash and drgn tell of a dump, given the vmlinux that fits it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from kdump_agent.analysis.analyse import analyse
from kdump_agent.analysis.question import from_options
from kdump_agent.vmcore.lend import NoRoom, lend

from .piece import Asked, Blob, Piece

TEXTS = re.compile(r"crash-[a-z0-9-]{1,60}\.txt")
LARGEST = 128 << 20
"""Bytes of all texts and the document."""


def work(asked: Asked) -> Iterator[Piece]:
    """Yield the text of each command as it comes, and at last the document. Raises when the question is none."""
    question = from_options(asked.options)
    desk = _folder(asked, "desk")

    def dump(ordered: bool) -> contextlib.AbstractContextManager[tuple[str, int]]:
        return _lend(asked, "vmcore", ordered=ordered)

    for text in analyse(dump, _lend(asked, "vmlinux", ordered=False), question, desk, asked.beat):
        yield Blob(text.name, text.content)


@contextlib.contextmanager
def _lend(asked: Asked, name: str, *, ordered: bool) -> Iterator[tuple[str, int]]:
    try:
        with lend(asked.files[name], _folder(asked, name), asked.beat, ordered=ordered) as lent:
            yield lent
    except NoRoom as exc:
        raise OSError(str(exc)) from exc


def _folder(asked: Asked, name: str) -> Path:
    folder = asked.scratch / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
