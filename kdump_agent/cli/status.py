"""``kdump-agent status``: how far everything is."""

from __future__ import annotations

import argparse
from collections import Counter

from kdump_agent import files
from kdump_agent.model import Stage
from kdump_agent.units import show_size

from . import wire
from .answer import plain, print_json, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    setting = wire.load(args)
    known, damaged = setting.jobs.all()
    running = setting.jobs.busy()
    stages = Counter(job.stage.value for job in known)
    free = files.free_space(setting.jobs.home).bytes_free if setting.jobs.home.exists() else None
    document = {
        "running": running,
        "host": setting.host.name,
        "crash_dir": str(setting.crash_dir),
        "crash_dir_source": setting.crash_dir_source,
        "state_dir": str(setting.jobs.state_dir),
        "endpoint": setting.settings.url,
        "jobs": {stage.value: stages[stage.value] for stage in Stage},
        "parked": sum(job.parked for job in known),
        "damaged": len(damaged),
        "bytes_free": free,
        "errors": {job.id: job.error for job in known if job.error},
    }
    if args.json:
        print_json(document)
        return 0
    say(f"Agent     {'runs' if running else 'does not run'}")
    say(f"Host      {setting.host.name}")
    say(f"Crashes   {plain(str(setting.crash_dir))} ({plain(setting.crash_dir_source)})")
    say(f"Endpoint  {plain(setting.settings.url)}")
    say(f"State     {plain(str(setting.jobs.state_dir))}, {'unknown' if free is None else show_size(free)} free")
    counts = ", ".join(f"{count} {stage}" for stage, count in stages.items()) or "none"
    say(f"Jobs      {counts}; {document['parked']} parked, {len(damaged)} damaged")
    for job in known:
        if job.error:
            say(f"          {job.id}: {plain(job.error)}")
    return 0
