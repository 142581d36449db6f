"""Since when a run could decide, and its figures from there on, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from analysis_examples import DAY, HOUR, NO_COUNTERS, moment, rows_of

from btcli.analysis.deciding import Deciding
from btcli.analysis.metrics import MetricsFold, compute_metrics
from btcli.exchange.face.events import Event

START = moment("2024-01-01T00:00:00")


def metrics_of(deciding: Deciding, equity: list[float]) -> dict[str, object]:
    """Metrics of a run with one step a day whose closes are `equity`; in the market for the last two of them."""
    fold = MetricsFold(100.0, START)
    closes = START + DAY * np.arange(1, len(equity) + 1)
    fold.equity(closes, rows_of(equity))
    counters = NO_COUNTERS._replace(steps=len(equity), steps_in_position=2)
    return compute_metrics(fold.finished(counters, {"A": (50.0, 110.0)}, {}, deciding))


def test_figures_begin_at_the_first_possible_decision() -> None:
    """Of six days the first three pass unready: the mean and deviation of the last three days' returns remain.

    Returns 10 %, -10 % and 0 %: mean 0, so Sharpe 0; in the market for 2 of 3 steps; 80 to 110 is +37.5 %.
    """
    deciding = Deciding(3, {"A": START + 3 * DAY}, 3, START + 6 * DAY, {"A": 80.0})
    metrics = metrics_of(deciding, [100.0, 100.0, 100.0, 110.0, 99.0, 99.0])
    assert metrics["decisions"] == 3
    assert metrics["first_decision_ts"] == "2024-01-04T00:00:00.000Z"
    assert metrics["window_before_first_decision_pct"] == 50.0
    since = metrics["since_first_decision"]
    assert isinstance(since, dict)
    assert since["return_pct"] == pytest.approx(-1.0, rel=1e-12)
    assert since["sharpe"] == pytest.approx(0.0, abs=1e-12)
    assert since["exposure_pct"] == pytest.approx(200 / 3, rel=1e-12)
    assert since["buy_and_hold_pct"] == {"A": 37.5}


def test_idle_days_before_no_longer_thin_out_the_sharpe_ratio() -> None:
    """Two days of +10 % and +20 %: mean 0.15, sample deviation sqrt(0.005), times sqrt(365); six idle days before."""
    deciding = Deciding(2, {"A": START + 6 * DAY}, 6, START + 8 * DAY, {"A": 100.0})
    metrics = metrics_of(deciding, [100.0] * 6 + [110.0, 132.0])
    since = metrics["since_first_decision"]
    assert isinstance(since, dict)
    assert since["sharpe"] == pytest.approx(0.15 / math.sqrt(0.005) * math.sqrt(365), rel=1e-9)
    assert since["sharpe"] > metrics["sharpe"]  # type: ignore[operator]


def test_a_decision_inside_a_day_counts_that_day() -> None:
    """The first day of the figures is the one in which the first decision could be taken."""
    deciding = Deciding(1, {"A": START + 5 * DAY + 7 * HOUR}, 5, START + 8 * DAY, {"A": 100.0})
    metrics = metrics_of(deciding, [100.0] * 5 + [110.0, 99.0, 99.0])
    since = metrics["since_first_decision"]
    assert isinstance(since, dict)
    assert since["sharpe"] == pytest.approx(0.0, abs=1e-12)


def test_the_earliest_symbol_counts() -> None:
    """With several symbols the run begins to decide with the first of them; one that never could has a null."""
    deciding = Deciding(4, {"A": START + 4 * DAY, "B": None, "C": START + 2 * DAY}, 2, START + 4 * DAY, {"A": 55.0})
    metrics = metrics_of(deciding, [100.0, 100.0, 100.0, 100.0])
    assert metrics["first_decision_ts"] == "2024-01-03T00:00:00.000Z"
    assert metrics["first_decision_by_symbol"] == {
        "A": "2024-01-05T00:00:00.000Z",
        "B": None,
        "C": "2024-01-03T00:00:00.000Z",
    }
    assert metrics["window_before_first_decision_pct"] == 50.0
    assert metrics["null_reasons"]["first_decision_by_symbol.B"] == "no decision was possible"  # type: ignore[index]


def test_a_run_that_could_never_decide_has_no_figures_of_its_own() -> None:
    """All of the window passed before, and every figure is null with that reason."""
    metrics = metrics_of(Deciding(0, {"A": None}, 0, START + 3 * DAY), [100.0, 100.0, 100.0])
    assert (metrics["decisions"], metrics["first_decision_ts"]) == (0, None)
    assert metrics["window_before_first_decision_pct"] == 100.0
    assert metrics["since_first_decision"] == {
        "return_pct": None,
        "sharpe": None,
        "exposure_pct": None,
        "buy_and_hold_pct": {"A": None},
    }
    reasons = metrics["null_reasons"]
    assert isinstance(reasons, dict)
    assert reasons["since_first_decision.buy_and_hold_pct.A"] == "no decision was possible"


def test_the_first_refusal_of_each_code_keeps_its_numbers() -> None:
    """Metrics name when, of which symbol, and the two numbers compared, once a code, in the codes' order."""
    fold = MetricsFold(100.0, START)
    for ts, code, have in (
        (HOUR, "STOP_BEYOND_FILL", 5.0),
        (2 * HOUR, "BELOW_MIN_QTY", 0.1),
        (3 * HOUR, "BELOW_MIN_QTY", 7.0),
    ):
        fold.events([Event(START + ts, "order_rejected", "A", {"code": code, "have": have, "need": 1.0})])
    firsts = compute_metrics(fold.finished(NO_COUNTERS, {}))["first_refusals"]
    assert list(firsts) == ["BELOW_MIN_QTY", "STOP_BEYOND_FILL"]
    assert firsts["BELOW_MIN_QTY"] == {"ts": "2024-01-01T02:00:00.000Z", "symbol": "A", "have": 0.1, "need": 1.0}
