"""What the decoder can be asked for.

To add a verb: write a function that takes ``Asked`` and yields ``Blob`` and ``Doubt`` (piece.py) as it finds them, in a
module of this folder or in a folder of its own that this one may import, and give it a row in ``VERBS``. The function
runs in the decoder's process and nowhere else. It may start programs through process.py, leaves drafts in
``asked.scratch``, and calls ``asked.beat`` at least once a second; whatever it raises is a doubt in the answer. What it
yielded before a crash or a time-out has arrived. Descriptors are open for reading; vmcore/lend.py makes a path of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Callable

from kdump_agent.analysis.document import DOCUMENT

from . import analyse, dmesg
from .piece import Asked, Piece


@dataclass(frozen=True)
class Verb:
    """One thing that can be asked for, and its bounds."""

    work: Callable[[Asked], Iterator[Piece]]
    files: tuple[str, ...]
    """The descriptors that it needs, by name."""
    seconds: float
    """The longest that an answer may take."""
    largest: int
    """Bytes of all its blobs together."""
    blobs: tuple[str, ...]
    """The names that they may have."""
    more_blobs: re.Pattern[str] | None = None
    """What further names look like."""

    def may_give(self, name: str) -> bool:
        """Is this the name of a blob that the answer may have?"""
        return name in self.blobs or (self.more_blobs is not None and bool(self.more_blobs.fullmatch(name)))


VERBS: Mapping[str, Verb] = {
    "dmesg": Verb(dmesg.work, files=("vmcore",), seconds=600, largest=dmesg.LARGEST, blobs=(dmesg.LOG,)),
    "analyse": Verb(
        analyse.work,
        files=("vmcore", "vmlinux"),
        seconds=2400,
        largest=analyse.LARGEST,
        blobs=(DOCUMENT,),
        more_blobs=analyse.TEXTS,
    ),
}
