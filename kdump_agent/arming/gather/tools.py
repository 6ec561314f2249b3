"""The programs that write and read dumps, and the debugging information of the running kernel."""

from __future__ import annotations

import os
import re
from pathlib import Path

from kdump_agent.arming.facts import Tools
from kdump_agent.elf import build_id_of
from kdump_agent.look import Look


def tools(look: Look, release: str | None) -> Tools:
    """Look for makedumpfile, crash and a vmlinux."""
    collector = _program(look, "makedumpfile")
    vmlinux = _vmlinux(look, release) if release else None
    return Tools(
        collector=collector,
        collector_version=_version(look.ask("collector", "makedumpfile-v", ("makedumpfile", "-v")))
        if collector
        else (),
        analyser_version=_version(look.ask("analyser", "crash-version", ("crash", "--version"))),
        vmlinux=look.name(vmlinux) if vmlinux else None,
        vmlinux_build_id=_build_id(look, vmlinux) if vmlinux else None,
    )


def _program(look: Look, name: str) -> str | None:
    candidates = (folder / name for folder in look.paths.program_folders)
    return next((look.name(path) for path in candidates if os.path.lexists(path)), None)


def _version(said: str | None) -> tuple[int, ...]:
    """The first dotted number: "makedumpfile: version 1.7.2 (released on ...)", "crash 8.0.2"."""
    found = re.search(r"\b([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})\b", said or "")
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _vmlinux(look: Look, release: str) -> Path | None:
    return next((path for path in look.paths.vmlinuxes(release) if path.is_file()), None)


def _build_id(look: Look, vmlinux: Path) -> str | None:
    try:
        return build_id_of(vmlinux)
    except OSError as exc:
        look.doubt("vmlinux", f"{look.name(vmlinux)}: {exc.strerror}")
        return None
