"""Prices and features on the page: short, and the same when they are read back."""

from __future__ import annotations

import numpy as np
import pytest
import report_decoding
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from btcli.market.series import Bars
from btcli.report.charts.whole import coded_candles, coded_line, coded_times, decimals_of, narrow

MINUTE = 60_000


def bars(rows: list[tuple[float, float, float, float]]) -> Bars:
    """Candles of a minute: open, high, low and close of each."""
    opened = np.arange(len(rows), dtype=np.int64) * MINUTE
    first, high, low, close = np.array(rows, np.float64).reshape(-1, 4).T
    return Bars(opened, opened + MINUTE, first, high, low, close, np.zeros(len(rows)))


def test_candles_are_steps_bodies_and_wicks_in_ticks() -> None:
    """Two candles by hand: in ticks of a tenth the second one opens 3 below the close before, and so on."""
    coded = coded_candles(bars([(100.0, 101.5, 99.5, 100.5), (100.2, 100.2, 99.0, 99.1)]))
    assert coded.facts == {"decimals": 1.0, "start": 1000.0}
    assert {name: column.tolist() for name, column in coded.columns.items()} == {
        "step": [0, -3],
        "body": [5, -11],
        "above": [10, 0],
        "below": [5, 1],
    }
    assert {column.dtype for column in coded.columns.values()} == {np.dtype(np.int16)}


@given(
    st.integers(0, 8),
    st.lists(st.tuples(st.integers(1, 10**9), *[st.integers(0, 10**5)] * 3), min_size=1, max_size=30),
)
def test_candles_are_read_back_to_the_last_bit(decimals: int, drawn: list[tuple[int, int, int, int]]) -> None:
    """Whatever whole ticks prices are, the page has the very floats that the store has."""
    scale = 10.0**decimals
    rows = [
        tuple(each / scale for each in (low + up, low + up + body + wick, low, low + body))
        for low, body, up, wick in drawn
        if up <= body + wick
    ]
    if not rows:
        return
    found = report_decoding.candles(coded_candles(bars(rows)))
    assert list(zip(found["open"], found["high"], found["low"], found["close"], strict=True)) == rows


def test_prices_beyond_all_decimals_travel_as_they_are() -> None:
    """A price that no decimal fraction of twelve digits gives is kept as a float."""
    third = 1.0 / 3.0
    coded = coded_candles(bars([(third, third, third, third)]))
    assert coded.facts["decimals"] == -1.0
    assert report_decoding.candles(coded) == {"open": [third], "high": [third], "low": [third], "close": [third]}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([-32768, 32767], np.int16),
        ([32768], np.int32),
        ([-32769], np.int32),
        ([2**31], np.float64),
        ([-(2**31)], np.int32),
        ([], np.int16),
    ],
)
def test_whole_numbers_take_the_narrowest_form(values: list[int], kind: type[np.generic]) -> None:
    """int16 where they fit, else int32, else float64, and int64 never: a browser would get it as text."""
    assert narrow(np.array(values, np.float64)).dtype == kind


@pytest.mark.parametrize(
    ("value", "decimals"), [(43210.5, 1), (0.00001234, 8), (7.0, 0), (1e-12, 12), (1e-13, None), (2.0**60, None)]
)
def test_decimals_are_those_that_prices_have(value: float, decimals: int | None) -> None:
    """As many as the longest price; None where twelve do not do, or the ticks are too many to count."""
    assert decimals_of(np.array([1.0, value])) == decimals


def test_times_name_only_their_holes() -> None:
    """Six bars of a minute, of which the fourth comes after a hole of two: one hole is written."""
    opened = np.array([0, 1, 2, 5, 6, 7], np.int64) * MINUTE
    coded = coded_times(opened, MINUTE)
    assert coded.columns["hole_at"].tolist() == [3.0]
    assert coded.columns["hole_ms"].tolist() == [2.0 * MINUTE]
    assert report_decoding.times(coded) == opened.tolist()


@given(st.lists(st.integers(1, 10**7), max_size=40))
def test_times_are_read_back(steps: list[int]) -> None:
    """Any ascending moments, on a grid or not."""
    moments = 1_704_067_200_000 + np.cumsum(np.array(steps, np.int64))
    assert report_decoding.times(coded_times(moments, 7)) == moments.tolist()


@given(
    arrays.arrays(
        np.float64,
        st.integers(0, 50),
        elements=st.floats(-1e12, 1e12) | st.just(np.nan) | st.floats(-1e-9, 1e-9),
    )
)
def test_features_are_drawn_to_a_hundred_thousandth(value: np.ndarray) -> None:
    """What is read back lies within a hundred thousandth of the feature's usual size, and NaN stays NaN."""
    found = report_decoding.line(coded_line(value))
    there = np.isfinite(value)
    assert (np.isfinite(found) == there).all()
    if there.any():
        assert np.abs(found[there] - value[there]).max() <= 1e-5 * np.abs(value[there]).max() + 1e-300


def test_a_feature_that_is_never_ready_is_all_missing() -> None:
    """A column without any value has a step for each row and every place among those that are missing."""
    coded = coded_line(np.full(3, np.nan))
    assert coded.columns["missing"].tolist() == [0.0, 1.0, 2.0]
    assert coded.columns["step"].tolist() == [0, 0, 0]
