"""Every setting: its key, type, default and meaning, told once.

The manual page kdump-agent.toml(5) is written from this table; reading files is config.py's work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

from . import units
from .analysis.commands import DEFAULT, refusal

Reader = Callable[[object], Any]
"""Turns a TOML value into ours; raises ValueError with the wish ("whole number, 1 to 19")."""

SCHEMES = ("file", "tus+https", "tus+http")


def option(read: Reader, default: Any, doc: str, *, shown: str | None = None) -> Any:
    """One setting of a section; ``shown`` is how the manual writes its default."""
    keep = {"read": read, "doc": doc, "shown": shown}
    return field(default_factory=dict, metadata=keep) if default == {} else field(default=default, metadata=keep)


def whole(low: int, high: int) -> Reader:
    """Want a whole number in a range."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number, {low} to {high}")
        return value

    return read


def share(value: object) -> float:
    """Want a part of one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise ValueError("a number from 0 to 1")
    return float(value)


def places(value: object) -> tuple[str, ...]:
    """Want a list of absolute paths."""
    if not isinstance(value, list) or len(value) > 32:
        raise ValueError("a list of at most 32 absolute paths")
    return tuple(str(path(each)) for each in value)


def commands(value: object) -> tuple[str, ...]:
    """Want a list of commands that crash may be asked."""
    if not isinstance(value, list) or len(value) > 64:
        raise ValueError("a list of at most 64 commands of crash")
    for each in value:
        why = refusal(each) if isinstance(each, str) else "text"
        if why is not None:
            raise ValueError(f"commands, each of them {why}")
    return tuple(value)


def server(value: object) -> str:
    """Want the address of a server, without a secret in it."""
    if not isinstance(value, str) or not re.fullmatch(
        r"https?://[A-Za-z0-9.\[\]:-]{1,255}(?:/[A-Za-z0-9._~/-]*)?", value
    ):
        raise ValueError("https://host/, without user and query")
    return value


def yes_or_no(value: object) -> bool:
    """Want true or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def path(value: object) -> Path:
    """Want an absolute path."""
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value:
        raise ValueError("an absolute path")
    return Path(value)


def size(value: object) -> int:
    """Want a number of bytes, with or without a unit."""
    return int(_quantity(value, units.size, 'a size, as "20 GiB"'))


def duration(value: object) -> float:
    """Want a number of seconds, with or without a unit."""
    return _quantity(value, units.duration, 'a duration, as "30 d"')


def or_none(read: Reader) -> Reader:
    """Accept the word "none" for "no limit" besides what ``read`` wants."""

    def read_or_none(value: object) -> Any:
        if value == "none":
            return None
        try:
            return read(value)
        except ValueError as exc:
            raise ValueError(f'{exc}, or "none"') from None

    return read_or_none


def at_least(read: Reader, least: float, wish: str) -> Reader:
    """Refuse what would hold everything up."""

    def read_enough(value: object) -> Any:
        found = read(value)
        if found < least:
            raise ValueError(wish)
        return found

    return read_enough


def address(value: object) -> str:
    """Want the address of an endpoint, without a secret in it."""
    wish = "file:///folder, tus+https://host/path/ or tus+http://host/path/, without user, query or fragment"
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or "%00" in value:
        raise ValueError(wish)
    try:
        parts = urlsplit(value)
        usable = parts.scheme in SCHEMES and not (parts.username or parts.password or parts.query or parts.fragment)
        whole_one = parts.path.startswith("/") and parts.port != 0
    except ValueError:
        raise ValueError(wish) from None
    if not usable or not whole_one or bool(parts.hostname) == (parts.scheme == "file"):
        raise ValueError(wish)
    return value


def proxy_address(value: object) -> str:
    """Want the address of a proxy, without a secret in it."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]{1,255}/?", value):
        raise ValueError("http://host:port, without user")
    return value


def host_name(value: object) -> str:
    """Want a name that can be one component of a key."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}", value):
        raise ValueError("a host name of letters, digits, dots, dashes and underlines")
    return value


def tags(value: object) -> Mapping[str, str]:
    """Want a table of short texts."""
    wish = "a table of at most 64 names with texts of at most 256 characters"
    if not isinstance(value, dict) or len(value) > 64:
        raise ValueError(wish)
    if not all(isinstance(text, str) and len(text) <= 256 and len(name) <= 64 for name, text in value.items()):
        raise ValueError(wish)
    return dict(value)


def _quantity(value: object, read: Callable[[str], float], wish: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(wish)
    try:
        return read(str(value))
    except (ValueError, OverflowError):
        raise ValueError(wish) from None


@dataclass(frozen=True)
class AgentSettings:
    """[agent]"""

    crash_dir: Path | None = option(
        path,
        None,
        "The folder in which crashes appear. It is one: what RHEL's kdump saves on the root file system when its own "
        "target fails (failure_action dump_to_rootfs) is not seen there, and is shipped by `kdump-agent ship FOLDER`.",
        shown="what kdump's own settings say, else /var/crash",
    )
    state_dir: Path = option(path, Path("/var/lib/kdump-agent"), "Where jobs are kept; a local file system.")
    settle: float = option(
        duration,
        3.0,
        "How long a finished-looking dump that was written in this boot must lie unchanged.",
        shown="3 s",
    )
    incomplete_wait: float = option(
        duration,
        600.0,
        "How long to wait for a dump under its temporary name, unchanged, before it is shipped marked partial. "
        "One that was last written before this boot has lost its writer and is not waited for. "
        "As long, too, for one that is open for writing, by what the kernel says, and does not change.",
        shown="10 min",
    )
    rescan: float = option(
        at_least(duration, 1, 'a duration of 1 s or more, as "60 s"'), 60.0,
        "The longest time between two looks at the crash folder; more than 60 s is cut to that.",
        shown="60 s",
    )  # fmt: skip


@dataclass(frozen=True)
class EndpointSettings:
    """[endpoint]"""

    url: str | None = option(
        address,
        None,
        "Where crashes go: file:///folder (also a mounted NFS share) or tus+https://host/path/. "
        "tus+http:// sends everything in the clear, and a token over it to this host only.",
        shown="file://STATE_DIR/outbox",
    )
    token_file: Path | None = option(
        path, None, "A file of mode 0600 that holds the bearer token; read anew for each connection.",
        shown='the systemd credential "token", which the unit takes from /etc/kdump-agent/token; '
        'by hand, the file "token" beside the settings',
    )  # fmt: skip
    ca_file: Path | None = option(
        path, None, "Trust these certificate authorities (PEM) and no others.", shown="the system's"
    )
    client_cert: Path | None = option(
        path, None, "The certificate (PEM) by which this host proves itself.", shown="none"
    )
    client_key: Path | None = option(
        path, None, "The certificate's private key.", shown="expected in client_cert's file"
    )
    proxy: str | None = option(
        proxy_address, None, "Go through this HTTP proxy. The environment's is ignored.", shown="none"
    )


@dataclass(frozen=True)
class HostSettings:
    """[host]"""

    name: str | None = option(
        host_name, None, "This host's name at the endpoint.",
        shown="the kernel's host name; while it has none of its own, localhost and the start of the machine's id",
    )  # fmt: skip
    tags: Mapping[str, str] = option(tags, {}, 'Texts that every report carries, as rack = "b4".', shown="none")


@dataclass(frozen=True)
class PackSettings:
    """[pack]"""

    level: int = option(whole(1, 19), 3, "The zstd level.")
    threads: int = option(
        whole(0, 256),
        0,
        "zstd's threads. 0 is one for each core, at most 8: beyond that hashing is the limit.",
    )
    min_saving: float = option(
        share,
        0.03,
        "A packed dump that is not smaller by this part of it is thrown away and the dump shipped as it is.",
    )


@dataclass(frozen=True)
class ShipSettings:
    """[ship]"""

    bandwidth: int | None = option(
        or_none(at_least(size, 1024, 'a size of 1 KiB or more, as "10 MiB"')), None,
        'The most bytes a second, as "10 MiB".', shown="no limit",
    )  # fmt: skip
    spread: float = option(
        duration,
        600.0,
        "After a boot, dumps begin to leave at a moment within this time that is the host's own and always the same, "
        "so that a fleet that reboots together does not come at once. Reports leave at once.",
        shown="10 min",
    )


@dataclass(frozen=True)
class RetainSettings:
    """[retain]"""

    keep: int | None = option(
        or_none(whole(0, 100_000)), 3, "Keep the local copies of the newest delivered crashes, this many."
    )
    max_age: float | None = option(
        or_none(duration),
        30 * 86400.0,
        "Remove the local copy of a delivered crash that is older.",
        shown="30 d",
    )
    max_bytes: int | None = option(
        or_none(size),
        20 << 30,
        "Remove the oldest local copies of delivered crashes beyond this sum.",
        shown="20 GiB",
    )
    min_free: int = option(
        size, 500 << 20,
        "Remove the oldest local copies of delivered crashes until this much is free; a dump whose packing would "
        "leave less is shipped unpacked.", shown="500 MiB",
    )  # fmt: skip
    remove_source: bool = option(
        yes_or_no,
        False,
        "Does the local copy include the dump in the crash folder? If not, that folder is left alone. A dump that was "
        "shipped by hand from elsewhere is never removed.",
    )


@dataclass(frozen=True)
class StatusSettings:
    """[status]"""

    send: bool = option(
        yes_or_no, True, "Tell the endpoint at hosts/<host>/status.json how this host is: after boot, on change, daily."
    )


@dataclass(frozen=True)
class LastBootSettings:
    """[last_boot]"""

    report: bool = option(
        yes_or_no, True, "Report a boot that ended without a clean shutdown and left no dump, with what can be had."
    )
    remove_pstore: bool = option(
        yes_or_no,
        False,
        "Remove the kernel's pstore records once the report made of them is delivered. The service must then be "
        "allowed to write to /sys/fs/pstore and /var/lib/systemd/pstore (ReadWritePaths=).",
    )


@dataclass(frozen=True)
class AnalysisSettings:
    """[analysis]"""

    enabled: bool = option(
        yes_or_no,
        True,
        "Open each dump with crash or drgn, once its report has left, where the vmlinux of its very kernel is found.",
    )
    vmlinux: tuple[str, ...] = option(
        places,
        (),
        'Look for the vmlinux here before the usual places; "{release}" stands for the release of the kernel that '
        "crashed.",
        shown="[]",
    )
    debuginfod: str | None = option(
        server, None, "Ask this debuginfod server for a vmlinux that is nowhere on this host.", shown="none is asked"
    )
    cache: int = option(
        size, 4 << 30,
        "The most bytes that a vmlinux which was unpacked or fetched may take, and all of them together, in "
        "STATE_DIR/vmlinux.", shown="4 GiB",
    )  # fmt: skip
    commands: tuple[str, ...] = option(
        commands,
        (),
        "What to ask crash instead of the usual commands. Only commands that read are taken, without pipes and "
        "redirections.",
        shown=", ".join(DEFAULT),
    )
    command_time: float = option(
        duration, 60.0, "The longest that one command may take; crash is then started anew without it.", shown="60 s"
    )
    time: float = option(
        duration, 300.0, "The longest that each debugger may take for a dump; more than 15 min is cut to that.",
        shown="5 min",
    )  # fmt: skip


@dataclass(frozen=True)
class MetricsSettings:
    """[metrics]"""

    textfile: Path | None = option(
        path,
        None,
        "A file of Prometheus metrics for the node exporter, as /var/lib/prometheus/node-exporter/kdump-agent.prom. "
        "The service must be allowed to write to its folder (ReadWritePaths=).",
        shown="none is written",
    )


@dataclass(frozen=True)
class Settings:
    """All settings, checked."""

    agent: AgentSettings = AgentSettings()
    endpoint: EndpointSettings = EndpointSettings()
    host: HostSettings = HostSettings()
    pack: PackSettings = PackSettings()
    ship: ShipSettings = ShipSettings()
    retain: RetainSettings = RetainSettings()
    status: StatusSettings = StatusSettings()
    last_boot: LastBootSettings = LastBootSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    metrics: MetricsSettings = MetricsSettings()

    @property
    def url(self) -> str:
        """The endpoint's address, the default filled in."""
        return self.endpoint.url or f"file://{self.agent.state_dir}/outbox"
