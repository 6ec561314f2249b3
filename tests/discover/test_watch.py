"""The doorbell rings for what moves near the crash folder, whatever becomes of the folder; nothing here sleeps."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from kdump_agent.discover import watch
from kdump_agent.discover.watch import Doorbell, Inotify, Timer, open_doorbell

AT_ONCE, FOR_LONG = 0.0, 60.0
"""Seconds: a bell that has rung answers at once however long we would wait."""
QUIET = Path("/dev/null")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def crash(tmp_path: Path) -> Path:
    folder = tmp_path / "var" / "crash"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def bell(crash: Path) -> Iterator[Inotify]:
    """A doorbell that no mount elsewhere on the host can ring."""
    doorbell = Inotify(crash, mounts=QUIET)
    doorbell.refresh()
    yield doorbell
    doorbell.close()


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize(
    "make", [lambda folder: Inotify(folder, mounts=QUIET), lambda _folder: Timer("because")], ids=["inotify", "timer"]
)
class TestEveryDoorbell:
    """What the agent may rely on, whichever it was given."""

    def test_it_does_not_ring_when_nothing_moved(self, crash: Path, make: Callable[[Path], Doorbell]) -> None:
        bell = make(crash)
        bell.refresh()
        assert bell.wait(AT_ONCE) is False
        bell.close()

    def test_a_time_that_has_passed_is_no_wait(self, crash: Path, make: Callable[[Path], Doorbell]) -> None:
        bell = make(crash)
        assert bell.wait(-1.0) is False
        bell.close()

    def test_it_bears_a_folder_that_is_absent(self, tmp_path: Path, make: Callable[[Path], Doorbell]) -> None:
        bell = make(tmp_path / "no" / "such" / "folder")
        bell.refresh()
        assert bell.wait(AT_ONCE) is False
        bell.close()

    def test_it_gives_back_its_descriptors(self, crash: Path, make: Callable[[Path], Doorbell]) -> None:
        before = descriptors()
        bell = make(crash)
        bell.refresh()
        bell.close()
        assert descriptors() == before


def test_it_rings_once_for_a_finished_dump_and_is_then_quiet(bell: Inotify, crash: Path) -> None:
    (crash / "vmcore-incomplete").write_bytes(b"dump")
    (crash / "vmcore-incomplete").rename(crash / "vmcore")
    assert bell.wait(FOR_LONG)
    assert not bell.wait(AT_ONCE)


def test_it_rings_for_a_rename_inside_a_crash_folder(crash: Path, bell: Inotify) -> None:
    (crash / "202611232047").mkdir()
    bell.refresh()
    bell.wait(AT_ONCE)
    (crash / "202611232047" / "dump-incomplete").touch()
    assert bell.wait(FOR_LONG)
    (crash / "202611232047" / "dump-incomplete").rename(crash / "202611232047" / "dump.202611232047")
    assert bell.wait(FOR_LONG)


def test_it_rings_for_the_agents_own_folder(crash: Path, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    bell = Inotify(crash, (tmp_path / "jobs",), QUIET)
    bell.refresh()
    (tmp_path / "jobs" / "20261123T204711Z-0a1b2c3d").mkdir()
    assert bell.wait(FOR_LONG)
    bell.close()


def test_it_rings_when_the_folder_is_made_however_deep_it_was_missing(tmp_path: Path) -> None:
    bell = Inotify(tmp_path / "var" / "crash", mounts=QUIET)
    for folder in (tmp_path / "var", tmp_path / "var" / "crash", tmp_path / "var" / "crash" / "202611232047"):
        bell.refresh()
        folder.mkdir()
        assert bell.wait(FOR_LONG)
    bell.close()


def test_it_hears_a_folder_that_was_replaced(bell: Inotify, crash: Path) -> None:
    shutil.rmtree(crash)
    crash.mkdir()
    assert bell.wait(FOR_LONG)
    bell.refresh()
    bell.wait(AT_ONCE)
    (crash / "vmcore").touch()
    assert bell.wait(FOR_LONG)


def test_folders_that_come_and_go_leave_nothing_behind(bell: Inotify, crash: Path) -> None:
    before = len(bell._manager.watches)
    for minute in range(20):
        (crash / f"2026112320{minute:02}").mkdir()
        bell.refresh()
        (crash / f"2026112320{minute:02}").rmdir()
    bell.refresh()
    assert len(bell._manager.watches) == len(bell._watched) == before


@as_root
def test_it_rings_for_a_mount_over_the_folder_and_hears_what_comes_into_it(crash: Path) -> None:
    bell = Inotify(crash)
    bell.refresh()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(crash)], check=True)
    try:
        assert bell.wait(FOR_LONG)
        bell.refresh()
        (crash / "vmcore").touch()
        assert bell.wait(FOR_LONG)
    finally:
        bell.close()
        subprocess.run(["umount", "--lazy", str(crash)], check=True)


def test_it_outlives_an_overflow_of_its_queue(bell: Inotify, crash: Path) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for number in range(queue // 2 + 1):
        (crash / str(number % 2)).touch()
        (crash / str(number % 2)).unlink()
    assert bell.wait(FOR_LONG)
    assert not bell.wait(AT_ONCE)
    (crash / "vmcore").touch()
    assert bell.wait(FOR_LONG)


def test_a_name_that_is_no_utf8_is_told_and_harms_nothing(bell: Inotify, crash: Path) -> None:
    (crash / "\udcff\udcfe").mkdir()
    (crash / "202611232047").mkdir()
    bell.refresh()
    bell.wait(AT_ONCE)
    (crash / "202611232047" / "dump.202611232047").touch()
    assert bell.wait(FOR_LONG)
    assert bell.problem is None or bell.problem.isascii()


def test_a_link_among_the_crash_folders_is_not_watched(bell: Inotify, crash: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (crash / "202611232047").symlink_to(tmp_path / "elsewhere")
    bell.refresh()
    bell.wait(AT_ONCE)
    (tmp_path / "elsewhere" / "noise").touch()
    assert not bell.wait(AT_ONCE)


def test_a_watch_that_is_refused_is_told_until_it_succeeds(bell: Inotify, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(bell._manager, "add_watch", lambda path, *_args, **_options: {path: -1})
        bell.refresh()
        assert bell.problem is not None
        assert "fs.inotify.max_user_watches" in bell.problem
    bell.refresh()
    assert bell.problem is None


def test_no_more_folders_are_watched_than_the_bound_and_the_newest_come_first(
    bell: Inotify, crash: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_WATCHES", 3)
    for minute in range(9):
        (crash / f"20261123200{minute}").mkdir()
    bell.refresh()
    children = {path.name for path in bell._watched if path.parent == crash}
    assert children == {"202611232006", "202611232007", "202611232008"}


def test_its_descriptors_are_kept_from_children(bell: Inotify) -> None:
    assert not any(os.get_inheritable(fd) for fd in (bell._fd, bell._mounts))


def test_without_inotify_it_is_a_timer_that_says_why(crash: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_args: object) -> Inotify:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(watch, "Inotify", none_left)
    with open_doorbell(crash) as bell:
        assert isinstance(bell, Timer)
        assert bell.problem is not None
        assert "Too many open files" in bell.problem


@as_root
def test_a_host_without_inotify_instances_gets_a_timer(crash: Path) -> None:
    """In a user namespace of its own the limit is ours to set."""
    asking = (
        "from pathlib import Path; from kdump_agent.discover.watch import open_doorbell\n"
        "Path('/proc/sys/user/max_inotify_instances').write_text('0')\n"
        f"with open_doorbell(Path({str(crash)!r})) as bell: print(type(bell).__name__, bell.problem)"
    )
    said = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", asking],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("Timer inotify cannot be used:")
    assert said.stderr == ""


def test_importing_and_watching_prints_nothing_and_leaves_the_root_log_alone(crash: Path) -> None:
    asking = (
        "import sys, logging; import kdump_agent.discover.watch as watch\n"
        "assert 'pyinotify' not in sys.modules\n"
        "from pathlib import Path\n"
        f"bell = watch.Inotify(Path({str(crash)!r})); bell.refresh()\n"
        f"gone = Path({str(crash / 'gone')!r}); gone.mkdir(); bell.refresh(); gone.rmdir(); bell.refresh()\n"
        "assert not logging.getLogger().handlers"
    )
    said = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True)
    assert said.stdout + said.stderr == ""
    assert not any(isinstance(handler, logging.StreamHandler) for handler in logging.getLogger("pyinotify").handlers)
