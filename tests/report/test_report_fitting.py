"""Runs with more candles or values than a page holds."""

from __future__ import annotations

import numpy as np
from report_contents import content

from btcli.market.series import Bars
from btcli.report.charts.drawing import drawn
from btcli.report.charts.fitting import fitted
from btcli.report.content import Line, RunContent

MINUTE = 60_000
START = 1_704_067_200_000
LABELS = {"exec": "1m", "ltf": "1m", "mtf": "1h", "htf": "4h"}


def minutes(count: int) -> Bars:
    """Candles of a minute from the start of 2024: the n-th goes from n to n + 1, with half a wick."""
    opened = START + np.arange(count, dtype=np.int64) * MINUTE
    price = 100.0 + np.arange(count)
    return Bars(opened, opened + MINUTE, price, price + 1.5, price - 0.5, price + 1.0, np.ones(count))


def run_of(count: int, symbols: int = 1) -> RunContent:
    """A run with so many minutes of so many symbols, and a feature with a spike."""
    value = np.zeros(count)
    value[count // 3] = 7.0
    known = (START + np.arange(1, count + 1) * MINUTE).astype(np.float64)
    names = [f"S{place}USDT" for place in range(symbols)]
    line = Line("ltf", "1m", "spike", "", known, value)
    return content(
        timeframes=LABELS, candles=dict.fromkeys(names, minutes(count)), features=dict.fromkeys(names, (line,))
    )


def test_what_fits_stays_as_it_is() -> None:
    """As many candles and values as there may be: nothing is summed up, nothing is said."""
    run = run_of(60, symbols=2)
    assert fitted([run], most_candles=120, most_values=120) == (run,)


def test_too_many_candles_are_summed_up() -> None:
    """Two hours of minutes where 30 candles are allowed are 24 of 5m: first open, extremes, last close."""
    (run,) = fitted([run_of(120)], most_candles=30)
    bars = run.candles["S0USDT"]
    assert bars.ts_open.size == 24
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (100.0, 105.5, 99.5, 105.0)
    assert run.left_out == ("Candles of 1m are more than a page holds: those of 5m are drawn.",)


def test_the_candles_of_all_runs_count_together() -> None:
    """Two runs that fit alone do not fit together: both are summed up."""
    runs = fitted([run_of(120), run_of(120)], most_candles=200)
    assert [each.candles["S0USDT"].ts_open.size for each in runs] == [24, 24]


def test_a_feature_with_fewer_points_keeps_its_spike() -> None:
    """Of 3,000 values some hundred are drawn: the only one that is not zero is among them, at its time."""
    (run,) = fitted([run_of(3_000)], most_values=300)
    (line,) = run.features["S0USDT"]
    assert line.value.size <= 310
    assert line.ts_ms[line.value == 7.0].tolist() == [START + 1_001 * MINUTE]
    assert "fewer are drawn, with every extreme" in run.left_out[0]


def test_what_was_fitted_can_be_drawn() -> None:
    """Coarser candles and uneven times of features have their charts like all others."""
    charts = drawn(fitted([run_of(3_000)], most_candles=300, most_values=300))
    (facts,) = charts.described["runs"]
    assert facts["prices"]["symbols"][0]["candles"]["step_ms"] == 15 * MINUTE
