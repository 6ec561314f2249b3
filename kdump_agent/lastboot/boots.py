"""The boots that this agent ran in, durably: which was the last, when it was last seen, and how the host was then.

One small file; the last sign of life is its time stamp, which costs no write to the disk of its own. Whoever uses it
holds the agent's lock.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kdump_agent import files

from .facts import Boot

VERSION = 1
MOST = 8
"""Boots that are remembered."""
_LARGEST = 4 << 20


class Boots:
    """What the agent remembers from boot to boot."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: frozenset[str] = frozenset()
        """The pstore records that were there when the last boot was judged."""
        self.judged: str | None = None
        """The boot in which the one before it was judged, or found to need no judgement."""
        self.answer: Mapping[str, Any] | None = None
        """How the one before ended: "unclean", "because"; None where nobody judged it."""
        self.problem: str | None = None
        self._boots: list[Boot] = []

    def open(self, boot_id: str, *, began: int, now: int) -> None:
        """Read the memory, and begin or go on with the boot ``boot_id``. Raises OSError.

        A memory that cannot be read is begun anew, as on the agent's first start; ``problem`` then says why.
        """
        self._read()
        current = self._current(boot_id)
        self._boots = [boot for boot in self._boots if boot.id != boot_id]
        self.answer = self.answer if self.judged == boot_id else None
        self._boots.append(dataclasses.replace(current or Boot(boot_id, began, now), seen=now, ended=None))
        self._save()

    @property
    def present(self) -> Boot:
        """The boot that was opened."""
        return self._boots[-1]

    @property
    def before(self) -> Boot | None:
        """The last other boot in which the agent ran."""
        return self._boots[-2] if len(self._boots) > 1 else None

    def settle(self, answer: Mapping[str, Any] | None, known: Iterable[str]) -> None:
        """The boot before is judged, with these pstore records at hand. Raises OSError."""
        self.judged, self.answer, self.known = self.present.id, answer, frozenset(known)
        self._save()

    def note(self, arming: Mapping[str, Any]) -> None:
        """Remember how the host is. Raises OSError."""
        self._boots[-1] = dataclasses.replace(self.present, arming=arming)
        self._save()

    def close(self, ended: str) -> None:
        """Remember that the agent ends orderly, "shutdown" or "stopped". Raises OSError."""
        self._boots[-1] = dataclasses.replace(self.present, ended=ended)
        self._save()

    def touch(self) -> None:
        """Give a sign of life. Raises OSError."""
        os.utime(self.path)

    def _current(self, boot_id: str) -> Boot | None:
        return next((boot for boot in self._boots if boot.id == boot_id), None)

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                document = json.loads(file.read(_LARGEST))
                seen = int(os.fstat(file.fileno()).st_mtime)
            if document["version"] != VERSION:
                raise ValueError(f"it is of version {document['version']!a}, and this agent knows {VERSION}")
            boots = [Boot(**boot) for boot in document["boots"]]
            self.known, self.judged = frozenset(map(str, document["known"])), document["judged"]
            self.answer = document["answer"]
            self._boots = [*boots[:-1], *(dataclasses.replace(boot, seen=seen) for boot in boots[-1:])]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            self.problem = f"{self.path}: cannot be used: {exc}; the boots before this one are forgotten"

    def _save(self) -> None:
        document = {
            "version": VERSION,
            "boots": [dataclasses.asdict(boot) for boot in self._boots[-MOST:]],
            "known": sorted(self.known),
            "judged": self.judged,
            "answer": self.answer,
        }
        files.write_json(self.path, document)
