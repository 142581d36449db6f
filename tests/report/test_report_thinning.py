"""Long curves with fewer points."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from btcli.report.charts.thinning import kept_rows


def test_a_short_curve_keeps_every_point() -> None:
    """Nothing is thinned that is no longer than asked for."""
    assert kept_rows([np.array([3.0, 1.0, 2.0])], 3).tolist() == [0, 1, 2]


def test_a_spike_of_one_row_stays() -> None:
    """One low of a million rows is among those that are drawn, and so are the ends."""
    curve = np.linspace(0.0, 1.0, 1_000_000)
    curve[765_432] = -5.0
    rows = kept_rows([curve], 4_000)
    assert 765_432 in rows
    assert (rows[0], rows[-1]) == (0, 999_999)
    assert rows.size <= 4_002


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(8, 300))
def test_no_extreme_is_lost(seed: int, columns: int, most: int) -> None:
    """The least and the greatest value of every column are drawn, whatever the columns look like."""
    drawn = [np.random.default_rng(seed + each).normal(size=1_000).cumsum() for each in range(columns)]
    rows = kept_rows(drawn, most)
    assert (np.diff(rows) > 0).all()
    for column in drawn:
        assert column[rows].min() == column.min()
        assert column[rows].max() == column.max()


def test_what_is_no_number_is_no_extreme() -> None:
    """Rows of NaN neither end the thinning nor hide the extremes beside them."""
    curve = np.full(1_000, np.nan)
    curve[500] = 7.0
    assert 500 in kept_rows([curve], 40)


def test_nothing_is_thinned_of_nothing() -> None:
    """No row of an empty curve."""
    assert kept_rows([np.empty(0)], 10).tolist() == []
