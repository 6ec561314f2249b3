"""``kdump-agent show ID``: one crash as a person reads it."""

from __future__ import annotations

import argparse
import time

from kdump_agent.errors import AgentError
from kdump_agent.report import inside
from kdump_agent.report.rows import with_lines
from kdump_agent.report.terminal import render

from . import wire
from .answer import paper, plain, print_json, read_analysis, read_report, record, say, state_of


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the crash, as `kdump-agent list` names it; or `last`")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json", action="store_true", help="one JSON document: the job's record, its report and its analysis"
    )
    form.add_argument(
        "--html", metavar="FILE", help="write one page for a browser: report, analysis and log; - for output"
    )


def main(args: argparse.Namespace) -> int:
    jobs = wire.load(args).jobs
    known, damaged = jobs.all()
    if args.id == "last" and not known:
        more = f"; records that cannot be used: {len(damaged)}, see `kdump-agent list`" if damaged else ""
        raise AgentError(f"no crash is known on this host{more}")
    job = max(known, key=lambda job: job.crashed_at) if args.id == "last" else jobs.read(args.id)
    report = read_report(jobs, job)
    if args.json:
        print_json({"job": record(job), "report": report, "analysis": read_analysis(jobs.folder(job.id))})
        return 0
    if args.html:
        if report is None:
            raise AgentError(f"{job.id}: is not decoded yet, or its report cannot be read")
        from .page import page_of, write_page

        write_page(args.html, page_of(jobs.folder(job.id), report))
        return 0
    analysis = read_analysis(jobs.folder(job.id))
    if report is None:
        say(f"{job.id}: is not decoded yet, or its report cannot be read")
    else:
        say(render(with_lines(report, analysis) if analysis else report, paper()))
    if analysis is not None:
        say("\n" + inside.render(analysis, paper(), stack=not (report or {}).get("frames")))
    say(f"\nJob     {job.id}: {state_of(job, time.time())}")
    for artifact in job.artifacts:
        upload = job.uploads.get(artifact.name)
        say(
            f"        {artifact.name}, {artifact.size} bytes: {'delivered' if upload and upload.delivered else 'waits'}"
        )
    if job.error:
        say(f"        {plain(job.error)}")
    return 0
