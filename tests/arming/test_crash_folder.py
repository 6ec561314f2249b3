from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.arming.distros.crash_folder import crash_folder
from kdump_agent.arming.distros.mounts import holding, parse_mountinfo
from kdump_agent.cli import engine, wire
from kdump_agent.jobs import Jobs
from kdump_agent.paths import HostPaths
from kdump_agent.report.document import Host
from kdump_agent.settings import Settings

from ..test_agent import Quiet

DEBIAN, RED_HAT, SUSE = "etc/default/kdump-tools", "etc/kdump.conf", "etc/sysconfig/kdump"
MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 253:3 / /srv/dumps rw,relatime shared:9 - xfs /dev/mapper/vg-dumps rw
31 22 0:44 / /mnt/with\\040space rw - nfs4 storage:/export/dumps rw
"""


def host(root: Path, files: dict[str, str]) -> HostPaths:
    for name, content in {"proc/self/mountinfo": MOUNTS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return HostPaths(root)


@pytest.mark.parametrize(
    ("settings", "content", "folder"),
    [
        (DEBIAN, 'USE_KDUMP=1\nKDUMP_COREDIR="/var/crash"\n', "var/crash"),
        (DEBIAN, "#KDUMP_COREDIR=/old\nexport KDUMP_COREDIR='/srv/my dumps'\n", "srv/my dumps"),
        (DEBIAN, "USE_KDUMP=1\n", "var/crash"),
        (RED_HAT, "path /data/crash\ncore_collector makedumpfile -l -d 31\n", "data/crash"),
        (RED_HAT, "#path /old\n", "var/crash"),
        (RED_HAT, "xfs /dev/mapper/vg-dumps\npath /crash\n", "srv/dumps/crash"),
        (RED_HAT, "xfs /dev/mapper/vg-dumps\n", "srv/dumps/var/crash"),
        (RED_HAT, "nfs storage:/export/dumps\npath /web\n", "mnt/with space/web"),
        (RED_HAT, 'path /c\ndracut_args --mount "/dev/mapper/vg-dumps /kdumproot xfs defaults"\n', "srv/dumps/c"),
        (RED_HAT, "ext4 UUID=1234-ab\npath crash\n", "var/crash"),
        (SUSE, 'KDUMP_SAVEDIR="file:///var/crash"\n', "var/crash"),
        (SUSE, 'KDUMP_SAVEDIR="/srv/dump"\n', "srv/dump"),
    ],
)
def test_the_folder_is_the_one_that_kdumps_own_settings_name(
    tmp_path: Path, settings: str, content: str, folder: str
) -> None:
    assert crash_folder(host(tmp_path, {settings: content})).path == tmp_path / folder


def test_a_device_is_found_by_its_uuid_link(tmp_path: Path) -> None:
    paths = host(tmp_path, {RED_HAT: "ext4 UUID=77\npath /c\n", "dev/dm-3": "", "dev/mapper/.keep": ""})
    (tmp_path / "dev/mapper/vg-dumps").symlink_to("../dm-3")
    (tmp_path / "dev/disk/by-uuid").mkdir(parents=True)
    (tmp_path / "dev/disk/by-uuid/77").symlink_to("../../dm-3")
    assert crash_folder(paths).path == tmp_path / "srv/dumps/c"


def test_a_folder_of_the_target_that_is_mounted_elsewhere_is_not_its_root(tmp_path: Path) -> None:
    """As systemd does for our own service (ReadWritePaths=, StateDirectory=), and containers do with their volumes."""
    binds = "".join(f"{at} 30 253:3 /{at} /bound/{at} rw - xfs /dev/mapper/vg-dumps rw\n" for at in (7, 50, 51))
    paths = host(
        tmp_path, {RED_HAT: "xfs /dev/mapper/vg-dumps\npath /c\n", "proc/self/mountinfo": binds + MOUNTS + binds}
    )
    assert crash_folder(paths).path == tmp_path / "srv/dumps/c"


@pytest.mark.parametrize(
    "target", ["UUID=77", 'UUID="77"', "LABEL=/crash", "/dev/disk/by-uuid/77", "/dev/vg/dumps", "/dev/dm-3"]
)
def test_a_device_is_found_where_the_service_sees_no_disks_in_dev(tmp_path: Path, target: str) -> None:
    """As with PrivateDevices=yes; what udev remembers of each device is below /run."""
    records = {
        "run/udev/data/b8:1": "S:disk/by-uuid/11\nE:ID_FS_UUID=11\n",
        "run/udev/data/b253:3": "S:mapper/vg-dumps\nS:vg/dumps\nS:disk/by-uuid/77\nS:disk/by-label/\\x2fcrash\n",
        "run/udev/data/c1:3": "S:disk/by-uuid/77\n",
    }
    paths = host(tmp_path, {RED_HAT: f"ext4 {target}\npath /c\n", **records})
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    (tmp_path / "sys/dev/block/253:3").symlink_to("../../devices/virtual/block/dm-3")
    assert crash_folder(paths).path == tmp_path / "srv/dumps/c"


@pytest.mark.parametrize(
    ("settings", "content", "word"),
    [
        (DEBIAN, "KDUMP_COREDIR=$BASE/crash\n", "no absolute path"),
        (DEBIAN, "KDUMP_COREDIR=/var/../etc\n", "no absolute path"),
        (RED_HAT, "ext4 /dev/sdz9\n", "not mounted"),
        (RED_HAT, "ext4 /dev/\0\n", "not mounted"),
        (SUSE, 'KDUMP_SAVEDIR="ssh://dump@collector/srv"\n', "sends dumps elsewhere (ssh)"),
        ("etc/nothing", "", "no settings of kdump"),
    ],
)
def test_a_folder_that_cannot_be_told_is_the_default_and_says_why(
    tmp_path: Path, settings: str, content: str, word: str
) -> None:
    found = crash_folder(host(tmp_path, {settings: content}))
    assert (found.path, word in found.source) == (tmp_path / "var/crash", True), found.source


def test_settings_that_cannot_be_read_are_not_taken_for_missing_ones(tmp_path: Path) -> None:
    (tmp_path / RED_HAT).mkdir(parents=True)
    assert "cannot be read: Is a directory" in crash_folder(HostPaths(tmp_path)).source


@given(text=st.text(max_size=300), settings=st.sampled_from([DEBIAN, RED_HAT, SUSE]), name=st.sampled_from(
    ["", "KDUMP_COREDIR=", "path ", "KDUMP_SAVEDIR=", "ext4 "]))  # fmt: skip
def test_no_settings_make_it_fail_or_leave_the_root(
    tmp_path_factory: pytest.TempPathFactory, text: str, settings: str, name: str
) -> None:
    root = tmp_path_factory.getbasetemp() / "hostile"
    for other in (DEBIAN, RED_HAT, SUSE):
        (root / other).unlink(missing_ok=True)
    found = crash_folder(host(root, {settings: (name + text).encode("utf-8", "replace").decode()}))
    assert root in found.path.parents or found.path == root


def test_a_path_lies_on_the_deepest_mount_and_on_the_later_of_two() -> None:
    twice = parse_mountinfo(MOUNTS + "40 22 8:9 / /srv/dumps rw - ext4 /dev/sdb1 rw\nnonsense\n")
    paths = [mount.point / "x" for mount in twice]
    assert [found.source for found in (holding(twice, path) for path in paths) if found] == [
        "/dev/sda1", "/dev/sdb1", "storage:/export/dumps", "/dev/sdb1",
    ]  # fmt: skip


def test_a_mount_that_only_we_see_read_only_is_none() -> None:
    """As a service with ProtectSystem=strict does; a file system that is read-only says so itself."""
    ours, truly = parse_mountinfo(
        "22 1 8:1 / / ro,relatime - ext4 /dev/sda1 rw\n23 22 8:2 / /mnt ro - ext4 /dev/sda2 ro,noload\n"
    )
    assert "ro" not in ours.options
    assert "ro" in truly.options


def test_a_dump_target_that_is_mounted_after_the_agent_began_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nofail in fstab, nothing orders its mount before us."""
    paths = host(tmp_path, {RED_HAT: "ext4 /dev/sdb1\npath /crash\n"})
    monkeypatch.setattr(wire, "PATHS", paths)
    dump = tmp_path / "mnt/late/crash/127.0.0.1-2026-11-23-21:03:20/vmcore"
    dump.parent.mkdir(parents=True)
    dump.write_bytes(b"content")
    settings = Settings()
    folder, source = wire.find_crash_dir(settings)
    look = engine._scanner(wire.Setting(settings, Host("h", None, {}), Jobs(tmp_path), folder, source), Quiet())
    assert not look().found
    host(tmp_path, {"proc/self/mountinfo": MOUNTS + "40 22 8:17 / /mnt/late rw - ext4 /dev/sdb1 rw\n"})
    assert [crash.folder for crash in look().found] == [dump.parent]
