"""``kdump-agent decode PATH...``: say what a log, a dump or a crash folder tells, without an agent."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kdump_agent.decode.log import decode
from kdump_agent.errors import AgentError
from kdump_agent.report.document import DumpFacts, document

from .answer import say
from .wire import PATHS

_LARGEST_LOG = 32 << 20
NO_DUMP = DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown", why=("no dump was asked about",))


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", help="a log, a dump, a crash folder, or - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="one report a line, in the order asked")
    parser.add_argument("--brief", action="store_true", help="one line for each")


def main(args: argparse.Namespace) -> int:
    failed = 0
    for path in args.paths:
        try:
            report = report_of(path)
        except (OSError, AgentError) as exc:
            failed = 1
            report = _report(b"", "none", replace(NO_DUMP, source=path), (f"{path}: cannot be read: {exc}",))
        _print(args, path, report)
    return failed


def report_of(path: str) -> dict[str, Any]:
    """Return the report of what lies at a path. Raises OSError, AgentError."""
    if path == "-":
        return _report(sys.stdin.buffer.read(_LARGEST_LOG + 1), "file", NO_DUMP)
    place = Path(path)
    if place.is_dir():
        return _folder(place)
    with place.open("rb") as file:
        head = file.read(32)
        if _is_dump(head):
            return _dump(place, file.fileno())
        file.seek(0)
        return _report(file.read(_LARGEST_LOG + 1), "file", NO_DUMP)


def _is_dump(head: bytes) -> bool:
    return head.startswith((b"\x7fELF", b"KDUMP   ", b"makedumpfile\0"))


def _folder(place: Path) -> dict[str, Any]:
    from kdump_agent.discover import layout

    group = next(iter(layout.groups([entry.name for entry in place.iterdir()])), None)
    if group is None:
        raise AgentError("holds neither a dump nor a log of a crash")
    log = (place / group.dmesg).read_bytes()[: _LARGEST_LOG + 1] if group.dmesg else None
    if group.dump is None:
        return _report(log or b"", "file", NO_DUMP)
    with (place / group.dump).open("rb") as file:
        return _dump(place / group.dump, file.fileno(), log)


def _dump(path: Path, fd: int, log: bytes | None = None) -> dict[str, Any]:
    from kdump_agent.decoder.ask import open_decoder
    from kdump_agent.decoder.dmesg import LOG
    from kdump_agent.vmcore.header import read_header

    header = read_header(fd)
    doubts: tuple[str, ...] = ()
    source = "file"
    if log is None:
        with tempfile.TemporaryDirectory(prefix="kdump-agent-") as scratch:
            answer = open_decoder(PATHS.decoder, Path(scratch)).ask("dmesg", {"vmcore": fd}, lambda: None)
        log, doubts = answer.blobs.get(LOG), tuple(answer.doubts)
        source = "none" if log is None else "vmcore"
    facts = DumpFacts(
        source=str(path), format=header.format, bytes=os.fstat(fd).st_size, sha256=None, whole=header.whole,
        why=header.why, release=header.release, version=header.version, machine=header.machine,
        build_id=header.build_id, compression=header.compression, pages=header.pages, level=header.dump_level,
    )  # fmt: skip
    return _report(log or b"", source, facts, doubts, header.crash_time)


def _report(
    log: bytes, source: str, dump: DumpFacts, doubts: tuple[str, ...] = (), crashed_at: int | None = None
) -> dict[str, Any]:
    return document(
        asdict(decode(log)),
        crash_id=None,
        host=None,
        crashed_at=crashed_at,
        dump=dump,
        dmesg_source=source,
        doubts=doubts,
    )


def _print(args: argparse.Namespace, path: str, report: dict[str, Any]) -> None:
    if args.json:
        say(json.dumps(report))
        return
    from kdump_agent.report.terminal import brief, render

    if args.brief:
        say(f"{ascii(path)[1:-1]}: {brief(report)}" if len(args.paths) > 1 else brief(report))
        return
    say(render(report, colour=sys.stdout.isatty()))
