"""Durable writes and safe opens."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from kdump_agent import files
from kdump_agent.errors import Refused

ME = frozenset({os.geteuid()})


def test_a_write_replaces_the_whole_file_and_leaves_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "record"
    files.write_durable(path, b"old")
    files.write_durable(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["record"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_keeps_the_former_content(tmp_path: Path) -> None:
    (tmp_path / "record").mkdir()  # nothing can be renamed over a folder
    with pytest.raises(OSError, match="directory"):
        files.write_durable(tmp_path / "record", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["record"]


def plant_symlink(path: Path) -> None:
    (path.parent / "target").write_text("secret")
    path.symlink_to(path.parent / "target")


def plant_hard_link(path: Path) -> None:
    (path.parent / "target").write_text("secret")
    path.hardlink_to(path.parent / "target") if hasattr(path, "hardlink_to") else os.link(path.parent / "target", path)


def plant_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)
        server.bind(path.name)


def plant_foreign(path: Path) -> None:
    path.write_text("mine")
    os.chown(path, 4242, 4242)


def plant_sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 42)


PLANTED: list[tuple[Callable[[Path], None], str]] = [
    (plant_symlink, "is a link"),
    (plant_hard_link, "2 names"),
    (lambda path: os.mkfifo(path), "is a FIFO"),
    (plant_socket, "is a link or no file"),
    (lambda path: os.mknod(path, 0o20666, os.makedev(1, 5)), "is a device"),
    (lambda path: path.mkdir(), "is a folder"),
    (plant_foreign, "belongs to user 4242"),
    (plant_sparse, "claims 4398046511104 bytes"),
]


@pytest.mark.parametrize(("plant", "words"), PLANTED)
def test_what_no_crash_kernel_leaves_is_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Path], None], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    plant(tmp_path / "folder/vmcore")
    with pytest.raises(Refused, match=words), files.open_plain(tmp_path, ("folder", "vmcore"), owners=ME):
        pass


def test_a_file_with_another_mounted_over_it_is_refused(tmp_path: Path) -> None:
    """Of the same file system, so that its device number tells nothing."""
    path = tmp_path / "vmcore"
    path.write_text("x")
    subprocess.run(["mount", "--bind", str(path), str(path)], check=True)
    try:
        with pytest.raises(Refused, match="another file system is mounted here"):
            with files.open_plain(tmp_path, ("vmcore",), owners=ME):
                pass
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/vmcore").write_text("x")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(Refused, match="is a link"), files.open_plain(tmp_path, ("link", "vmcore"), owners=ME):
        pass


@pytest.mark.parametrize("name", ["..", ".", "", "a/b"])
def test_a_name_that_is_a_way_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="not a name"), files.open_plain(tmp_path, (name,), owners=ME):
        pass


@pytest.mark.parametrize("name", ["-rf", "a\nb", "x" * 255, os.fsdecode(b"\xff\xfe"), "vmcore"])
def test_any_name_of_a_plain_file_opens(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("content")
    with files.open_plain(tmp_path, (name,), owners=ME) as fd:
        assert os.read(fd, 100) == b"content"


def test_no_descriptor_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "fifo").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("fifo", "missing", ".."):
        try:
            with files.open_plain(tmp_path, (name,), owners=frozenset()):
                pass
        except (Refused, OSError):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before
