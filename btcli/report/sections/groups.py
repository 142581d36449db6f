"""Results by what trades share."""

from __future__ import annotations

from collections.abc import Callable

from btcli.analysis.groups import Group, grouped
from btcli.analysis.numbers import Metric, Undefined
from btcli.legible.figures import ABSENT, money, number, percent
from btcli.report.content import RunContent
from btcli.report.html import Markup, element
from btcli.report.sections.parts import Cell, earned, name, note, part, table

BY = {
    "symbol": "symbol",
    "side": "side",
    "tag": "tag of the signal",
    "exit_reason": "exit reason",
    "weekday": "weekday of the entry",
    "hour": "hour of the entry, UTC",
    "month": "month of the entry, UTC",
}
FEW = 8  # rows that stand open


def groups(content: RunContent) -> Markup:
    """A table for each kind of group, with the definitions of metrics.json."""
    title = "Results by what trades share"
    if not content.trades.height:
        return part(title, note("There are no trades."), kind="groups")
    return part(title, *(_kind(content, by, said) for by, said in BY.items()), kind="groups")


def _kind(content: RunContent, by: str, said: str) -> Markup:
    found = grouped(content.trades, (by,))
    headings = (
        said,
        "trades",
        "net, USDT",
        "fees",
        "funding",
        "won",
        "profit factor",
        "per trade",
        "hours",
        "ambiguous",
    )
    drawn = table(headings, map(_row, found))
    if len(found) == 1 and found[0].keys == (None,):
        drawn = note("No signal had a tag.")
    summary = element("summary", f"By {said} ", element("small", f"{len(found)}"))
    return element("details", summary, drawn, open=len(found) <= FEW)


def _row(group: Group) -> tuple[Cell, ...]:
    (key,) = group.keys
    shown = "none" if key is None else f"{key:02}:00" if isinstance(key, int) else name(key)
    return (
        shown,
        f"{group.trades:,}",
        earned(group.net_pnl_usdt),
        money(group.fees_usdt),
        money(group.funding_usdt),
        written(group.win_rate_pct, percent),
        written(group.profit_factor, number),
        written(group.expectancy_usdt, earned),
        written(group.average_duration_hours, number),
        f"{group.ambiguous_trades:,}",
    )


def written(value: Metric, write: Callable[[float], Cell]) -> Cell:
    """A figure that may not exist; why stands where it is pointed at."""
    return element("span", ABSENT, title=value.reason) if isinstance(value, Undefined) else write(value)
