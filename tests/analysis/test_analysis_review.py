"""The review after a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from analysis_examples import DAY, NO_COUNTERS, a_trade, rows_of

from btcli.analysis.metrics import MetricsFold, MetricsInput
from btcli.analysis.review import review


def a_run(results: Sequence[float], curve: Sequence[float], ambiguous: int = 0) -> MetricsInput:
    """A run with these results and this curve of daily closes, from 100."""
    fold = MetricsFold(100.0, 0)
    fold.trades([a_trade(number, result) for number, result in enumerate(results, 1)])
    fold.equity(DAY * np.arange(1, len(curve) + 1, dtype=np.int64), rows_of(curve))
    return fold.finished(NO_COUNTERS._replace(ambiguous_trades=ambiguous), {})


def codes(run: MetricsInput, parameters: int = 3, zero_volume_fills: int = 0) -> list[str]:
    """The codes of the remarks."""
    return [remark.code for remark in review(run, parameters=parameters, zero_volume_fills=zero_volume_fills)]


GOOD = [1.0, -0.5] * 50
MOVING = [101.0, 102.0, 103.0, 104.0]


def test_nothing_to_remark() -> None:
    """A hundred even trades on a moving curve raise no doubt."""
    assert codes(a_run(GOOD, MOVING)) == []


@pytest.mark.parametrize(
    ("curve", "flat"), [([100.0, 100.0, 100.0, 101.0], True), ([100.0, 100.0, 101.0, 101.0], False)]
)
def test_flat_equity(curve: list[float], flat: bool) -> None:
    """More than half of the days in a row without a move is flat, half is not."""
    assert ("FLAT_EQUITY" in codes(a_run(GOOD, curve))) is flat


@pytest.mark.parametrize(
    ("trades", "parameters", "few"), [(29, 0, True), (30, 3, False), (49, 5, True), (50, 5, False)]
)
def test_few_trades_for_the_parameters(trades: int, parameters: int, few: bool) -> None:
    """Fewer than 30 trades, or than ten for each parameter, are few."""
    assert ("FEW_TRADES" in codes(a_run([1.0, -0.5] * (trades // 2) + [1.0] * (trades % 2), MOVING), parameters)) is few


@pytest.mark.parametrize(("best", "one"), [(49.0, False), (60.0, True)])
def test_profit_from_one_trade(best: float, one: bool) -> None:
    """50 small ones and a big one: 49 of 99 is less than half of the profit, 60 of 110 is more."""
    assert ("PROFIT_FROM_ONE_TRADE" in codes(a_run([1.0] * 50 + [best], MOVING))) is one


def test_a_loss_is_not_blamed_on_its_best_trade() -> None:
    """Without a net profit there is none that one trade could have made."""
    assert "PROFIT_FROM_ONE_TRADE" not in codes(a_run([-2.0, 1.0], MOVING))


@pytest.mark.parametrize(("ambiguous", "many"), [(10, False), (11, True)])
def test_many_ambiguous(ambiguous: int, many: bool) -> None:
    """More than a tenth of the trades is many."""
    assert ("MANY_AMBIGUOUS" in codes(a_run(GOOD, MOVING, ambiguous))) is many


def test_fills_without_volume_and_the_order_of_remarks() -> None:
    """One such fill is enough, and remarks come in one order with the numbers that they rest on."""
    remarks = review(a_run([], [100.0]), parameters=2, zero_volume_fills=1)
    assert [(each.code, each.found, each.limit) for each in remarks] == [
        ("FLAT_EQUITY", 1.0, 0.5),
        ("FEW_TRADES", 0, 30),
        ("FILLS_WITHOUT_VOLUME", 1, 0),
    ]
