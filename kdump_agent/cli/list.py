"""``kdump-agent list``: the crashes that this host knows of."""

from __future__ import annotations

import argparse
import time

from . import wire
from .answer import print_json, print_table, row, say, summary


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    jobs = wire.load(args).jobs
    known, damaged = jobs.all()
    known.sort(key=lambda job: -job.crashed_at)
    if args.json:
        print_json({
            "jobs": [summary(job, jobs) for job in known],
            "damaged": [{"id": record.id, "why": record.why} for record in damaged],
        })  # fmt: skip
        return 0
    if known:
        print_table(("ID", "STAGE", "DUMP", "WHAT"), (row(job, jobs, time.time()) for job in known))
    elif not damaged:
        say("No crash is known on this host.")
    for record in damaged:
        say(f"{record.id}: {record.why}")
    return 0
