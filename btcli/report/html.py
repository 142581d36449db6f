"""The only way text gets on a page: values are escaped, elements and attributes come from short lists.

A `Markup` is HTML already. Joining, cutting or formatting one gives a plain `str` again, which is escaped when it is
put on the page: what is forgotten is shown too literally, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

import orjson

from btcli.legible.names import shown_plainly

_TAGS = """
a article bdi body button caption code col dd details div dl dt em figcaption figure footer form h1 h2 h3 h4 head header
html input label li main meta nav noscript ol option p pre section select small span strong summary table tbody td
tfoot th thead time title tr ul circle g line path polyline rect svg text
"""
_ATTRIBUTES = """
aria-controls aria-describedby aria-hidden aria-label aria-labelledby aria-live aria-sort checked class colspan content
charset datetime dir disabled for hidden href http-equiv id lang max min name open placeholder role rowspan scope
selected step tabindex title type value
cx cy d fill height points preserveAspectRatio r text-anchor viewBox width x x1 x2 y y1 y2
"""
TAGS: Final = frozenset(_TAGS.split())
ATTRIBUTES: Final = frozenset(_ATTRIBUTES.split())
VOID: Final = frozenset(("col", "input", "meta"))
_LONE_HALVES = re.compile("[\ud800-\udfff]")  # of characters that need two: no file in UTF-8 can hold one
_ENDS_SCRIPT = re.compile(r"</\s*(script|style)|<!--", re.IGNORECASE)
_IN_SCRIPTS = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


class Markup(str):
    """HTML: made by this module alone."""

    __slots__ = ()


def plain(text: str) -> str:
    """A text whose characters are all shown: controls, those that turn the writing and lone halves are escaped."""
    return _LONE_HALVES.sub(lambda found: f"\\u{ord(found[0]):04x}", shown_plainly(text))


def text(value: object) -> Markup:
    """Any value as text of the page, shown letter by letter; markup stays what it is."""
    return value if isinstance(value, Markup) else Markup(escape(plain(str(value))))


def joined(parts: Iterable[str | None], between: str = "") -> Markup:
    """The parts after each other, texts escaped and None left out, with `between`, escaped too, between two."""
    return Markup(text(between).join(text(part) for part in parts if part is not None))


def together(*parts: str | None) -> Markup:
    """One after another, texts escaped and None left out."""
    return joined(parts)


def element(tag: str, *children: str | None, **attributes: str | int | float | bool | None) -> Markup:
    """An element of `TAGS` with its children, texts escaped and None left out.

    Attributes are named as Python can: `class_`, `aria_label`, `data_trade`. True gives one without a value, None and
    False leave it out. Raises ValueError for a tag or attribute that is not listed, and for a link out of the page.
    """
    if tag not in TAGS:
        raise ValueError(f"no element of this page: {tag!r}")
    given = "".join(_attribute(name, value) for name, value in attributes.items() if value is not None)
    if tag in VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{joined(children)}</{tag}>")


def _attribute(written: str, value: str | int | float | bool) -> str:
    name = written.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES and not re.fullmatch(r"data-[a-z][a-z-]*", name):
        raise ValueError(f"no attribute of this page: {name!r}")
    if name == "href" and not str(value).startswith("#"):
        raise ValueError(f"a link leaves the page: {value!r}")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(plain(str(value)))}"'


def json_block(kind: str, value: Any) -> Markup:
    """Values for the page's own script, which finds them by the class `kind`; no text in them can end the element.

    Texts stand as they are, for scripts that show them as text alone. Raises TypeError for what JSON cannot say.
    """
    said = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode().translate(_IN_SCRIPTS)
    return Markup(f'<script type="application/json" class="{escape(kind)}">{said}</script>')


def own_source(tag: str, source: str, **attributes: str | None) -> Markup:
    """A script or style that comes with btcli or a library, never a user's text.

    Raises ValueError for a source that would end its element early.
    """
    if tag not in ("script", "style"):
        raise ValueError(f"neither script nor style: {tag!r}")
    if _ENDS_SCRIPT.search(source):
        raise ValueError(f"a {tag} that would end early")
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value is not None)
    return Markup(f"<{tag}{given}>{source}</{tag}>")
