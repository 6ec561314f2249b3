"""Does a document keep to its schema? What a debugger made of hostile memory is believed only then.

Knows the part of JSON Schema 2020-12 that analysis.schema.json uses. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable

_DEEPEST = 12
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
}


def fault(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Return the first place where ``value`` does not keep to ``schema``, as "tasks.count: want integer", or None."""
    return next(_faults(value, schema, schema, (), 0), None)


def _faults(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[str]:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    place = ".".join(path) or "the document"
    if depth > _DEEPEST:
        yield f"{place}: is nested too deeply"
        return
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        yield f"{place}: want {' or '.join(kinds)}"
        return
    yield from (f"{place}: want {wish}" for wish in _plain_faults(value, schema))
    choices = schema.get("oneOf")
    if choices and all(next(_faults(value, each, root, path, depth + 1), None) for each in choices):
        yield f"{place}: fits no form that it may have"
    if isinstance(value, dict):
        yield from _object_faults(value, schema, root, path, depth)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from _faults(item, schema["items"], root, (*path, str(number)), depth + 1)


def _plain_faults(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield repr(schema["const"])
    if "enum" in schema and value not in schema["enum"]:
        yield f"one of {schema['enum']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"what matches {schema['pattern']}"
    if isinstance(value, (int, float)) and value < schema.get("minimum", value):
        yield f"{schema['minimum']} or more"
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{schema.get('minItems', 0)} or more items"


def _object_faults(
    value: Mapping[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (f"{'.'.join((*path, name))}: is missing" for name in schema.get("required", ()) if name not in value)
    for name, item in value.items():
        if name in known:
            yield from _faults(item, known[name], root, (*path, name), depth + 1)
        elif others is False:
            yield f"{'.'.join(path) or 'the document'}: has an unknown {name!a}"
        elif isinstance(others, Mapping):
            yield from _faults(item, others, root, (*path, name), depth + 1)
