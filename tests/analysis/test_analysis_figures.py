"""The figures of a score are those of metrics.json."""

from __future__ import annotations

from dataclasses import replace

import pytest
from analysis_examples import NO_COUNTERS, facts_of, inputs_by_hand

from btcli.analysis.figures import figures_of
from btcli.analysis.ledger import TradeLedger
from btcli.analysis.metrics import MetricsInput, compute_metrics

ASKED = (
    "net_profit_usdt",
    "return_pct",
    "cagr_pct",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown_pct",
    "trades",
    "win_rate_pct",
    "profit_factor",
    "expectancy_usdt",
    "exposure_pct",
    "fees_usdt",
    "funding_paid_usdt",
    "funding_received_usdt",
    "liquidations",
    "ambiguous_trades",
    "entry_refusals",
)

EMPTY = MetricsInput(facts_of([]), TradeLedger(), NO_COUNTERS, {}, {})
CASES = {
    "the tables": inputs_by_hand(),
    "funding left out": replace(inputs_by_hand(), settles_funding=False),
    "nothing happened": EMPTY,
}


@pytest.mark.parametrize("name", CASES)
def test_figures_are_those_of_metrics(name: str) -> None:
    """Every figure stands in metrics under its name with the same value, and is a null for the same reason."""
    inputs = CASES[name]
    metrics = compute_metrics(inputs)
    figures = figures_of(inputs.equity, inputs.trades.net_pnl, inputs.counters, settles_funding=inputs.settles_funding)
    assert set(ASKED) < set(figures)
    reasons = figures.pop("null_reasons")
    assert figures == {key: metrics[key] for key in figures}
    assert reasons == {key: why for key, why in metrics["null_reasons"].items() if key in figures}
