"""Look at a host: bounded reads that tell "it is not there" from "we could not look".

The first is None, the second None as well, with the reason noted under its topic.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from .paths import HostPaths
from .process import Finished, Limits, find_program, run

LIMIT = 1 << 20
"""Bytes that are read of a file, or of what a program says."""


class Look:
    """One look at one host, and what stayed in doubt."""

    def __init__(self, paths: HostPaths, beat: Callable[[], None] = lambda: None) -> None:
        self.paths, self.beat = paths, beat
        self.doubts: dict[str, str] = {}

    def doubt(self, topic: str, why: str) -> None:
        """Note why something could not be looked at; the first reason of a topic stays."""
        self.doubts.setdefault(topic, why)

    def name(self, path: Path) -> str:
        """Return the host's own name of a path below the root."""
        return "/" + os.path.relpath(path, self.paths.root)

    def data(self, topic: str, path: Path, *, last: int | None = None) -> bytes | None:
        """Return the start of a file, or its ``last`` bytes."""
        try:
            with path.open("rb") as file:
                if last is not None:
                    file.seek(max(0, os.fstat(file.fileno()).st_size - last))
                return file.read(LIMIT if last is None else last)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            self.doubt(topic, f"{self.name(path)}: {exc.strerror}")
            return None

    def text(self, topic: str, path: Path) -> str | None:
        """Return the start of a text file."""
        data = self.data(topic, path)
        return None if data is None else data.decode("utf-8", "replace")

    def number(self, topic: str, path: Path) -> int | None:
        """Return the number that a file of the kernel holds; decimal, or with 0x."""
        text = (self.text(topic, path) or "").strip()[:20]
        try:
            return int(text, 0) if text else None
        except ValueError:
            self.doubt(topic, f"{self.name(path)}: holds no number but {text!a}")
            return None

    def names(self, topic: str, folder: Path) -> list[str]:
        """Return the names in a folder, sorted; none when it is not there."""
        try:
            return sorted(path.name for path in folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as exc:
            self.doubt(topic, f"{self.name(folder)}: {exc.strerror}")
            return []

    def ask(self, topic: str, capture: str, argv: Sequence[str], seconds: float = 10) -> str | None:
        """Return what a program says, or, of a copy of a host, what it said there (``paths.captures``)."""
        return self._said(topic, capture, argv, seconds, lambda done: done.ok)

    def ask_start(self, topic: str, capture: str, argv: Sequence[str], seconds: float = 10) -> str | None:
        """Return the start of what a program says that may say more than we read."""
        return self._said(topic, capture, argv, seconds, lambda done: done.ok or len(done.stdout) == LIMIT)

    def _said(
        self, topic: str, capture: str, argv: Sequence[str], seconds: float, enough: Callable[[Finished], bool]
    ) -> str | None:
        if self.paths.root != Path("/"):
            return self.text(topic, self.paths.captures / capture)
        program = find_program(argv[0])
        if program is None:
            return None
        # The network stays: it is the host's own state that is asked for, through a local socket, and the service's
        # sandbox lets no child leave the network by itself.
        limits = Limits(seconds, output=LIMIT, network=True)
        try:
            finished = run([str(program), *argv[1:]], limits, beat=self.beat)
        except OSError as exc:
            self.doubt(topic, f"{argv[0]}: {exc.strerror}")
            return None
        if not enough(finished):
            self.doubt(topic, f"{' '.join(argv[:2])}: {finished.blame()}")
            return None
        return finished.stdout.decode("utf-8", "replace")
