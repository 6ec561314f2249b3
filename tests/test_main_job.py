"""The main job, end to end: real dumps in, the real program, a folder and a real tus server out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdump_agent.report import document

from .machine import AMD, MCE, MINIS, NULL, Machine, dump_of, sha256, shared, unpacked_sha256
from .ship.server import TusServer

EXPECTED = {
    MCE: ("mce", None, "6.1.0-50-amd64", "flattened", "2026-11-23T20:46:25Z"),
    NULL: ("null_deref", "crashme_null", "6.1.0-50-amd64", "flattened", "2026-11-23T20:51:32Z"),
    AMD: ("mce", None, "6.1.0-50-amd64", "kdump", "2026-11-23T21:02:48Z"),
}


def check_report(report: dict[str, Any], source: Path) -> None:
    kind, function, release, form, crashed_at = EXPECTED[source.name]
    jsonschema.validate(report, document.schema())
    assert (report["panic"]["kind"], report["panic"]["function"]) == (kind, function)
    assert report["kernel"]["release"] == release
    assert report["kernel"]["build_id"] == "06f8bde30046985060c60820f7a11515a33afb06"
    assert report["crashed_at"] == crashed_at
    assert (report["dump"]["format"], report["dump"]["whole"]) == (form, "yes")
    assert report["dump"]["sha256"] == sha256(dump_of(source))
    assert report["dmesg"]["source"] == "file"


def check_delivery(arrived: dict[str, Path], source: Path) -> None:
    """Exactly one delivery of this crash is there, whole and true."""
    mine = [key for key, path in arrived.items() if key.endswith("manifest.json") and source.name in path.read_text()]
    assert len(mine) == 1, sorted(arrived)
    folder = mine[0].rsplit("/", 1)[0]
    manifest = json.loads(arrived[mine[0]].read_text())
    names = {entry["name"] for entry in manifest["files"]}
    assert {"report.json", "dmesg.txt"} < names
    for entry in manifest["files"]:
        path = arrived[f"{folder}/{entry['name']}"]
        assert (path.stat().st_size, sha256(path)) == (entry["size"], entry["sha256"])
    dump = next(entry for entry in manifest["files"] if entry["name"].startswith("vmcore"))
    original = sha256(dump_of(source))
    if dump["name"] == "vmcore.zst":
        assert unpacked_sha256(arrived[f"{folder}/vmcore.zst"]) == original == dump["source_sha256"]
        assert dump["source_size"] == dump_of(source).stat().st_size
    else:
        assert sha256(arrived[f"{folder}/{dump['name']}"]) == original
    check_report(json.loads(arrived[f"{folder}/report.json"].read_text()), source)


def sources(name: str) -> list[Path]:
    if name == "minis":
        return sorted(MINIS.iterdir())
    return sorted(folder for kind in shared("dumps").iterdir() if kind.is_dir() for folder in kind.iterdir())


@pytest.mark.parametrize("which", ["minis", pytest.param("real", marks=pytest.mark.shared)])
def test_every_dump_arrives_in_a_folder(machine: Machine, which: str) -> None:
    crashes = sources(which)
    for crash in crashes:
        machine.add(crash)
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    for crash in crashes:
        check_delivery(machine.delivered(), crash)
    assert {job["stage"] for job in machine.json("list")["jobs"]} == {"delivered"}


@pytest.mark.parametrize("which", ["minis", pytest.param("real", marks=pytest.mark.shared)])
def test_every_dump_arrives_at_a_real_tus_server(machine: Machine, tus: TusServer, which: str) -> None:
    crashes = sources(which)
    for crash in crashes:
        machine.add(crash)
    machine.write_config(url=tus.url)
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    arrived = tus.arrived()
    assert all(len(uploads) == 1 for uploads in arrived.values())
    for crash in crashes:
        check_delivery({key: uploads[0].path for key, uploads in arrived.items()}, crash)
    dump = next(uploads[0] for key, uploads in arrived.items() if key.endswith("vmcore.zst"))
    assert {"key", "kind", "sha256", "host", "crash"} <= set(dump.metadata)
    assert dump.metadata["kind"] == "vmcore"
    assert dump.metadata["sha256"] == sha256(dump.path)


def test_a_second_pass_ships_nothing_again(machine: Machine) -> None:
    machine.add(MINIS / MCE)
    assert machine.run("run", "--once").returncode == 0
    first = machine.delivered()
    assert machine.run("run", "--once").returncode == 0
    assert machine.delivered().keys() == first.keys()


def test_a_dump_without_a_log_gets_its_log_out_of_the_vmcore(machine: Machine) -> None:
    folder = machine.add(MINIS / NULL)
    log = next(folder.glob("dmesg*"))
    expected = log.read_bytes()
    log.with_name(f"{log.name}.gz").write_bytes(gzip.compress(expected))  # an admin's; no log is read from that
    log.unlink()
    assert machine.run("run", "--once").returncode == 0
    arrived = machine.delivered()
    report = json.loads(next(path for key, path in arrived.items() if key.endswith("report.json")).read_text())
    assert report["dmesg"]["source"] == "vmcore"
    assert report["panic"]["function"] == "crashme_null"
    assert next(path for key, path in arrived.items() if key.endswith("dmesg.txt")).read_bytes() == expected


def test_reports_of_all_crashes_leave_before_the_first_dump(machine: Machine, tus: TusServer) -> None:
    for crash in MINIS.iterdir():
        machine.add(crash)
    machine.write_config(url=tus.url)
    assert machine.run("run", "--once").returncode == 0
    born = sorted(
        (upload.path.with_suffix(".json").stat().st_mtime_ns, upload.metadata["kind"]) for upload in tus.uploads()
    )
    order = [kind for _, kind in born]
    assert set(order[:6]) == {"report", "dmesg"}
    assert set(order[6:]) == {"vmcore", "manifest"}
    assert order[-1] == "manifest"


def test_a_log_alone_is_reported_and_said_to_be_all(machine: Machine) -> None:
    folder = machine.add(MINIS / MCE)
    dump_of(folder).unlink()
    machine.write_config(agent='incomplete_wait = "0 s"')
    assert machine.run("run", "--once").returncode == 0
    arrived = machine.delivered()
    assert sorted(key.rsplit("/", 1)[1] for key in arrived) == ["dmesg.txt", "manifest.json", "report.json"]
    report = json.loads(next(path for key, path in arrived.items() if key.endswith("report.json")).read_text())
    assert (report["panic"]["kind"], report["dump"]["format"]) == ("mce", "none")


def test_an_unfinished_dump_is_shipped_after_its_wait_and_marked_partial(machine: Machine) -> None:
    folder = machine.add(MINIS / NULL)
    dump = dump_of(folder)
    (folder / "dump-incomplete").write_bytes(dump.read_bytes()[:60_000])
    dump.unlink()
    assert machine.run("run", "--once").returncode == 1
    assert machine.delivered() == {}
    machine.write_config(agent='incomplete_wait = "0 s"')
    assert machine.run("run", "--once").returncode == 0
    report = json.loads(
        next(path for key, path in machine.delivered().items() if key.endswith("report.json")).read_text()
    )
    assert report["dump"]["partial"] is True
    assert report["dump"]["whole"] == "no"
    assert "without the end record" in report["dump"]["why"][0] or "inside a record" in report["dump"]["why"][0]


def test_a_missing_crash_folder_is_no_fault_and_an_unreadable_one_is(machine: Machine) -> None:
    machine.crash.rmdir()
    assert machine.run("run", "--once").returncode == 0
    machine.crash.write_text("a file")
    answer = machine.run("run", "--once")
    assert answer.returncode == 2
    assert "cannot be looked at" in answer.stderr


def test_a_refused_dump_never_blocks_the_next(machine: Machine) -> None:
    good = machine.add(MINIS / NULL)
    bad = machine.crash / "202601010000"
    bad.mkdir()
    (bad / "dump.202601010000").symlink_to(dump_of(good))
    answer = machine.run("run", "--once")
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr.count('"event": "refused"') == 1
    check_delivery(machine.delivered(), MINIS / NULL)
