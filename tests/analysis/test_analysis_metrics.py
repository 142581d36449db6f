"""metrics.json against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from analysis_examples import NO_COUNTERS, a_trade, inputs_by_hand, rows_of, table

from btcli.analysis.metrics import MetricsFold, compute_metrics
from btcli.exchange.face.events import Event

EXPECTED = {line["metric"]: line["expected"] for line in table("expected.csv")}


def flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value by its dotted name."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


BY_HAND = dict(flat(compute_metrics(inputs_by_hand())))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_metric(name: str) -> None:
    """Each metric of the table is the number worked out by hand beside it."""
    value, expected = BY_HAND[name], EXPECTED[name]
    if isinstance(value, str):
        assert value == expected
    else:
        assert value == pytest.approx(float(expected), rel=1e-12, abs=1e-12)


def test_every_metric_has_a_line_by_hand() -> None:
    """No metric is published without a value worked out by hand."""
    assert sorted(BY_HAND) == sorted(EXPECTED)


def test_nothing_is_null_where_everything_exists() -> None:
    """The table was chosen so that every metric exists."""
    assert compute_metrics(inputs_by_hand())["null_reasons"] == {}


def test_a_run_without_trades_has_reasons_instead_of_numbers() -> None:
    """What does not exist is null, each with its reason, and nothing is made up."""
    fold = MetricsFold(10_000.0, 0)
    fold.equity(*_one_step(10_000.0))
    metrics = compute_metrics(fold.finished(NO_COUNTERS, {}))
    nulls = {name for name, value in flat(metrics) if value is None}
    assert nulls == set(metrics["null_reasons"])
    assert metrics["null_reasons"]["profit_factor"] == "there are no trades"
    assert metrics["null_reasons"]["long.win_rate_pct"] == "there are no trades"
    assert metrics["null_reasons"]["sharpe"] == "fewer than two daily returns"
    assert metrics["null_reasons"]["cagr_pct"] == "the run covers less than a day"
    assert metrics["null_reasons"]["calmar"] == "the run covers less than a day"
    assert metrics["null_reasons"]["max_drawdown_start"] == "there is no drawdown"
    assert metrics["null_reasons"]["nearest_liquidation_pct"] == "no position was open at a close"
    assert metrics["max_drawdown_pct"] == 0.0


def test_a_drawdown_that_lasts_is_measured_to_the_end() -> None:
    """Without recovery the moment is null with its reason, and the duration runs to the last step."""
    fold = MetricsFold(10_000.0, 0)
    ts, rows = _one_step(9_000.0)
    fold.equity(ts, rows)
    metrics = compute_metrics(fold.finished(NO_COUNTERS, {}))
    assert metrics["max_drawdown_start"] == "1970-01-01T00:00:00.000Z"
    assert metrics["max_drawdown_recovery"] is None
    assert metrics["null_reasons"]["max_drawdown_recovery"] == "not recovered by the end"
    assert metrics["max_drawdown_days"] == 1 / 24


def test_winning_only_has_no_profit_factor() -> None:
    """A profit factor without losses is not infinite and not capped: it does not exist."""
    fold = MetricsFold(10_000.0, 0)
    fold.trades([a_trade(1, 5.0), a_trade(2, 7.0)])
    metrics = compute_metrics(fold.finished(NO_COUNTERS, {}))
    assert metrics["profit_factor"] is None
    assert metrics["null_reasons"]["profit_factor"] == "no trade lost"
    assert metrics["null_reasons"]["payoff_ratio"] == "no trade lost"


def test_no_metric_is_ever_nan_or_infinite() -> None:
    """Also a ruined account gives finite numbers or null."""
    fold = MetricsFold(10_000.0, 0)
    ts, rows = _one_step(-5.0)
    fold.equity(ts, rows)
    fold.trades([a_trade(1, -10_005.0)])
    for name, value in flat(compute_metrics(fold.finished(NO_COUNTERS, {"X": (1.0, 1e300)}))):
        assert not isinstance(value, float) or math.isfinite(value), name


def test_fills_on_bars_without_volume_are_counted() -> None:
    """Only fills count, and only those that say that their bar had no volume; the first is kept."""
    fold = MetricsFold(10_000.0, 0)
    fold.events([Event(1, "order_filled", "X", {}), Event(2, "order_filled", "X", {"zero_volume": True})])
    fold.events([Event(3, "order_cancelled", "Y", {"zero_volume": True})])
    fold.events([Event(4, "order_filled", "Y", {"zero_volume": True})])
    assert fold.finished(NO_COUNTERS, {}).stale_fills == (2, 2, "X")


def _one_step(equity: float) -> tuple[Any, Any]:
    return np.array([3_600_000]), rows_of([equity])
