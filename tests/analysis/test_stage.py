"""An analysis adds to a crash what it finds, and never costs it its report, its dump or its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import jsonschema
import pytest

from kdump_agent.analysis.document import Analysis, Line, document, schema
from kdump_agent.analysis.find import Search
from kdump_agent.analysis.question import Question
from kdump_agent.decoder.ask import Answer
from kdump_agent.jobs import Jobs
from kdump_agent.model import Artifact, CrashDir, Dump, Job, Stage
from kdump_agent.paths import HostPaths
from kdump_agent.stages.analyse import AnalyseStage
from tests.machine import AMD, MINIS, NULL, Machine, dump_of, sha256

from .vmlinux import vmlinux

ID, OTHER = "06f8bde30046985060c60820f7a11515a33afb06", "ff" * 20
FOUND = document(Analysis(opened="yes", lines=(Line("a", 1, None, "a.c", 7),)), crash_id=None)


class Decoder:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Mapping[str, Any]] = []

    def ask(self, verb: str, files: Mapping[str, int], beat: Callable[[], None], **options: Any) -> Answer:
        assert verb == "analyse"
        self.asked.append(options)
        return Answer(dict(self.answer.blobs), list(self.answer.doubts))


class Quiet:
    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_words, **_fields: None


class Bench:
    """One job that was reported, and its stage."""

    def __init__(self, home: Path, answer: Answer, vmlinux_id: str | None = ID) -> None:
        self.home, self.decoder = home, Decoder(answer)
        self.jobs = Jobs(home / "state")
        self.jobs.prepare()
        if vmlinux_id:
            (home / "boot").mkdir()
            (home / "boot/vmlinux-6.1.0-50-amd64").write_bytes(vmlinux(vmlinux_id))
        self.stage = AnalyseStage(
            self.jobs, lambda _folder: self.decoder, Search(HostPaths(home), "debian"), Question(), Quiet(),
            lambda: None,
        )  # fmt: skip

    def job(self, name: str, report: Mapping[str, Any] | None = None, **more: Any) -> Job:
        source = dump_of(MINIS / name)
        found = source.stat()
        dump = Dump(source.name, found.st_ino, found.st_size, found.st_mtime_ns)
        crash = CrashDir(source.parent, "debian", dump, None)
        job = replace(self.jobs.create(crash, crashed_at=1, now=1), stage=Stage.REPORTED, **more)
        (self.jobs.folder(job.id) / "report.json").write_text(json.dumps(report or {}))
        return job

    def told(self, job: Job) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.jobs.folder(job.id) / "analysis.json").read_text())
        jsonschema.validate(found, schema())
        return found


def blobs(told: Mapping[str, Any], **texts: bytes) -> dict[str, bytes]:
    return {"analysis.json": json.dumps(told).encode(), **{f"crash-{name}.txt": text for name, text in texts.items()}}


def names(job: Job) -> list[str]:
    return [artifact.name for artifact in job.artifacts]


def test_what_was_found_is_added_with_the_vmlinux_and_the_crash(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(blobs(FOUND, sys=b"CPUS: 2\n")))
    job = bench.job(NULL)
    done = bench.stage(job)
    assert (done.stage, names(done), done.doubts) == (Stage.ANALYSED, ["analysis.json", "crash-sys.txt"], ())
    told = bench.told(job)
    assert told["crash_id"] == job.id
    assert told["vmlinux"] == {
        "path": str(tmp_path / "boot/vmlinux-6.1.0-50-amd64"), "build_id": ID, "matched_by": "build-id"
    }  # fmt: skip
    assert done.artifacts[1] == Artifact("crash-sys.txt", 8, sha256(bench.jobs.folder(job.id) / "crash-sys.txt"))


def test_the_question_is_made_of_the_report_and_the_dump(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(blobs(FOUND)))
    frames = [
        {"symbol": "crashme_null", "offset": 38, "module": "crashme"}, {"symbol": None, "offset": None, "module": None}
    ]  # fmt: skip
    bench.stage(bench.job(AMD, {"panic": {"kind": "mce"}, "frames": frames}))
    (asked,) = bench.decoder.asked
    assert (asked["machine_check"], asked["release"], asked["page_size"]) == (True, "6.1.0-50-amd64", 4096)
    assert asked["wanted"] == [["crashme_null", 38, "crashme"]]


def test_no_vmlinux_is_no_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(), vmlinux_id=None)
    done = bench.stage(bench.job(NULL))
    assert (done.stage, done.artifacts, done.doubts, bench.decoder.asked) == (Stage.ANALYSED, (), (), [])


def test_a_vmlinux_that_does_not_fit_is_told_with_the_package(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(), vmlinux_id=OTHER)
    job = bench.job(NULL)
    done = bench.stage(job)
    assert (done.stage, names(done), bench.decoder.asked) == (Stage.ANALYSED, ["analysis.json"], [])
    told = bench.told(job)
    assert (told["opened"], told["crash_id"], told["vmlinux"]) == ("no", job.id, None)
    assert OTHER in told["doubts"][0]
    assert told["install"].startswith("linux-image-6.1.0-50-amd64-dbg ")


@pytest.mark.parametrize("raw", [b"{", b"[]", b"null", json.dumps({**FOUND, "cpus": "two"}).encode(), b"[" * 100_000])
def test_an_answer_that_does_not_keep_to_the_schema_is_not_believed(tmp_path: Path, raw: bytes) -> None:
    bench = Bench(tmp_path, Answer({"analysis.json": raw, "crash-sys.txt": b"x"}))
    job = bench.job(NULL)
    done = bench.stage(job)
    assert names(done) == ["analysis.json", "crash-sys.txt"]
    told = bench.told(job)
    assert told["opened"] == "partly"
    assert "the decoder's analysis is no" in told["doubts"][0]


def test_a_decoder_that_fails_is_a_doubt_in_the_document(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(doubts=["the decoder took over 2400 s"]))
    job = bench.job(NULL)
    bench.stage(job)
    assert (bench.told(job)["opened"], bench.told(job)["doubts"]) == ("no", ["the decoder took over 2400 s"])


def test_a_dump_that_ended_the_agent_thrice_is_passed_on_unopened(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(blobs(FOUND)))
    done = bench.stage(bench.job(NULL, deaths=4))
    assert (done.stage, bench.decoder.asked) == (Stage.ANALYSED, [])
    assert "3 tries of that ended the agent" in done.doubts[0]


def test_the_same_crash_in_a_row_is_opened_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(blobs(FOUND)))
    one = {"signature": {"crash": "1:mce", "hardware": "1:mce:bank 1"}}
    other = {"signature": {"crash": "1:mce", "hardware": "1:mce:bank 2"}}
    for report in (one, one, other, {}, {}):
        bench.jobs.save(bench.stage(bench.job(NULL, report)))
    assert len(bench.decoder.asked) == 4
    bench.stage(bench.job(NULL, one, crashed_at=86401))
    assert len(bench.decoder.asked) == 5


def test_a_full_disk_costs_the_analysis_and_nothing_else(tmp_path: Path, mounted: Callable[[Path], None]) -> None:
    (tmp_path / "state").mkdir()
    mounted(tmp_path / "state")  # one MiB
    bench = Bench(tmp_path, Answer(blobs(FOUND, log=b"x" * 4_000_000, sys=b"CPUS: 2\n")))
    job = bench.job(NULL)
    done = bench.stage(job)
    assert (done.stage, done.artifacts) == (Stage.ANALYSED, ())
    assert done.doubts == ("its analysis could not be kept: No space left on device",)
    assert {path.name for path in bench.jobs.folder(job.id).iterdir()} == {"job.json", "report.json"}


def test_a_dump_that_is_gone_is_left_to_packing_to_say(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Answer(blobs(FOUND)))
    job = bench.job(NULL)
    assert job.crash.dump is not None
    gone = replace(job, crash=replace(job.crash, dump=replace(job.crash.dump, name="dump.gone")))
    assert bench.stage(gone).stage is Stage.ANALYSED


@pytest.fixture
def opened(machine: Machine) -> Machine:
    """A machine whose vmlinux says that it is the right one, and is too small to be of any use."""
    path = machine.home / "vmlinux"
    path.write_bytes(vmlinux(ID))
    machine.write_config(f'[analysis]\nvmlinux = ["{path}"]\n')
    machine.add(MINIS / NULL)
    assert machine.run("run", "--once").returncode == 0
    return machine


def test_a_debugger_that_cannot_open_a_dump_delays_nothing_and_is_told(opened: Machine) -> None:
    arrived = {key.rpartition("/")[2]: path for key, path in opened.delivered().items()}
    assert {"report.json", "dmesg.txt", "analysis.json", "vmcore.zst", "manifest.json"} <= arrived.keys()
    told = json.loads(arrived["analysis.json"].read_text())
    jsonschema.validate(told, schema())
    assert told["opened"] == "no"
    assert told["doubts"]
    assert "analysis.json" in {entry["name"] for entry in json.loads(arrived["manifest.json"].read_text())["files"]}


def test_show_adds_the_lines_of_the_frames_and_what_is_inside(opened: Machine) -> None:
    (job,) = opened.json("list")["jobs"]
    path = opened.state / "jobs" / job["id"] / "analysis.json"
    line = Line("do_one_initcall", 0x59, None, "init/main.c", 1309)
    told = document(Analysis(opened="yes", cpus=2, lines=(line,)), crash_id=job["id"])
    path.write_text(json.dumps(told))
    shown = opened.run("show", "last").stdout
    assert "    do_one_initcall+0x59/0x220  init/main.c:1309\n" in shown
    assert "Inside the dump\nOpened    yes\nSystem    2 CPUs\n" in shown
    assert opened.json("show", "last")["analysis"]["cpus"] == 2
    path.write_text(json.dumps({**told, "cpus": "\x1b[31m"}))
    assert "Inside the dump" not in opened.run("show", "last").stdout


def test_switched_off_it_leaves_nothing(machine: Machine) -> None:
    path = machine.home / "vmlinux"
    path.write_bytes(vmlinux(ID))
    machine.write_config(f'[analysis]\nenabled = false\nvmlinux = ["{path}"]\n')
    machine.add(MINIS / NULL)
    assert machine.run("run", "--once").returncode == 0
    assert not [key for key in machine.delivered() if "analysis" in key]


def test_by_hand_a_missing_vmlinux_is_said_with_its_package(machine: Machine) -> None:
    answer = machine.run("analyze", str(MINIS / NULL))
    assert answer.returncode == 1
    assert "Install   linux-image-6.1.0-50-amd64-dbg (apt-get install linux-image-6.1.0-50-amd64-dbg)" in answer.stdout
    told = json.loads(machine.run("analyze", "--json", str(dump_of(MINIS / AMD))).stdout)
    jsonschema.validate(told, schema())
    assert told["install"].startswith("linux-image-6.1.0-50-amd64-dbg ")


def test_by_hand_a_packed_dump_and_an_endpoints_folder_are_opened(opened: Machine, tmp_path: Path) -> None:
    packed = next(path for key, path in opened.delivered().items() if key.endswith("vmcore.zst"))
    other = tmp_path / "other"
    other.write_bytes(vmlinux(OTHER))
    for path in (packed, packed.parent):
        answer = opened.run("analyze", str(path), "--vmlinux", str(other))
        assert answer.returncode == 1
        assert f"has build-id {OTHER}, and the kernel that crashed {ID}" in answer.stdout


@pytest.mark.parametrize("what", ["missing", "empty", "text"])
def test_by_hand_what_is_no_dump_is_refused(machine: Machine, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello\n")
    answer = machine.run("analyze", str(tmp_path / what))
    assert answer.returncode == 2
    assert answer.stderr.startswith("kdump-agent analyze: ")


@pytest.mark.parametrize("words", [("--vmlinux", "/no/such"), ("--output", "/etc/passwd")])
def test_by_hand_a_name_that_cannot_be_is_refused_before_the_work(machine: Machine, words: tuple[str, str]) -> None:
    answer = machine.run("analyze", str(MINIS / NULL), *words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"{words[0]}: " in answer.stderr
    assert words[1] in answer.stderr


def test_by_hand_everything_can_be_left_in_a_folder(opened: Machine, tmp_path: Path) -> None:
    right = opened.home / "vmlinux"
    answer = opened.run("analyze", str(MINIS / NULL), "--vmlinux", str(right), "--output", str(tmp_path / "out"))
    assert answer.returncode == 1
    told = json.loads((tmp_path / "out/analysis.json").read_text())
    assert told["vmlinux"]["path"] == str(right)
