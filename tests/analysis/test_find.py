"""The vmlinux that is taken is that of the very build that crashed, or none is and the reason says both."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kdump_agent.analysis.banner import banner_in_log
from kdump_agent.analysis.cache import Cache
from kdump_agent.analysis.find import Crashed, Found, Missing, Search
from kdump_agent.analysis.packages import package_for
from kdump_agent.cli.debugger import _expand
from kdump_agent.paths import HostPaths

from .vmlinux import BANNER, vmlinux

RELEASE, ID, OTHER = "6.1.0-50-amd64", "06f8bde30046985060c60820f7a11515a33afb06", "ff" * 20
NEW = Crashed(RELEASE, "#1 SMP Debian", ID)
OLD = Crashed("3.14.8", "#2 SMP Mon Jun 16 09:00:00 UTC 2014")


class Host:
    """A root of files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = Cache(root / "cache", 1 << 20)
        self.search = Search(HostPaths(root), "debian", expand=lambda fd, name: _expand(self.cache, fd, name))

    def put(self, path: str, content: bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def find(self, crashed: Crashed, search: Search | None = None) -> Found | Missing:
        with (search or self.search).find(crashed) as found:
            return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        f"usr/lib/debug/lib/modules/{RELEASE}/vmlinux", f"usr/lib/debug/boot/vmlinux-{RELEASE}",
        f"usr/lib/debug/usr/lib/modules/{RELEASE}/vmlinux.debug", f"boot/vmlinux-{RELEASE}",
        f"usr/lib/debug/.build-id/{ID[:2]}/{ID[2:]}.debug",
    ],
)  # fmt: skip
def test_each_usual_place_is_looked_at(host: Host, place: str) -> None:
    path = host.put(place, vmlinux(ID))
    found = host.find(NEW)
    assert isinstance(found, Found)
    assert (found.path, found.build_id, found.matched_by) == (str(path), ID, "build-id")


def test_another_builds_vmlinux_is_refused_with_both_values_and_a_package(host: Host) -> None:
    host.put(f"boot/vmlinux-{RELEASE}", vmlinux(OTHER))
    found = host.find(NEW)
    assert isinstance(found, Missing)
    assert OTHER in found.refused[0]
    assert ID in found.refused[0]
    assert "linux-image-6.1.0-50-amd64-dbg" in str(found)


def test_the_next_place_is_tried_behind_one_that_does_not_fit(host: Host) -> None:
    host.put(f"usr/lib/debug/boot/vmlinux-{RELEASE}", vmlinux(OTHER))
    host.put(f"boot/vmlinux-{RELEASE}", vmlinux(ID))
    assert isinstance(host.find(NEW), Found)


def test_one_without_debugging_information_is_refused(host: Host) -> None:
    host.put(f"boot/vmlinux-{RELEASE}", vmlinux(ID, debug=False))
    found = host.find(NEW)
    assert isinstance(found, Missing)
    assert found.refused[0].endswith("has no debugging information")


def test_an_old_kernel_is_matched_by_its_banner(host: Host) -> None:
    host.put("boot/vmlinux-3.14.8", vmlinux(banner=BANNER))
    for crashed in (OLD, replace(OLD, banner=BANNER), replace(OLD, version=None, banner=BANNER)):
        found = host.find(crashed)
        assert isinstance(found, Found)
        assert found.matched_by == "banner"


@pytest.mark.parametrize(
    "crashed",
    [
        replace(OLD, version="#3 SMP Tue Jun 17 09:00:00 UTC 2014"), replace(OLD, version=None),
        replace(OLD, banner=BANNER.replace("4.8", "4.9")), Crashed("3.14.7", OLD.version),
    ],
)  # fmt: skip
def test_another_banner_is_refused(host: Host, crashed: Crashed) -> None:
    host.put("boot/vmlinux-3.14.8", vmlinux(banner=BANNER))
    host.put("boot/vmlinux-3.14.7", vmlinux(banner=BANNER))
    found = host.find(crashed)
    assert isinstance(found, Missing)
    assert len(found.refused) == 1


def test_a_banner_is_read_from_a_log() -> None:
    assert banner_in_log(b"[    0.000000] " + BANNER.encode() + b"\n[    0.000000] Command line: x\n") == BANNER
    assert banner_in_log(b"nothing") is None


@pytest.mark.parametrize(
    ("ending", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress),
     ("zst", lambda data: subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout)],
)  # fmt: skip
def test_a_packed_vmlinux_is_unpacked_once(host: Host, ending: str, pack: Callable[[bytes], bytes]) -> None:
    host.put(f"boot/vmlinux-3.14.8.{ending}", pack(vmlinux(banner=BANNER)))
    for _ in range(2):
        found = host.find(OLD)
        assert isinstance(found, Found)
        assert found.path.endswith(ending)
    assert len(list(host.cache.folder.iterdir())) == 1


def test_a_bomb_is_refused_and_leaves_nothing(host: Host) -> None:
    host.put("boot/vmlinux-3.14.8.gz", gzip.compress(bytes(4 << 20)))
    found = host.find(OLD)
    assert isinstance(found, Missing)
    assert "is larger than 1048576 bytes" in found.refused[0]
    assert list(host.cache.folder.iterdir()) == []


def test_a_damaged_packed_file_is_refused(host: Host) -> None:
    host.put("boot/vmlinux-3.14.8.gz", gzip.compress(vmlinux(banner=BANNER))[:-20])
    found = host.find(OLD)
    assert isinstance(found, Missing)
    assert "damaged or cut off" in found.refused[0]


def test_settings_and_kdump_tools_name_more_places(host: Host) -> None:
    mine = host.put(f"srv/{RELEASE}.elf", vmlinux(ID))
    for search in (
        replace(host.search, more=(str(host.root / "srv/{release}.elf"),)), replace(host.search, debug_kernel=str(mine))
    ):  # fmt: skip
        found = host.find(NEW, search)
        assert isinstance(found, Found)
        assert found.path == str(mine)


def test_a_release_cannot_lead_out_of_its_folder(host: Host) -> None:
    host.put("secret", vmlinux(ID))
    found = host.find(Crashed("../../../secret", None, ID))
    assert isinstance(found, Missing)
    assert found.refused == ()


def test_a_fifo_is_refused_and_not_waited_for(host: Host) -> None:
    (host.root / "boot").mkdir()
    os.mkfifo(host.root / f"boot/vmlinux-{RELEASE}")
    found = host.find(NEW)
    assert isinstance(found, Missing)
    assert found.refused[0].endswith("is no regular file")


def test_what_a_debuginfod_gives_must_be_the_build_that_was_asked_for(host: Host) -> None:
    good, bad = host.put("good", vmlinux(ID)), host.put("bad", vmlinux(OTHER))
    assert isinstance(host.find(NEW, replace(host.search, fetch=lambda _id: good)), Found)
    found = host.find(NEW, replace(host.search, fetch=lambda _id: bad))
    assert isinstance(found, Missing)
    assert OTHER in found.refused[0]


def test_a_debuginfod_that_fails_says_why(host: Host) -> None:
    def fetch(_id: str) -> Path:
        raise OSError("it has no such file")

    found = host.find(NEW, replace(host.search, fetch=fetch))
    assert isinstance(found, Missing)
    assert found.refused == ("debuginfod: it has no such file",)


@pytest.mark.parametrize(
    ("release", "family", "package"),
    [
        ("6.1.0-50-amd64", None, "linux-image-6.1.0-50-amd64-dbg"),
        ("6.12.9-cloud-amd64", "ubuntu", "linux-image-6.12.9-cloud-amd64-dbg"),
        ("6.8.0-45-generic", "debian", "linux-image-unsigned-6.8.0-45-generic-dbgsym"),
        ("5.14.0-427.el9.x86_64", None, "kernel-debuginfo-5.14.0-427.el9.x86_64"),
        ("6.11.4-301.fc41.x86_64", "rhel", "kernel-debuginfo-6.11.4-301.fc41.x86_64"),
        (
            "5.14.0-427.el9.x86_64+rt",
            None,
            "kernel-rt-debuginfo-5.14.0-427.el9.x86_64 (dnf debuginfo-install kernel-rt-5",
        ),
        ("6.12.0-55.el10.aarch64+64k", None, "kernel-64k-debuginfo-6.12.0-55.el10.aarch64"),
        ("6.12.48+deb13-amd64", None, "linux-image-6.12.48+deb13-amd64-dbg"),
        ("6.8.0-1016-azure", None, "linux-image-unsigned-6.8.0-1016-azure-dbgsym"),
        ("6.4.0-150600.8.26-azure", None, "kernel-azure-debuginfo"),
        ("6.4.0-150600.23-default", None, "kernel-default-debuginfo"),
        ("3.14.8", "fedora", "kernel-debuginfo-3.14.8"),
        ("3.14.8", None, "the vmlinux with debugging information of 3.14.8"),
        ("3.14.8", "suse", "kernel-default-debuginfo"),
        (None, "debian", "the vmlinux with debugging information of that kernel"),
    ],
)
def test_the_package_is_that_of_the_kernels_own_distribution(
    release: str | None, family: str | None, package: str
) -> None:
    assert package_for(release, family).startswith(package)


def test_the_oldest_file_leaves_the_cache_for_the_newest(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 250)
    first, second = cache.get("a", lambda: [b"a" * 100]), cache.get("b", lambda: [b"b" * 100])
    os.utime(first, (1, 1))
    os.utime(second, (2, 2))
    cache.get("a", lambda: pytest.fail("it is there already"))
    third = cache.get("c", lambda: [b"c" * 100])
    assert {path.name for path in cache.folder.iterdir()} == {first.name, third.name}
