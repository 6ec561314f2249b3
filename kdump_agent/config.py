"""Read the settings files: TOML in, frozen Settings out, or every fault at once.

What the keys are and mean is settings.py's; where the files lie is paths.py's.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import ConfigError
from .settings import Settings

_LARGEST = 1 << 20
"""Bytes of a settings file that we are ready to parse."""


def load(path: Path, *, required: bool = False) -> Settings:
    """Return the settings of ``path`` and of ``config.d/*.toml`` beside it, a later file overriding an earlier one.

    No file at all is valid: then every default holds. Raises ConfigError that names every fault with its file,
    key, wish and value.
    """
    faults: list[str] = []
    chosen: dict[str, dict[str, Any]] = {}
    for file in _files(path, required, faults):
        try:
            document = _read(file)
        except ConfigError as exc:
            faults.append(str(exc))
            continue
        for section, key, value in _checked(file, document, faults):
            chosen.setdefault(section, {})[key] = value
    if faults:
        raise ConfigError("\n".join(faults))
    return _build(chosen)


def sections() -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    """Yield every setting as (section, field), in the order of the manual."""
    defaults = Settings()
    for section in dataclasses.fields(Settings):
        for field in dataclasses.fields(getattr(defaults, section.name)):
            yield section.name, field


def _files(path: Path, required: bool, faults: list[str]) -> Iterator[Path]:
    """Yield the files to read; a folder that cannot be looked into may hide settings, which is a fault."""
    if required or os.path.lexists(path):
        yield path
    more = path.parent / "config.d"
    try:
        names = sorted(os.listdir(more))  # noqa: PTH208 (names, not paths)
    except FileNotFoundError:
        return
    except OSError as exc:
        faults.append(f"{more}: cannot be read: {exc.strerror}")
        return
    yield from (more / name for name in names if name.endswith(".toml") and not name.startswith("."))


def _read(path: Path) -> dict[str, Any]:
    try:
        import tomli
    except ModuleNotFoundError:  # Enterprise Linux 10 has no tomli, whose code Python 3.11 and later have as tomllib
        import tomllib as tomli  # type: ignore[import-not-found,no-redef,unused-ignore]

    try:
        _refuse_if_others_may_write(path)
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ConfigError(f"{path}: is larger than {_LARGEST} bytes; no settings file is")
        return tomli.loads(content.decode())
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 at byte {exc.start}") from exc
    except tomli.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: is not TOML: {exc}") from exc
    except RecursionError:
        raise ConfigError(f"{path}: is nested too deeply") from None


def _refuse_if_others_may_write(path: Path) -> None:
    """Settings choose where memory images go: only root or we may have written them."""
    real = path.resolve(strict=True)
    if not real.is_file():
        raise ConfigError(f"{path}: is not a regular file")
    for place in (real, *real.parents):
        found = place.stat()
        shared_safely = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if found.st_uid not in (0, os.geteuid()):
            raise ConfigError(f"{path}: {place} belongs to user {found.st_uid}; chown root {place}")
        if found.st_mode & 0o022 and not shared_safely:
            raise ConfigError(f"{path}: {place} may be written by others; chmod go-w {place}")


def _checked(file: Path, document: dict[str, Any], faults: list[str]) -> Iterator[tuple[str, str, Any]]:
    known = {(section, field.name): field for section, field in sections()}
    names = {section for section, _ in known}
    for section, table in document.items():
        if section not in names or not isinstance(table, dict):
            wish = f"one of the tables {', '.join(f'[{name}]' for name in sorted(names))}"
            faults.append(f"{file}: {section}: want {wish}")
            continue
        for key, value in table.items():
            field = known.get((section, key))
            if field is None:
                wish = ", ".join(name for home, name in known if home == section)
                faults.append(f"{file}: {section}.{key}: is no setting; want one of {wish}")
                continue
            try:
                yield section, key, field.metadata["read"](value)
            except ValueError as exc:
                faults.append(f"{file}: {section}.{key}: want {exc}; got {_shown(key, value)}")


def _shown(key: str, value: object) -> str:
    """Show a value as it was given, short, and without the secret that an address may carry, or that was put where
    its file's name belongs."""
    if key == "token_file":
        return "something else, which may be the token itself and is not shown"
    if isinstance(value, str) and "//" in value:
        value = re.sub(r"(?s)//.*@", "//***@", re.sub(r"(?s)\?.*", "?***", value))
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _build(chosen: dict[str, dict[str, Any]]) -> Settings:
    built = Settings()
    for section, values in chosen.items():
        built = dataclasses.replace(built, **{section: dataclasses.replace(getattr(built, section), **values)})
    return built
