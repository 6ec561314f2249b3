"""How the last boot ended, by each witness and by all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdump_agent.lastboot.facts import Boot, Facts
from kdump_agent.lastboot.gather import gather
from kdump_agent.lastboot.judge import Answer, judge

from .host import (
    BEGAN,
    CRASH_KERNEL,
    CRASHED,
    JOURNAL_STOP,
    PRESENT,
    SHUTDOWN,
    WORKING,
    Host,
    boot,
    kernel,
    said,
    shutdown,
    utmp,
)

HOUR = 3600


def gathered(host: Host, remembered: Boot | None = None) -> Facts:
    return gather(host.paths, boot_id=PRESENT, began=BEGAN, remembered=remembered, known=frozenset())


def answer(host: Host, remembered: Boot | None = None) -> Answer:
    return judge(gathered(host, remembered))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


WORK = [said(text) for text in WORKING]
STOPPED = said("Journal stopped", MESSAGE_ID=JOURNAL_STOP, _TRANSPORT="driver", _PID="207")
STARTED = said("Journal started", MESSAGE_ID="f77379a8490b408bbe5f6940505a777b", _TRANSPORT="driver", _PID="207")
POWERING_DOWN = said("System is powering down.", MESSAGE_ID=SHUTDOWN, _PID="400")


@pytest.mark.parametrize(
    ("entries", "unclean", "words"),
    [
        ([*WORK, said("Shutting down."), STOPPED], "no", "closed by a shutdown"),
        ([*WORK, said("Reached target Final Step.")], "no", "closed by a shutdown"),
        ([*WORK, said("Stopping Flush Journal to Persistent Storage...")], "no", "closed by a shutdown"),
        (WORK, "yes", "in the midst of work ('session opened for user root')"),
        ([STOPPED, STARTED, *WORK], "yes", "in the midst of work"),
        ([*WORK, POWERING_DOWN, said("Stopping cron.service")], "yes", "was begun and did not come to its end"),
        ([*WORK, said("Shutting down.", _PID="4242")], "yes", "in the midst of work"),
        ([*WORK, said("Journal stopped", MESSAGE_ID=JOURNAL_STOP)], "yes", "in the midst of work"),
        ([], "unknown", "nothing of the end"),
    ],
    ids=["clean", "older systemd", "its own /var", "cut", "restarted", "hung in shutdown", "forged words",
         "forged id", "empty"],
)  # fmt: skip
def test_the_journal_tells_by_its_last_entries(
    host: Host, entries: list[dict[str, str]], unclean: str, words: str
) -> None:
    host.journal(entries)
    found = answer(host)
    assert found.unclean == unclean
    assert words in " ".join(found.because)


def test_a_crash_kernel_in_the_journal_is_no_boot_but_proof_of_a_crash(host: Host) -> None:
    host.journal([*WORK, STOPPED], boots=(CRASHED, CRASH_KERNEL))
    host.kernel_log(CRASHED, "[    0.000000] host kernel: Command line: root=/dev/vda crashkernel=256M\n")
    host.kernel_log(CRASH_KERNEL, "[    0.000000] host kernel: Command line: root=/dev/vda elfcorehdr=1015156K\n")
    facts = gathered(host)
    assert facts.journal is not None
    assert facts.journal.id == CRASHED
    assert facts.journal.crash_kernel[-1].text == "Journal stopped"
    assert judge(facts).because[0] == "a crash kernel ran after it, as the journal tells"


@pytest.mark.parametrize(
    ("content", "unclean"),
    [
        (boot(BEGAN - HOUR) + shutdown(BEGAN - 60) + boot(BEGAN + 5), "no"),
        (boot(BEGAN - HOUR) + utmp(7, "root", BEGAN - 1800) + boot(BEGAN + 5), "yes"),
        (boot(BEGAN - HOUR) + utmp(1, "runlevel", BEGAN - 1800) + boot(BEGAN + 5), "yes"),
        (boot(BEGAN + 5), "unknown"),
        (boot(BEGAN - 90 * HOUR) + boot(BEGAN - 80 * HOUR), "unknown"),
        (b"", "unknown"),
        (b"\xff" * 4000, "unknown"),
        (b"".join(utmp(*each, wide=True) for each in ((2, "reboot", BEGAN - HOUR), (2, "reboot", BEGAN + 5))), "yes"),
    ],
    ids=["shut down", "login between", "runlevel between", "rotated away", "not of this boot", "empty",
         "garbage", "arm64"],
)  # fmt: skip
def test_wtmp_tells_by_what_stands_before_this_boot(host: Host, content: bytes, unclean: str) -> None:
    host.write("var/log/wtmp", content)
    assert answer(host).unclean == unclean


def test_a_journal_that_lost_the_last_boot_is_not_believed_for_an_older_one(host: Host) -> None:
    host.journal([*WORK, STOPPED])  # its last entry is of a minute before this boot
    assert answer(host, Boot("e" * 32, BEGAN - HOUR, BEGAN - 60)).unclean == "no"
    found = answer(host, Boot("e" * 32, BEGAN - 30, BEGAN - 10))
    assert found.unclean == "yes"
    assert found.because[-2:] == (
        "journal: it does not hold the last boot in which the agent ran", "wtmp: this host keeps none",
    )  # fmt: skip


def test_a_rotated_wtmp_is_read_with_the_one_before(host: Host) -> None:
    host.write("var/log/wtmp.1", boot(BEGAN - HOUR) + shutdown(BEGAN - 60))
    host.write("var/log/wtmp", boot(BEGAN + 5))
    assert answer(host).unclean == "no"


@pytest.mark.parametrize(("ended", "unclean"), [("shutdown", "no"), ("stopped", "unknown"), (None, "yes")])
def test_the_agent_itself_tells_by_how_it_ended(host: Host, ended: str | None, unclean: str) -> None:
    assert answer(host, Boot(CRASHED, BEGAN - HOUR, BEGAN - 60, ended)).unclean == unclean


def test_a_host_without_any_witness_is_not_judged_and_says_why(host: Host) -> None:
    found = answer(host)
    assert found.unclean == "unknown"
    assert found.because == (
        "journal: it holds no boot before this one",
        "wtmp: this host keeps none",
        "agent: it did not run in that boot",
    )


def test_the_journal_is_believed_before_wtmp_and_both_are_heard(host: Host) -> None:
    host.journal([*WORK, STOPPED])
    host.write("var/log/wtmp", boot(BEGAN - HOUR) + boot(BEGAN + 5))
    found = answer(host)
    assert found.unclean == "no"
    assert any("booted twice" in words for words in found.because)


def test_a_panic_in_pstore_outweighs_a_clean_journal(host: Host) -> None:
    host.journal([*WORK, STOPPED])
    host.write("sys/fs/pstore/dmesg-ramoops-0", "Panic#1 Part1\n<0>[   12.5] Kernel panic - not syncing: x\n")
    assert answer(host).unclean == "yes"


def test_an_entry_that_is_no_text_or_no_json_stops_nothing(host: Host) -> None:
    host.journal([said("a"), kernel("b", MESSAGE_ID="x")])
    path = host.root / "kdump-agent-captures" / f"journalctl-last-{CRASHED}"
    path.write_text('{"MESSAGE": [104, 105, 255]}\n[1]\n{"MESSAGE": null}\nnonsense\n' + path.read_text())
    facts = gathered(host)
    assert facts.journal is not None
    assert [entry.text for entry in facts.journal.last] == ["a", "b", "", "hi\ufffd"]
