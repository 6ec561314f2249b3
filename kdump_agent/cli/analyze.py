"""``kdump-agent analyze VMCORE``: open a dump with a debugger, wherever it lies and however it is packed."""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from kdump_agent import files
from kdump_agent.analysis.cache import Cache
from kdump_agent.analysis.find import Missing, Search
from kdump_agent.analysis.question import Question
from kdump_agent.decode.log import decode
from kdump_agent.decoder.ask import open_decoder
from kdump_agent.decoder.dmesg import LOG
from kdump_agent.discover import layout
from kdump_agent.errors import AgentError, Permanent
from kdump_agent.pack import unpack
from kdump_agent.pack.packers import packer
from kdump_agent.stages.analyse import analysis_of, ask_about, crashed, not_opened
from kdump_agent.vmcore.header import read_header

from . import debugger, spool, wire
from .answer import paper, print_json, say

_LARGEST_LOG = 32 << 20
EXIT = {"yes": 0, "partly": 1, "no": 1}
"""Opened, opened in part or not at all; what could not even be tried is 2."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", metavar="PATH", type=Path, help="a dump, packed or not, or the folder of a crash, also at an endpoint"
    )
    parser.add_argument(
        "--vmlinux", metavar="FILE", type=Path, help="the kernel that crashed; it must be that very build"
    )
    parser.add_argument(
        "--output", metavar="FOLDER", type=Path, help="leave analysis.json and every command's text there"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document (schema kdump-agent/analysis/1)")


def main(args: argparse.Namespace) -> int:
    settings = wire.load_settings(args)
    if args.vmlinux and not args.vmlinux.exists():
        raise AgentError(f"--vmlinux: want a file; got {args.vmlinux}")
    if args.output:
        _make(args.output)
    with tempfile.TemporaryDirectory(dir=spool.folder(), prefix="kdump-agent-") as scratch:
        room = Path(scratch)
        search = debugger.search(settings, Cache(room / "vmlinux", settings.analysis.cache))
        if args.vmlinux:
            search = replace(search, more=(os.path.abspath(args.vmlinux),), usual=False)  # noqa: PTH100
        with _open(args.path) as dump:
            told, texts = _analyse(dump, search, debugger.question(settings), room)
    if args.output:
        _leave(args.output, told, texts)
    if args.json:
        print_json(told)
    else:
        from kdump_agent.report.inside import render

        say(render(told, paper()))
    return EXIT[told["opened"]]


@dataclass(frozen=True)
class Opened:
    """A dump at hand."""

    fd: int
    log: bytes | None
    """What lay beside it."""
    doubts: tuple[str, ...] = ()


def _analyse(
    dump: Opened, search: Search, question: Question, room: Path
) -> tuple[dict[str, Any], Mapping[str, bytes]]:
    header = read_header(dump.fd)
    if header.format == "unknown":
        raise Permanent(f"the file is no dump: {'; '.join(header.why)}")
    decoder = open_decoder(wire.PATHS.decoder, room)
    log = dump.log
    if log is None:
        log = decoder.ask("dmesg", {"vmcore": dump.fd}, lambda: None).blobs.get(LOG, b"")
    with search.find(crashed(header, log)) as found:
        if isinstance(found, Missing):
            told = not_opened(found, None)
            return {**told, "doubts": [*dump.doubts, *told["doubts"]]}, {}
        fit = ask_about(replace(question, modules=search.modules(header.release)), header, asdict(decode(log)))
        told, texts = analysis_of(decoder, dump.fd, found, fit, None, lambda: None)
    return {**told, "doubts": [*dump.doubts, *told["doubts"]]}, texts


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Opened]:
    """Yield the dump at a path, unpacked where it is packed. Raises AgentError."""
    try:
        log = None
        if path.is_dir():
            group = next((each for each in layout.groups(sorted(os.listdir(path))) if each.dump), None)  # noqa: PTH208
            if group is None or group.dump is None:
                raise Permanent(f"{path}: holds no dump")
            log = _read_log(path, group.dmesg)
            path = path / group.dump
        with path.open("rb") as file, _unpacked(file.fileno()) as (fd, doubts):
            yield Opened(fd, log, doubts)
    except OSError as exc:
        raise AgentError(f"{path}: cannot be read: {exc.strerror or exc}") from exc


def _read_log(folder: Path, name: str | None) -> bytes | None:
    """Return the log beside a dump; a packed or hidden one is left for the dump itself to tell."""
    if name is None:
        return None
    with contextlib.suppress(OSError), (folder / name).open("rb") as file:
        log = file.read(_LARGEST_LOG)
        return log if packer(log) is None else None
    return None


@contextlib.contextmanager
def _unpacked(fd: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    program = packer(os.pread(fd, 16, 0))
    if program is None:
        yield fd, ()
        return
    with tempfile.TemporaryFile(dir=spool.folder(), prefix="kdump-agent-") as file:
        doubts = spool.lay_out(unpack.blocks(program, fd), file.fileno())
        with _unpacked(file.fileno()) as (inner, more):
            yield inner, doubts + more


def _make(folder: Path) -> None:
    """Make the folder for the answer before the minutes that the answer takes."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise AgentError(f"--output: {folder}: cannot be made: {exc.strerror}") from exc


def _leave(folder: Path, told: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
    try:
        for name, content in texts.items():
            files.write_durable(folder / name, content)
        files.write_json(folder / "analysis.json", told)
    except OSError as exc:
        raise AgentError(f"{folder}: cannot be written: {exc.strerror or exc}") from exc
