"""The seam between the agent and wherever crashes go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable, Protocol


@dataclass(frozen=True)
class Item:
    """One file on its way."""

    key: str
    """Its place at the endpoint, as ``crashes/<host>/<id>/vmcore.zst``."""
    size: int
    """Bytes."""
    sha256: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What the endpoint may want to know besides: kind, host, crash, name."""


class Endpoint(Protocol):
    """Takes items in pieces, and says what it durably holds.

    Every method may raise Retryable, Permanent, or Gone where the endpoint no longer knows the handle.
    """

    def begin(self, item: Item) -> str:
        """Announce an item; return the handle by which to go on, now or after a restart."""

    def offset(self, item: Item, handle: str) -> int:
        """Ask anew how many of its bytes the endpoint holds."""

    def append(
        self, item: Item, handle: str, offset: int, source: int, length: int, tell: Callable[[int], None]
    ) -> int:
        """Send bytes ``offset`` to ``offset + length`` of descriptor ``source``; return the new offset.

        ``tell`` is called with the offset reached, at least once a MiB and four times a second; what it raises ends the
        call, and the bytes taken so far may count.
        """

    def finish(self, item: Item, handle: str, beat: Callable[[], None]) -> None:
        """Confirm from a new request that the endpoint holds the item whole, and publish it.

        Returning is the receipt.
        """
