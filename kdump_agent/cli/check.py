"""``kdump-agent check``: is this host able to capture its next crash, and if not, what mends it?"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from kdump_agent.arming.document import document
from kdump_agent.arming.facts import Facts
from kdump_agent.arming.gather import gather
from kdump_agent.arming.verdict import EXIT_CODES, Finding, Verdict, judge
from kdump_agent.errors import ConfigError
from kdump_agent.paths import HostPaths
from kdump_agent.process import Limits, find_program, run

from .answer import plain, print_json, say

LONGEST_REPAIR = 600.0
"""Seconds: building an initrd takes minutes on a slow host."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="look at a host's copy or image here"
    )
    parser.add_argument("--fix", action="store_true", help="print the commands that mend what was found")
    parser.add_argument("--yes", action="store_true", help="with --fix: run those that are safe, and look again")


def main(args: argparse.Namespace) -> int:
    paths = HostPaths(args.root)
    _refuse_nonsense(args)
    facts = gather(paths)
    verdict = judge(facts)
    if args.fix and args.yes and mend(verdict):
        facts = gather(paths)
        verdict = judge(facts)
    if args.json:
        print_json(document(verdict, facts))
    elif args.fix:
        _print_commands(verdict)
    else:
        _print(verdict)
        _print_doubts(verdict, facts)
    return EXIT_CODES[verdict.state]


def _refuse_nonsense(args: argparse.Namespace) -> None:
    if args.yes and not args.fix:
        raise ConfigError("--yes goes with --fix only")
    if args.json and args.fix:
        raise ConfigError("--json goes without --fix: the document has the commands already")
    if args.yes and args.root != Path("/"):
        raise ConfigError("--fix --yes mends this host only, not a copy under --root")
    if not args.root.is_dir():
        raise ConfigError(f"--root: want a folder; got {args.root}")


def _print(verdict: Verdict) -> None:
    say(f"This host is {verdict.state.upper() if verdict.state != 'unknown' else 'UNKNOWN: could not look'}.")
    for finding in verdict.findings:
        say("")
        say(f"{finding.severity:<8} {finding.code}: {plain(finding.fact)}")
        say(f"{'':<8} {finding.reason}")
        for number, line in enumerate(_lines(finding)):
            say(f"{'fix:' if not number else '':>8} {line}")


def _print_doubts(verdict: Verdict, facts: Facts) -> None:
    """What no finding has said already."""
    said = {finding.fact for finding in verdict.findings}
    for number, (topic, why) in enumerate((topic, why) for topic, why in facts.doubts.items() if why not in said):
        say(("" if number else "\n") + f"could not look at the {topic}: {plain(why)}")


def _print_commands(verdict: Verdict) -> None:
    for finding in verdict.findings:
        if finding.remedy is not None:
            say(f"# {finding.code}: {plain(finding.fact)}" + ("" if finding.remedy.safe else " (left to you)"))
            for line in _lines(finding):
                say(line)


def _lines(finding: Finding) -> list[str]:
    if finding.remedy is None:
        return []
    then = ["# then boot this host again"] if finding.remedy.reboot else []
    return [plain(line) for line in (*finding.remedy.commands, *then)]


def mend(verdict: Verdict) -> bool:
    """Run the safe commands, each once, and say how each ended; return whether there were any."""
    safe = (finding.remedy for finding in verdict.findings if finding.remedy is not None and finding.remedy.safe)
    lines = list(dict.fromkeys(line for remedy in safe for line in remedy.commands))
    for line in lines:
        say(f"# {plain(line)}: {_run(shlex.split(line))}")
    return bool(lines)


def _run(argv: list[str]) -> str:
    program = find_program(argv[0])
    if program is None:
        return f"there is no {argv[0]} on this host"
    try:
        # kdump looks at the host's network to build an initrd for a network target.
        finished = run([str(program), *argv[1:]], Limits(LONGEST_REPAIR, network=True))
    except OSError as exc:
        return f"could not be started: {exc.strerror}"
    return "done" if finished.ok else plain(finished.blame())
