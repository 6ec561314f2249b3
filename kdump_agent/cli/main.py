"""The entry point: which command, and what a failure looks like to the shell.

A command is a module of this folder with ``arguments(parser)`` and ``main(args) -> exit code``; only the one
that is asked for is imported, so that start-up stays short.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from kdump_agent import __version__
from kdump_agent.errors import AgentError

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(words).parse_args(words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a locale without some letter gets it escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(import_module(f"kdump_agent.cli.{args.command}").main(args))
    except AgentError as exc:
        print(f"kdump-agent {args.command}: {exc}", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 130


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
