"""How a report reads on a terminal."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.decode.log import decode
from kdump_agent.report import document, rows, words
from kdump_agent.report.terminal import Paper, brief, render

from ..machine import DATA

NO_DUMP = document.DumpFacts(source="", format="none", bytes=0, sha256=None, whole="unknown")


def report_of(log: bytes, **more: Any) -> dict[str, Any]:
    return {
        **document.document(
            asdict(decode(log)), crash_id=None, host=None, crashed_at=None, dump=NO_DUMP, dmesg_source="file"
        ),
        **more,
    }


def lab(name: str) -> dict[str, Any]:
    return report_of((DATA / f"dmesg/debian12-{name}.txt").read_bytes())


def test_the_sentence_that_matters_comes_first_then_what_backs_it() -> None:
    shown = render(lab("null"), Paper(80)).splitlines()
    assert shown[:3] == [
        "NULL pointer dereference in crashme_null",
        "",
        "Cause    BUG: kernel NULL pointer dereference, address: 0000000000000000",
    ]
    assert "Place    crashme_null+0x26/0x4a [crashme], CPU 1, insmod (PID 432)" in shown
    assert "Access   address 0x0, error code 0x2, a write by the kernel: no page is there" in shown
    assert "Taint    an out-of-tree module was loaded (crashme); an unsigned module was" in shown


def test_the_function_at_fault_heads_the_stack_and_alone_is_marked() -> None:
    shown = render(lab("null")).split("Stack\n")[1].splitlines()
    assert shown[0] == "  > crashme_null+0x26/0x4a [crashme]"
    assert shown[1] == "    crashme_init+0x25/0x1000 [crashme]"
    assert "  ? handle_mm_fault+0xdb/0x2d0" in shown
    assert sum(line.startswith("  >") for line in shown) == 1


@pytest.mark.parametrize(("symbol", "marked"), [("__arm64_sys_read", True), ("SyS_read", True), ("ksys_read", False)])
def test_a_system_call_is_marked_under_its_architecture_s_name(symbol: str, marked: bool) -> None:
    frame = {"symbol": symbol, "offset": 4, "size": 8, "module": None, "reliable": True, "section": None}
    stack, _ = rows.stack({"panic": {"function": "sys_read"}, "frames": [frame]})
    assert [row.culprit for row in stack] == [marked]


KASAN = """BUG: KASAN: use-after-free in demo_read+0x1/0x2
Read of size 8 at addr ffff8881 by task cat/7
Call Trace:
 dump_stack+0x1/0x2
 demo_read+0x1/0x2

Allocated by task 5:
 save_stack+0x1b/0x80
 __kasan_kmalloc.constprop.0+0xbf/0xd0
 demo_open+0x1/0x2

Freed by task 6:
 save_stack+0x1b/0x80
 kasan_set_free_info+0x1b/0x80
 kfree+0x1b/0x80
{}
""".replace("{}", "".join(f" demo_caller_{n}+0x1/0x2\n" for n in range(12)))


def test_who_allocated_and_who_freed_broken_memory_is_shown_without_kasan_s_own_work() -> None:
    shown = render(report_of(KASAN.encode())).split("Allocated by task 5\n")[1].splitlines()
    assert shown[:5] == ["    demo_open+0x1/0x2", "", "Freed by task 6", "    kfree+0x1b/0x80",
                         "    demo_caller_0+0x1/0x2"]  # fmt: skip
    assert shown[12:15] == ["    demo_caller_8+0x1/0x2", "    ... and 3 more", ""]


def test_other_stacks_are_not_the_broken_memory_s() -> None:
    stacks = [{"heading": "NMI backtrace for cpu 1", "frames": [{"symbol": "f", "reliable": True}]}]
    assert list(rows.history({"other_stacks": stacks})) == []


def test_where_the_cpu_stood_is_not_told_twice_where_arm_s_stack_begins_without_an_offset() -> None:
    rip = {"symbol": "f", "offset": 4, "size": 8, "module": None}
    frames = [{**rip, "offset": None, "size": None, "reliable": True}, {**rip, "symbol": "g", "reliable": True}]
    shown, _ = rows.stack({"panic": {"rip": rip, "function": "f"}, "frames": frames})
    assert [(row.text, row.culprit) for row in shown] == [("f+0x4/0x8", True), ("g+0x4/0x8", False)]


def test_a_frame_that_comes_again_and_again_is_one_row() -> None:
    shown = render(lab("stack"))
    assert "    crashme_recurse+0x78/0x86 [crashme]  (29 times)\n    do_one_initcall" in shown


def test_sections_of_a_stack_are_named_where_they_change() -> None:
    shown = render(lab("nmi")).split("Stack\n")[1].splitlines()
    assert shown[0] == "    <NMI>"
    assert shown.index("    <TASK>") > shown.index("    exc_nmi+0x11e/0x150")


def test_a_frame_without_an_offset_is_not_given_one() -> None:
    assert words.spot({"symbol": "inlined", "offset": None, "size": None, "module": None}) == "inlined"
    assert words.spot({"symbol": "f", "offset": 0, "size": 16, "module": "m"}) == "f+0x0/0x10 [m]"


@pytest.mark.parametrize(
    ("file", "shown"),
    [("debian/build/build_amd64_none_amd64/mm/memory.c", "mm/memory.c:7"),
     ("/build/reproducible-path/linux-6.1.176/arch/x86/entry/entry_64.S", "arch/x86/entry/entry_64.S:7"),
     ("/usr/src/debug/kernel-5.14.0-427.el9/linux-5.14.0-427.el9.x86_64/fs/xfs/xfs_aops.c", "fs/xfs/xfs_aops.c:7"),
     ("/root/drivers/net/mine.c", "/root/drivers/net/mine.c:7"), ("mm/slub.c", "mm/slub.c:7")],
)  # fmt: skip
def test_where_a_kernel_was_built_is_left_out_of_its_source(file: str, shown: str) -> None:
    assert words.source({"file": file, "line": 7}) == shown


def test_machine_checks_are_a_table_of_the_columns_that_say_something() -> None:
    table = render(lab("mce")).split("Hardware errors\n")[1].splitlines()
    assert table[0].split() == ["KIND", "CPU", "SOCKET", "BANK", "STATUS", "ADDRESS", "SEVERITY"]
    assert table[1].split() == ["mce", "0", "0", "1", "0xbe00000000000135", "0x12345000", "fatal"]
    assert "Status VAL UC EN MISCV ADDRV PCC; MCG status RIPV MCIP" in table[2]
    alone = render(lab("mce-lone")).split("Hardware errors\n")[1].splitlines()
    assert alone[0].split() == ["KIND", "SEVERITY"]


def test_a_hardware_error_says_where_it_is_from_and_how_often_it_was_told() -> None:
    record = {"kind": "mce", "boot": "previous", "injected": "a fake bank", "decoded": {"repeats": 4}, "summary": "S."}
    table = rows.errors({"hardware_errors": [{"kind": "mce", "summary": "other"}, record]})
    assert table is not None
    assert list(table.notes[1]) == [
        "S.", "Found in the banks at this boot's start: it happened in the boot before.",
        "Made on purpose: a fake bank.", "Told 5 times.",
    ]  # fmt: skip


def test_a_processor_whose_model_no_line_told_is_given_none() -> None:
    table = rows.errors({"hardware_errors": [{"kind": "arm", "vendor": "arm", "summary": "S.", "decoded": {}}]})
    assert table is not None
    assert "None" not in " ".join(table.notes[0])


def test_more_than_fits_is_counted() -> None:
    frames = [{"symbol": f"f{n}", "offset": 1, "size": 2, "module": None, "reliable": True} for n in range(50)]
    records = [{"kind": "mce", "summary": f"{n}"} for n in range(40)]
    shown = render(report_of(b"", frames=frames, hardware_errors=records))
    assert "    ... and 10 more" in shown
    assert "  ... and 8 more" in shown


def test_the_first_sentence_is_cut_behind_what_happened() -> None:
    assert words.parts("Bad (a; b) thing; fatal: x; do y.") == ("Bad (a; b) thing", "Fatal: x; do y.")
    assert words.parts("soft lockup in f") == ("soft lockup in f", "")


@pytest.mark.parametrize(
    ("code", "said"),
    [(0x0, "a read by the kernel: no page is there"), (0x3, "a write by the kernel: not permitted"),
     (0x15, "an instruction fetch by user code: not permitted"),
     (0xB, "a write by the kernel: a reserved bit is set in the page tables")],
)  # fmt: skip
def test_the_error_code_of_a_page_fault_in_words(code: int, said: str) -> None:
    panic = {"kind": "page_fault", "error_code": f"{code:#x}", "fault_address": "0x10"}
    told = dict(words.facts({"panic": panic, "kernel": {"machine": "x86_64"}}))
    assert told["Access"] == f"address 0x10, error code {code:#x}, {said}"
    other = dict(words.facts({"panic": panic, "kernel": {"machine": "aarch64"}}))
    assert other["Access"] == f"address 0x10, error code {code:#x}"


def test_one_line_says_why_nothing_was_read() -> None:
    report = report_of(b"", dmesg={"source": "none", "lines": 0, "truncated": False}, doubts=["x: no such file"])
    assert brief(report) == "no log was read, so what happened is not known: x: no such file"


@given(st.text(max_size=60), st.sampled_from([None, 20, 80]))
def test_no_text_from_the_dump_gives_a_terminal_orders(text: str, width: int | None) -> None:
    text += "\x1b[2J\u202e\u2066\x9b\x07\r\n\ud800"
    report = report_of(
        b"", hardware_name=text, doubts=[text], modules=[{"name": text, "flags": "O"}],
        panic={"title": text, "kind": "panic", "message": text, "comm": text, "taint": ["OOT_MODULE", text],
               "rip": {"symbol": text, "module": text}, "error_code": text, "fault_address": text},
        frames=[{"symbol": text, "module": text, "reliable": True, "section": text}],
        hardware_errors=[{"kind": text, "status": text, "summary": text, "decoded": {"flags": [text]}}],
        kernel={"release": text, "version": text, "machine": text, "build_id": None},
        other_stacks=[{"heading": f"Freed {text}:", "frames": [{"symbol": text, "module": text, "reliable": True}]}],
    )  # fmt: skip
    for shown in (render(report, Paper(width)), brief(report)):
        assert all(letter.isprintable() or letter == "\n" for letter in shown)
        shown.encode()
    assert "\n" not in brief(report)
    assert json.dumps(report).isascii()


def test_an_nmi_that_blames_the_hardware_is_told_by_it_and_another_is_not() -> None:
    panic = b"Kernel panic - not syncing: NMI IOCK error: Not continuing\n"
    iock = b"NMI: IOCK error (debug interrupt?) for reason 61 on CPU 0.\n"
    button = b"EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x1 offset:0x0 grain:32)\n"
    assert words.headline(report_of(iock + panic)).startswith("I/O check (IOCHK#)")
    assert words.headline(report_of(button + panic)) == "NMI panic"


def test_what_firmware_says_of_a_refused_access_comes_before_the_abort() -> None:
    firmware = (
        b"{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1\n"
        b"{1}[Hardware Error]: event severity: recoverable\n"
        b"{1}[Hardware Error]:  Error 0, type: recoverable\n"
        b"{1}[Hardware Error]:   section_type: memory error\n"
        b"{1}[Hardware Error]:   DIMM location: A1 P2\n"
    )
    abort = b"Internal error: synchronous external abort: 96000410 [#1] PREEMPT SMP\n"
    assert words.headline(report_of(firmware + abort)).startswith("Memory error, told by firmware")
    assert words.headline(report_of(abort)).startswith("Synchronous external abort")


def test_a_fatal_error_is_shown_however_many_corrected_ones_came_before_and_after() -> None:
    corrected = [f"EDAC MC0: 1 CE error on DIMM_A{n} (channel:0 slot:0 page:{n:#x} offset:0x0)\n" for n in range(1, 60)]
    fatal = "mce: [Hardware Error]: CPU 7: Machine Check Exception: 5 Bank 9: be00000000000135\n"
    table = rows.errors(report_of("".join([*corrected, fatal, *corrected]).encode()))
    assert table is not None
    assert (len(table.rows), table.severities.count("fatal")) == (rows.MOST_RECORDS, 1)
    assert table.more == 60 - rows.MOST_RECORDS


def test_a_corrected_machine_check_of_an_old_kernel_is_no_crash() -> None:
    polled = b"CPU 6: Machine Check Exception: 0 Bank 9: 8c00004e000800c1\nTSC 0 ADDR 1fb6d78000 MISC 8c\n"
    assert report_of(polled)["panic"] is None
    assert report_of(polled.replace(b"Exception: 0 ", b"Exception: 5 "))["panic"]["kind"] == "mce"
