"""``kdump-agent retry``: try parked or waiting crashes again now."""

from __future__ import annotations

import argparse

from kdump_agent.errors import AgentError
from kdump_agent.model import Stage

from . import wire
from .answer import print_json, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", help="the crash, as `kdump-agent list` names it")
    parser.add_argument("--all", action="store_true", help="every crash that is parked or waits")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    if bool(args.id) == args.all:
        raise AgentError("say which crash, or --all")
    jobs = wire.load(args).jobs
    chosen = [jobs.read(args.id)] if args.id else jobs.all()[0]
    asked = [job for job in chosen if job.stage not in (Stage.DELIVERED, Stage.PRUNED)]
    try:
        for job in asked:
            jobs.ask_retry(job)
    except OSError as exc:
        raise AgentError(f"{jobs.home}: cannot be written: {exc.strerror}; run as root") from exc
    if args.json:
        print_json({"asked": [job.id for job in asked]})
    elif asked:
        say(f"{len(asked)} to be tried again: at once by the running agent, or by its next start")
    else:
        say(f"Nothing to try again: {'it' if args.id else 'all'} is delivered.")
    return 0
