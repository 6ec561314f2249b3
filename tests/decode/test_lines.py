"""Every form in which a kernel's message reaches a file, and what others leave between."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.decode import lines
from kdump_agent.decode.lines import split

WORDS = "BUG: kernel NULL pointer dereference, address: 0000000000000000"

PREFIXES = [  # prefix, seconds, caller, level
    ("", None, None, None),
    ("[   12.345678] ", 12.345678, None, None),
    ("[12345.678901] ", 12345.678901, None, None),
    ("[   12.345678][  T123] ", 12.345678, "T123", None),
    ("[   12.345678][    C0] ", 12.345678, "C0", None),
    ("[   12.345678] [    T1] ", 12.345678, "T1", None),
    ("[    0.000000,0] ", 0.0, None, None),
    ("<4>[   12.345678] ", 12.345678, None, 4),
    ("<12>", None, None, 4),
    ("kern  :warn  : [   12.345678] ", 12.345678, None, 4),
    ("4,1234,12345678,-;", 12.345678, None, 4),
    ("6,416,5432,c,caller=T1;", 0.005432, "T1", 6),
    ("Nov 23 20:47:11 host kernel: [   12.345678] ", 12.345678, None, None),
    ("Nov  3 20:47:11 host kernel: ", None, None, None),
    ("sty 03 20:47:11 host kernel: ", None, None, None),
    ("Nov 23 20:47:11 host 4,16627,12345678,-,caller=C0;", 12.345678, "C0", 4),
    ("f\u00e9vr. 03 20:47:11 host kernel: ", None, None, None),
    ("11\u6708 23 20:47:11 host kernel: [   12.345678] ", 12.345678, None, None),
    ("Nov 23 20:47:11 host kernel: <4>[   12.345678] ", 12.345678, None, 4),
    ("Nov 23 20:47:11 host kern.warn kernel: [   12.345678] ", 12.345678, None, None),
    ("Nov 23 20:47:11.123456 host kernel: ", None, None, None),
    ("2026-11-23T20:47:11.123456+00:00 host kernel: [   12.345678] ", 12.345678, None, None),
    ("2026-11-23T20:47:11+0000 host kernel: ", None, None, None),
    ("2026-11-23T20:47:11,123456+00:00 ", None, None, None),
    ("Mon 2026-11-23 20:47:11 UTC host kernel: ", None, None, None),
    ("1795466831.123456 host kernel: ", None, None, None),
    ("[   12.345678] host kernel: ", 12.345678, None, None),
    ("<4>1 2026-11-23T20:47:11Z host kernel - - - ", None, None, 4),
    ("[Mon Nov 23 20:47:11 2026] ", None, None, None),
    ("[Nov23 20:47] ", None, None, None),
    ("[  +0.000012] ", None, None, None),
    ("[<    0.000012>] ", None, None, None),
    ("[   12.345678 <    0.000012>] ", 12.345678, None, None),
    ("[Mon Nov 23 20:47:11 UTC 2026] ", None, None, None),
    ("[Mo Nov 23 20:47:11 2026] ", None, None, None),
    ("[\u4e00 11\u6708 23 20:47:11 2026] ", None, None, None),
    ("[Mon Nov 23 20:47:11 2026] [ T1234] ", None, "T1234", None),
    ("[    C0] ", None, "C0", None),
    ("2026-11-23T20:47:11.123456Z [   12.345678] ", 12.345678, None, None),
    ("2026-11-23T20:47:11.123456  <4>[   12.345678] ", 12.345678, None, 4),
    ("[2026-11-23 20:47:11.123] <4>[   12.345678] ", 12.345678, None, 4),
    ("Nov 23 20:47:11 [   12.345678] ", 12.345678, None, None),
    ("Nov 23 20:47:11 192.168.1.1 [   12.345678] ", 12.345678, None, None),
    ("Mon Nov 23 20:47:11 2026 host kernel: ", None, None, None),
    ("<4>Nov 23 20:47:11 kernel: [   12.345678] ", 12.345678, None, 4),
    ("[1.123456 0.000011] [   12.345678] ", 12.345678, None, None),
    (" kernel:[   12.345678] ", 12.345678, None, None),
    ("kernel: ", None, None, None),
    ("    MESSAGE=", None, None, None),
    ("00: [   12.345678] ", 12.345678, None, None),
]


@pytest.mark.parametrize(("prefix", "time", "caller", "level"), PREFIXES)
def test_a_prefix_is_taken_off_and_what_it_tells_is_kept(
    prefix: str, time: float | None, caller: str | None, level: int | None
) -> None:
    (line,) = split((prefix + WORDS + "\n").encode()).lines
    assert (line.text, line.caller, line.level) == (WORDS, caller, level)
    assert line.time == pytest.approx(time) if time is not None else line.time is None


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (b"[    1.000000] one\r\n[    2.000000] two\r\n", ["one", "two"]),
        (b"one\rtwo\n", ["one", "two"]),
        (b"[    1.000000] o\x00n\x01e\n", ["one"]),
        (b"\x1b[1;31m[    1.000000] one\x1b[0m\n", ["one"]),
        (b"\x1b]0;title\x07[    1.000000] one\n", ["one"]),
        (b"host login: [    1.000000] one\n", ["host login:", "one"]),
        (b"[    1.000000] one[    1.000001] two\n", ["one", "two"]),
        (b"[46223316.000000] one[46223316.000001] two\n", ["one", "two"]),
        (
            b"[    1.000000] on cpu 3\x01dModules linked in:\x01c xfs\x01c sunrpc\n",
            ["on cpu 3", "Modules linked in: xfs sunrpc"],
        ),
        (b"[    1.000000] \n\n[    2.000000] two  \n", ["two"]),
        (b"[    1.000000] \xff\xfe one\n", ["\ufffd\ufffd one"]),
        (b"[    1.000000]  indented\n", [" indented"]),
        (b"no newline at the end", ["no newline at the end"]),
        (b"", []),
    ],
)
def test_what_a_terminal_would_swallow_is_gone_and_messages_are_apart(raw: bytes, texts: list[str]) -> None:
    assert [line.text for line in split(raw).lines] == texts


def test_the_journal_s_other_fields_are_no_messages() -> None:
    raw = b"    _TRANSPORT=kernel\n    PRIORITY=4\n    MESSAGE=one\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:1f.2\n"
    assert [line.text for line in split(raw).lines] == ["one"]


def test_a_line_keeps_its_place_among_the_empty_ones() -> None:
    assert [line.number for line in split(b"one\n\n\nfour\n").lines] == [0, 3]


def test_a_log_that_is_too_long_loses_its_middle_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 100)
    log = split(b"first\n" + b"middle\n" * 50 + b"last\n")
    assert log.truncated
    assert (log.lines[0].text, log.lines[-1].text) == ("first", "last")


def test_of_more_lines_than_are_kept_the_middle_is_dropped_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crash is at the end."""
    monkeypatch.setattr(lines, "MOST_LINES", 3)
    whole, cut = split(b"a\nb\nc\n"), split(b"a\nb\n\nc\nd\n")
    assert ([line.text for line in whole.lines], whole.truncated) == (["a", "b", "c"], False)
    assert ([(line.text, line.number) for line in cut.lines], cut.truncated) == ([("a", 0), ("c", 3), ("d", 4)], True)


@given(st.lists(st.sampled_from(["", "one", "two three", "\r", "x" * 40, "\u4e00"]), max_size=30), st.integers(1, 50))
def test_how_a_log_is_cut_into_blocks_does_not_matter(texts: list[str], size: int) -> None:
    raw = "\n".join(texts).encode()
    at_once = split(raw).lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", size)
        in_blocks = split(raw).lines
    assert [line.number for line in in_blocks] == [line.number for line in at_once]
    for got, want in zip(in_blocks, at_once):
        assert want.text.startswith(got.text.rstrip("\ufffd"))
        assert got.text == want.text or len(want.text.encode()) >= size


PIECES = ["[    1.000000] ", "[   12.345678]", "[99.1] ", "[ 1.5", "]", "[", " ", "kernel: ", "host kernel: ", "[T12] ",
          "[ C3] ", "<4>", "x", "\u00e9", "\t", "\n", "2026-01-01T00:00:00 ", "_PID=1", "a: b"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_the_short_way_of_most_lines_reads_what_the_long_one_reads(pieces: list[str]) -> None:
    raw = "".join(pieces).encode()
    short = split(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_USUAL", re.compile("(?!)"))
        assert short.lines == split(raw).lines
    for word in ("x", "a: b", "kernel", "\u00e9"):
        assert list(short.holding(word)) == [at for at, line in enumerate(short.lines) if word in line.text]


def test_a_long_line_is_cut() -> None:
    assert len(split(b"y" * 1_000_000).lines[0].text) == lines.LONGEST


def test_words_are_found_once_a_line_and_in_order() -> None:
    log = split(b"BUG one BUG\nnothing\nBUG two\n")
    assert list(log.holding("BUG")) == [0, 2]
    assert list(log.holding("absent")) == []


@given(st.binary(max_size=3000))
def test_no_bytes_raise_and_no_line_holds_a_control_character(content: bytes) -> None:
    for line in split(content).lines:
        assert line.text
        assert not any(ord(letter) < 0x20 and letter != "\t" for letter in line.text)


@given(st.lists(st.sampled_from([prefix for prefix, *_ in PREFIXES]), max_size=8), st.text(max_size=40))
def test_reading_what_was_read_changes_nothing(prefixes: list[str], words: str) -> None:
    once = [line.text for line in split("\n".join(prefix + words for prefix in prefixes).encode()).lines]
    again = [line.text for line in split("\n".join("[    1.000000] " + text for text in once).encode()).lines]
    assert again == once
