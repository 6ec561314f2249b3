"""Put the parts together: settings and host in, an agent out."""

from __future__ import annotations

import argparse
import os
import random
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from kdump_agent import config
from kdump_agent.arming.distros.crash_folder import crash_folder
from kdump_agent.jobs import Jobs
from kdump_agent.paths import HostPaths
from kdump_agent.report.document import Host
from kdump_agent.settings import Settings

if TYPE_CHECKING:
    from kdump_agent.ship.endpoint import Endpoint

PATHS = HostPaths()


@dataclass(frozen=True)
class Setting:
    """What every command starts from."""

    settings: Settings
    host: Host
    jobs: Jobs
    crash_dir: Path
    crash_dir_source: str
    """What said so."""


def load(args: argparse.Namespace) -> Setting:
    """Read the settings that a command line asks for. Raises ConfigError."""
    settings = load_settings(args)
    folder, source = find_crash_dir(settings)
    return Setting(settings, read_host(settings), Jobs(settings.agent.state_dir), folder, source)


def find_crash_dir(settings: Settings) -> tuple[Path, str]:
    """Return the folder in which crashes appear as things are now, and what says so."""
    folder, source = settings.agent.crash_dir, "agent.crash_dir"
    if folder is None:
        found = crash_folder(PATHS)
        folder, source = found.path, found.source
    return Path(os.path.realpath(folder)), source


def load_settings(args: argparse.Namespace) -> Settings:
    """Read the settings files. Raises ConfigError.

    A command by hand has no credential of systemd's: it takes the token from where the unit does, beside the settings.
    """
    path = args.config or PATHS.config
    settings = config.load(path, required=args.config is not None)
    token = Path(os.path.abspath(path)).with_name("token")  # noqa: PTH100 (links stay)
    if settings.endpoint.token_file or "CREDENTIALS_DIRECTORY" in os.environ or not os.path.lexists(token):
        return settings
    return replace(settings, endpoint=replace(settings.endpoint, token_file=token))


def endpoint(settings: Settings) -> Endpoint:
    """Return the endpoint; nothing is reached yet. Raises ConfigError or Permanent when its settings do not fit
    together, or a file that they name cannot be used."""
    from kdump_agent.service.credential import read_token
    from kdump_agent.ship.open import open_endpoint

    chosen = settings.endpoint
    return open_endpoint(
        settings.url, token=lambda: read_token(chosen.token_file), ca_file=chosen.ca_file,
        client_cert=chosen.client_cert, client_key=chosen.client_key, proxy=chosen.proxy,
        bandwidth=settings.ship.bandwidth,
    )  # fmt: skip


NAMELESS = {"", "localhost", "none-", "fedora"}
"""What a host is called, up to the first dot, before DHCP or a person has named it: hostname(5), os-release(5)."""


def read_host(settings: Settings) -> Host:
    """Return who this host is; a kernel's name that is no key component is made one.

    One that a whole fleet may have is told apart by the machine's id, lest its hosts overwrite each other's status.
    """
    machine = _first_line(PATHS.machine_id)
    name = settings.host.name or re.sub(r"[^A-Za-z0-9._-]", "-", _first_line(PATHS.hostname) or "").lstrip("-._")
    if settings.host.name is None and name.split(".")[0] in NAMELESS:
        name = f"localhost-{machine[:8]}" if machine else "localhost"
    return Host(name[:253], machine, settings.host.tags)


def _first_line(path: Path) -> str | None:
    try:
        return path.read_text("ascii", "replace")[:256].split("\n")[0].strip() or None
    except OSError:
        return None


def boot_time(now: float) -> float:
    """Return when this boot began, in seconds since 1970 by the present clock."""
    return now - float((_first_line(PATHS.uptime) or "0").split()[0])


def boot_id() -> str | None:
    """Return the kernel's id of this boot, without dashes, as the journal writes it."""
    return (_first_line(PATHS.boot_id) or "").replace("-", "") or None


@lru_cache(maxsize=1)
def _random() -> random.Random:
    return random.SystemRandom()


def backoff() -> Callable[[int, float | None], float]:
    """Return the wait after so many failed tries, in seconds, given what the endpoint asked for."""
    from kdump_agent.ship.backoff import delay

    return lambda attempt, after: delay(attempt, _random().random(), after=after)
