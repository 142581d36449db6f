"""The table of all trades: one block of columns, from which the page's script draws a few rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from btcli.legible.figures import ABSENT, count, money
from btcli.report.content import RunContent
from btcli.report.html import Markup, element, json_block, plain
from btcli.report.sections.parts import note, part

if TYPE_CHECKING:
    import polars as pl

WORDS = ("symbol", "side", "tag", "exit_reason")
FILTERS = {"symbol": "symbol", "side": "side", "tag": "tag", "exit_reason": "exit"}


class Column(NamedTuple):
    """A column of the table: its key, its heading, how the script writes it, and what the heading means."""

    key: str
    heading: str
    kind: str  # count, word, moment, bars, number, money, flag
    meaning: str = ""


COLUMNS = (
    Column("trade_id", "#", "count", "number of the trade; a click shows it in the chart"),
    Column("symbol", "symbol", "word"),
    Column("side", "side", "word"),
    Column("tag", "tag", "word", "tag of the signal that opened the trade"),
    Column("entry_ts", "entry, UTC", "moment"),
    Column("exit_ts", "exit, UTC", "moment"),
    Column("bars_held", "bars", "count", "exec bars held"),
    Column("qty", "quantity", "number"),
    Column("entry_price", "entry", "number", "price at which the trade was entered"),
    Column("exit_price", "exit", "number", "price at which the trade was left"),
    Column("exit_reason", "left by", "word"),
    Column("net_pnl_usdt", "net, USDT", "money", "fees and funding included"),
    Column("gross_pnl_usdt", "gross", "money"),
    Column("fees_usdt", "fees", "money"),
    Column("funding_usdt", "funding", "money", "what was paid is positive"),
    Column("mae_usdt", "MAE", "money", "furthest against the trade, USDT"),
    Column("mfe_usdt", "MFE", "money", "furthest for the trade, USDT"),
    Column("ambiguous", "ambiguous", "flag", "hangs on the order of prices inside a bar"),
)


def trades(content: RunContent) -> Markup:
    """All trades, to sort, to filter and to jump to; every figure is that of trades.csv, rounded as elsewhere."""
    rows = content.trades
    if not rows.height:
        return part("Trades", note("There are no trades."), kind="trades")
    tagged = rows["tag"].null_count() < rows.height
    columns = [each for each in COLUMNS if tagged or each.key != "tag"]
    return part(
        "Trades",
        _filters(rows, [each.key for each in columns]),
        _frame(columns),
        _pager(),
        json_block(
            "trade-rows", {**{each.key: packed(rows[each.key], each.kind) for each in columns}, "won": _won(rows)}
        ),
        note("Amounts in USDT to the cent; trades.csv has every digit."),
        kind="trades",
    )


def packed(column: pl.Series, kind: str) -> Any:
    """A column as the script unpacks it: words once each with their places, moments as steps, money in cents."""
    if kind == "word":
        words = _words(column)
        places = {word: place for place, word in enumerate(words)}
        return {"words": [plain(word or ABSENT) for word in words], "at": [places[word] for word in column.to_list()]}
    if kind == "moment":
        moments = column.to_physical().to_numpy().astype(np.int64, copy=False)
        return np.diff(moments, prepend=0).tolist()
    if kind == "money":
        return [cents(value) for value in column.to_list()]
    if kind == "flag":
        return [int(value) for value in column.to_list()]
    return column.to_list()


def _won(rows: pl.DataFrame) -> list[int]:
    """1 for a trade that won, -1 for one that lost, 0 for neither."""
    return rows["net_pnl_usdt"].sign().cast(int).to_list()


def _words(column: pl.Series) -> list[str | None]:
    """Each word of a column once, by its letters; that there is none comes last."""
    words: list[str | None] = sorted(word for word in column.unique().to_list() if word is not None)
    return [*words, *([None] if column.null_count() else [])]


def cents(value: float) -> int:
    """The digits that `money` shows, as a whole number."""
    return int(money(value).replace(",", "").replace(".", ""))


def _filters(rows: pl.DataFrame, keys: Sequence[str]) -> Markup:
    """A box for text, and a choice for each column of words that has more than one."""
    choices = (
        _choice(rows[key], key, said) for key, said in FILTERS.items() if key in keys and rows[key].n_unique() > 1
    )
    box = element("input", type="search", class_="has", placeholder="symbol, tag, reason, number", aria_label="search")
    result = element(
        "select",
        *(element("option", said, value=value) for value, said in (("", "won or lost"), (1, "won"), (-1, "lost"))),
        class_="result",
        aria_label="result",
    )
    matching = element("span", count(rows.height, "trade"), class_="matching", aria_live="polite")
    return element("div", box, *choices, result, matching, class_="filters")


def _choice(column: pl.Series, key: str, said: str) -> Markup:
    options = (element("option", word or "none", value=place) for place, word in enumerate(_words(column)))
    every = element("option", f"every {said}", value="")
    return element("select", every, *options, class_="choice", data_column=key, aria_label=said)


def _frame(columns: Sequence[Column]) -> Markup:
    heads = (
        element(
            "th",
            element("button", each.heading, type="button", title=each.meaning or None),
            scope="col",
            class_=None if each.kind in ("word", "moment") else "n",
            data_column=each.key,
            data_kind=each.kind,
        )
        for each in columns
    )
    drawn = element("table", element("thead", element("tr", *heads)), element("tbody"), class_="all-trades")
    return element("div", drawn, class_="wide", tabindex="0", role="group", aria_label="trades")


def _pager() -> Markup:
    before = element("button", "previous", type="button", class_="before", disabled=True)
    after = element("button", "next", type="button", class_="after", disabled=True)
    return element("div", before, element("span", class_="where"), after, class_="pager")
