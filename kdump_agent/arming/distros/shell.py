"""Read the settings files of kdump as they are: shell assignments and kdump.conf directives.

No shell runs and nothing is expanded: ``$HOME`` stays five characters, and whoever needs the value says that it
could not tell. What is no assignment is passed over. Nothing here raises on content.
"""

from __future__ import annotations

import re

LONGEST = 256 << 10
"""Characters that are looked at; a settings file with more is not one that a person wrote."""

_PIECE = r"""[^\s'"\\;&|()<>`]|`[^`\n]*`|\$\([^()\n]*\)|'[^']*'|"(?:[^"\\]|\\.)*"|\\."""
# POSIX.1-2017 Shell Command Language, section 2.9.1 (assignments) and 2.2 (quoting)
_ASSIGNMENT = re.compile(
    rf"(?:^|;)[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=((?:{_PIECE})*)(?=[\s;&|]|\Z)", re.MULTILINE | re.DOTALL
)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)""", re.DOTALL)
_ESCAPE_IN_DOUBLE = re.compile(r'\\([$`"\\\n])')


def assignments(text: str) -> dict[str, str]:
    """Return the variables that a file of shell assignments sets, unquoted; the last one of a name counts."""
    return {found[1]: _unquote(found[2]) for found in _ASSIGNMENT.finditer(text[:LONGEST])}


def directives(text: str) -> dict[str, str]:
    """Return the directives of a kdump.conf(5), a name and the rest of its line; the last one of a name counts."""
    lines = (line.partition("#")[0].split(None, 1) for line in text[:LONGEST].splitlines())
    return {words[0]: words[1].strip() if len(words) > 1 else "" for words in lines if words}


def is_plain(value: str) -> bool:
    """Is a value what it says, or would a shell have to expand it first?"""
    return "$" not in value and "`" not in value


def _unquote(word: str) -> str:
    return _QUOTED.sub(_without_quotes, word)


def _without_quotes(found: re.Match[str]) -> str:
    single, double, escaped = found.groups()
    if single is not None:
        return single
    if double is not None:
        return _ESCAPE_IN_DOUBLE.sub(lambda inner: "" if inner[1] == "\n" else inner[1], double)
    return "" if escaped == "\n" else escaped
