"""No content of any file, and no answer of any program, makes the look at the last boot fail."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdump_agent.lastboot.boots import Boots
from kdump_agent.lastboot.compose import evidence, written
from kdump_agent.lastboot.facts import Boot
from kdump_agent.lastboot.firmware import firmware
from kdump_agent.lastboot.gather import gather
from kdump_agent.lastboot.judge import judge
from kdump_agent.lastboot.pstore import LARGEST, inflate
from kdump_agent.lastboot.wtmp import turns

from .host import BEGAN, CAPTURES, CRASHED, PRESENT, Host, boot, shutdown

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
)
FIELDS = st.sampled_from(["MESSAGE", "_PID", "_TRANSPORT", "MESSAGE_ID", "__REALTIME_TIMESTAMP", "PRIORITY", "x"])


@given(st.binary(max_size=2000) | st.integers(0, 800).map(lambda cut: (boot(1) + shutdown(2) + boot(3))[:cut]))
def test_wtmp(content: bytes) -> None:
    assert all(turn.kind in ("boot", "shutdown") for turn in turns(content))


@given(st.binary(max_size=300))
def test_firmware_and_compressed_records(content: bytes) -> None:
    firmware(content)
    assert len(inflate(content) or b"") <= LARGEST


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=5), st.text(max_size=60))
def test_journal(entries: list[dict[str, object]], boots: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        host = Host(Path(home))
        host.journal([])
        for name in (f"journalctl-last-{CRASHED}", f"journalctl-kernel-last-{CRASHED}"):
            host.write(f"{CAPTURES}/{name}", "".join(json.dumps(entry) + "\n" for entry in entries) + boots)
        facts = gather(host.paths, boot_id=PRESENT, began=BEGAN, remembered=Boot(CRASHED, 1, 2), known=frozenset())
        assert json.loads(json.dumps(evidence(facts, judge(facts))))
        assert written(facts, {})


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"version": 2}', '{"version": 1, "boots": [7], "known": [], "judged": null}',
     '{"version": 1, "boots": [{"id": "x"}], "known": 3, "judged": null, "answer": null}', "[" * 100_000],
    ids=range(8),
)  # fmt: skip
def test_a_memory_that_cannot_be_used_is_begun_anew_and_that_is_said(tmp_path: Path, content: str) -> None:
    path = tmp_path / "boots.json"
    path.write_text(content)
    boots = Boots(path)
    boots.open(PRESENT, began=BEGAN, now=BEGAN)
    assert boots.before is None
    assert boots.problem is not None
    again = Boots(path)
    again.open("d" * 32, began=BEGAN + 9, now=BEGAN + 9)
    assert again.problem is None
    assert again.before is not None
