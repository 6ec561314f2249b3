"""The document of an analysis keeps to its schema, empty or full."""

from __future__ import annotations

import jsonschema

from kdump_agent.analysis import document as nouns
from kdump_agent.analysis.document import Analysis, document, schema

STACK = nouns.Stack(
    432,
    "insmod",
    1,
    "RU",
    "0xff1cc1218a5e4200",
    0.5,
    (nouns.Frame("crashme_null", 38, "crashme", "0xffffffffc08f50dc"),),
)
FULL = Analysis(
    opened="yes",
    tool=nouns.Tool("crash", "8.0.2"),
    vmlinux=nouns.Vmlinux("/boot/vmlinux", "06f8", "build-id"),
    kernel=nouns.Kernel("6.1", "#1", "x86_64"),
    nodename="lab",
    cpus=2,
    load=(3.26, 0.83, 0.28),
    uptime_seconds=43.0,
    panic="Oops: 0002",
    tasks=nouns.Tasks(94, "yes", {"RU": 3}),
    memory=nouns.Memory(total=1 << 30),
    panic_task=STACK,
    cpu_stacks=(STACK,),
    blocked=(STACK,),
    modules=(nouns.Module("ext4", "0xffffffffc0565000", 991232, "full"),),
    machine_checks=(nouns.MachineCheck(0, "0xbe00000000000135"),),
    lines=(nouns.Line("crashme_null", 38, "crashme", "crashme.c", 30),),
    commands=(nouns.Asked("bt -a", "crash-bt-a.txt", 12, "whole", 0.1),),
    doubts=("?",),
)


def test_an_empty_analysis_keeps_to_the_schema() -> None:
    jsonschema.validate(document(Analysis(), crash_id=None), schema())


def test_a_full_analysis_keeps_to_the_schema() -> None:
    jsonschema.validate(document(FULL, crash_id="20261123T205132Z-0a4f9dd1"), schema())
