"""The tables of what trading cost: fees, spread, impact and funding, in all and by symbol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape

from btcli.cli.edge.screen import plain_table
from btcli.cli.edge.tables import WholeWords
from btcli.cli.shown.figures import ABSENT, count, money

Row = tuple[str, float | None, str]
SHOWN_SYMBOLS = 10
PARTS = {
    "fees": ("taker_fees_usdt", "maker_fees_usdt", "liquidation_fees_usdt"),
    "spread": ("spread_usdt",),
    "stops": ("stop_slippage_usdt",),
    "impact": ("impact_usdt",),
    "funding": ("funding_paid_usdt",),
}


def cost_table(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> WholeWords:
    """A line per kind of cost in USDT and in basis points of the turnover; what came in has a minus."""
    table = plain_table("  costs", "USDT", "bps of turnover", "", right=("USDT", "bps of turnover"))
    rows = list(_rows(metrics, costs))
    for name, amount, note in rows:
        table.add_row(f"  {name}", money(amount), _bps(amount, metrics["turnover_usdt"]), f"[dim]{note}[/]")
    total = sum(amount for _, amount, _ in rows if amount is not None)
    turnover = f"[dim]of {money(metrics['turnover_usdt'])} USDT traded[/]"
    table.add_row("  all", money(total), _bps(total, metrics["turnover_usdt"]), turnover, style="bold")
    return table


def _rows(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> Iterator[Row]:
    maker, taken_over, stops = (
        metrics.get(name, 0.0) for name in ("maker_fees_usdt", "liquidation_fees_usdt", "stop_slippage_usdt")
    )
    own = {key for given in costs["per_symbol"].values() for key in given}

    def rate(key: str, text: str) -> str:
        return f"{text}, some symbols their own" if key in own else text

    taker_rate, maker_rate = (f"{costs[key] * 100:g} % of the value" for key in ("taker_fee_rate", "maker_fee_rate"))
    yield "taker fees", metrics["fees_usdt"] - maker - taken_over, rate("taker_fee_rate", taker_rate)
    yield "maker fees", maker, rate("maker_fee_rate", maker_rate)
    if taken_over:
        yield "liquidation fees", taken_over, "of positions taken over"
    spread = f"slippage_bps {costs['slippage_bps']:g}, and the tick"
    yield "spread", metrics["slippage_usdt"] - stops, rate("slippage_bps", spread)
    slipped = f"stop_slippage_bps {costs['stop_slippage_bps']:g}, and the tick"
    yield "stop slippage", stops, rate("stop_slippage_bps", slipped)
    yield "impact", metrics["impact_usdt"], rate("impact_k", f"impact_k {costs['impact_k']:g}")
    paid, received = metrics["funding_paid_usdt"], metrics["funding_received_usdt"]
    if paid is None or received is None:
        yield "funding", None, "left out: costs.funding is none"
        return
    yield "funding paid", paid, ""
    yield "funding received", 0.0 - received, ""


def symbol_table(by_symbol: Mapping[str, Mapping[str, float | None]]) -> WholeWords:
    """A line per symbol, those that cost most first; funding is what was paid less what came in."""
    headings = ("  by symbol", *PARTS, "all", "bps")
    table = plain_table(*headings, right=headings[1:])
    has_funding = all(costs["funding_paid_usdt"] is not None for costs in by_symbol.values())
    rows = sorted(((symbol, _parts(costs)) for symbol, costs in by_symbol.items()), key=lambda row: -sum(row[1]))

    def cells(parts: Sequence[float], turnover: float | None) -> Iterator[str]:
        yield from map(money, parts if has_funding else parts[:-1])
        yield from () if has_funding else (ABSENT,)
        yield from (money(sum(parts)), _bps(sum(parts), turnover or 0.0))

    for symbol, parts in rows[:SHOWN_SYMBOLS]:
        table.add_row(f"  {escape(symbol)}", *cells(parts, by_symbol[symbol]["turnover_usdt"]))
    rest = [parts for _, parts in rows[SHOWN_SYMBOLS:]]
    if rest:
        sums = [sum(column) for column in zip(*rest, strict=True)]
        turnover = sum(by_symbol[symbol]["turnover_usdt"] or 0.0 for symbol, _ in rows[SHOWN_SYMBOLS:])
        others = count(len(rest), "other")
        table.add_row(f"  {others}", *cells(sums, turnover), style="dim")
    return table


def _parts(costs: Mapping[str, float | None]) -> list[float]:
    parts = [sum(costs[name] or 0.0 for name in names) for names in PARTS.values()]
    parts[-1] -= costs["funding_received_usdt"] or 0.0
    return parts


def _bps(amount: float | None, turnover: float) -> str:
    return f"{amount / turnover * 1e4 + 0.0:,.2f}" if turnover and amount is not None else ABSENT
