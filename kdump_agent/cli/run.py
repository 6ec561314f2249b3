"""``kdump-agent run``: the daemon, or one pass of it."""

from __future__ import annotations

import argparse
import contextlib
import sys

from kdump_agent.errors import AgentError, Stop

from .wire import Setting, load

EXIT_BUSY = 3
"""Another agent holds the lock of this state directory."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--once",
        action="store_true",
        help="do one full pass: exit 0 when all is delivered, 1 when something waits or is parked, 2 when the crash "
        "folder could not be looked at",
    )


def main(args: argparse.Namespace) -> int:
    setting = load(args)
    with setting.jobs.lock() as held:
        if not held:
            print(f"kdump-agent: another agent works in {setting.jobs.state_dir}", file=sys.stderr)  # noqa: T201
            return EXIT_BUSY
        return _run(setting, once=args.once)


def _run(setting: Setting, *, once: bool) -> int:
    from kdump_agent.discover.watch import open_doorbell
    from kdump_agent.service.log import set_up
    from kdump_agent.service.notify import Notify
    from kdump_agent.service.progress import Progress

    from .engine import StopRequest, build

    log, notify = set_up(), Notify()
    progress = Progress(notify)
    try:
        stop = StopRequest()
        setting.jobs.prepare()
        agent = build(setting, log, progress, stop, notify.status, spread=not once)
        with contextlib.ExitStack() as leaving:
            leaving.callback(agent.end)
            doorbell = leaving.enter_context(open_doorbell(setting.crash_dir, extra=(setting.jobs.home,)))
            log.info(
                "agent started", crash_dir=str(setting.crash_dir), said_by=setting.crash_dir_source,
                state_dir=str(setting.jobs.state_dir), endpoint=setting.settings.url, host=setting.host.name,
            )  # fmt: skip
            notify.ready()
            if once:
                return agent.one_pass(doorbell)
            agent.serve(doorbell)
    except Stop as exc:
        log.info("agent stopped", why=str(exc))
        return 0 if not once else 1
    except AgentError as exc:
        log.error("agent cannot run", why=str(exc))
        return 2
    finally:
        progress.clear()
        notify.stopping()
    return 0
