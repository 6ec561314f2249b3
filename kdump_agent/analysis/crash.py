"""Ask crash(8): in one session where it can be, in a new one without the culprit where a command hangs or kills it.

What crash is started with comes from a ladder: as usual, then with missing pages read as zeros, then with nothing but
the log. The answers are texts; read/ makes sense of them and gather.py puts them together.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from kdump_agent import process

from .commands import MINIMAL, chosen, file_name, refusal
from .document import Asked
from .heard import Heard
from .lines import locate, prepare
from .question import Question, Text
from .read.warnings import says_mismatch
from .session import Reply, Session, open_session

LADDER = ((), ("--zero_excluded",), ("--minimal",))
MOST_RESTARTS = 2
LARGEST_TEXT = 4 << 20
"""Bytes that are kept of what one command says."""
_OPENING = 64 << 10
_START_SHARE = 0.5
"""The part of the whole time that the start of one session may take."""
_MEMORY = 8 << 30
_SCRATCH = 256 << 20
"""Bytes of the largest file that crash may write; it passes long answers of gdb through one."""


@dataclass(frozen=True)
class Crash:
    """How crash is started on one dump."""

    program: Path
    version: tuple[int, ...] | None
    dump: tuple[str, int]
    """A path, and the descriptor that a child must inherit for it."""
    vmlinux: tuple[str, int]
    folder: Path
    """Private and empty."""
    beat: Callable[[], None]

    def ask(self, question: Question) -> Generator[Text, None, Heard]:
        """Yield what each command said as soon as it is said; return all of it. Raises OSError."""
        heard = Heard(self.version)
        pending = _allowed(question, heard)
        deadline = time.monotonic() + question.total_seconds
        rungs, restarts = iter(LADDER), 0
        heard.options = next(rungs)
        while pending and restarts <= MOST_RESTARTS and time.monotonic() < deadline:
            with open_session(
                self._argv(heard.options),
                self._limits(question),
                self.folder,
                (self.dump[1], self.vmlinux[1]),
                self.beat,
            ) as session:
                left = deadline - time.monotonic()
                if not self._starts(session, heard, min(left, question.total_seconds * _START_SHARE)):
                    if says_mismatch(heard.opening) or (rung := next(rungs, None)) is None:
                        break
                    heard.options = rung
                    continue
                yield from _converse(session, heard, pending, question, deadline)
                restarts += 1
        heard.asked += [Asked(command, None, 0, "not run") for command in pending]
        if pending and heard.answered:
            heard.doubts.append(f"{len(pending)} commands were not run: {', '.join(pending)}")
        return heard

    def _argv(self, options: tuple[str, ...]) -> list[str]:
        return [str(self.program), "-s", "--no_crashrc", "--no_scroll", *options, self.vmlinux[0], self.dump[0]]

    def _limits(self, question: Question) -> process.Limits:
        return process.Limits(
            seconds=question.total_seconds, memory=question.memory or _MEMORY, file_size=_SCRATCH, output=LARGEST_TEXT
        )

    def _starts(self, session: Session, heard: Heard, seconds: float) -> bool:
        first = session.ask("", seconds=seconds, most=_OPENING)
        heard.opening = first.text.decode("utf-8", "replace")
        if first.ended in ("whole", "cut"):
            heard.answered = True
            return True
        how = session.status() if first.ended == "died" else f"took over {first.seconds:.0f} s"
        words = " ".join(heard.opening.split())[-200:]
        tried = " ".join(("crash", *heard.options))
        heard.doubts.append(f"{tried} could not open the dump: {how}" + (f": {words}" if words else ""))
        return False


def _allowed(question: Question, heard: Heard) -> list[str]:
    """Return the commands to run; one that may not be asked is a doubt."""
    allowed = []
    for command in chosen(question.commands, machine_check=question.machine_check):
        why = refusal(command)
        if why is None:
            allowed.append(command)
        else:
            heard.doubts.append(f"the command {command!a} was not run: want {why}")
    return allowed


def _converse(
    session: Session, heard: Heard, pending: list[str], question: Question, deadline: float
) -> Iterator[Text]:
    """Ask what is pending until all is said or a command ends the session; takes what was asked off the list."""
    if heard.minimal:
        heard.asked += [Asked(command, None, 0, "not run") for command in pending if command not in MINIMAL]
        pending[:] = [command for command in pending if command in MINIMAL]
    else:
        prepare(session, question)
    while pending and time.monotonic() < deadline:
        command = pending.pop(0)
        seconds = min(question.command_seconds, max(1.0, deadline - time.monotonic()))
        reply = session.ask(command, seconds=seconds, most=LARGEST_TEXT)
        yield from _keep(heard, command, reply)
        if reply.ended in ("timed out", "died"):
            how = f"ended crash: {session.status()}" if reply.ended == "died" else f"took over {seconds:.0f} s"
            heard.doubts.append(f"`{command}` {how}")
            return
    if not heard.minimal:
        heard.places = locate(session, heard.texts, question, deadline)


def _keep(heard: Heard, command: str, reply: Reply) -> Iterator[Text]:
    heard.texts[command] = reply.text.decode("utf-8", "replace")
    taken = {asked.file for asked in heard.asked if asked.file}
    name = file_name(command, taken) if reply.text.strip() else None
    heard.asked.append(Asked(command, name, len(reply.text), reply.ended, round(reply.seconds, 3)))
    if name is not None:
        yield Text(name, reply.text + b"\n")
