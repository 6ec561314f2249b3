"""``kdump-agent config``: check the settings, or show what holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from kdump_agent import config
from kdump_agent.units import show_duration

from . import wire
from .answer import plain, print_json, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("check", "show"), help="check them, or show every setting that holds")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    settings = wire.load_settings(args)
    if args.what == "check":
        if settings.url.startswith("tus+"):
            wire.check_endpoint(settings)
        print_json({"valid": True}) if args.json else say("The settings are valid.")
        return 0
    shown: dict[str, dict[str, Any]] = {}
    for section, field in config.sections():
        value = getattr(getattr(settings, section), field.name)
        shown.setdefault(section, {})[field.name] = str(value) if isinstance(value, Path) else value
    shown["endpoint"]["url"] = settings.url
    if args.json:
        print_json(shown)
        return 0
    for section, values in shown.items():
        say(f"[{section}]")
        for key, value in values.items():
            say(f"{key} = {_written(value)}" if value is not None else f"# {key} is not set")
        say("")
    return 0


def _written(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_written(name)} = {_written(text)}" for name, text in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, float) and value >= 1:
        return f'"{show_duration(value)}"' if show_duration(value).count(" ") == 1 else f'"{value:g} s"'
    if isinstance(value, (int, float)):
        return repr(value)
    return '"' + plain(str(value)).replace("\\", "\\\\").replace('"', '\\"') + '"'
