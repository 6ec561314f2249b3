"""HTML that cannot be forgotten to be escaped: whatever is not markup already becomes text."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Union

from .terminal import plain

VOID = frozenset(("meta", "input", "br"))


class Markup(str):
    """A string that is HTML; only this file makes them out of others."""

    __slots__ = ()


Child = Union[Markup, str, int, float, None]


def text(content: object) -> Markup:
    """Return a text as HTML; what could turn the text around it, as bidirectional characters do, is shown escaped."""
    return Markup(html.escape(plain(str(content))))


def trusted(content: str) -> Markup:
    """Return what is ours, as a style sheet is, unescaped."""
    return Markup(content)


def join(children: Iterable[Child], between: str = "") -> Markup:
    """Return the children one behind the other, those that are no markup as text; None is nothing."""
    found = (child if isinstance(child, Markup) else text(child) for child in children if child is not None)
    return Markup(between.join(found))


def tag(name: str, /, *children: Child, **attributes: Child) -> Markup:
    """Return an element. ``class_`` is the attribute class, ``aria_label`` aria-label; one of None is left out."""
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            bare = key.rstrip("_").replace("_", "-")
            words.append(bare if value == "" else f'{bare}="{text(value)}"')
    opened = f"<{' '.join(words)}>"
    return Markup(opened if name in VOID else f"{opened}{join(children)}</{name}>")
