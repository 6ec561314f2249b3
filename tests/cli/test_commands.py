"""What a person types, and what the shell learns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kdump_agent.cli import wire
from kdump_agent.paths import HostPaths
from kdump_agent.settings import Settings

from ..machine import AMD, MCE, MINIS, NULL, REPOSITORY, Machine, dump_of
from ..ship.server import TusServer


@pytest.fixture
def mounted_read_only() -> Iterator[Callable[[Path], None]]:
    """Make a folder read-only, as an error of its disk does; it is as before after the test."""
    done: list[Path] = []

    def mount(folder: Path) -> None:
        subprocess.run(["mount", "--bind", "-o", "ro", str(folder), str(folder)], check=True)
        done.append(folder)

    yield mount
    for folder in done:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


CANARY = "canary-77aa01"


@pytest.fixture
def shipped(machine: Machine) -> Machine:
    for name in (MCE, NULL, AMD):
        machine.add(MINIS / name)
    assert machine.run("run", "--once").returncode == 0
    return machine


def test_list_names_what_happened_newest_first(shipped: Machine) -> None:
    lines = shipped.run("list").stdout.splitlines()
    assert lines[0].split() == ["ID", "STAGE", "DUMP", "WHAT"]
    assert [line.split()[0][:16] for line in lines[1:]] == ["20261123T210248Z", "20261123T205132Z", "20261123T204625Z"]
    assert lines[1].endswith("Instruction fetch unit: full tag parity (socket 0, CPU 0, bank 1, address 0x12345678)")
    assert lines[2].endswith("NULL pointer dereference in crashme_null")
    assert lines[3].endswith("Data cache level-1 data-read error (socket 0, CPU 0, bank 1, address 0x12345000)")


def test_show_begins_with_the_sentence_that_matters(shipped: Machine) -> None:
    by_kind = {job["kind"]: job["id"] for job in shipped.json("list")["jobs"]}
    shown = shipped.run("show", by_kind["null_deref"]).stdout
    assert shown.startswith("NULL pointer dereference in crashme_null\n")
    assert "vmcore.zst" in shown
    assert shown.count("delivered") >= 5
    document = shipped.json("show", "last")
    assert document["report"]["crash_id"] == document["job"]["id"]


def test_show_of_an_unknown_crash_says_where_to_look(shipped: Machine) -> None:
    for name in ("20260101T000000Z-00000000", "../../etc/passwd"):
        answer = shipped.run("show", name)
        assert answer.returncode == 2
        assert "no such job; `kdump-agent list` tells which there are" in answer.stderr


def test_status_counts(shipped: Machine) -> None:
    status = shipped.json("status")
    assert status["jobs"]["delivered"] == 3
    assert (status["running"], status["parked"], status["damaged"]) == (False, 0, 0)
    assert status["crash_dir_source"] == "agent.crash_dir"
    assert "3 delivered" in shipped.run("status").stdout


def test_commands_work_before_anything_was_done(machine: Machine) -> None:
    assert machine.run("list").stdout == "No crash is known on this host.\n"
    assert machine.json("status")["jobs"]["found"] == 0
    assert machine.run("show", "last").returncode == 2


def test_a_dump_shipped_by_hand_arrives(machine: Machine, tmp_path: Path) -> None:
    loose = tmp_path / "vmcore.mine"
    loose.write_bytes(dump_of(MINIS / AMD).read_bytes())
    answer = machine.json("ship", str(loose))
    assert [job["stage"] for job in answer["jobs"]] == ["delivered"]
    assert machine.json("ship", str(MINIS / NULL))["jobs"][0]["kind"] == "null_deref"
    assert machine.run("ship", str(tmp_path / "nothing")).returncode == 2


def test_a_dump_shipped_by_hand_is_packed_like_every_other(machine: Machine) -> None:
    machine.json("ship", str(MINIS / NULL))
    (key,) = [key for key in machine.delivered() if "/vmcore" in key]
    assert key.endswith("/vmcore.zst")


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_who_may_not_look_is_told_so(shipped: Machine) -> None:
    known = shipped.json("list")["jobs"][0]["id"]
    os.chown(shipped.state, 65534, 65534)
    for words in (["show", "last"], ["show", known], ["retry", known], ["list"], ["status"]):
        answer = shipped.run_powerless(*words)
        assert answer.returncode == 2
        assert answer.stderr.endswith("cannot be read: Permission denied; run as root\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_a_folder_that_cannot_be_looked_into_is_not_shipped_and_said(machine: Machine) -> None:
    folder = machine.add(MINIS / NULL)
    folder.chmod(0o700)
    os.chown(folder, 65534, 65534)
    answer = machine.run_powerless("ship", str(folder))
    assert (answer.returncode, answer.stderr) == (2, f"kdump-agent: {folder}: Permission denied\n")


def test_a_folder_without_a_record_is_named_and_harms_no_other(shipped: Machine) -> None:
    known = [job["id"] for job in shipped.json("list")["jobs"]]
    (shipped.state / "jobs" / known[0] / "job.json").unlink()
    listed = shipped.json("list")
    assert [job["id"] for job in listed["jobs"]] == known[1:]
    assert listed["damaged"][0]["why"].endswith("job.json: is missing; its folder is kept")


def test_status_on_a_disk_that_became_read_only_still_answers(
    shipped: Machine, mounted_read_only: Callable[[Path], None]
) -> None:
    mounted_read_only(shipped.state)
    assert "3 delivered" in shipped.run("status").stdout


def test_a_dump_that_is_waited_for_is_told_with_its_reason(machine: Machine) -> None:
    unfinished = machine.crash / NULL / "dump-incomplete"
    unfinished.parent.mkdir()
    unfinished.write_bytes(bytes(10))
    answer = machine.run("run", "--once")
    assert answer.returncode == 1
    assert answer.stderr.count("it is not finished yet") == 1


def test_retry_wants_to_know_which(machine: Machine) -> None:
    assert machine.run("retry").returncode == 2
    assert machine.json("retry", "--all") == {"asked": []}


def test_delivered_dumps_are_pruned_with_a_reason_and_sources_left_alone(shipped: Machine) -> None:
    shipped.write_config("[retain]\nkeep = 1\n")
    answer = shipped.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.count("beyond the newest 1") == 2
    assert len(list(shipped.state.rglob("vmcore.zst"))) == 1
    assert len(list(shipped.crash.rglob("dump.*"))) == 2
    stages = [job["stage"] for job in shipped.json("list")["jobs"]]
    assert stages == ["delivered", "pruned", "pruned"]
    assert shipped.run("run", "--once").returncode == 0
    assert len(shipped.json("list")["jobs"]) == 3, "a pruned crash whose source remains is not found again"


def test_sources_go_only_when_that_is_wanted_and_only_what_was_delivered(machine: Machine) -> None:
    folder = machine.add(MINIS / NULL)
    other = machine.add(MINIS / MCE)
    (other / "notes-of-an-admin").write_text("keep me")
    machine.write_config("[retain]\nkeep = 0\nremove_source = true\n")
    assert machine.run("run", "--once").returncode == 0
    assert not folder.exists()
    assert [path.name for path in other.iterdir()] == ["notes-of-an-admin"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_sources_that_cannot_be_removed_do_not_keep_the_packed_copies(
    machine: Machine, mounted: Callable[[Path], None]
) -> None:
    mounted(machine.crash)
    for name in (MCE, NULL):
        machine.add(MINIS / name)
    subprocess.run(["mount", "-o", "remount,ro", str(machine.crash)], check=True)
    machine.write_config("[retain]\nkeep = 0\nremove_source = true\n")
    answer = machine.run("run", "--once")
    assert answer.stderr.count("Read-only file system") == 2
    assert not list(machine.state.rglob("vmcore.zst"))


def test_what_was_shipped_by_hand_from_elsewhere_is_never_removed(machine: Machine, tmp_path: Path) -> None:
    mine = tmp_path / "evidence"
    mine.write_bytes(dump_of(MINIS / AMD).read_bytes())
    machine.write_config("[retain]\nkeep = 0\nremove_source = true\n")
    machine.json("ship", str(mine))
    assert "pruned" in machine.run("run", "--once").stderr
    assert mine.exists()


def test_nothing_undelivered_is_removed(machine: Machine) -> None:
    folder = machine.add(MINIS / NULL)
    machine.outbox.write_text("in the way")
    machine.write_config("[retain]\nkeep = 0\nremove_source = true\n")
    answer = machine.run("run", "--once")
    assert answer.returncode == 1
    assert "parked" in answer.stderr
    assert dump_of(folder).exists()
    assert machine.json("list")["jobs"][0]["parked"] is True


def test_the_token_is_in_no_log_record_or_answer(machine: Machine, tus: TusServer) -> None:
    token = machine.home / "token"
    token.write_text(CANARY)
    token.chmod(0o600)
    machine.add(MINIS / NULL)
    machine.write_config(f'token_file = "{token}"\n', url=tus.url)
    assert machine.run("run", "--once").returncode == 0
    said = machine.run("status").stdout + machine.run("config", "show").stdout + machine.run("run", "--once").stderr
    assert CANARY not in said
    for path in machine.state.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()
    for upload in tus.uploads():
        assert CANARY not in json.dumps(upload.metadata)


def test_start_up_imports_neither_requests_nor_structlog() -> None:
    code = (
        "import sys\nfrom kdump_agent.cli.main import main\n"
        "try: main(['list', '--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('requests', 'structlog', 'pyinotify', 'tomli') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert answer.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(not Path("/usr/bin/systemd-analyze").exists(), reason="systemd is not installed")
def test_the_unit_is_valid_and_its_exposure_low() -> None:
    unit = REPOSITORY / "systemd/kdump-agent.service"
    answer = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=23", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-400:]


@pytest.mark.parametrize(
    ("kernel", "name"),
    [
        ("web1.example.com", "web1.example.com"), ("we\xffird_h\u00f6st", "we--ird_h--st"), ("local", "local"),
        ("localhost.localdomain", None), ("localhost", None), ("(none)", None), ("", None), ("fedora", None),
    ],
)  # fmt: skip
def test_hosts_without_a_name_of_their_own_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str, name: str | None
) -> None:
    paths = HostPaths(tmp_path)
    for path, content in ((paths.hostname, kernel), (paths.machine_id, "0123456789abcdef" * 2)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    monkeypatch.setattr(wire, "PATHS", paths)
    assert wire.read_host(Settings()).name == (name or "localhost-01234567")
