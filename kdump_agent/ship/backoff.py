"""How long to wait: after a failure, exponential, capped, with full jitter; after a boot, the host's own share. Pure.

Full jitter spreads hosts that failed together; see M. Brooker, "Exponential Backoff And Jitter" (2015).
"""

from __future__ import annotations

import hashlib

FIRST = 5.0
LONGEST = 3600.0
"""Seconds; also the most that an endpoint's Retry-After is obeyed."""


def delay(attempt: int, fraction: float, *, after: float | None = None) -> float:
    """Return the seconds to wait after the given number of failed tries (1 or more).

    ``fraction`` is a random number from 0 to 1. ``after`` is what the endpoint asked for: the answer is no shorter.
    """
    ceiling = min(LONGEST, FIRST * 2.0 ** min(max(attempt, 1) - 1, 30))
    asked = min(max(after or 0.0, 0.0), LONGEST)
    return max(asked, min(max(fraction, 0.0), 1.0) * ceiling)


def share_of(host: str) -> float:
    """Return a number from 0 to 1 that is the host's own and always the same."""
    return int.from_bytes(hashlib.sha256(host.encode()).digest()[:4], "big") / 2**32


def spread_left(host: str, spread: float, uptime: float) -> float:
    """Return the seconds for which a host that booted ``uptime`` seconds ago lets the others of its fleet go first."""
    return max(0.0, share_of(host) * spread - max(uptime, 0.0))
