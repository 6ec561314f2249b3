"""``kdump-agent decode PATH...``: say what a log, a dump or a crash folder tells, without an agent."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import Any

from kdump_agent.decode.log import decode
from kdump_agent.errors import AgentError
from kdump_agent.report.document import document

from .answer import paper, plain, say
from .evidence import NO_DUMP, NOTHING, Evidence, evidence, why_not


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", metavar="PATH", nargs="+",
        help="a log, a dump, either of them packed, a crash folder, or - for standard input",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one report a line, in the order asked")
    form.add_argument("--brief", action="store_true", help="one line for each")
    form.add_argument("--html", metavar="FILE", help="write one page for a browser, of one PATH; - for output")


def main(args: argparse.Namespace) -> int:
    if args.html:
        return _write_page(args.paths, args.html)
    failed = 0
    for number, path in enumerate(args.paths):
        found = _evidence(path)
        failed |= found.log is None
        _print(args, number, path, _report(found))
    return failed


def _write_page(paths: list[str], target: str) -> int:
    if len(paths) != 1:
        raise AgentError("--html writes the page of one PATH; ask once for each")
    from kdump_agent.report.html import page

    from .page import write_page

    found = _evidence(paths[0])
    write_page(target, page(_report(found), log=found.log))
    return int(found.log is None)


def _evidence(path: str) -> Evidence:
    """Return what lies at a path; why it cannot be read is a doubt, so that the others are still told."""
    try:
        return evidence(path)
    except (OSError, AgentError) as exc:
        return replace(NOTHING, dump=replace(NO_DUMP, source=path), doubts=(why_not(path, exc),))


def _report(found: Evidence) -> dict[str, Any]:
    return document(
        asdict(decode(found.log or b"")), crash_id=None, host=None, crashed_at=found.crashed_at, dump=found.dump,
        dmesg_source=found.source, doubts=found.doubts,
    )  # fmt: skip


def _print(args: argparse.Namespace, number: int, path: str, report: dict[str, Any]) -> None:
    if args.json:
        say(json.dumps(report))
        return
    from kdump_agent.report.terminal import brief, render

    several = len(args.paths) > 1
    if args.brief:
        say(f"{plain(path)}: {brief(report)}" if several else brief(report))
        return
    if several:
        say("\n" * bool(number) + paper().title(path))
    say(render(report, paper()))
