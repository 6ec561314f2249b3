"""The entry point: which command, and what a failure looks like to the shell.

A command is a module of this folder with ``arguments(parser)`` and ``main(args) -> exit code``; only the one
that is asked for is imported, so that start-up stays short.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO, cast

from kdump_agent import __version__
from kdump_agent.errors import AgentError, ConfigError

COMMANDS = {  # module -> what ``--help`` says of it
    "run": "watch the crash folder and ship every new dump (what the service runs)",
    "list": "list the crashes that this host knows of",
    "show": "show one crash as a person reads it",
    "status": "tell how far everything is",
    "ship": "ship a dump or a crash folder by hand",
    "retry": "try a parked or waiting crash again now",
    "config": "check or show the settings",
    "decode": "say what a kernel log, a dump or a crash folder tells",
    "analyze": "open a dump with crash or drgn and the vmlinux of its very kernel",
    "check": "tell whether this host can capture its next crash, and what mends it",
}
HIDDEN = {  # commands that the agent and systemd start
    "decoder": "answer one question about a dump over the socket on standard input",
}

EXIT_FAILED = 2
"""The command could not do what it was asked, for the reason on standard error."""
EXIT_INTERRUPTED, EXIT_UNHEARD = 130, 141
"""What a shell says of a program that SIGINT, or SIGPIPE when nobody reads any further, has ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _ready_streams()
    _end_orderly()
    try:
        try:
            return _run(words)
        finally:
            _flush()
    except BrokenPipeError:
        sys.stdout = _nowhere("w")  # what is still to be written would fail again, with a traceback, at the end
        return EXIT_UNHEARD
    except OSError as exc:
        sys.stdout = _nowhere("w")
        return _fail("kdump-agent", f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _run(words: Sequence[str]) -> int:
    args = _parser(words).parse_args(words)
    try:
        return int(import_module(f"kdump_agent.cli.{args.command}").main(args))
    except ConfigError as exc:
        return _fail(f"kdump-agent {args.command}", *str(exc).split("\n"))
    except AgentError as exc:
        return _fail(f"kdump-agent {args.command}", str(exc))


def _fail(who: str, *lines: str) -> int:
    """Say on standard error what failed; a name in it may be one that a stranger gave to a folder of crashes."""
    from kdump_agent.report.terminal import plain

    print(f"{who}:", "\n".join(map(plain, lines)), file=sys.stderr)  # noqa: T201
    return EXIT_FAILED


def _ready_streams() -> None:
    """Let a locale without some letter get it escaped, and let no file that is opened later get a closed stream's
    number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _end_orderly() -> None:
    """Let an end from outside, as that of a terminal, clear away the copy of a dump that may be gigabytes large."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup(1) has it ignored
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def _nowhere(mode: str) -> TextIO:
    return cast(TextIO, Path(os.devnull).open(mode, encoding="utf-8"))


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError as exc:
        exc.filename = "standard output"
        raise


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kdump-agent",
        description="Ship every kernel crash dump of a host, decoded, to a central endpoint.",
    )
    parser.add_argument("--version", action="version", version=f"kdump-agent {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings to use instead of the host's")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words_of_help in {**COMMANDS, **HIDDEN}.items():
        listed = {"help": words_of_help} if name in COMMANDS else {}
        command = commands.add_parser(name, description=words_of_help.capitalize() + ".", **listed)  # type: ignore[arg-type]
        if name in words:
            import_module(f"kdump_agent.cli.{name}").arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
