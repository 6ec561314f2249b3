"""The nouns of one question to the decoder: what is asked, and the pieces of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Union


@dataclass(frozen=True)
class Asked:
    """One question, as the decoder's process holds it."""

    files: Mapping[str, int]
    """Open descriptors by name, as "vmcore"."""
    options: Mapping[str, Any]
    """What else was said, unchecked."""
    scratch: Path
    """An empty folder for drafts, gone at the end."""
    beat: Callable[[], None]
    """To be called at least once a second; raises when nobody waits for the answer any more."""


@dataclass(frozen=True)
class Blob:
    """A file that was found or made."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Doubt:
    """Something that could not be told, and why."""

    words: str


Piece = Union[Blob, Doubt]
