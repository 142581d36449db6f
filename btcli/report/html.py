"""The only way text gets onto a page."""

from __future__ import annotations

from html import escape


class Markup(str):
    """HTML that was made here: elements of this module, and texts that it escaped."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Any value as text of a page, nothing in it meaning anything."""
    return Markup(escape(str(value), quote=True))


def element(name: str, *children: Markup, **attributes: str) -> Markup:
    """`<name …>children</name>`; attributes are escaped, `class_` is class, `data_trade` is data-trade."""
    said = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{said}>{''.join(children)}</{name}>")


def together(*children: Markup) -> Markup:
    """One after another."""
    return Markup("".join(children))
