"""The real crash and the real drgn on real dumps, asked through the decoder as the agent asks them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kdump_agent import process
from kdump_agent.analysis.analyse import analyse
from kdump_agent.analysis.commands import DEFAULT
from kdump_agent.analysis.document import schema
from kdump_agent.analysis.question import Question, Wanted, to_options
from kdump_agent.decoder.ask import Answer, ChildDecoder
from kdump_agent.decoder.piece import Asked
from kdump_agent.vmcore.lend import lend
from tests.machine import REPOSITORY, shared

pytestmark = [pytest.mark.slow, pytest.mark.shared, pytest.mark.timeout(900)]  # a GB may have to be fetched first

QUESTION = Question(
    release="6.1.0-50-amd64", wanted=(Wanted("do_one_initcall", 0x59, None), Wanted("schedule", 0x10, None))
)


@pytest.fixture(scope="module")
def vmlinux() -> Path:
    found = subprocess.run([REPOSITORY / "packaging/lab-vmlinux"], stdout=subprocess.PIPE, text=True)
    if found.returncode == 3:
        pytest.skip("the archive has the lab's kernel no longer")
    assert found.returncode == 0
    return Path(found.stdout.strip())


def dump(name: str) -> Path:
    files = (file for folder in shared("dumps", name).iterdir() for file in folder.iterdir())
    return next(file for file in files if "dmesg" not in file.name)


def ask(scratch: Path, dump: Path, vmlinux: Path, question: Question) -> tuple[Answer, dict[str, Any]]:
    with dump.open("rb") as vmcore, vmlinux.open("rb") as kernel:
        files = {"vmcore": vmcore.fileno(), "vmlinux": kernel.fileno()}
        answer = ChildDecoder(scratch).ask("analyse", files, lambda: None, **to_options(question))
    document: dict[str, Any] = json.loads(answer.blobs["analysis.json"])
    jsonschema.validate(document, schema())
    return answer, document


def symbols(stack: dict[str, Any]) -> list[str]:
    return [frame["symbol"] for frame in stack["frames"]]


def test_an_oops_is_told_from_the_panic_task_to_the_last_task(tmp_path: Path, vmlinux: Path) -> None:
    answer, told = ask(tmp_path, dump("debian12-null"), vmlinux, QUESTION)
    assert answer.doubts == []
    assert {asked["command"]: asked["ended"] for asked in told["commands"]} == dict.fromkeys(DEFAULT, "whole")
    assert {asked["file"] for asked in told["commands"]} - {None} == set(answer.blobs) - {"analysis.json"}
    assert (told["opened"], told["tool"]["name"], told["cpus"], told["panic"]) == (
        "yes", "crash", 2, "Oops: 0002 [#1] PREEMPT SMP NOPTI"
    )  # fmt: skip
    panicked = told["panic_task"]
    assert (panicked["pid"], panicked["comm"], panicked["cpu"], panicked["state"]) == (432, "insmod", 1, "RU")
    at = symbols(panicked).index("crashme_null")
    assert panicked["frames"][at]["exception"]
    assert panicked["frames"][at]["module"] == "crashme"
    assert panicked["frames"][at + 2]["file"].endswith("init/main.c")
    assert panicked["frames"][at + 2]["line"] == 1309
    assert [stack["cpu"] for stack in told["cpu_stacks"]] == [0, 1]
    # this crash reads two or three tasks of this kernel's; drgn reads all
    assert told["helper"]["name"] == "drgn"
    assert told["tasks"] == {"count": 98, "complete": "yes", "states": {"IN": 41, "ID": 56, "RU": 1}}
    assert any("crash found only 3 tasks" in doubt for doubt in told["doubts"])
    assert len(told["modules"]) == 75
    assert [(line["symbol"], line["file"].rpartition("linux-6.1.176/")[2].rpartition("amd64/")[2], line["line"])
            for line in told["lines"]] == [
        ("do_one_initcall", "init/main.c", 1309), ("schedule", "kernel/sched/core.c", 6592)
    ]  # fmt: skip


def test_a_machine_check_is_told_by_the_memory_of_each_cpu(tmp_path: Path, vmlinux: Path) -> None:
    _, told = ask(tmp_path, dump("debian12-mce"), vmlinux, replace(QUESTION, machine_check=True))
    assert [(check["cpu"], check["status"], check["addr"]) for check in told["machine_checks"]] == [
        (0, "0xbe00000000000135", "0x12345000"), (1, "0x0", "0x0")
    ]  # fmt: skip
    assert "mce_panic" in symbols(told["panic_task"])


def test_a_torn_flattened_dump_is_put_in_order_and_no_crashrc_is_read(tmp_path: Path, vmlinux: Path) -> None:
    torn, desk, mark = tmp_path / "torn", tmp_path / "desk", tmp_path / "mark"
    desk.mkdir()
    (desk / ".crashrc").write_text(f"!touch {mark}\n")
    torn.write_bytes(dump("debian12-null").read_bytes()[:-2000])
    question = replace(QUESTION, commands=("sys", "bt"), whole=False, wanted=())
    with torn.open("rb") as vmcore, vmlinux.open("rb") as kernel:
        asked = Asked({"vmcore": vmcore.fileno()}, {}, tmp_path, lambda: None)
        texts = {
            text.name: text.content
            for text in analyse(
                lambda ordered: lend(asked.files["vmcore"], tmp_path, asked.beat, ordered=ordered),
                lend(kernel.fileno(), desk, asked.beat, ordered=False),
                question,
                desk,
                asked.beat,
            )
        }
    assert b"kdumplab" in texts["crash-sys.txt"]
    assert not mark.exists()


@pytest.fixture
def _without_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    real = process.find_program
    monkeypatch.setattr(process, "find_program", lambda name: None if name == "crash" else real(name))


@pytest.mark.usefixtures("_without_crash")
def test_drgn_alone_tells_the_same(tmp_path: Path, vmlinux: Path) -> None:
    path = dump("rhel-mce-amd")
    with path.open("rb") as vmcore, vmlinux.open("rb") as kernel:
        (text,) = analyse(
            lambda ordered: lend(vmcore.fileno(), tmp_path, lambda: None, ordered=ordered),
            lend(kernel.fileno(), tmp_path, lambda: None, ordered=False),
            replace(QUESTION, machine_check=True), tmp_path, lambda: None,
        )  # fmt: skip
    told = json.loads(text.content)
    jsonschema.validate(told, schema())
    assert (told["opened"], told["tool"]["name"], told["cpus"], told["nodename"]) == ("yes", "drgn", 2, "kdumplab")
    assert told["panic"] == "Kernel panic - not syncing: Fatal local machine check"
    assert told["tasks"]["count"] == 94
    assert {"panic", "do_machine_check", "native_safe_halt"} <= set(symbols(told["panic_task"]))
    assert told["panic_task"]["cpu"] == 0
    assert told["machine_checks"][0]["mcgstatus"] == "0x4"
    assert told["doubts"] == ["crash is not installed"]
    assert os.listdir(tmp_path) == []  # noqa: PTH208 (names, not paths)
