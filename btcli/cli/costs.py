"""The table of what trading cost: fees, spread, impact and funding, each against what was traded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from btcli.cli.figures import ABSENT, money
from btcli.cli.screen import plain_table

Row = tuple[str, float, str]


def cost_table(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> Table:
    """A line per kind of cost in USDT and in basis points of the turnover; what came in has a minus."""
    table = plain_table("  costs", "USDT", "bps of turnover", "", right=("USDT", "bps of turnover"))
    rows = list(_rows(metrics, costs))
    for name, amount, note in rows:
        table.add_row(f"  {name}", money(amount), _bps(amount, metrics["turnover_usdt"]), f"[dim]{note}[/]")
    total = sum(amount for _, amount, _ in rows)
    turnover = f"[dim]of {money(metrics['turnover_usdt'])} USDT traded[/]"
    table.add_row("  all", money(total), _bps(total, metrics["turnover_usdt"]), turnover, style="bold")
    return table


def _rows(metrics: Mapping[str, Any], costs: Mapping[str, Any]) -> Iterator[Row]:
    maker = metrics["maker_fees_usdt"]
    own = ", some symbols their own" if costs["per_symbol"] else ""
    yield "taker fees", metrics["fees_usdt"] - maker, f"taker {costs['taker_fee_rate'] * 100:g} %{own}"
    yield "maker fees", maker, f"maker {costs['maker_fee_rate'] * 100:g} %{own}"
    spread = f"slippage {costs['slippage_bps']:g} bps, stops {costs['stop_slippage_bps']:g} bps{own}"
    yield "spread", metrics["slippage_usdt"], spread
    yield "impact", metrics["impact_usdt"], f"k {costs['impact_k']:g}{own}"
    yield "funding paid", metrics["funding_paid_usdt"], ""
    yield "funding received", 0.0 - metrics["funding_received_usdt"], ""


def _bps(amount: float, turnover: float) -> str:
    return f"{amount / turnover * 1e4 + 0.0:,.2f}" if turnover else ABSENT
