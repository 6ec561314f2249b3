"""Read kdump's settings as they are written; what they mean is judged elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from kdump_agent.arming.distros.shell import assignments, directives
from kdump_agent.look import Look


def settings(look: Look) -> tuple[Mapping[str, str], str | None]:
    """Return the settings and the file that a person would edit, None when this host has none."""
    paths = look.paths
    found: dict[str, str] = {}
    file = None
    for path, parse in (
        (paths.sysconfig_kdump, assignments),
        (paths.kdump_conf, directives),
        (paths.default_kdump_tools, assignments),
    ):
        text = look.text("settings", path)
        if text is not None:
            found.update(parse(text))
            file = look.name(path)
    return found, file
