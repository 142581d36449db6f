"""The tables of what trading cost: fees, spread, impact and funding, in all and by symbol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape

from btcli.cli.edge.screen import plain_table
from btcli.cli.edge.tables import WholeWords
from btcli.cli.shown.figures import ABSENT, count, money
from btcli.legible.costs import PARTS, all_costs, bps, cost_rows, parts_of

SHOWN_SYMBOLS = 10


def cost_table(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> WholeWords:
    """A line per kind of cost in USDT and in basis points of the turnover; what came in has a minus."""
    table = plain_table("  costs", "USDT", "bps of turnover", "", right=("USDT", "bps of turnover"))
    rows = list(cost_rows(metrics, costs))
    for name, amount, note in rows:
        table.add_row(f"  {name}", money(amount), bps(amount, metrics["turnover_usdt"]), f"[dim]{note}[/]")
    total = all_costs(rows)
    turnover = f"[dim]of {money(metrics['turnover_usdt'])} USDT traded[/]"
    table.add_row("  all", money(total), bps(total, metrics["turnover_usdt"]), turnover, style="bold")
    return table


def symbol_table(by_symbol: Mapping[str, Mapping[str, float | None]]) -> WholeWords:
    """A line per symbol, those that cost most first; funding is what was paid less what came in."""
    headings = ("  by symbol", *PARTS, "all", "bps")
    table = plain_table(*headings, right=headings[1:])
    has_funding = all(costs["funding_paid_usdt"] is not None for costs in by_symbol.values())
    rows = sorted(((symbol, parts_of(costs)) for symbol, costs in by_symbol.items()), key=lambda row: -sum(row[1]))

    def cells(parts: Sequence[float], turnover: float | None) -> Iterator[str]:
        yield from map(money, parts if has_funding else parts[:-1])
        yield from () if has_funding else (ABSENT,)
        yield from (money(sum(parts)), bps(sum(parts), turnover or 0.0))

    for symbol, parts in rows[:SHOWN_SYMBOLS]:
        table.add_row(f"  {escape(symbol)}", *cells(parts, by_symbol[symbol]["turnover_usdt"]))
    rest = [parts for _, parts in rows[SHOWN_SYMBOLS:]]
    if rest:
        sums = [sum(column) for column in zip(*rest, strict=True)]
        turnover = sum(by_symbol[symbol]["turnover_usdt"] or 0.0 for symbol, _ in rows[SHOWN_SYMBOLS:])
        others = count(len(rest), "other")
        table.add_row(f"  {others}", *cells(sums, turnover), style="dim")
    return table
