"""The house rules of docs/architecture.md, held by reading the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "kdump_agent"
SOURCES = sorted(PACKAGE.rglob("*.py"))

STAGE_FOLDERS = {"discover", "vmcore", "decode", "pack", "ship", "retain", "report", "arming", "analysis", "lastboot"}
PURE = (
    "analysis/read/",
    "analysis/commands.py",
    "analysis/conform.py",
    "analysis/gather.py",
    "analysis/heard.py",
    "analysis/packages.py",
    "analysis/versions.py",
    "decode/",
    "arming/verdict.py",
    "arming/rules.py",
    "arming/seen.py",
    "lastboot/judge.py",
    "lastboot/wtmp.py",
    "discover/layout.py",
    "pipeline.py",
    "retain/policy.py",
    "ship/backoff.py",
)
IMPURE_MODULES = {
    "fcntl",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "requests",
    "secrets",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "structlog",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib3",
}
DOORS = {  # outside thing -> the only places that may open it
    "tomli": ("config.py",),
    "tomllib": ("config.py",),
    "pyinotify": ("discover/watch.py",),
    "requests": ("ship/", "analysis/debuginfod.py"),
    "urllib3": ("ship/",),
    "sdnotify": ("service/",),
    "structlog": ("service/",),
    "subprocess": ("process.py", "pack/", "analysis/session.py"),
}


def place(source: Path) -> str:
    return source.relative_to(PACKAGE).as_posix()


def imported(source: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it; ours as ``kdump_agent.x.y``."""
    package = ["kdump_agent", *source.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            if stem.startswith("kdump_agent"):
                yield from (f"{stem}.{alias.name}" for alias in node.names)


def ours(source: Path) -> set[str]:
    """The first name below ``kdump_agent`` of everything of ours that a file imports."""
    return {name.split(".")[1] for name in imported(source) if name.startswith("kdump_agent.")}


@pytest.mark.parametrize("name", ["model.py", "errors.py"])
def test_the_nouns_import_nothing_of_ours(name: str) -> None:
    assert ours(PACKAGE / name) == set()


@pytest.mark.parametrize("source", [s for s in SOURCES if place(s).split("/")[0] in STAGE_FOLDERS], ids=place)
def test_no_stage_folder_imports_another_nor_the_agent(source: Path) -> None:
    home = place(source).split("/")[0]
    strangers = (STAGE_FOLDERS - {home}) | {"agent", "pipeline", "jobs", "stages", "cli", "service"}
    assert ours(source) & strangers == set()


DECODER_KNOWS = {"decoder", "vmcore", "analysis", "errors", "files", "process"}


@pytest.mark.parametrize("source", [s for s in SOURCES if place(s).startswith(("decoder/", "vmcore/"))], ids=place)
def test_what_opens_dumps_knows_no_settings_endpoint_or_secret(source: Path) -> None:
    assert ours(source) <= DECODER_KNOWS


@pytest.mark.parametrize("source", [s for s in SOURCES if not place(s).startswith(("cli/", "__main__"))], ids=place)
def test_nothing_imports_the_commands(source: Path) -> None:
    assert "cli" not in ours(source)


@pytest.mark.parametrize("source", [s for s in SOURCES if place(s).startswith(PURE)], ids=place)
def test_pure_code_touches_no_clock_disk_or_network(source: Path) -> None:
    assert {name.split(".")[0] for name in imported(source)} & IMPURE_MODULES == set()


@pytest.mark.parametrize("source", SOURCES, ids=place)
def test_each_outside_thing_has_one_door(source: Path) -> None:
    for name in imported(source):
        doors = DOORS.get(name.split(".")[0])
        assert doors is None or place(source).startswith(doors), f"{name} belongs in {doors}"


@pytest.mark.parametrize("source", SOURCES, ids=place)
def test_only_files_py_fsyncs(source: Path) -> None:
    assert place(source) == "files.py" or "fsync(" not in source.read_text().replace("fdatasync(", "fsync(")
