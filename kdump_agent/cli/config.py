"""``kdump-agent config``: check the settings, or show what holds."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path
from typing import Any

from kdump_agent import config
from kdump_agent.settings import Reader
from kdump_agent.units import show_duration

from . import wire
from .answer import print_json, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("check", "show"), help="check them, or show every setting that holds")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(args: argparse.Namespace) -> int:
    settings = wire.load_settings(args)
    if args.what == "check":
        wire.endpoint(settings)
        print_json({"valid": True}) if args.json else say("The settings are valid.")
        return 0
    shown: dict[str, dict[str, Any]] = {}
    fields = {(section, field.name): field for section, field in config.sections()}
    for (section, _), field in fields.items():
        value = getattr(getattr(settings, section), field.name)
        shown.setdefault(section, {})[field.name] = str(value) if isinstance(value, Path) else value
    shown["endpoint"]["url"] = settings.url
    if args.json:
        print_json(shown)
        return 0
    for section, values in shown.items():
        say(f"[{section}]")
        for key, value in values.items():
            say(_line(key, value, fields[section, key].metadata["read"]))
        say("")
    return 0


def _line(key: str, value: Any, read: Reader) -> str:
    """Write a setting as a line of TOML: in words where they read as the same, else as it is."""
    words = "none" if value is None else show_duration(value) if isinstance(value, float) else ""
    with contextlib.suppress(ValueError):
        if read(words) == value:
            return f"{key} = {_written(words)}"
    return f"# {key} is not set" if value is None else f"{key} = {_written(value)}"


def _written(value: Any) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        inner = ", ".join(f"{_written(name)} = {_written(text)}" for name, text in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (int, float)):
        return repr(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text) + '"'
