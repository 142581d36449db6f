"""The falls of a curve that was recorded, beside the deepest one of metrics.json."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.drawdowns import Fall, worst_falls
from btcli.analysis.equity import EquityFold
from btcli.analysis.metrics import drawdown_row
from btcli.exchange.face.events import EQUITY_COLUMNS

DAY = 86_400_000


def days(*numbers: float) -> np.ndarray:
    return np.array([int(number * DAY) for number in numbers], np.int64)


def test_the_falls_of_a_curve_by_their_depth() -> None:
    """Equity of 100, 90, 100, 80, 95, 120, 114: three falls of 10, 20 and 5 percent, the last one open."""
    depths = np.array([0.0, 10.0, 0.0, 20.0, 5.0, 0.0, 5.0])
    falls = worst_falls(days(1, 2, 3, 4, 5, 6, 7), depths, start_ms=0, deepest=None)
    assert falls == (
        Fall(20.0, 3 * DAY, 4 * DAY, 6 * DAY, 6 * DAY),
        Fall(10.0, 1 * DAY, 2 * DAY, 3 * DAY, 3 * DAY),
        Fall(5.0, 6 * DAY, 7 * DAY, None, 7 * DAY),
    )
    assert [fall.days for fall in falls] == [3.0, 2.0, 1.0]


def test_a_curve_that_falls_at_once_falls_from_the_start_of_the_window() -> None:
    """The initial equity is a peak, which has no row."""
    falls = worst_falls(days(1, 2), np.array([1.0, 3.0]), start_ms=DAY // 2, deepest=None)
    assert falls == (Fall(3.0, DAY // 2, 2 * DAY, None, 2 * DAY),)


def test_a_curve_without_a_fall_has_none() -> None:
    """Nor has one without rows."""
    assert worst_falls(days(1, 2), np.zeros(2), start_ms=0, deepest=None) == ()
    assert worst_falls(days(), np.zeros(0), start_ms=0, deepest=None) == ()


def test_at_most_so_many() -> None:
    """Of seven falls the five deepest; of equal ones the earlier comes first."""
    depths = np.array([1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 3.0, 0.0, 4.0, 0.0, 5.0, 0.0, 6.0])
    falls = worst_falls(days(*range(1, 14)), depths, start_ms=0, deepest=None)
    assert [(fall.depth_pct, fall.trough_ms // DAY) for fall in falls] == [(6, 13), (5, 11), (4, 9), (3, 5), (3, 7)]


def test_the_deepest_of_the_metrics_stands_as_it_is_where_the_rows_are_fewer_than_the_steps() -> None:
    """Its depth and moments lie between the rows; the fall that the rows show there is not told a second time."""
    deepest = Fall(25.0, int(1.5 * DAY), int(2.5 * DAY), int(4.5 * DAY), int(4.5 * DAY))
    depths = np.array([4.0, 20.0, 21.0, 0.0, 7.0])
    falls = worst_falls(days(1, 2, 3, 5, 6), depths, start_ms=0, deepest=deepest)
    assert falls == (
        deepest,
        Fall(7.0, 5 * DAY, 6 * DAY, None, 6 * DAY),
        Fall(4.0, 0, 1 * DAY, int(1.5 * DAY), int(1.5 * DAY)),
    )


def test_nothing_comes_after_a_deepest_fall_that_did_not_recover() -> None:
    """It lasts up to the end of the curve."""
    deepest = Fall(25.0, 2 * DAY, 3 * DAY, None, 5 * DAY)
    falls = worst_falls(days(1, 2, 3, 4, 5), np.array([1.0, 0.0, 25.0, 24.0, 20.0]), start_ms=0, deepest=deepest)
    assert falls == (deepest, Fall(1.0, 0, 1 * DAY, 2 * DAY, 2 * DAY))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_the_deepest_row_is_the_drawdown_of_the_metrics(equities: list[int]) -> None:
    """Where every step has a row, depth, moments and days are those of metrics.json, to the last bit."""
    equity = np.array(equities, np.float64)
    rows = np.zeros((len(equity), len(EQUITY_COLUMNS)))
    rows[:, EQUITY_COLUMNS.index("equity_usdt")] = equity
    moments = days(*range(1, len(equity) + 1))
    fold = EquityFold(20.0, 0)
    fold.add(moments, rows)
    told = drawdown_row(fold.facts())
    peaks = np.maximum.accumulate(np.maximum(equity, 20.0))
    falls = worst_falls(moments, (peaks - equity) / peaks * 100.0, start_ms=0, deepest=None)
    assert max((fall.depth_pct for fall in falls), default=0.0) == told["max_drawdown_pct"]
    if falls:
        assert falls[0].days == told["max_drawdown_days"]
        assert falls[0].start_ms == fold.facts().drawdown.start_ms  # type: ignore[union-attr]
        assert falls[0].recovery_ms == fold.facts().drawdown.recovery_ms  # type: ignore[union-attr]
