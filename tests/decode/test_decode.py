"""Logs of real crashes, logs in the kernel's own forms, and logs that mean harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.decode.hardware import mcacod
from kdump_agent.decode.lines import split
from kdump_agent.decode.log import decode
from kdump_agent.decode.machinery import MACHINERY, bare
from kdump_agent.report import document, terminal, words

from ..machine import AMD, MCE, MINIS, NULL, REPOSITORY, shared


def log_of(name: str) -> bytes:
    return next(path for path in (MINIS / name).iterdir() if "dmesg" in path.name).read_bytes()


def test_a_null_dereference_names_the_function_at_fault() -> None:
    found = decode(log_of(NULL))
    assert found.panic is not None
    assert (found.panic.kind, found.panic.title) == ("null_deref", "NULL pointer dereference in crashme_null")
    assert (found.panic.cpu, found.panic.pid, found.panic.comm) == (1, 432, "insmod")
    assert found.panic.taint == ("OOT_MODULE", "UNSIGNED_MODULE")
    assert asdict(found.panic)["rip"] == {"symbol": "crashme_null", "offset": 38, "size": 74, "module": "crashme"}
    assert (found.panic.error_code, found.panic.fault_address) == ("0x2", "0x0")
    assert [frame.symbol for frame in found.frames[:3]] == ["crashme_init", "do_one_initcall", "do_init_module"]
    assert found.modules[0].name == "crashme"
    assert found.modules[0].flags == "OE+"
    assert found.hardware_name == "QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014"
    assert found.kernel.release == "6.1.0-50-amd64"
    assert found.uptime_seconds == pytest.approx(43.686082)


def test_a_fatal_machine_check_tells_bank_cpu_and_address() -> None:
    found = decode(log_of(MCE))
    assert found.panic is not None
    assert found.panic.kind == "mce"
    (record,) = (asdict(error) for error in found.hardware_errors)
    facts = ("cpu", "socket", "bank", "status", "addr", "misc", "mcg_status", "vendor", "family", "model", "time")
    assert tuple(record[fact] for fact in facts) == (
        0, 0, 1, "0xbe00000000000135", "0x12345000", "0x8c", "0x5", "intel", 6, 85, 1795466785,
    )  # fmt: skip
    assert record["decoded"]["flags"] == ["VAL", "UC", "EN", "MISCV", "ADDRV", "PCC"]
    assert record["decoded"]["mcg_flags"] == ["RIPV", "MCIP"]
    assert record["decoded"]["text"] == "Data cache level-1 data-read error"
    assert (record["decoded"]["severity"], record["rip_exact"]) == ("fatal", False)
    assert record["summary"].startswith(
        "Data cache level-1 data-read error (socket 0, CPU 0, bank 1, address 0x12345000)"
    )


def test_an_amd_machine_check_is_read_by_amd_s_manual() -> None:
    (record,) = (asdict(error) for error in decode(log_of(AMD)).hardware_errors)
    assert (record["vendor"], record["family"], record["model"]) == ("amd", 23, 1)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0x0005, {"class": "simple", "text": "Internal parity error"}),
        (0x000E, {"class": "generic_cache", "level": "L2"}),
        (0x0014, {"class": "tlb", "transaction": "data", "level": "L0"}),
        (0x009F, {"class": "memory_controller", "request": "RD", "channel": None}),
        (0x00C1, {"class": "memory_controller", "request": "MS", "channel": 1}),
        (0x0135, {"class": "cache", "request": "DRD", "transaction": "data", "level": "L1"}),
        (0x1135, {"class": "cache", "request": "DRD", "transaction": "data", "level": "L1"}),
        (0x0E0F, {"class": "bus", "participation": "generic", "timeout": False, "memory_io": "other", "level": "LG"}),
        (0x0938, {"class": "bus", "participation": "SRC", "timeout": True, "memory_io": "IO", "request": "DRD"}),
        (0x0281, {"class": "extended_memory", "channel": 1}),
    ],
)
def test_an_error_code_is_read_by_the_manual_s_tables(code: int, expected: dict[str, Any]) -> None:
    assert expected.items() <= mcacod.decode(code).items()


@given(st.integers(0, 0xFFFF))
def test_every_code_has_a_class_and_words(code: int) -> None:
    found = mcacod.decode(code)
    assert found["class"]
    assert found["text"]


PREFIXES = [
    "[   12.345678] ", "[   12.345678][T123] ", "[   12.345678][    C0] ", "<4>[   12.345678] ",
    "Nov 23 20:47:11 host kernel: [   12.345678] ", "2026-11-23T20:47:11.123456+00:00 host kernel: ",
    "[Mon Nov 23 20:47:11 2026] ", "",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_is_taken_off(prefix: str) -> None:
    words = "BUG: kernel NULL pointer dereference, address: 0000000000000000"
    (line,) = split((prefix + words + "\r\n").encode()).lines
    assert line.text == words
    assert line.time == (12.345678 if "12.345678" in prefix else None)


def with_prefix(*lines: str) -> bytes:
    return "".join(f"[   1.00000{number % 10}] {line}\n" for number, line in enumerate(lines)).encode()


def test_the_first_cause_wins_over_the_last_line() -> None:
    log = with_prefix(
        "watchdog: BUG: soft lockup - CPU#2 stuck for 26s! [worker:77]",
        "CPU: 2 PID: 77 Comm: worker Not tainted 6.1.0 #1",
        "RIP: 0010:spin_forever+0x10/0x20 [bad]",
        "Call Trace:",
        " spin_forever+0x10/0x20 [bad]",
        "Kernel panic - not syncing: softlockup: hung tasks",
    )
    found = decode(log)
    assert found.panic is not None
    assert (found.panic.kind, found.panic.function, found.panic.cpu) == ("softlockup", "spin_forever", 2)


def test_an_oops_that_ends_in_fatal_exception_is_that_oops() -> None:
    log = log_of(NULL) + b"[   44.0] Kernel panic - not syncing: Fatal exception\n"
    found = decode(log)
    assert found.panic is not None
    assert found.panic.kind == "null_deref"


def test_a_log_without_a_crash_has_no_panic() -> None:
    found = decode(b"".join(log_of(NULL).splitlines(keepends=True)[:200]))
    assert found.panic is None
    assert found.kernel.release == "6.1.0-50-amd64"


def test_signatures_do_not_depend_on_addresses_and_suffixes() -> None:
    moved = (
        log_of(NULL)
        .replace(b"crashme_null+0x26/0x4a", b"crashme_null.isra.0+0x99/0xaa")
        .replace(b"PID: 432", b"PID: 9")
    )
    assert decode(moved).signature == decode(log_of(NULL)).signature
    assert decode(log_of(MCE)).signature != decode(log_of(NULL)).signature


def test_compilers_suffixes_and_machinery_are_looked_through() -> None:
    assert bare("foo.isra.0.cold") == bare("foo.constprop.3") == bare("foo.part.1") == "foo"
    assert "kasan_report.cold" in MACHINERY
    assert "ext4_write_begin" not in MACHINERY


LOGS = [log_of(MCE)[-3000:], log_of(NULL)[-6000:], log_of(AMD)[-2000:]]


@pytest.mark.slow
@given(st.sampled_from(LOGS), st.lists(st.tuples(st.integers(0, 6000), st.binary(max_size=12)), max_size=8))
def test_no_log_makes_it_raise_and_every_report_fits_the_schema(log: bytes, damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(log)
    for at, piece in damage:
        content[at : at + len(piece)] = piece
    facts = document.DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown")
    decoded = asdict(decode(bytes(content)))
    report = document.document(decoded, crash_id=None, host=None, crashed_at=None, dump=facts, dmesg_source="file")
    jsonschema.validate(json.loads(json.dumps(report)), document.schema())
    for shown in (terminal.render(report), terminal.brief(report)):
        assert all(letter.isprintable() or letter == "\n" for letter in shown)


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_only_text(content: bytes) -> None:
    decode(content)


def test_a_log_without_end_is_cut_and_says_so() -> None:
    found = decode(b"x\n" * 600_000)
    assert found.dmesg.truncated
    assert found.doubts
    assert len(split(b"y" * 1_000_000).lines[0].text) == 4096


def test_the_headline_is_the_worst_error_and_not_the_first() -> None:
    mild = {"kind": "mce", "boot": "crashed", "summary": "mild", "decoded": {"severity": "corrected"}}
    old = {"kind": "mce", "boot": "previous", "summary": "old", "decoded": {"severity": "fatal"}}
    fatal = {"kind": "mce", "boot": "crashed", "summary": "the one that killed", "decoded": {"severity": "fatal"}}
    report = {"panic": {"title": "fatal machine check", "kind": "mce"}, "hardware_errors": [mild, old, fatal]}
    assert words.headline(report) == "the one that killed"


def test_colour_is_for_terminals_only() -> None:
    answer = run("decode", str(MINIS / NULL))
    assert "\x1b" not in answer.stdout
    assert answer.stdout.startswith("NULL pointer dereference in crashme_null\n")


def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "kdump_agent", *words]
    answer = subprocess.run(argv, capture_output=True, input=stdin, cwd=REPOSITORY, check=False)
    return subprocess.CompletedProcess(argv, answer.returncode, answer.stdout.decode(), answer.stderr.decode())


def test_many_things_are_decoded_in_the_order_asked() -> None:
    dump = next(path for path in (MINIS / AMD).iterdir() if path.name == "vmcore")
    answer = run("decode", "--json", str(MINIS / NULL), "-", str(dump), "/nonexistent", stdin=log_of(MCE))
    reports = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [(report["panic"] or {}).get("kind") for report in reports] == ["null_deref", "mce", "mce", None]
    assert [report["dmesg"]["source"] for report in reports] == ["file", "file", "vmcore", "none"]
    assert answer.returncode == 1
    assert "No such file" in reports[3]["doubts"][0]
    for report in reports:
        jsonschema.validate(report, document.schema())


def test_brief_is_one_line() -> None:
    answer = run("decode", "--brief", str(MINIS / NULL))
    assert answer.stdout == "NULL pointer dereference in crashme_null (kernel 6.1.0-50-amd64)\n"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("corpus", "floors"),
    [("syzkaller", ["--floor-function", "0.956", "--floor-kind", "0.994"]), ("mce", ["--floor", "0.965"])],
)
def test_the_corpora_score_no_worse_than_before(corpus: str, floors: list[str]) -> None:
    """Floors only go up."""
    script = shared("corpora", corpus, "score.py")
    agent = f"{sys.executable} -m kdump_agent"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    answer = subprocess.run(
        [sys.executable, str(script), "--agent", agent, *floors],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "kind"),
    [("mce", "mce"), ("mce-amd", "mce"), ("mce-lone", "mce"), ("nmi", "nmi"), ("null", "null_deref"),
     ("softlockup", "softlockup"), ("stack", "stack"), ("sysrq", "sysrq"), ("warn", "warn")],
)  # fmt: skip
def test_the_lab_s_crashes_are_told_apart(name: str, kind: str) -> None:
    found = decode(shared("corpora", "dmesg", f"debian12-{name}.txt").read_bytes())
    assert found.panic is not None
    assert found.panic.kind == kind
