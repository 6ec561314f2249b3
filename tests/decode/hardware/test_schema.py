"""The report's schema describes every field that a hardware error can have, and no other."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import asdict, fields
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kdump_agent.decode import part
from kdump_agent.decode.hardware.find import find
from kdump_agent.decode.hardware.record import HardwareError
from kdump_agent.report import document

from .kernels import CHECKS, KERNELS, Check, Kernel, printed
from .logs import ALL, lines


def described() -> dict[str, Any]:
    """The schema of one error; a field of ``decoded`` that it does not describe is not allowed here."""
    schema = deepcopy(document.schema()["properties"]["hardware_errors"]["items"])
    schema["properties"]["decoded"]["additionalProperties"] = False
    return dict(schema)


VALIDATOR = jsonschema.Draft202012Validator(described())


def hold(log: str) -> None:
    records = find(lines(log))
    assert (part.signature(records) is None) == all(record.boot == "previous" for record in records)
    for record in records:
        VALIDATOR.validate(json.loads(json.dumps(asdict(record))))


def test_the_schema_has_the_fields_of_a_record_and_a_word_on_each() -> None:
    schema = described()
    assert list(schema["properties"]) == [field.name for field in fields(HardwareError)]
    for level in (schema, schema["properties"]["decoded"]):
        for name, told in level["properties"].items():
            assert told["description"], name


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_kind_of_log_gives_what_the_schema_describes(name: str) -> None:
    hold(ALL[name])


@given(st.lists(st.tuples(CHECKS, st.sampled_from(KERNELS)), min_size=1, max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_machine_check_gives_what_the_schema_describes(checks: list[tuple[Check, Kernel]]) -> None:
    hold("\n".join(line for check, kernel in checks for line in printed(check, kernel)))


@given(st.lists(st.sampled_from("".join(ALL.values()).splitlines()), max_size=40))
@settings(max_examples=200, deadline=None)
def test_the_lines_of_all_logs_in_any_order_give_what_the_schema_describes(mixed: list[str]) -> None:
    hold("\n".join(mixed))


@given(
    st.lists(st.sampled_from("".join(ALL.values()).splitlines()), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 3000), st.text("0123456789abcdef|:,()[]<>{}-/ x", max_size=20)), max_size=12),
)
@settings(max_examples=200, deadline=None)
def test_damaged_lines_give_what_the_schema_describes(mixed: list[str], damage: list[tuple[int, str]]) -> None:
    log = "\n".join(mixed)
    for at, piece in damage:
        log = log[:at] + piece + log[at + len(piece) // 2 :]
    hold(log)
