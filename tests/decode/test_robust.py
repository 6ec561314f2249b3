"""Whatever a log holds, decoding ends, does not raise, and says the same of what it said."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent.decode import log as decoder
from kdump_agent.decode import panic
from kdump_agent.decode.causes import RULES
from kdump_agent.decode.lines import split
from kdump_agent.decode.log import decode
from kdump_agent.report import document, terminal

from . import logs
from .test_lines import PREFIXES

DATA = Path(__file__).resolve().parent.parent / "data/dmesg"
WRITTEN = [value for name, value in vars(logs).items() if name.isupper()]
PIECES = [line for log in WRITTEN for line in log.splitlines()] + [f"{rule.word} x" for rule in RULES]


@given(st.lists(st.sampled_from(PIECES), max_size=60))
@settings(max_examples=300)
def test_any_mixture_of_true_lines_is_told_in_plain_values(lines: list[str]) -> None:
    json.dumps(asdict(decode("\n".join(lines).encode())))


@given(
    st.sampled_from(WRITTEN),
    st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=8)), max_size=6),
    st.integers(0, 3000),
)
@settings(max_examples=300)
def test_a_damaged_log_is_told_as_far_as_it_goes(log: str, damage: list[tuple[int, bytes]], end: int) -> None:
    content = bytearray(log.encode())
    for at, piece in damage:
        content[at : at + len(piece)] = piece
    decode(bytes(content[:end]))
    decode(bytes(content))


@given(st.text(max_size=2000))
def test_any_text_is_told(text: str) -> None:
    decode(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("log", WRITTEN)
def test_decoding_what_was_read_says_the_same(log: str) -> None:
    once = decode(log.encode())
    again = decode("\n".join(line.text for line in split(log.encode()).lines).encode())
    assert (again.panic, again.frames, again.modules) == (once.panic, once.frames, once.modules)


@pytest.mark.parametrize("log", WRITTEN)
def test_a_crash_is_told_the_same_whatever_wrote_its_log(log: str) -> None:
    raw = re.sub(r"^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?", "", log, flags=re.M)
    want = replace(decode(raw.encode()), uptime_seconds=None)
    for prefix, *_ in PREFIXES:
        for end in ("\n", "\r\n"):
            found = decode("".join(f"{prefix}{line}{end}" for line in raw.splitlines()).encode())
            assert replace(found, uptime_seconds=None, dmesg=want.dmesg) == want, prefix


@pytest.mark.parametrize("log", [*WRITTEN, *(path.read_text() for path in sorted(DATA.glob("*.txt")))])
def test_a_report_that_is_decoded_again_tells_of_no_other_crash(log: str) -> None:
    once = decode(log.encode())
    facts = document.DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown")
    report = document.document(asdict(once), crash_id=None, host=None, crashed_at=None, dump=facts, dmesg_source="file")
    kinds = {None, once.panic and once.panic.kind}
    if log == logs.S390:
        kinds.add("page_fault")  # the line with the address is not in a report, so it is not known to be null
    for text in (json.dumps(report), json.dumps(report, indent=1), terminal.render(report), terminal.brief(report)):
        again = decode(text.encode())
        assert (again.panic and again.panic.kind) in kinds
        assert len(again.hardware_errors) <= len(once.hardware_errors)


HOSTILE = {
    "one endless line": b"a" * 300_000,
    "one headline after the other": b"BUG: KASAN: use-after-free in foo+0x1/0x2\n" * 8_000,
    "a word without end": b"WARNING: " * 30_000,
    "every word in one line": (" ".join(rule.word for rule in RULES).encode() + b"\n") * 100,
    "stamps only": b"[    1.000000]" * 20_000,
    "escapes only": b"\x1b[" * 100_000,
    "empty lines": b"\n" * 300_000,
    "names that never end": b"kernel BUG at a.c:1!\n" + (b"a" * 4000 + b"\n") * 60,
    "half a place": b"kernel BUG at a.c:1!\n" + (b"a+0x1/" * 600 + b"\n") * 60,
    "brackets": b"kernel BUG at a.c:1!\n foo+0x1/0x2\n" + (b"a (" + b":1" * 2000 + b"\n") * 60,
    "colours": b"\x1b[1;31mx\x1b[0m\r\n" * 20_000,
    "half a date": (b"Nov 23 20:47:11 " + b"h" * 250 + b" " + b"k" * 250 + b"\n") * 500,
    "half a clock": (b"[" + b"M" * 16 + b" " + b"N" * 16 + b" 23 20:47:11" + b"x" * 39 + b"\n") * 2_000,
    "half a task": (b"kernel BUG at a.c:1!\nCPU: 1 PID: 1 Comm: " + b"a " * 40 + b"Taint\n") * 1_000,
    "half an arm frame": (b"kernel BUG at a.c:1!\n" + (b"a" * 200 + b"+0x1/0x2 from ") * 10 + b"\n") * 60,
    "astral letters": "kernel BUG at \U0001f600.c:1!\n".encode() * 5_000,
    "modules": b"kernel BUG at a.c:1!\nModules linked in: " + b"a" * 1000 + b"\n" + (b"aaaa " * 800 + b"\n") * 60,
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_a_log_that_means_harm_is_told_in_bounds(content: bytes) -> None:
    found = decode(content)
    assert len(found.frames) <= decoder.MOST_FRAMES
    assert len(json.dumps(asdict(found))) < 200_000


def test_of_more_headlines_than_are_looked_at_the_last_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panic, "MOST", 10)
    log = b"BUG: workqueue lockup - pool\n" * 1000 + b"Kernel panic - not syncing: sysrq triggered crash\n"
    assert [cause.rule.kind for cause in panic.causes(split(log))] == ["workqueue_lockup"] * 9 + ["sysrq"]


LAB = [
    ("mce", "mce", None), ("mce-amd", "mce", None), ("mce-lone", "mce", None), ("nmi", "nmi", None),
    ("null", "null_deref", "crashme_null"), ("softlockup", "softlockup", "crashme_softlockup"),
    ("stack", "stack", "crashme_recurse"), ("sysrq", "sysrq", None), ("warn", "warn", "crashme_warn"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "function"), LAB)
def test_a_real_crash_is_told_by_kind_function_and_kernel(name: str, kind: str, function: str | None) -> None:
    found = decode((DATA / f"debian12-{name}.txt").read_bytes())
    assert found.panic is not None
    assert (found.panic.kind, found.panic.function) == (kind, function)
    assert (found.kernel.release, found.kernel.machine) == ("6.1.0-50-amd64", "x86_64")
    assert found.hardware_name is not None
    assert found.doubts == ()


@pytest.mark.parametrize(("name", "kind", "function"), LAB)
def test_a_real_crash_cut_anywhere_is_told_or_is_none(name: str, kind: str, function: str | None) -> None:
    content = (DATA / f"debian12-{name}.txt").read_bytes()
    for end in range(len(content) - 12_000, len(content), 700):
        found = decode(content[:end])
        assert found.panic is None or found.panic.kind in (kind, "mce", "warn", "oops", "panic")
