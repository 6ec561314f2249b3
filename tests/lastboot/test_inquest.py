"""A boot that ended badly and left no dump becomes a job like every other."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdump_agent.cli import engine, wire
from kdump_agent.cli.main import main
from kdump_agent.decoder.ask import Decoder
from kdump_agent.inquest import Inquest
from kdump_agent.jobs import Jobs
from kdump_agent.lastboot.boots import Boots
from kdump_agent.lastboot.compose import NOTHING
from kdump_agent.model import CrashDir, Dump
from kdump_agent.report.document import Host as Name
from kdump_agent.report.document import iso, schema
from kdump_agent.report.html import page
from kdump_agent.report.terminal import render
from kdump_agent.stages.decode import DecodeStage
from tests.test_agent import Quiet

from .host import BEGAN, CRASH_KERNEL, CRASHED, PRESENT, WORKING, Host, kernel, said

HOUR = 3600
NOT_ARMED = {
    "verdict": "not armed",
    "at": BEGAN - HOUR,
    "findings": [{"code": "kdump.not-loaded", "severity": "fatal", "fact": "no crash kernel is loaded"}],
}
PANIC = """\
Panic#1 Part1
<1>[   44.101] BUG: kernel NULL pointer dereference, address: 0000000000000000
<4>[   44.102] CPU: 1 PID: 432 Comm: insmod Not tainted 6.1.0-26-amd64 #1 Debian 6.1.112-1
<4>[   44.103] RIP: 0010:crashme_null+0x26/0x4a [crashme]
<0>[   44.104] Kernel panic - not syncing: Fatal exception
"""


def nobody(_folder: Path) -> Decoder:
    raise AssertionError("there is no dump to open")


class Reborn(Host):
    """A host after a reboot whose agent ran in the boot before, which was cut short."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "root")
        self.jobs = Jobs(home / "state")
        self.jobs.prepare()
        self.write("proc/uptime", "30.0 5.0")
        self.clock = float(BEGAN + 30)
        self.remove_pstore = False
        boots = Boots(self.memory)
        boots.open(CRASHED, began=BEGAN - HOUR, now=BEGAN - HOUR)
        boots.settle(None, ())
        boots.note(NOT_ARMED)
        os.utime(self.memory, (BEGAN - 90, BEGAN - 90))
        self.journal([said(text) for text in WORKING])

    @property
    def memory(self) -> Path:
        return self.jobs.state_dir / "boots.json"

    def inquest(self, boot_id: str = PRESENT) -> Inquest:
        """The agent, started anew."""
        return Inquest(
            self.paths, self.jobs, self.root / "var/crash", Boots(self.memory), Quiet(), report=True,
            remove_pstore=self.remove_pstore, boot_id=boot_id, began=BEGAN, clock=lambda: self.clock,
        )  # fmt: skip

    def report(self) -> dict[str, Any]:
        """Hold the inquest and decode the one job that it makes."""
        assert self.inquest()([], ())
        ((job,), damaged) = self.jobs.all()
        assert not damaged
        DecodeStage(self.jobs, Name("h1"), nobody, lambda: None)(job)
        found: dict[str, Any] = json.loads((self.jobs.folder(job.id) / "report.json").read_text())
        jsonschema.validate(found, schema())
        return found


@pytest.fixture
def host(tmp_path: Path) -> Reborn:
    return Reborn(tmp_path)


def test_the_report_tells_why_there_is_no_dump_and_what_was_last_heard(host: Reborn) -> None:
    report = host.report()
    assert report["panic"]["kind"] == "unknown"
    assert report["panic"]["title"] == "no clean shutdown and no dump; kdump.not-loaded: no crash kernel is loaded"
    assert report["crashed_at"] == "2027-01-15T07:59:00Z"  # the journal's last entry
    assert (report["dump"]["format"], report["dmesg"]["source"]) == ("none", "none")
    last = report["last_boot"]
    assert last["boot_id"] == CRASHED
    assert last["why_no_dump"] == ["kdump.not-loaded: no crash kernel is loaded"]
    assert last["arming"]["verdict"] == "not armed"
    assert last["journal"][-1].endswith("session opened for user root")
    assert "session opened" in render(report)
    assert "session opened" in page(report, log=None)


def test_a_log_in_pstore_says_what_happened(host: Reborn) -> None:
    host.write("sys/fs/pstore/dmesg-ramoops-0", PANIC)
    report = host.report()
    assert report["panic"]["kind"] == "null_deref"
    assert report["panic"]["function"] == "crashme_null"
    assert report["dmesg"]["source"] == "pstore"
    assert report["last_boot"]["pstore"] == [
        {"path": "/sys/fs/pstore/dmesg-ramoops-0", "bytes": len(PANIC), "why": "Panic", "part": 1}
    ]


def test_a_panic_that_the_journal_had_time_to_keep_is_told_with_a_doubt(host: Reborn) -> None:
    words = [kernel(line.split("] ")[1]) for line in PANIC.splitlines()[1:]]
    host.journal([said("a"), *words], words)
    report = host.report()
    assert report["panic"]["kind"] == "null_deref"
    assert report["dmesg"]["source"] == "journal"
    assert any("last words may be missing" in doubt for doubt in report["doubts"])


def test_what_the_kernel_said_long_before_the_end_is_no_last_word(host: Reborn) -> None:
    early = str((BEGAN - HOUR) * 1_000_000)
    words = [kernel("an old story", __REALTIME_TIMESTAMP=early), kernel("the last word")]
    host.journal(words, words)
    host.report()
    ((job,), _) = host.jobs.all()
    assert (host.jobs.folder(job.id) / "dmesg.txt").read_bytes() == b"<4>[ 3540.000000] the last word\n"


def test_a_crash_is_never_dated_after_the_boot_that_followed_it(host: Reborn) -> None:
    host.journal([said("x", __REALTIME_TIMESTAMP=str((BEGAN + 7 * HOUR) * 1_000_000))])
    assert host.report()["crashed_at"] == iso(BEGAN)


def test_without_a_journal_the_agents_last_sign_of_life_dates_the_crash(host: Reborn) -> None:
    shutil.rmtree(host.root / "kdump-agent-captures")
    assert host.report()["crashed_at"] == iso(BEGAN - 90)


def test_the_answer_is_that_of_the_present_boot_and_survives_a_restart(host: Reborn) -> None:
    host.inquest()([], ())
    again = host.inquest()
    again.begin()
    assert again.boots.answer is not None
    assert again.boots.answer["unclean"] == "yes"
    after = host.inquest("d" * 32)
    after.begin()
    assert after.boots.answer is None


def test_a_warning_in_the_journal_is_not_made_the_cause(host: Reborn) -> None:
    words = [kernel("WARNING: CPU: 0 PID: 1 at kernel/x.c:1 some_function+0x1/0x2")]
    host.journal(words, words)
    report = host.report()
    assert report["panic"]["kind"] == "unknown"
    assert "the last report in the journal: " in report["panic"]["message"]


def test_what_the_present_kernel_found_of_the_one_before_is_told(host: Reborn) -> None:
    host.kernel_log(
        PRESENT,
        "[    0.901000] h kernel: mce: [Hardware Error]: Machine check events logged\n"
        "[    0.901001] h kernel: mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 5: be00000000800400\n"
        "[    0.901002] h kernel: mce: [Hardware Error]: TSC 0 ADDR 12345000 MISC 8c\n"
        "[    0.901003] h kernel: mce: [Hardware Error]: PROCESSOR 0:50654 TIME 1799999990 SOCKET 0 APIC 0\n"
        "[ 4000.901001] h kernel: mce: [Hardware Error]: CPU 1: Machine Check: 0 Bank 7: 8c00004000010090\n"
        "[ 4000.901002] h kernel: mce: [Hardware Error]: TSC 0 ADDR 12345000 MISC 8c\n"
        "[ 4000.901003] h kernel: mce: [Hardware Error]: PROCESSOR 0:50654 TIME 1800004000 SOCKET 0 APIC 1\n",
    )
    host.write("sys/firmware/acpi/tables/data/BERT", bytes([1, 0, 0, 0] + [0] * 12 + [1, 0, 0, 0]) + b"x" * 9000)
    report = host.report()
    (error,) = report["hardware_errors"]
    assert (error["boot"], error["bank"]) == ("previous", 5)
    assert report["panic"]["message"] == f"the present boot found: {error['summary']}"
    assert report["last_boot"]["firmware"]["severity"] == "fatal"
    assert len(report["last_boot"]["firmware"]["hex"]) == 2 * 4096


def test_a_crash_kernel_that_left_nothing_is_quoted(host: Reborn) -> None:
    host.journal([said("cp: error writing: No space left on device")], boots=(CRASHED, CRASH_KERNEL))
    host.kernel_log(CRASH_KERNEL, "[    0.000000] h kernel: Command line: elfcorehdr=1015156K\n")
    last = host.report()["last_boot"]
    assert last["why_no_dump"][0] == "the crash kernel ran, and left no dump"
    assert "No space left" in last["crash_kernel"][-1]


def test_a_dump_that_went_elsewhere_is_said_to_have_gone_there(host: Reborn) -> None:
    boots = Boots(host.memory)
    boots.open(CRASHED, began=BEGAN - HOUR, now=BEGAN - 90)
    remote = {"code": "target.remote", "severity": "warning", "fact": "kdump sends its dumps elsewhere (ssh)"}
    boots.note({"verdict": "degraded", "at": BEGAN - HOUR, "findings": [remote]})
    assert host.report()["last_boot"]["why_no_dump"] == [
        "kdump sends its dumps elsewhere (ssh)",
        "the host was degraded then: a reset, a power loss, a hang, or a crash kernel that died",
    ]


def test_a_panic_in_pstore_tells_that_no_crash_kernel_was_entered(host: Reborn) -> None:
    boots = Boots(host.memory)
    boots.open(CRASHED, began=BEGAN - HOUR, now=BEGAN - 90)
    boots.note({"verdict": "armed", "at": BEGAN - HOUR, "findings": []})
    host.write("sys/fs/pstore/dmesg-ramoops-0", PANIC)
    (why,) = host.report()["last_boot"]["why_no_dump"]
    assert why.startswith("the host was armed then: the kernel went on after its panic")


def test_one_boot_gives_one_report_however_often_the_agent_starts(host: Reborn) -> None:
    assert host.inquest()([], ())
    assert not host.inquest()(host.jobs.all()[0], ())
    memory = json.loads(host.memory.read_text())
    host.memory.write_text(json.dumps({**memory, "judged": CRASHED}))  # a kill between the job and the memory of it
    assert not host.inquest()(host.jobs.all()[0], ())
    assert len(host.jobs.all()[0]) == 1


def dumped(host: Reborn, *, crashed_at: int, found_at: int, drill: bool = False) -> None:
    dump = Dump("vmcore", 1, 2, 3)
    host.jobs.create(CrashDir(Path("/x"), "rhel", dump, None, drill=drill), crashed_at=crashed_at, now=found_at)


@pytest.mark.parametrize(
    ("crashed_at", "found_at", "drill", "made"),
    [
        (BEGAN - 60, BEGAN + 20, False, False),
        (BEGAN + 7 * HOUR, BEGAN + 20, False, False),
        (BEGAN - 60, BEGAN - 1800, False, True),
        (BEGAN - 99 * HOUR, BEGAN + 20, False, True),
        (BEGAN - 60, BEGAN + 20, True, True),
    ],
    ids=["its dump", "its dump by a clock of local time", "found in the boot before", "far older", "a drill"],
)
def test_a_dump_of_that_boot_solves_the_riddle_and_no_other_does(
    host: Reborn, crashed_at: int, found_at: int, drill: bool, made: bool
) -> None:
    dumped(host, crashed_at=crashed_at, found_at=found_at, drill=drill)
    assert host.inquest()(host.jobs.all()[0], ()) is made


def test_an_orderly_end_is_remembered(host: Reborn) -> None:
    host.write("kdump-agent-captures/systemctl-show-state", "SystemState=stopping\n")
    before = host.inquest()
    before([], ())
    before.leave()
    boots = Boots(host.memory)
    boots.open("d" * 32, began=BEGAN + HOUR, now=BEGAN + HOUR)
    assert boots.before is not None
    assert boots.before.ended == "shutdown"


def test_the_agents_first_start_judges_nothing_and_knows_what_was_there(host: Reborn) -> None:
    host.memory.unlink()
    host.write("sys/fs/pstore/dmesg-ramoops-0", PANIC)
    assert not host.inquest()([], ())
    assert host.inquest("d" * 32)([], ())  # the next boot, again cut short
    ((job,), _) = host.jobs.all()
    assert (host.jobs.folder(job.id) / "last-boot.log").read_bytes() == b""


def test_a_damaged_memory_is_begun_anew(host: Reborn) -> None:
    host.memory.write_text("{")
    assert not host.inquest()([], ())
    assert json.loads(host.memory.read_text())["judged"] == PRESENT


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # sdnotify leaves a socket open
def test_pstore_records_go_after_delivery_and_only_if_that_is_set(
    host: Reborn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = host.write("var/lib/systemd/pstore/1795/dmesg-efi-179542000001001", PANIC)
    other = host.write("var/lib/systemd/pstore/1795/dmesg.txt", "x")
    for module in (engine, wire):
        monkeypatch.setattr(module, "PATHS", host.paths)
    config = tmp_path / "config.toml"

    def one_pass(more: str) -> int:
        config.write_text(f'[agent]\ncrash_dir = "{tmp_path}/crash"\nstate_dir = "{host.jobs.state_dir}"\n{more}\n')
        config.chmod(0o600)
        return main(["--config", str(config), "run", "--once"])

    down = '[endpoint]\nurl = "tus+http://127.0.0.1:9/"\n'
    host.write("etc/hostname", "h1")
    assert one_pass(down + "[last_boot]\nremove_pstore = true") == 1
    assert record.exists()
    assert one_pass("") == 0
    assert record.exists()
    later = host.write("sys/fs/pstore/dmesg-efi-179549000001001", PANIC)
    assert one_pass("[last_boot]\nremove_pstore = true") == 0
    assert not record.exists()
    assert other.exists()
    assert later.exists()
    ((job,), _) = host.jobs.all()
    assert job.crash.layout == NOTHING
    arrived = {path.name: path for path in (host.jobs.state_dir / "outbox/crashes").rglob("*.*")}
    assert set(arrived) == {"report.json", "dmesg.txt", "manifest.json"}
    assert json.loads(arrived["report.json"].read_text())["panic"]["kind"] == "null_deref"
    (status,) = (host.jobs.state_dir / "outbox/hosts").rglob("status.json")
    assert json.loads(status.read_text())["last_boot"]["unclean"] == "yes"


def test_it_can_be_switched_off(host: Reborn) -> None:
    inquest = host.inquest()
    inquest.report = False
    assert not inquest([], ())
    assert inquest.boots.answer is not None
