"""What a real Debian 12 kept of its boots: one ended cleanly, one panicked unarmed, one panicked armed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kdump_agent.decode.log import decode
from kdump_agent.lastboot.facts import Boot, Facts
from kdump_agent.lastboot.gather import gather
from kdump_agent.lastboot.judge import judge
from kdump_agent.paths import HostPaths
from tests.machine import DATA

KEPT = DATA / "lastboot"
CLEAN, UNARMED, ARMED, CRASH_KERNEL, LAST = (
    "1d37431910604e84928989fbf1f2c67a", "9257ec9b41214ba9a2505a91f37ffacb", "b6a157331a5148f1a4e5260b36d68300",
    "c1de2cff6bd545c78aba7c09753ad506", "af7399d14df845e097cf38729f266acd",
)  # fmt: skip
BEGAN = {UNARMED: 1795563959, ARMED: 1795564136, LAST: 1795564279}
RECORDS = {UNARMED: 10, ARMED: 17, LAST: 25}
"""Records of wtmp up to the beginning of each boot."""


def seen_from(boot: str, root: Path, *, remembered: Boot | None = None, journal: bool = True) -> Facts:
    """The facts as that boot would have gathered them at its beginning."""
    shutil.copytree(KEPT / "debian12", root, dirs_exist_ok=True)
    wtmp = root / "var/log/wtmp"
    wtmp.write_bytes(wtmp.read_bytes()[: 384 * RECORDS[boot]])
    if not journal:
        shutil.rmtree(root / "kdump-agent-captures")
    return gather(HostPaths(root), boot_id=boot, began=BEGAN[boot], remembered=remembered, known=frozenset())


@pytest.mark.parametrize(
    ("boot", "before", "unclean"), [(UNARMED, CLEAN, "no"), (ARMED, UNARMED, "yes"), (LAST, ARMED, "yes")]
)
def test_each_boot_knows_how_the_one_before_it_ended(tmp_path: Path, boot: str, before: str, unclean: str) -> None:
    facts = seen_from(boot, tmp_path)
    assert facts.journal is not None
    assert facts.journal.id == before
    assert judge(facts).unclean == unclean


@pytest.mark.parametrize(("boot", "unclean"), [(UNARMED, "no"), (ARMED, "yes"), (LAST, "yes")])
def test_wtmp_alone_tells_the_same(tmp_path: Path, boot: str, unclean: str) -> None:
    answer = judge(seen_from(boot, tmp_path, journal=False))
    assert (answer.unclean, answer.because[0][:5]) == (unclean, "wtmp:")


def test_the_crash_kernel_of_an_armed_host_is_told_from_a_boot_of_its_own(tmp_path: Path) -> None:
    facts = seen_from(LAST, tmp_path)
    assert facts.journal is not None
    assert any("saved vmcore in /var/crash/202611242350" in entry.text for entry in facts.journal.crash_kernel)
    assert judge(facts).because[0] == "a crash kernel ran after it, as the journal tells"


def test_a_record_that_the_kernel_kept_in_memory_is_a_whole_log(tmp_path: Path) -> None:
    place = tmp_path / "sys/fs/pstore"
    place.mkdir(parents=True)
    shutil.copy(KEPT / "dmesg-ramoops-0", place)
    facts = gather(HostPaths(tmp_path), boot_id=LAST, began=0, remembered=None, known=frozenset())
    (record,) = facts.records
    decoded = decode(record.text)
    assert (record.why, record.part) == ("Panic", 1)
    assert decoded.panic is not None
    assert (decoded.panic.kind, decoded.kernel.release) == ("sysrq", "6.1.0-50-amd64")
