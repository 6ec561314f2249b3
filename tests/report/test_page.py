"""The page of a report: whole in itself, plain text from the dump, readable without a script."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.report import loglines
from kdump_agent.report.html import page
from kdump_agent.report.markup import tag
from kdump_agent.report.terminal import plain

from ..analysis.test_document import FULL
from ..machine import AMD, DATA, MINIS, Machine
from .test_terminal import report_of

VOID = {"meta", "input"}
HOSTILE = (
    "</p></pre></script></style></title><script>document.title='pwned'</script>"
    "<img src=x onerror=\"document.title='pwned'\">"
    "'\"&lt;&#x3c;\x1b[2J\u202e\u2066\x00\ud800 ${x} $title {{x}}<!-- ]]>"
)


class Seen(HTMLParser):
    """A page as a browser takes it apart; fails where an element is not closed."""

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(content)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(name)
        self.attributes += [(name, key, value) for key, value in attributes]
        if name not in VOID:
            self._open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, text: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(text)

    def all(self, name: str) -> str:
        return "".join(self.texts.get(name, []))


def lab(name: str) -> bytes:
    return (DATA / f"dmesg/debian12-{name}.txt").read_bytes()


def analysis() -> dict[str, Any]:
    from kdump_agent.analysis.document import document

    return document(FULL, crash_id=None)


def shown(log: bytes, **more: Any) -> str:
    return page(report_of(log), log=log, **more)


@pytest.mark.parametrize("name", ["mce", "null", "nmi", "stack"])
def test_the_page_is_whole_and_fetches_nothing(name: str) -> None:
    content = shown(lab(name), analysis=analysis(), said={"crash-bt-a.txt": "PID: 1"})
    seen = Seen(content)
    assert content.startswith('<!DOCTYPE html>\n<html lang="en"><head>')
    assert {key for _, key, _ in seen.attributes} & {"src", "srcset", "action", "style", "poster", "data"} == set()
    assert all(re.fullmatch(r"#L\d+", value or "") for _, key, value in seen.attributes if key == "href")
    assert not [key for _, key, _ in seen.attributes if key.startswith("on")]
    assert "url(" not in seen.all("style")
    assert "@import" not in seen.all("style")


def test_only_our_own_style_and_script_are_allowed() -> None:
    seen = Seen(shown(lab("null")))
    policy = next(value for name, key, value in seen.attributes if key == "content" and "default-src" in (value or ""))
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name, key in (("style", "style-src"), ("script", "script-src")):
        assert seen.tags.count(name) == 1
        digest = base64.b64encode(hashlib.sha256(seen.all(name).encode()).digest()).decode()
        assert f"{key} 'sha256-{digest}'" in policy


def test_what_matters_stands_on_it() -> None:
    seen = Seen(shown(lab("mce")))
    assert seen.all("h1") == "Data cache level-1 data-read error (socket 0, CPU 0, bank 1, address 0x12345000)"
    assert seen.all("title") == seen.all("h1")
    assert "Kernel panic - not syncing: Fatal machine check" in seen.texts["dd"]
    assert "0xbe00000000000135" in seen.texts["code"]
    assert seen.all("h2") == "Hardware errorsKernel log "
    assert Seen(shown(lab("null"))).texts["strong"] == ["at fault"]


def test_the_lines_of_the_log_that_matter_are_marked_and_linked() -> None:
    log = lab("mce")
    shown_lines = loglines.lines(log, report_of(log))
    found = {line.number: line.kind for line in shown_lines.first if line.kind}
    raw = log.decode().split("\n")
    assert [number for number, kind in found.items() if kind == "cause"] == [len(raw) - 1]
    hardware = [number for number, kind in found.items() if kind == "hw"]
    assert "CPU 0: Machine Check Exception: 5 Bank 1" in raw[hardware[0] - 1]
    links = [value for _, key, value in Seen(shown(log)).attributes if key == "href"]
    assert links == [f"#L{hardware[0]}", f"#L{len(raw) - 1}"]


def test_every_line_of_a_log_is_there_and_of_a_long_one_the_ends() -> None:
    count = loglines.FIRST + loglines.LAST + 500
    log = b"\n".join(b"[%5d.000000] line %d" % (at, at) for at in range(1, count + 1))
    seen = Seen(shown(log))
    lines = seen.texts["p"]
    assert sum("] line " in line for line in lines) == loglines.FIRST + loglines.LAST
    assert f"{count} lines" in seen.texts["small"]
    numbers = [int(value or 0) for _, key, value in seen.attributes if key == "data-n"]
    assert numbers == [*range(1, loglines.FIRST + 1), *range(count - loglines.LAST + 1, count + 1)]
    assert "500 lines are left out here; dmesg.txt has them all" in lines
    short = Seen(shown(lab("null")))
    assert [line for line in short.texts["p"] if line in lab("null").decode().splitlines()] == [
        line for line in lab("null").decode().splitlines() if line.strip()
    ]


def test_a_log_of_endless_lines_or_of_one_makes_no_endless_page() -> None:
    assert len(page(report_of(b""), log=b"x\n" * 2_000_000)) < 4 << 20
    assert len(page(report_of(b""), log=b"x" * 20_000_000)) < 1 << 20
    assert "x ... 20000000 bytes in all" in page(report_of(b""), log=b"x" * 20_000_000)


def test_without_a_log_or_a_crash_the_page_says_so() -> None:
    report = report_of(b"", dmesg={"source": "none", "lines": 0, "truncated": False}, doubts=["x: cannot be read"])
    seen = Seen(page(report, log=None))
    assert seen.all("h1") == "no log was read, so what happened is not known"
    assert "x: cannot be read" in seen.texts["li"]


def test_the_analysis_is_folded_and_its_lines_stand_in_the_stack() -> None:
    seen = Seen(shown(lab("null"), analysis=analysis(), said={"crash-bt-a.txt": "PID: 432\n #0 crash"}))
    assert "The task that panicked" in seen.texts["summary"]
    assert "CPU 0: status 0xbe00000000000135" in seen.texts["code"]
    assert "crashme.c:30" in seen.texts["span"]
    assert seen.all("pre") == "PID: 432\n #0 crash"
    assert ("details", "open", "") not in seen.attributes
    assert "details" not in Seen(shown(lab("null"))).tags


@pytest.mark.parametrize(
    "damaged",
    [{"opened": "no", "doubts": ["no vmlinux"], "install": "kernel-debuginfo"}, {"cpu_stacks": 5}, {"lines": [3]},
     {"tool": "x"}, {"modules": [None]}, {"memory": []}, {"schema": "kdump-agent/analysis/9", "new": {}}],
)  # fmt: skip
def test_an_analysis_that_is_short_damaged_or_newer_spoils_nothing(damaged: dict[str, Any]) -> None:
    seen = Seen(shown(lab("null"), analysis=damaged))
    assert seen.all("h1") == "NULL pointer dereference in crashme_null"
    assert "Inside the dump" in seen.texts["h2"]


def hostile(text: str) -> str:
    report = report_of(
        b"", hardware_name=text, doubts=[text], modules=[{"name": text, "flags": "O"}], crash_id=text,
        panic={"title": text, "kind": "panic", "message": text, "comm": text, "taint": ["OOT_MODULE", text],
               "rip": {"symbol": text, "module": text}, "error_code": text, "fault_address": text},
        frames=[{"symbol": text, "module": text, "reliable": True, "section": text}], host={"name": text},
        hardware_errors=[{"kind": text, "status": text, "summary": text, "decoded": {"flags": [text]}}],
        kernel={"release": text, "version": text, "machine": text, "build_id": None},
        other_stacks=[{"heading": f"Freed {text}:", "frames": [{"symbol": text, "module": text, "reliable": True}]}],
    )  # fmt: skip
    stack = {"comm": text, "pid": 1, "frames": [{"symbol": text, "file": text, "line": 1, "module": text}]}
    found = {"opened": text, "tool": {"name": text, "version": text}, "vmlinux": {"path": text, "matched_by": text},
             "install": text, "doubts": [text], "panic_task": stack, "cpu_stacks": [stack], "panic": text,
             "modules": [{"name": text, "base": text}],
             "commands": [{"command": text, "file": "f", "ended": text}]}  # fmt: skip
    return page(report, log=text.encode("utf-8", "surrogatepass"), analysis=found, said={"f": text})


def test_a_hostile_log_is_only_text() -> None:
    seen, harmless = Seen(hostile(HOSTILE)), Seen(hostile("harmless"))
    assert set(seen.tags) <= set(harmless.tags)
    assert seen.tags.count("script") == 1
    assert {(name, key) for name, key, _ in seen.attributes} <= {(name, key) for name, key, _ in harmless.attributes}
    assert seen.all("h1") == plain(HOSTILE)
    assert seen.all("script") == harmless.all("script")


@given(st.text(st.characters(blacklist_characters="\n\r;()"), min_size=1, max_size=80))
def test_no_text_from_the_dump_makes_an_element_or_an_order(text: str) -> None:
    text += "x"
    content = hostile(text)
    seen = Seen(content)
    assert set(seen.tags) <= set(Seen(hostile("x")).tags)
    assert all(letter.isprintable() or letter in "\n\t" for letter in content)
    assert seen.all("h1") == plain(text)


def test_markup_escapes_what_is_no_markup() -> None:
    assert tag("p", "<b>", tag("i", "&"), None, 7, title='"') == '<p title="&quot;">&lt;b&gt;<i>&amp;</i>7</p>'


def test_a_browser_runs_our_script_and_nothing_of_a_log_s(tmp_path: Path) -> None:
    """The search bar appears by our script alone; each of the hostile texts would change the title."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser is installed")
    file = tmp_path / "page.html"
    file.write_text(hostile(HOSTILE), "utf-8", "backslashreplace")
    answer = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    if answer.returncode:
        pytest.skip("the browser does not run here")
    assert "<title>pwned" not in answer.stdout
    assert re.search(r'<form class="search" id="search" role="search">', answer.stdout), "our own script did not run"


def test_show_writes_the_page_for_its_owner_alone(machine: Machine) -> None:
    machine.add(MINIS / AMD)
    assert machine.run("run", "--once").returncode == 0
    target = machine.home / "page.html"
    assert machine.run("show", "last", "--html", str(target)).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o600
    seen = Seen(target.read_text())
    assert seen.all("h1").startswith("Instruction fetch unit")
    assert "Kernel log " in seen.texts["h2"]
    assert machine.run("show", "last", "--html", "-").stdout == target.read_text()
    refused = machine.run("show", "last", "--html", str(machine.home / "none/page.html"))
    assert refused.returncode == 2
    assert "the page cannot be written: No such file or directory" in refused.stderr
