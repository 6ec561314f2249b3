"""The conversation with crash survives what crash does: hanging, dying, flooding, refusing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kdump_agent.analysis import crash as crash_module
from kdump_agent.analysis.crash import Crash
from kdump_agent.analysis.gather import gather
from kdump_agent.analysis.heard import Heard
from kdump_agent.analysis.question import Question, Wanted

QUESTION = Question(commands=("sys", "bt", "log", "ps"), command_seconds=20, total_seconds=60)


def quiet() -> None:
    pass


class Bench:
    """A crash that follows a plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "crash"
        source = Path(__file__).with_name("fake_crash.py").read_text()
        self.program.write_text(f"#!{sys.executable} -I\n{source}")
        self.program.chmod(0o755)
        (folder / "desk").mkdir()

    def ask(
        self, *plan: str, question: Question = QUESTION, beat: Callable[[], None] = quiet
    ) -> tuple[Heard, dict[str, bytes]]:
        (self.folder / "plan").write_text("\n".join(plan))
        fd = os.open(self.program, os.O_RDONLY)
        crash = Crash(self.program, (8, 0, 5), ("vmcore", fd), ("vmlinux", fd), self.folder / "desk", beat)
        texts = {}
        asking = crash.ask(question)
        try:
            while True:
                text = next(asking)
                texts[text.name] = text.content
        except StopIteration as end:
            heard: Heard = end.value
            return heard, texts
        finally:
            os.close(fd)

    @property
    def starts(self) -> list[str]:
        return (self.folder / "starts").read_text().splitlines()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def ends(heard: Heard) -> dict[str, str]:
    return {asked.command: asked.ended for asked in heard.asked}


def test_each_command_has_its_text_from_one_session(bench: Bench) -> None:
    heard, texts = bench.ask()
    assert texts["crash-bt.txt"] == b"said bt\n"
    assert set(ends(heard).values()) == {"whole"}
    assert heard.doubts == []
    assert bench.starts == ["-s --no_crashrc --no_scroll"]
    assert gather(heard, QUESTION).opened == "yes"


def test_commands_that_differ_in_case_only_have_a_text_each(bench: Bench) -> None:
    heard, texts = bench.ask(question=replace(QUESTION, commands=("bt -t", "bt -T")))
    assert texts == {"crash-bt-t.txt": b"said bt -t\n", "crash-bt-t-2.txt": b"said bt -T\n"}
    assert [asked.file for asked in heard.asked] == list(texts)


def test_a_command_that_hangs_costs_its_own_answer_only(bench: Bench) -> None:
    heard, texts = bench.ask("hang bt", question=replace(QUESTION, command_seconds=2))
    assert ends(heard) == {"sys": "whole", "bt": "timed out", "log": "whole", "ps": "whole"}
    assert texts["crash-bt.txt"] == b"began\n"
    assert heard.doubts == ["`bt` took over 2 s"]
    assert len(bench.starts) == 2
    assert gather(heard, QUESTION).opened == "partly"


def test_a_command_that_kills_crash_costs_its_own_answer_only(bench: Bench) -> None:
    heard, texts = bench.ask("die bt")
    assert ends(heard) == {"sys": "whole", "bt": "died", "log": "whole", "ps": "whole"}
    assert texts["crash-bt.txt"].startswith(b"began")
    assert heard.doubts == ["`bt` ended crash: died of SIGABRT"]


def test_after_three_deaths_the_rest_is_not_run_and_that_is_said(bench: Bench) -> None:
    heard, _ = bench.ask("die sys", "die bt", "die log")
    assert ends(heard) == {"sys": "died", "bt": "died", "log": "died", "ps": "not run"}
    assert heard.doubts[-1] == "1 commands were not run: ps"


def test_a_flood_is_cut_and_the_next_command_is_answered(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash_module, "LARGEST_TEXT", 100_000)
    heard, texts = bench.ask("flood bt")
    assert ends(heard) == {"sys": "whole", "bt": "cut", "log": "whole", "ps": "whole"}
    assert len(texts["crash-bt.txt"]) == 100_001
    assert texts["crash-log.txt"] == b"said log\n"


def test_what_a_dump_says_cannot_end_an_answer(bench: Bench) -> None:
    _, texts = bench.ask("forge bt")
    assert texts["crash-bt.txt"].endswith(b"after\n")
    assert texts["crash-log.txt"] == b"said log\n"


def test_a_dump_with_missing_pages_is_opened_with_zeros_for_them(bench: Bench) -> None:
    heard, _ = bench.ask("refuse plain", "say crash: page excluded: kernel virtual address: ffff0")
    assert heard.options == ("--zero_excluded",)
    assert set(ends(heard).values()) == {"whole"}
    first = "crash could not open the dump: exit 1: crash: page excluded: kernel virtual address: ffff0"
    assert heard.doubts == [first]


def test_what_opens_no_other_way_gives_at_least_its_log(bench: Bench) -> None:
    heard, texts = bench.ask("refuse plain", "refuse --zero_excluded")
    assert heard.minimal
    assert texts == {"crash-log.txt": b"said log\n"}
    assert ends(heard) == {"sys": "not run", "bt": "not run", "ps": "not run", "log": "whole"}
    found = gather(heard, QUESTION)
    assert found.opened == "partly"
    assert found.tool is not None
    assert found.tool.minimal


def test_what_does_not_open_at_all_is_said_with_its_reasons(bench: Bench) -> None:
    heard, texts = bench.ask("refuse plain", "refuse --zero_excluded", "refuse --minimal")
    assert texts == {}
    assert len(heard.doubts) == 3
    found = gather(heard, QUESTION)
    assert (found.opened, found.tool, found.doubts) == ("no", None, tuple(heard.doubts))


def test_another_kernels_vmlinux_is_not_tried_again(bench: Bench) -> None:
    heard, _ = bench.ask("refuse plain", "say crash: vmlinux and vmcore do not match!")
    assert len(bench.starts) == 1
    assert "do not match" in heard.doubts[0]


def test_a_command_that_may_not_be_asked_never_reaches_crash(bench: Bench) -> None:
    heard, texts = bench.ask(question=replace(QUESTION, commands=("!touch x", "sys")))
    assert list(texts) == ["crash-sys.txt"]
    assert heard.doubts[0].startswith("the command '!touch x' was not run")


def test_modules_on_the_stacks_are_loaded_and_the_reports_frames_looked_up(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "modules/kernel/fs"
    folder.mkdir(parents=True)
    for name in ("bar-fs.ko.debug", "other.ko", "bar_fs.txt"):
        (folder / name).touch()
    wanted = (Wanted("foo", 16, None), Wanted("foo;!id", 16, None), Wanted("nowhere", 1, None))
    question = replace(QUESTION, commands=("sys",), wanted=wanted, modules=tmp_path / "modules")
    heard, texts = bench.ask(question=question)
    asked = [line for line in (tmp_path / "asked").read_text().splitlines() if not line.startswith("eval")]
    module = f"mod -s bar_fs {folder}/bar-fs.ko.debug"
    assert asked == ["bt -a", module, "sys", "dis -l (foo+16) 1", "dis -l (nowhere+1) 1"]
    assert list(texts) == ["crash-sys.txt"]
    (line,) = gather(heard, question).lines
    assert (line.symbol, line.file, line.line) == ("foo", "fs/foo.c", 52)


def test_a_stop_request_ends_the_conversation(bench: Bench) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.ask("hang sys", beat=stop)


def test_a_crash_too_old_for_the_kernel_is_a_doubt(bench: Bench) -> None:
    heard, _ = bench.ask()
    heard.version = (6, 0, 6)
    doubts = gather(heard, replace(QUESTION, release="3.14.8")).doubts
    assert len(doubts) == 1
    assert doubts[0].startswith("crash 6.0.6 is too old for Linux 3.14.8 (6.1.0 would do): it misreads slab caches")
