"""The failures that the agent tells apart.

Foreign exceptions are translated into one of these where they enter.
"""

from __future__ import annotations


class AgentError(Exception):
    """Something failed; the message says what, on what, why, and what to do."""


class ConfigError(AgentError):
    """The settings cannot be used; nothing was started."""


class Refused(AgentError):
    """A file in the crash folder is not one that a crash kernel leaves; it was not read."""


class Retryable(AgentError):
    """The same attempt may succeed later.

    ``after`` is the number of seconds that the other side asked to be left alone, if it did.
    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Gone(Retryable):
    """The endpoint no longer knows an upload that was begun; begin it again."""


class Permanent(AgentError):
    """The same attempt will fail again until a person changes something."""


class Stop(BaseException):
    """We were asked to stop; every state that this interrupts is one that a kill may leave."""
