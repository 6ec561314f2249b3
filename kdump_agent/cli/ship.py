"""``kdump-agent ship PATH``: ship a dump or a crash folder by hand."""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

from kdump_agent.discover import layout
from kdump_agent.errors import AgentError, Refused, Stop
from kdump_agent.files import open_plain
from kdump_agent.model import CrashDir, Dump, Job

from . import wire
from .answer import print_json, say, summary


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", type=Path, help="a vmcore, or a folder that kdump made")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    from .engine import crash_time

    setting = wire.load(args)
    crashes = list(_crashes(Path(os.path.realpath(args.path))))
    if not crashes:
        raise AgentError(f"{args.path}: holds neither a dump nor a log of a crash")
    with setting.jobs.lock() as held:
        if held:
            setting.jobs.prepare()
        elif not setting.jobs.home.exists():
            raise AgentError(f"{setting.jobs.home}: is not there yet; try again")
        made = [_create(setting, crash, crash_time(crash)) for crash in crashes]
        delivered = _deliver(setting, made) if held else False
    _answer(args, setting, made, held)
    return 0 if delivered or not held else 1


def _create(setting: wire.Setting, crash: CrashDir, crashed_at: int) -> Job:
    try:
        return setting.jobs.create(crash, crashed_at=crashed_at, now=int(time.time()))
    except OSError as exc:
        raise AgentError(f"{setting.jobs.home}: no job can be made: {exc.strerror}") from exc


def _crashes(path: Path) -> list[CrashDir]:
    if path.is_dir():
        names = sorted(os.listdir(path))  # noqa: PTH208 (names, not paths)
        kind = layout.kind_of(path.name)
        whole = CrashDir(path, kind.layout, None, None, drill=kind.drill)
        groups = [group for group in layout.groups(names) if group.dump or group.dmesg]
        return [
            replace(whole, dump=_file(path, group.dump), dmesg=_file(path, group.dmesg), partial=group.dump_unfinished)
            for group in groups
        ]
    return [CrashDir(path.parent, "loose", _file(path.parent, path.name), None)]


def _file(folder: Path, name: str | None) -> Dump | None:
    if name is None:
        return None
    try:
        with open_plain(folder, (name,), owners=frozenset({0, os.geteuid()})) as fd:
            found = os.fstat(fd)
    except (OSError, Refused) as exc:
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise AgentError(f"{folder / name}: cannot be shipped: {why}") from exc
    return Dump(name, found.st_ino, found.st_size, found.st_mtime_ns)


def _deliver(setting: wire.Setting, made: list[Job]) -> bool:
    from kdump_agent.service.log import set_up
    from kdump_agent.service.notify import Notify
    from kdump_agent.service.progress import Progress

    from .engine import StopRequest, build

    progress = Progress(Notify())
    try:
        agent = build(setting, set_up(), progress, StopRequest())
        carried = [agent.carry(job) for job in made]
        return all(carried)
    except Stop:
        return False
    finally:
        progress.clear()


def _answer(args: argparse.Namespace, setting: wire.Setting, made: list[Job], held: bool) -> None:
    jobs = [setting.jobs.read(job.id) for job in made]
    if args.json:
        print_json({"jobs": [summary(job, setting.jobs) for job in jobs], "left_to_the_agent": not held})
        return
    for job in jobs:
        say(f"{job.id}: {job.stage.value if held else 'left to the running agent'}")
