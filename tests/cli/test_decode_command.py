"""What `kdump-agent decode` reads, and what it answers."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import jsonschema
import pytest

from kdump_agent.report import document

from ..machine import AMD, MCE, MINIS, NULL, REPOSITORY, dump_of

TITLE = "NULL pointer dereference in crashme_null"
LOG = next(path for path in (MINIS / NULL).iterdir() if path.name.startswith("dmesg"))
DUMP = dump_of(MINIS / NULL)
PACKERS = ("zstd", "gzip", "xz", "bzip2", "lz4")
NOBODY = 65534


def decode(*words: object, stdin: bytes | Path = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    argv = [sys.executable, "-m", "kdump_agent", "decode", *map(str, words)]
    settings = {**os.environ, **environment}
    if isinstance(stdin, Path):
        with stdin.open("rb") as file:
            return subprocess.run(argv, capture_output=True, stdin=file, cwd=REPOSITORY, env=settings, check=False)
    return subprocess.run(argv, capture_output=True, input=stdin, cwd=REPOSITORY, env=settings, check=False)


def brief(*words: object, stdin: bytes | Path = b"") -> str:
    return decode("--brief", *words, stdin=stdin).stdout.decode()


def packed(content: Path, program: str, to: Path) -> Path:
    if shutil.which(program) is None:
        assert program not in ("zstd", "gzip") or os.environ.get("CI") != "true", f"{program} is missing"
        pytest.skip(f"{program} is missing")
    with content.open("rb") as file, to.open("wb") as result:
        subprocess.run([program, "-c"], stdin=file, stdout=result, check=True)
    return to


@pytest.mark.parametrize("program", PACKERS)
@pytest.mark.parametrize("content", [LOG, DUMP], ids=["log", "dump"])
def test_what_was_packed_reads_as_what_is_in_it(program: str, content: Path, tmp_path: Path) -> None:
    report = json.loads(decode("--json", packed(content, program, tmp_path / "packed")).stdout)
    assert report["panic"]["title"] == TITLE
    assert report["dmesg"]["source"] == ("file" if content == LOG else "vmcore")
    assert report["doubts"] == []
    if content == DUMP:
        assert (report["dump"]["format"], report["dump"]["whole"]) == ("flattened", "yes")
        assert report["dump"]["bytes"] == DUMP.stat().st_size


def test_what_was_packed_twice_is_unpacked_twice_and_no_further(tmp_path: Path) -> None:
    once = packed(DUMP, "gzip", tmp_path / "1")
    twice = packed(once, "gzip", tmp_path / "2")
    assert brief(twice).startswith(TITLE)
    assert "packed more often than is unpacked" in brief(packed(twice, "gzip", tmp_path / "3"))


def test_a_packed_dump_that_was_cut_off_gives_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    content = packed(dump_of(MINIS / AMD), "gzip", tmp_path / "whole").read_bytes()
    cut.write_bytes(content[: len(content) - 8000])
    report = json.loads(decode("--json", cut).stdout)
    assert report["doubts"][0].startswith("the dump is not all there: it is damaged or cut off: gzip")
    assert report["dump"]["whole"] == "no"
    assert report["dmesg"]["lines"] > 10


@pytest.mark.parametrize("content", [LOG, DUMP], ids=["log", "dump"])
def test_standard_input_may_be_a_pipe_or_a_file_of_anything(content: Path, tmp_path: Path) -> None:
    assert brief("-", stdin=content).startswith(TITLE)
    assert brief("-", stdin=content.read_bytes()).startswith(TITLE)
    assert brief("-", stdin=packed(content, "gzip", tmp_path / "packed").read_bytes()).startswith(TITLE)


def test_a_folder_as_the_endpoint_has_it_is_a_crash_folder(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    packed(DUMP, "zstd", tmp_path / "vmcore.zst")
    assert json.loads(decode("--json", tmp_path).stdout)["dmesg"]["source"] == "vmcore"
    shutil.copy(LOG, tmp_path / "dmesg.txt")
    assert json.loads(decode("--json", tmp_path).stdout)["dmesg"]["source"] == "file"


def test_two_crashes_of_one_folder_are_not_taken_for_one(tmp_path: Path) -> None:
    for name in (NULL, MCE):
        shutil.copytree(MINIS / name, tmp_path, dirs_exist_ok=True)
    answer = decode(tmp_path).stdout.decode()
    assert "the folder holds 2 crashes, and this is one; name a file to see another" in answer


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo], ids=["link", "pipe"])
def test_what_was_planted_beside_a_dump_is_refused_and_the_dump_still_read(make: object, tmp_path: Path) -> None:
    shutil.copy(DUMP, tmp_path / DUMP.name)
    make(tmp_path / LOG.name)  # type: ignore[operator]
    report = json.loads(decode("--json", tmp_path).stdout)
    assert report["panic"]["title"] == TITLE
    assert "dmesg." in report["doubts"][0]
    assert "root:" not in json.dumps(report)


def as_nobody(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, cwd=REPOSITORY, env={**os.environ, "TMPDIR": "/var/tmp"},
        user=NOBODY, group=NOBODY, extra_groups=[], check=False,
    )  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
def test_any_user_reads_the_log_in_a_dump_where_the_one_beside_it_is_hidden(tmp_path: Path) -> None:
    folder = tmp_path / NULL
    shutil.copytree(MINIS / NULL, folder)
    (folder / LOG.name).chmod(0o600)
    for each in (tmp_path, *tmp_path.parents):
        each.chmod(each.stat().st_mode | 0o001)
    try:
        reads = as_nobody("-c", "import kdump_agent.cli.main").returncode == 0
    except PermissionError:
        reads = False
    if not reads:
        pytest.skip("another user may not read the interpreter or the sources here")
    answer = as_nobody("-m", "kdump_agent", "decode", "--json", str(folder))
    report = json.loads(answer.stdout)
    assert (report["panic"]["title"], report["dmesg"]["source"]) == (TITLE, "vmcore")
    assert report["doubts"] == [f"{LOG.name}: cannot be read: Permission denied"]


def test_what_cannot_be_read_says_so_and_the_others_are_still_told(tmp_path: Path) -> None:
    zeros = tmp_path / "vmcore"
    zeros.write_bytes(bytes(100_000))
    answer = decode("--brief", "/nonexistent", zeros, LOG, tmp_path / "no\x1bthing")
    said = answer.stdout.decode().splitlines()
    assert answer.returncode == 1
    assert "/nonexistent: cannot be read: No such file or directory" in said[0]
    assert "no log was read from the dump" in said[1]
    assert said[2].endswith(f"{TITLE} (kernel 6.1.0-50-amd64)")
    assert "no\\x1bthing: cannot be read" in said[3]


def test_a_folder_for_drafts_that_is_not_there_is_named(tmp_path: Path) -> None:
    answer = decode("--brief", packed(DUMP, "gzip", tmp_path / "packed"), TMPDIR="/no/such")
    assert "packed: cannot be read: /no/such/" in answer.stdout.decode()


def test_the_folder_of_all_crashes_says_which_to_name() -> None:
    said = brief(MINIS)
    assert "holds neither a dump nor a log of a crash; it holds 3 crash folders: name them, as " in said
    assert said.rstrip().endswith(NULL)


def test_an_empty_log_is_not_a_log_without_a_crash(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    assert brief(tmp_path / "log") == "the log is empty, so what happened is not known\n"


def test_every_answer_in_json_fits_the_schema(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(5000))
    (tmp_path / "log").write_bytes(b"[    1.0] \x1b[31m\xff\xe2\x80\xae BUG: x\n" * 50)
    logs = sorted((REPOSITORY / "tests/data/dmesg").glob("*.txt"))
    dumps = [dump_of(MINIS / name) for name in (NULL, MCE, AMD)]
    paths = [*logs, *dumps, *(MINIS / name for name in (NULL, MCE, AMD)), *tmp_path.iterdir(), tmp_path, "/nonexistent"]
    answer = decode("--json", *paths)
    reports = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(reports) == len(paths)
    for report in reports:
        jsonschema.validate(report, document.schema())


def on_a_terminal(columns: int, *words: str, **environment: str) -> str:
    """Run the program on a real terminal of so many columns; return all that it wrote there."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    settings = {**os.environ, "TERM": "xterm", **environment}
    for name in ("COLUMNS", "NO_COLOR"):
        if name not in environment:
            settings.pop(name, None)
    child = subprocess.Popen(
        [sys.executable, "-m", "kdump_agent", "decode", *words], stdout=other, cwd=REPOSITORY, env=settings
    )
    os.close(other)
    out = b""
    try:
        while piece := os.read(main, 65536):
            out += piece
    except OSError:  # its end, on Linux
        pass
    os.close(main)
    assert child.wait() == 0
    return out.decode()


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("name", ["mce-lone", "stack"])
def test_a_terminal_s_width_is_kept_to(name: str, columns: int) -> None:
    shown = on_a_terminal(columns, str(REPOSITORY / f"tests/data/dmesg/debian12-{name}.txt"))
    assert "\x1b[1;31m" in shown
    lines = re.sub("\x1b\\[[0-9;]*m", "", shown).splitlines()
    longest = max(lines, key=len)
    assert len(longest) <= max(columns, 71), longest  # the table of registers is never broken


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_no_colours_where_none_are_wanted(environment: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(80, str(LOG), **environment)


def test_no_colours_and_no_line_breaks_in_a_file() -> None:
    shown = decode(dump_of(MINIS / MCE)).stdout.decode()
    assert "\x1b" not in shown
    assert "\nMachine  QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1 04/01/2014\n" in shown


def test_a_locale_without_the_letters_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LOG.read_text().replace("Comm: insmod", "Comm: ins\u00e9mod"))
    answer = decode(tmp_path / "log", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert answer.returncode == 0, answer.stderr
    assert b"ins\\xe9mod" in answer.stdout
