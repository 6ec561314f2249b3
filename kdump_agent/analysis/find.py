"""Find the vmlinux of the very kernel that crashed, or say why none was taken.

A debugger given another build's gives wrong answers, or none; so what does not match is refused with both values.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable

from kdump_agent.elf import identify
from kdump_agent.paths import HostPaths

from .banner import banner_of, same_build
from .packages import package_for

_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,63}")
_BUILD_ID = re.compile(r"[0-9a-f]{8,64}")

Expand = Callable[[int, str], Path]
"""Unpacks what is behind a descriptor, given its name, and returns where; raises OSError with the reason when not."""


@dataclass(frozen=True)
class Crashed:
    """The kernel that crashed, as its dump and its log tell it."""

    release: str | None
    version: str | None = None
    """utsname's: ``#1 SMP ...``."""
    build_id: str | None = None
    banner: str | None = None
    """The first line of its log."""


@dataclass(frozen=True)
class Found:
    """A vmlinux that fits."""

    fd: int
    path: str
    build_id: str | None
    matched_by: str
    """"build-id" or "banner"."""


@dataclass(frozen=True)
class Missing:
    """None fits."""

    refused: tuple[str, ...]
    """Each that was there, and why it is not the one."""
    install: str
    """What to install."""

    def __str__(self) -> str:
        why = "; ".join(self.refused) or "no vmlinux with debugging information is here"
        return f"{why}; it takes {self.install}"


class Refusal(Exception):
    """This file is not the one; the message says why."""


@dataclass(frozen=True)
class Search:
    """Where to look."""

    paths: HostPaths
    family: str | None = None
    """This host's distribution: "debian" and its like."""
    more: tuple[str, ...] = ()
    """Paths before all others; ``{release}`` in them is the dead kernel's."""
    debug_kernel: str | None = None
    """DEBUG_KERNEL of kdump-tools."""
    expand: Expand | None = None
    usual: bool = True
    """Look at the host's usual places as well?"""
    fetch: Callable[[str], Path] | None = None
    """Gets a file by build-id from a debuginfod; raises OSError with the reason when it cannot."""

    @contextlib.contextmanager
    def find(self, crashed: Crashed) -> Iterator[Found | Missing]:
        """Yield the first vmlinux that fits, open until the end."""
        refused: list[str] = []
        release = crashed.release if crashed.release and _RELEASE.fullmatch(crashed.release) else None
        with contextlib.ExitStack() as opened:
            for name, place in self._places(release, crashed.build_id):
                try:
                    found = self._judge(place(), crashed, opened)
                except (FileNotFoundError, NotADirectoryError):
                    continue
                except OSError as exc:
                    refused.append(f"{name}: {exc.strerror or exc}")
                except Refusal as exc:
                    refused.append(f"{name}: {exc}")
                else:
                    yield found
                    return
            yield Missing(tuple(refused), package_for(release, self.family))

    def modules(self, release: str | None) -> Path | None:
        """Return the folder with debugging information of a release's modules, if there is one."""
        if release is None or not _RELEASE.fullmatch(release):
            return None
        return next((folder for folder in self.paths.module_debug(release) if folder.is_dir()), None)

    def _places(self, release: str | None, build_id: str | None) -> Iterator[tuple[str, Callable[[], Path]]]:
        """Yield each place by name, and how to get at it."""
        known_id = build_id if build_id and _BUILD_ID.fullmatch(build_id) else None
        places = [Path(each.replace("{release}", release or "-")) for each in self.more]
        if self.usual and release is not None:
            places += self.paths.vmlinuxes(release)
            places += [Path(self.debug_kernel)] if self.debug_kernel else []
            places += self.paths.boot_vmlinuxes(release)
        if self.usual and known_id is not None:
            places.append(self.paths.by_build_id(known_id))
        for place in dict.fromkeys(places):
            yield str(place), partial(Path, place)
        if self.usual and known_id is not None and self.fetch is not None:
            yield "debuginfod", partial(self.fetch, known_id)

    def _judge(self, place: Path, crashed: Crashed, opened: contextlib.ExitStack) -> Found:
        fd = _open(place, opened)
        identity = identify(fd)
        if identity is None and self.expand is not None:
            fd = _open(self.expand(fd, place.name), opened)
            identity = identify(fd)
        if identity is None:
            raise Refusal("is no ELF file")
        if crashed.build_id and identity.build_id:
            if identity.build_id != crashed.build_id:
                raise Refusal(f"has build-id {identity.build_id}, and the kernel that crashed {crashed.build_id}")
            how = "build-id"
        else:
            _refuse_other_banner(fd, crashed)
            how = "banner"
        if not identity.debug:
            raise Refusal("has no debugging information")
        return Found(fd, str(place), identity.build_id, how)


def _open(place: Path, opened: contextlib.ExitStack) -> int:
    fd = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    opened.callback(os.close, fd)
    if not os.path.isfile(f"/proc/self/fd/{fd}"):  # noqa: PTH113 (of the descriptor)
        raise Refusal("is no regular file")
    return fd


def _refuse_other_banner(fd: int, crashed: Crashed) -> None:
    if not crashed.release:
        raise Refusal("cannot be matched: the dump tells neither a build-id nor a release")
    banner = banner_of(fd, crashed.release)
    if banner is None:
        raise Refusal(f"is of another kernel than {crashed.release}")
    if not same_build(banner, crashed.release, crashed.version, crashed.banner):
        wanted = crashed.banner or f"{crashed.release} {crashed.version or '(its version is not known)'}"
        raise Refusal(f"is {banner!a}, and the kernel that crashed {wanted!a}")
