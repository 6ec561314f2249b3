"""Gather the facts of a host, one file a topic; no judgement, and nothing raises on what a host holds."""

from __future__ import annotations

import dataclasses

from kdump_agent.arming.distros.distribution import parse_os_release
from kdump_agent.arming.facts import Facts
from kdump_agent.look import Look
from kdump_agent.paths import HostPaths

from .crash_kernel import crash_kernel
from .host import kernel, rivals, watchdogs
from .reservation import reservation
from .settings import settings
from .target import target
from .tools import tools
from .unit import kdump_unit, unit


def gather(paths: HostPaths) -> Facts:
    """Return the facts of the host below ``paths.root``; what could not be looked at is a doubt in them."""
    look = Look(paths)
    distribution = dataclasses.replace(
        parse_os_release(look.text("distribution", paths.os_release) or ""), ostree=paths.ostree_booted.exists()
    )
    running = kernel(look)
    values, file = settings(look)
    return Facts(
        distribution=distribution,
        kernel=running,
        reservation=reservation(look),
        unit=kdump_unit(look, distribution),
        kexec_load=unit(look, "kexec-load", "kexec-load"),
        settings=values,
        settings_file=file,
        crash_kernel=crash_kernel(look, distribution, running.release, values),
        target=target(look, values),
        tools=tools(look, running.release),
        watchdogs=watchdogs(look),
        rivals=rivals(look),
        container=next((look.name(mark) for mark in paths.container_marks if mark.exists()), None),
        doubts=look.doubts,
    )
