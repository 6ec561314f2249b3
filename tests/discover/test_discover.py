"""What each distribution leaves is recognised, judged settled or not, and walked safely."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.discover import layout
from kdump_agent.discover.scan import Scan, scan
from kdump_agent.discover.settle import Finished, Look, Memory, Times, Wait, judge
from kdump_agent.discover.watch import Doorbell, Inotify, Timer, open_doorbell

STAMP = "202611232047"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("127.0.0.1-2026-11-23-21:03:20", layout.Kind("rhel")),
        ("127.0.0.1-2014.10.29-09:59:07", layout.Kind("rhel")),
        ("fe80::1-2026-11-23-21:03:20", layout.Kind("rhel")),
        ("202611232047", layout.Kind("debian")),
        ("2026-11-23-20:47", layout.Kind("suse")),
        ("2026-11-23-20:47:11", layout.Kind("suse")),
        ("kdump-test-1732394831", layout.Kind("rhel", drill=True)),
    ],
)
def test_a_folder_s_name_tells_the_distribution(folder: str, kind: layout.Kind) -> None:
    assert layout.kind_of(folder) == kind


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["vmcore", "vmcore-dmesg.txt", "kexec-dmesg.log"], [("vmcore", False, "vmcore-dmesg.txt", False)]),
        (["vmcore-incomplete", "vmcore-dmesg.txt"], [("vmcore-incomplete", True, "vmcore-dmesg.txt", False)]),
        (["vmcore-dmesg-incomplete.txt"], [(None, False, "vmcore-dmesg-incomplete.txt", True)]),
        (["vmcore.flat", "vmcore-dmesg.txt"], [("vmcore.flat", False, "vmcore-dmesg.txt", False)]),
        ([f"dump.{STAMP}", f"dmesg.{STAMP}"], [(f"dump.{STAMP}", False, f"dmesg.{STAMP}", False)]),
        (["dump-incomplete", f"dmesg.{STAMP}"], [("dump-incomplete", True, f"dmesg.{STAMP}", False)]),
        ([f"vmcore.{STAMP}.gz", f"dmesg.{STAMP}"], [(f"vmcore.{STAMP}.gz", False, f"dmesg.{STAMP}", False)]),
        ([f"dump.{STAMP}", f"linux-image-6.8.0-{STAMP}.crash"], [(f"dump.{STAMP}", False, None, False)]),
        (["vmcore", "dmesg.txt", "README.txt", "System.map-6.4"], [("vmcore", False, "dmesg.txt", False)]),
        (["kexec_cmd", "kdump_lock", "README.txt"], []),
    ],
)
def test_files_of_one_crash_are_found_together(
    names: list[str], expected: list[tuple[str | None, bool, str | None, bool]]
) -> None:
    found = [(g.dump, g.dump_unfinished, g.dmesg, g.dmesg_unfinished) for g in layout.groups(names)]
    assert found == expected


def test_two_crashes_of_one_minute_s_folder_stay_two() -> None:
    names = [f"dump.{STAMP}", f"dmesg.{STAMP}", "dump.202611232048", "dmesg.202611232048"]
    assert [(g.dump, g.dmesg) for g in layout.groups(names)] == [
        (f"dump.{STAMP}", f"dmesg.{STAMP}"),
        ("dump.202611232048", "dmesg.202611232048"),
    ]


WORDS = st.sampled_from(
    ["dump", "vmcore", "dmesg", ".", STAMP, "-incomplete", ".gz", ".flat", "-dmesg.txt", "\n", "\udcff"]
)


@given(st.lists(st.lists(WORDS, max_size=4).map("".join) | st.text(max_size=20), unique=True))
def test_no_name_is_claimed_twice(names: list[str]) -> None:
    claimed = [name for group in layout.groups(names) for name in (group.dump, group.dmesg) if name]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= set(names)
    for name in names:
        layout.kind_of(name)


NOW = Times(now=10_000.0, monotonic=500.0, boot=9_000.0, settle=3.0, incomplete_wait=600.0)
OLD = Look(state=1, changed=8_000.0, writer=False, unfinished=False)


@pytest.mark.parametrize(
    ("look", "quiet", "answer"),
    [
        (OLD, 0.0, Finished()),
        (replace(OLD, unfinished=True), 0.0, Finished(partial=True)),
        (replace(OLD, writer=True), 99.0, Wait("somebody is writing it", 3.0)),
        (replace(OLD, changed=9_999.0), 0.0, Wait("it changed a moment ago", 2.0)),
        (replace(OLD, changed=9_999.0, writer=None), 4.0, Finished()),
        (replace(OLD, changed=9_900.0, unfinished=True), 0.0, Wait("it is not finished yet", 500.0)),
        (replace(OLD, changed=9_100.0, unfinished=True), 0.0, Finished(partial=True)),
        (replace(OLD, changed=99_000.0), 0.0, Wait("it changed a moment ago", 3.0)),
        (replace(OLD, changed=99_000.0), 3.0, Finished()),
    ],
)
def test_settled_means_quiet_or_of_another_boot(look: Look, quiet: float, answer: Finished | Wait) -> None:
    assert judge(look, quiet, NOW) == answer


def test_the_memory_counts_only_while_nothing_changes() -> None:
    memory = Memory()
    assert memory.unchanged_for("a", 1, 100.0) == 0
    assert memory.unchanged_for("a", 1, 107.0) == 7
    assert memory.unchanged_for("a", 2, 108.0) == 0
    memory.keep(set())
    assert memory.unchanged_for("a", 2, 120.0) == 0


AT_ONCE = Times(now=2e9, monotonic=0.0, boot=1.9e9, settle=3.0, incomplete_wait=600.0)
"""Long after everything that a test writes."""


def look(root: Path) -> Scan:
    return scan(root, Memory(), AT_ONCE)


def write(path: Path, content: str = "content") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_every_layout_is_found_side_by_side(tmp_path: Path) -> None:
    write(tmp_path / "127.0.0.1-2026-11-23-21:03:20/vmcore")
    write(tmp_path / f"{STAMP}/dump.{STAMP}")
    write(tmp_path / "2026-11-23-20:47/vmcore")
    write(tmp_path / "kdump-test-7/vmcore")
    write(tmp_path / "202601010101/dmesg.202601010101")
    write(tmp_path / "vmcore")
    write(tmp_path / "dump.201410311601")
    write(tmp_path / "kexec_cmd")
    found = look(tmp_path)
    assert found.problem is None
    assert not found.refused
    assert not found.waiting
    said = {
        (crash.folder.name, crash.layout, crash.dump.name if crash.dump else None, crash.drill) for crash in found.found
    }
    assert said == {
        ("127.0.0.1-2026-11-23-21:03:20", "rhel", "vmcore", False),
        (STAMP, "debian", f"dump.{STAMP}", False),
        ("2026-11-23-20:47", "suse", "vmcore", False),
        ("kdump-test-7", "rhel", "vmcore", True),
        ("202601010101", "debian", None, False),
        (tmp_path.name, "loose", "vmcore", False),
        (tmp_path.name, "loose", "dump.201410311601", False),
    }


def test_a_file_that_somebody_writes_is_waited_for(tmp_path: Path) -> None:
    path = write(tmp_path / f"{STAMP}/dump.{STAMP}")
    with path.open("a"):
        assert [reason for _, reason, _ in look(tmp_path).waiting] == ["somebody is writing it"]
    assert [crash.dump.name for crash in look(tmp_path).found if crash.dump] == [path.name]


def test_what_is_planted_is_refused_and_the_rest_found(tmp_path: Path) -> None:
    good = write(tmp_path / f"{STAMP}/dump.{STAMP}")
    (tmp_path / "202601010000").mkdir()
    (tmp_path / "202601010000/dump.202601010000").symlink_to(good)
    (tmp_path / "202601010001").mkdir()
    os.mkfifo(tmp_path / "202601010001/dump.202601010001")
    os.chown(write(tmp_path / "202601010002/dump.202601010002"), 4242, 4242)
    (tmp_path / "202601010003").symlink_to(good.parent)
    found = look(tmp_path)
    assert [crash.folder.name for crash in found.found] == [STAMP]
    assert sorted(str(path.relative_to(tmp_path))[:12] for path, _ in found.refused) == [
        "202601010000", "202601010001", "202601010002", "202601010003",
    ]  # fmt: skip


def test_a_folder_of_somebody_else_is_not_trusted_but_root_s_files_in_it_ship(tmp_path: Path) -> None:
    write(tmp_path / f"{STAMP}/dump.{STAMP}")
    os.chown(tmp_path / STAMP, 4242, 4242)
    (crash,) = look(tmp_path).found
    assert crash.trusted is False


def test_a_hostile_name_is_carried_through(tmp_path: Path) -> None:
    name = os.fsdecode(b"-rf\n\xff-2026-11-23-21:03:20")
    write(tmp_path / name / "vmcore")
    (crash,) = look(tmp_path).found
    assert crash.folder.name == name


@contextlib.contextmanager
def mounted(path: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_a_mount_below_the_crash_folder_is_not_crossed(tmp_path: Path) -> None:
    (tmp_path / STAMP).mkdir()
    with mounted(tmp_path / STAMP):
        write(tmp_path / STAMP / f"dump.{STAMP}")
        found = look(tmp_path)
    assert found.found == []
    assert "another file system is mounted here" in found.refused[0][1]


@pytest.fixture(params=["inotify", "timer"])
def bell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Doorbell]:
    made: Doorbell = Inotify(tmp_path / "crash") if request.param == "inotify" else Timer("none here")
    yield made
    made.close()


def test_every_doorbell_ends_its_wait_when_nothing_happens(bell: Doorbell) -> None:
    bell.refresh()
    assert bell.wait(0) is False
    assert bell.wait(-1) is False


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Inotify, Path]]:
    folder = tmp_path / "crash"
    folder.mkdir()
    bell = Inotify(folder)
    bell.refresh()
    yield bell, folder
    bell.close()


def test_it_rings_for_a_rename_inside_a_new_folder(watched: tuple[Inotify, Path]) -> None:
    bell, folder = watched
    (folder / STAMP).mkdir()
    assert bell.wait(20)
    bell.refresh()
    write(folder / STAMP / "dump-incomplete").rename(folder / STAMP / f"dump.{STAMP}")
    assert bell.wait(20)
    assert bell.wait(0) is False


def test_it_rings_after_the_folder_was_removed_and_made_again(watched: tuple[Inotify, Path]) -> None:
    bell, folder = watched
    folder.rmdir()
    folder.mkdir()
    assert bell.wait(20)
    bell.refresh()
    write(folder / "vmcore")
    assert bell.wait(20)


def test_it_rings_when_a_file_system_is_mounted_over_the_folder(watched: tuple[Inotify, Path]) -> None:
    bell, folder = watched
    with mounted(folder):
        assert bell.wait(20)
        bell.refresh()
        write(folder / "vmcore")
        assert bell.wait(20)


def test_a_name_that_is_no_utf8_does_not_end_it(watched: tuple[Inotify, Path]) -> None:
    bell, folder = watched
    (folder / os.fsdecode(b"\xff")).mkdir()
    assert bell.wait(20)
    bell.refresh()
    write(folder / "vmcore")
    assert bell.wait(20)


def test_no_program_that_we_start_inherits_its_descriptor(watched: tuple[Inotify, Path]) -> None:
    assert not any(os.get_inheritable(fd) for fd in (watched[0]._fd, watched[0]._mounts))


def test_where_inotify_is_used_up_there_is_still_a_timer(tmp_path: Path) -> None:
    limit = Path("/proc/sys/fs/inotify/max_user_instances")
    before = limit.read_text()
    limit.write_text("0")
    try:
        with open_doorbell(tmp_path) as bell:
            assert isinstance(bell, Timer)
            assert "inotify cannot be used" in (bell.problem or "")
            assert bell.wait(0) is False
    finally:
        limit.write_text(before)
