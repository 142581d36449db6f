"""What all sections are put together from: headings, tables, figures with the reason why one is absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from btcli.legible.figures import ABSENT, money, percent
from btcli.report.html import Markup, element, together

NOT_RECORDED = "not recorded by the version that made this run"
Cell = str | None


def part(title: str, *children: Cell, kind: str) -> Markup:
    """A section of the page under its heading; `kind` is its class."""
    return element("section", element("h2", title), *children, class_=f"part {kind}")


def note(*said: Cell) -> Markup:
    """A sentence beside figures."""
    return element("p", *said, class_="note")


def small(*said: Cell) -> Markup:
    """What explains a figure, in smaller letters after it."""
    return element("small", *said)


def table(headings: Sequence[Cell], rows: Iterable[Sequence[Cell]], *, words: int = 1, kind: str = "") -> Markup:
    """A table whose first `words` columns are words, the rest figures; it scrolls where the screen is too narrow."""
    classes = ["" if column < words else "n" for column in range(len(headings))]

    def cells(row: Sequence[Cell], tag: str) -> Markup:
        scope = "col" if tag == "th" else None
        return element(
            "tr",
            *(element(tag, cell, class_=name or None, scope=scope) for cell, name in zip(row, classes, strict=True)),
        )

    body = [cells(row, "td") for row in rows]
    drawn = element("table", element("thead", cells(headings, "th")), element("tbody", *body), class_=kind or None)
    return element("div", drawn, class_="wide", tabindex="0", role="group", aria_label="table")


def pairs(rows: Iterable[tuple[Cell, Cell]], kind: str = "pairs") -> Markup:
    """Names with what they stand for."""
    return element(
        "dl", *(element("div", element("dt", name), element("dd", said)) for name, said in rows), class_=kind
    )


def signed(written: str, value: float | None) -> Markup:
    """A figure in the colour of a gain or a loss; its sign says the same without colours."""
    if not value:
        return together(written)
    return element("span", written, class_="gain" if value > 0 else "loss")


def name(written: str) -> Markup:
    """A name that a user gave: it does not turn the writing around it."""
    return element("bdi", written)


def figure(metrics: Mapping[str, Any], key: str, write: Callable[[Any], Cell]) -> Markup:
    """A value of metrics.json by its dotted name, or why there is none."""
    value = found(metrics, key)
    return together(write(value)) if value is not None else together(ABSENT, " ", small(reason(metrics, key)))


def found(metrics: Mapping[str, Any], key: str) -> Any:
    """The value under a dotted name; None where it, or what should hold it, is absent or null."""
    value: Any = metrics
    for step in key.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def reason(metrics: Mapping[str, Any], key: str) -> str:
    """Why a value of metrics.json is null or absent."""
    said: Mapping[str, str] = metrics.get("null_reasons", {})
    return said.get(key, NOT_RECORDED)


def gained(value: float) -> Markup:
    """A percentage that says by sign and colour what it is."""
    return signed(percent(value, sign=value != 0.0), value)


def earned(value: float) -> Markup:
    """USDT that say by sign and colour what they are."""
    return signed(money(value, sign=value != 0.0), value)


def usdt(value: float) -> Markup:
    """USDT with their unit."""
    return together(money(value), " USDT")
