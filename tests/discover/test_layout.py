"""Each distribution's crash folder is recognised by its names, and no dump in it is passed over."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.discover.layout import Group, Kind, groups, is_crash_folder, is_kdumps, kind_of

STAMP = "202611232047"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("127.0.0.1-2026-11-23-21:03:20", Kind("rhel")),
        ("127.0.0.1-2014.10.29-09:59:07", Kind("rhel")),
        ("fe80::1%eth0-2026-11-23-21:03:20", Kind("rhel")),
        ("kdump-test-1763931600", Kind("rhel", drill=True)),
        ("202611232047", Kind("debian")),
        ("2026-11-23-21:03", Kind("suse")),
        ("2026-11-23-21:03:20", Kind("suse")),
        ("2026-11-23-21-03", Kind("suse")),
        ("db1.example-2026-11-23-21-03", Kind("suse")),
        ("192.0.2.7-202611232047", Kind("debian")),
        ("db1-202611232047", Kind("debian")),
    ],
)
def test_a_folders_name_tells_the_distribution(folder: str, kind: Kind) -> None:
    assert kind_of(folder) == kind
    assert is_kdumps(folder)


@pytest.mark.parametrize("folder", ["backup", "20261123204", "202611232047x", "٢٠٢٦١١٢٣٢٠٤٧", "202611232047\n", ""])
def test_another_name_is_no_distributions(folder: str) -> None:
    assert not is_kdumps(folder)


def test_hidden_folders_and_lost_and_found_hold_no_crash() -> None:
    assert [is_crash_folder(name) for name in (".snapshots", "lost+found", "-rf", "backup")] == [
        False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["vmcore", "vmcore-dmesg.txt", "kexec-dmesg.log"], Group("vmcore", False, "vmcore-dmesg.txt", False)),
        (["vmcore-incomplete", "vmcore-dmesg.txt"], Group("vmcore-incomplete", True, "vmcore-dmesg.txt", False)),
        (["vmcore-dmesg-incomplete.txt"], Group(None, False, "vmcore-dmesg-incomplete.txt", True)),
        (["vmcore-dmesg.txt"], Group(None, False, "vmcore-dmesg.txt", False)),
        (["vmcore.flat", "vmcore-dmesg.txt"], Group("vmcore.flat", False, "vmcore-dmesg.txt", False)),
        (["vmcore", "vmcore-creation.status"], Group("vmcore", False, None, False)),
        ([f"dmesg.{STAMP}", f"dump.{STAMP}"], Group(f"dump.{STAMP}", False, f"dmesg.{STAMP}", False)),
        (["dump-incomplete", f"dmesg.{STAMP}"], Group("dump-incomplete", True, f"dmesg.{STAMP}", False)),
        (["dump-incomplete.gz", f"dmesg.{STAMP}"], Group("dump-incomplete.gz", True, f"dmesg.{STAMP}", False)),
        (["vmcore", "dmesg", "README.txt"], Group("vmcore", False, "dmesg", False)),
        (["dmesg", "README.txt"], Group(None, False, "dmesg", False)),
        (["dump.201410311601"], Group("dump.201410311601", False, None, False)),
        (["vmcore", "README.txt", "System.map-6.4.0", "vmlinux-6.4.0.gz"], Group("vmcore", False, None, False)),
        *(
            ([f"vmcore.{STAMP}{packed}"], Group(f"vmcore.{STAMP}{packed}", False, None, False))
            for packed in ("", ".gz", ".xz", ".lz4", ".bz2", ".zst", ".lzo")
        ),
    ],
)  # fmt: skip
def test_the_files_of_one_crash_are_recognised(names: list[str], expected: Group) -> None:
    assert list(groups(names)) == [expected]


@pytest.mark.parametrize(
    "name",
    [
        "kexec_cmd", "kdump_lock", "README.txt", "System.map-6.4.0", "kexec-dmesg.log", "vmcore-creation.status",
        "linux-image-6.8.0-31-generic-202611232047.crash", "vmcore.bak", "vmcores", "dump", "vmcore\n", "VMCORE",
    ],
)  # fmt: skip
def test_a_name_that_kdump_gives_to_no_dump_is_passed_over(name: str) -> None:
    assert list(groups([name])) == []


def test_two_crashes_of_one_minute_folder_are_two() -> None:
    names = ["dump.202611232047", "dmesg.202611232047", "dump.202611232048", "dmesg.202611232048"]
    assert list(groups(names)) == [
        Group("dump.202611232047", False, "dmesg.202611232047", False),
        Group("dump.202611232048", False, "dmesg.202611232048", False),
    ]


def test_what_makedumpfile_left_does_not_hide_the_copy_made_instead() -> None:
    assert list(groups(["dump-incomplete", f"vmcore.{STAMP}", f"dmesg.{STAMP}"])) == [
        Group(f"vmcore.{STAMP}", False, f"dmesg.{STAMP}", False),
        Group("dump-incomplete", True, None, False),
    ]


def test_two_dumps_of_one_stamp_are_both_there_and_the_log_counts_once() -> None:
    assert list(groups(["vmcore.flat", "vmcore", "vmcore-dmesg.txt"])) == [
        Group("vmcore", False, "vmcore-dmesg.txt", False),
        Group("vmcore.flat", False, None, False),
    ]


def test_the_parts_of_a_split_dump_are_all_there() -> None:
    assert [group.dump for group in groups(["vmcore1", "vmcore2", "vmcore.3", "dmesg.txt"])] == [
        "vmcore.3", "vmcore1", "vmcore2",
    ]  # fmt: skip


def test_a_finished_log_is_preferred() -> None:
    assert list(groups(["vmcore-dmesg-incomplete.txt", "vmcore-dmesg.txt", "vmcore"])) == [
        Group("vmcore", False, "vmcore-dmesg.txt", False)
    ]


REAL = st.sampled_from([
    "vmcore", "vmcore.flat", "vmcore-incomplete", "dump-incomplete", "vmcore.gz", "dump.202611232047",
    "vmcore.202611232047.zst", "dump.20261123204710", "dump.202611232047-incomplete", "vmcore-dmesg.txt", "dmesg.txt",
    "vmcore-dmesg-incomplete.txt", "dmesg.202611232047", "dmesg.202611232048.gz", "kdump_lock", "dmesg", "vmcore1",
    "dump-incomplete.lz4",
])  # fmt: skip
ANY = st.text(st.characters(), max_size=255)


@given(st.lists(REAL | ANY, unique=True), st.randoms())
def test_every_dump_is_claimed_once_in_whatever_company_and_order(names: list[str], shuffler: Random) -> None:
    found = list(groups(names))
    shuffler.shuffle(names)
    assert list(groups(names)) == found
    claimed = [name for group in found for name in (group.dump, group.dmesg) if name is not None]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= set(names)
    alone = {name for name in names for group in groups([name]) if group.dump}
    assert {group.dump for group in found if group.dump} == alone


@given(ANY)
def test_no_folder_name_is_too_strange(name: str) -> None:
    assert kind_of(name).layout in {"rhel", "debian", "suse"}
