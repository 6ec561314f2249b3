"""Read numbers and words out of a register's bits: the few verbs that the vendors' tables are written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Callable

Reader = Callable[[int], Iterator[str]]
"""Takes a whole register, gives the words that some of its bits stand for."""
Words = Mapping[int, str]
"""What a field's values, or a register's bits, mean."""


def bit(value: int, number: int) -> bool:
    """Is bit ``number`` of a register set?"""
    return bool(value >> number & 1)


def field(value: int, high: int, low: int) -> int:
    """Return bits ``high:low`` of a register, as the manuals write it."""
    return value >> low & ((1 << (high - low + 1)) - 1)


def number(text: str | None) -> int | None:
    """Return the number that a register's text stands for."""
    return None if text is None else int(text, 16)


def choice(high: int, low: int, words: Words) -> Reader:
    """Make a reader of a field that holds one of several codes; a code that the manual does not tell is silent."""

    def read(value: int) -> Iterator[str]:
        code = field(value, high, low)
        if code in words:
            yield words[code]

    return read


def bits(words: Words) -> Reader:
    """Make a reader of bits that each say something of their own."""

    def read(value: int) -> Iterator[str]:
        for place, text in words.items():
            if bit(value, place):
                yield text

    return read


def amount(high: int, low: int, words: str) -> Reader:
    """Make a reader of a field that is a number: ``words`` with it filled in, silent where it is 0."""

    def read(value: int) -> Iterator[str]:
        if number := field(value, high, low):
            yield words.format(number)

    return read


def pages(high: int, low: int, readers: Mapping[int, Reader]) -> Reader:
    """Make a reader that picks another reader by a field."""

    def read(value: int) -> Iterator[str]:
        reader = readers.get(field(value, high, low))
        if reader is not None:
            yield from reader(value)

    return read
