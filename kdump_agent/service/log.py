"""How the agent logs: events with fields, JSON for the journal, readable on a terminal.

Everybody else takes a ``Log`` as an argument; only ``set_up`` knows structlog.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

from kdump_agent.errors import AgentError


class Log(Protocol):
    """What one may say: an event in words, and its facts as fields."""

    def debug(self, event: str, **fields: object) -> object: ...

    def info(self, event: str, **fields: object) -> object: ...

    def warning(self, event: str, **fields: object) -> object: ...

    def error(self, event: str, **fields: object) -> object: ...


def set_up() -> Log:
    """Return the log of this process, on standard error."""
    import structlog

    pretty = sys.stderr.isatty()
    shape: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _harmless,
    ]
    if pretty:
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"  # no-color.org
        shape.append(structlog.dev.ConsoleRenderer(colors=wanted))
    else:
        shape.append(structlog.processors.JSONRenderer(default=str))
    structlog.configure(processors=shape, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    log: Log = structlog.get_logger()
    return log


def _harmless(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Escape what came from outside: names and logs may hold control characters."""
    return {key: _plain(value) for key, value in event.items()}


def _plain(value: object) -> object:
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    text = str(value)
    if isinstance(value, AgentError) or "\n" not in text:
        return text if text.isprintable() and text.isascii() else ascii(text)[1:-1]
    return "\n".join(line if line.isprintable() else ascii(line)[1:-1] for line in text.splitlines())
