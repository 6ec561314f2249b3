"""Fetch a vmlinux by its build-id from a debuginfod server: ``GET /buildid/BUILDID/debuginfo``, debuginfod(8).

Off unless settings name a server. What arrives is believed only when its own build-id is the one that was asked for,
which the caller checks; here it is bounded in time and, by whoever keeps it, in size.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Callable

import requests

from kdump_agent.deadline import Deadline

_PATIENCE = 90.0
"""Seconds for the answer to begin, in which the server may have to unpack the file first, and for each block of it."""
_LONGEST = 600.0
"""Seconds for a whole file."""
_BLOCK = 1 << 18


def blocks(server: str, build_id: str, beat: Callable[[], None]) -> Iterator[bytes]:
    """Yield the file in pieces. Raises OSError with the reason when the server has none or breaks off."""
    url = f"{server.rstrip('/')}/buildid/{build_id}/debuginfo"
    deadline = time.monotonic() + _LONGEST
    with requests.Session() as session:
        session.trust_env = False
        try:
            with Deadline(_PATIENCE):
                answer = session.get(url, stream=True, timeout=_PATIENCE, allow_redirects=False)
            beat()
            with answer:
                if answer.status_code != 200:
                    raise OSError(f"{server} has no file of build-id {build_id} (status {answer.status_code})")
                arriving = answer.iter_content(_BLOCK)
                while block := _next(arriving):
                    beat()
                    if time.monotonic() > deadline:
                        raise OSError(f"{server} took over {_LONGEST:g} s")
                    yield block
        except (requests.RequestException, TimeoutError) as exc:
            raise OSError(f"{server} cannot be asked: {type(exc).__name__}") from exc


def _next(arriving: Iterator[bytes]) -> bytes:
    with Deadline(_PATIENCE):  # a socket's own limit begins anew with every byte
        return next(arriving, b"")
