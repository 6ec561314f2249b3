"""Walking a crash folder that others may write to: what is found, what waits, what is refused, what is only absent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from kdump_agent.discover import scan as scanning
from kdump_agent.discover.scan import Scan, scan
from kdump_agent.discover.settle import Memory, Times

NEXT_BOOT = 4_000_000_000.0
"""Long after any file of the tests was written."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
STAMP = "202611232047"


def after_reboot(root: Path) -> Scan:
    times = Times(now=NEXT_BOOT + 60, monotonic=60.0, boot=NEXT_BOOT, settle=5.0, incomplete_wait=600.0)
    return scan(root, Memory(), times)


def in_this_boot(root: Path, memory: Memory, monotonic: float, now: float = 0.0) -> Scan:
    """Look in the boot that writes the files, by a wall clock that proves nothing."""
    times = Times(now=now, monotonic=monotonic, boot=0.0, settle=5.0, incomplete_wait=600.0)
    return scan(root, memory, times)


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"content of " + os.fsencode(name))
    return folder


def found(result: Scan) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (
            crash.folder.name,
            crash.layout,
            crash.dump.name if crash.dump else None,
            crash.dmesg.name if crash.dmesg else None,
        )
        for crash in result.found
    ]


def refused(result: Scan) -> dict[str, str]:
    return {path.name: why for path, why in result.refused}


def test_every_distributions_crash_is_found_after_a_reboot(tmp_path: Path) -> None:
    fill(tmp_path, "kexec_cmd", "kdump_lock", "vmcore", "linux-image-6.8.0-31-generic-202611232047.crash")
    fill(tmp_path / "127.0.0.1-2026-11-23-21:03:20", "vmcore", "vmcore-dmesg.txt", "kexec-dmesg.log")
    fill(tmp_path / STAMP, f"dump.{STAMP}", f"dmesg.{STAMP}")
    fill(tmp_path / "2026-11-23-21:03", "vmcore", "README.txt", "System.map-6.4.0")
    fill(tmp_path / "kdump-test-1763931600", "vmcore", "vmcore-creation.status")
    result = after_reboot(tmp_path)
    assert found(result) == [
        (tmp_path.name, "loose", "vmcore", None),
        ("127.0.0.1-2026-11-23-21:03:20", "rhel", "vmcore", "vmcore-dmesg.txt"),
        ("2026-11-23-21:03", "suse", "vmcore", None),
        (STAMP, "debian", f"dump.{STAMP}", f"dmesg.{STAMP}"),
        ("kdump-test-1763931600", "rhel", "vmcore", None),
    ]
    assert [crash.drill for crash in result.found] == [False, False, False, False, True]
    assert not result.waiting
    assert not result.refused
    assert result.problem is None


def test_a_log_alone_is_a_crash_and_no_partial_one(tmp_path: Path) -> None:
    fill(tmp_path / "127.0.0.1-2026-11-23-21:03:20", "vmcore-dmesg.txt")
    result = after_reboot(tmp_path)
    assert found(result) == [("127.0.0.1-2026-11-23-21:03:20", "rhel", None, "vmcore-dmesg.txt")]
    assert not result.found[0].partial


def test_a_dump_that_its_writer_never_finished_is_partial(tmp_path: Path) -> None:
    fill(tmp_path / STAMP, "dump-incomplete", f"dmesg.{STAMP}")
    assert [crash.partial for crash in after_reboot(tmp_path).found] == [True]


def test_a_file_is_known_by_the_four_numbers_it_had(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    dump, here = after_reboot(tmp_path).found[0].dump, (tmp_path / "vmcore").stat()
    assert dump is not None
    assert (dump.name, dump.inode, dump.size, dump.mtime_ns) == ("vmcore", here.st_ino, here.st_size, here.st_mtime_ns)


def test_a_half_written_rhel_dump_waits_until_it_was_renamed_and_quiet(tmp_path: Path) -> None:
    folder, memory = fill(tmp_path / "127.0.0.1-2026-11-23-21:03:20", "vmcore-incomplete"), Memory()
    assert [wait[1:] for wait in in_this_boot(tmp_path, memory, 0.0).waiting] == [("it is not finished yet", 600.0)]
    (folder / "vmcore-incomplete").rename(folder / "vmcore")
    assert [wait[1:] for wait in in_this_boot(tmp_path, memory, 10.0).waiting] == [("it changed a moment ago", 5.0)]
    assert [wait[1:] for wait in in_this_boot(tmp_path, memory, 12.0).waiting] == [("it changed a moment ago", 3.0)]
    result = in_this_boot(tmp_path, memory, 15.0)
    assert not result.waiting
    assert [crash.partial for crash in result.found] == [False]


def test_a_dump_that_grows_starts_its_wait_anew(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    memory = Memory()
    in_this_boot(tmp_path, memory, 0.0)
    with (tmp_path / "vmcore").open("ab") as file:
        file.write(b"more")
    assert [wait[2] for wait in in_this_boot(tmp_path, memory, 4.0).waiting] == [5.0]
    assert len(in_this_boot(tmp_path, memory, 9.0).found) == 1


def test_a_dump_that_somebody_writes_waits_even_after_a_reboot_by_the_clock(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    with (tmp_path / "vmcore").open("ab"):
        assert [wait[1] for wait in after_reboot(tmp_path).waiting] == ["somebody is writing it"]
    assert len(after_reboot(tmp_path).found) == 1


def test_a_reader_is_no_writer(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    with (tmp_path / "vmcore").open("rb"):
        assert len(after_reboot(tmp_path).found) == 1


def test_a_writer_that_comes_while_we_ask_does_not_end_us(tmp_path: Path) -> None:
    """The kernel sends the holder of a lease a signal when somebody wants to write; SIGIO would end the agent."""
    path = fill(tmp_path, "vmcore") / "vmcore"
    asking = f"""
import os
from kdump_agent.discover.scan import _read_lease
with _read_lease(os.open({str(path)!r}, os.O_RDONLY)):
    if os.fork() == 0:
        try:
            os.open({str(path)!r}, os.O_WRONLY | os.O_NONBLOCK)
        except BlockingIOError:
            os._exit(7)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7, "the lease did not hold"
"""
    assert subprocess.run([sys.executable, "-c", asking], check=False).returncode == 0


def test_an_absent_crash_folder_holds_nothing_and_is_no_problem(tmp_path: Path) -> None:
    assert after_reboot(tmp_path / "absent") == Scan()


def test_a_crash_folder_that_is_a_file_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "crash").touch()
    problem = after_reboot(tmp_path / "crash").problem
    assert problem is not None
    assert "agent.crash_dir" in problem


def a_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def a_second_name(path: Path) -> None:
    path.with_name("precious").touch()
    os.link(path.with_name("precious"), path)


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("plant", [a_link, a_fifo, a_socket, a_second_name, a_folder])
def test_a_planted_object_is_refused_and_its_neighbours_are_found(
    tmp_path: Path, plant: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "127.0.0.1-2026-11-23-21:03:20", "vmcore")
    monkeypatch.chdir(tmp_path)  # a socket's path has 107 bytes at the most
    plant(Path("vmcore"))
    result = after_reboot(tmp_path)
    assert list(refused(result)) == ["vmcore"]
    assert [name for name, *_ in found(result)] == ["127.0.0.1-2026-11-23-21:03:20"]


def test_a_planted_dump_does_not_hide_the_log_beside_it(tmp_path: Path) -> None:
    fill(tmp_path / STAMP, f"dmesg.{STAMP}")
    (tmp_path / STAMP / f"dump.{STAMP}").symlink_to("/etc/passwd")
    result = after_reboot(tmp_path)
    assert found(result) == [(STAMP, "debian", None, f"dmesg.{STAMP}")]
    assert list(refused(result)) == [f"dump.{STAMP}"]


def test_a_link_with_the_name_of_a_crash_folder_is_refused_and_not_followed(tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", f"dump.{STAMP}")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / STAMP).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "var" / "latest").symlink_to(tmp_path / "elsewhere")
    result = after_reboot(tmp_path / "var")
    assert not result.found
    assert refused(result) == {STAMP: "has the name of a crash folder, but is none"}


@as_root
def test_another_users_file_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    os.chown(tmp_path / "vmcore", 4242, 4242)
    assert "user 4242" in refused(after_reboot(tmp_path))["vmcore"]


@as_root
def test_roots_files_in_another_users_folder_count_but_are_not_trusted(tmp_path: Path) -> None:
    os.chown(fill(tmp_path / STAMP, f"dump.{STAMP}"), 4242, 4242)
    fill(tmp_path / "202611232048", "dump.202611232048")
    assert [(crash.folder.name, crash.trusted) for crash in after_reboot(tmp_path).found] == [
        (STAMP, False), ("202611232048", True),
    ]  # fmt: skip


@as_root
def test_a_file_system_mounted_on_a_crash_folder_is_refused(tmp_path: Path, mounted: Callable[[Path], None]) -> None:
    mounted(fill(tmp_path / STAMP))
    fill(tmp_path / STAMP, f"dump.{STAMP}")
    result = after_reboot(tmp_path)
    assert not result.found
    assert "mounted" in refused(result)[STAMP]


@as_root
def test_an_8_eib_sparse_file_is_refused_by_its_blocks(tmp_path: Path, mounted: Callable[[Path], None]) -> None:
    mounted(fill(tmp_path / "crash"))
    fill(tmp_path / "crash", "vmcore")
    os.truncate(tmp_path / "crash" / "vmcore", (1 << 63) - 4096)
    assert "claims 9223372036854771712 bytes" in refused(after_reboot(tmp_path / "crash"))["vmcore"]


@pytest.mark.parametrize("folder", ["-rf", "two\nlines", "\udcff\udcfe", "c" * 255, "\x1b[2J"])
def test_a_folder_of_any_name_is_walked(tmp_path: Path, folder: str) -> None:
    fill(tmp_path / folder, "vmcore")
    assert found(after_reboot(tmp_path)) == [(folder, "rhel", "vmcore", None)]


def test_hundreds_of_crashes_are_all_found_and_no_descriptor_stays_open(tmp_path: Path) -> None:
    for number in range(500):
        fill(tmp_path / f"10.0.0.1-2026-11-23-{number // 60:02}:{number % 60:02}:00", "vmcore")
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert len({crash.folder for crash in after_reboot(tmp_path).found}) == 500
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_more_names_than_the_bound_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a", "b", "c")
    monkeypatch.setattr(scanning, "MOST_ENTRIES", 2)
    assert refused(after_reboot(tmp_path)) == {tmp_path.name: "has more than 2 entries; the rest was not looked at"}


@as_root
def test_names_that_others_made_do_not_hide_roots_crashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/var/crash is mode 1777 or 3777 on Ubuntu."""
    monkeypatch.setattr(scanning, "MOST_ENTRIES", 2)
    for number in range(9):
        os.chown(fill(tmp_path / f"2026112320{number:02}"), 1000, 1000)
    fill(tmp_path / "202611232119", "vmcore")
    result = after_reboot(tmp_path)
    assert [crash.folder.name for crash in result.found] == ["202611232119"]
    assert "the rest was not looked at" in refused(result)[tmp_path.name]


def test_what_is_refused_is_told_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_REFUSED", 2)
    for number in range(5):
        (tmp_path / f"2026112320{number:02}").symlink_to("/etc")
    told = after_reboot(tmp_path).refused
    assert [why for _, why in told[:2]] == ["has the name of a crash folder, but is none"] * 2
    assert [why for _, why in told[2:]] == ["more than 2 things were refused; the rest is not told"]


def test_a_crash_that_vanishes_between_two_looks_is_forgotten(tmp_path: Path) -> None:
    fill(tmp_path, "vmcore")
    memory = Memory()
    in_this_boot(tmp_path, memory, 0.0)
    assert memory._seen
    (tmp_path / "vmcore").unlink()
    assert in_this_boot(tmp_path, memory, 1.0) == Scan()
    assert not memory._seen
