"""Rows that cannot be right, and rows worth a look."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preflight_worlds import HOUR, MINUTE, candles, ms
from shared_data import shared

from btcli.market.health import agreement, values
from btcli.market.health.agreement import contradictions, mark_issues
from btcli.market.health.values import candle_issues, time_issues
from btcli.market.loader import bars_of_frame
from btcli.market.series import Bars
from btcli.timeframe import Timeframe

START = ms("2024-01-10")
M5, M15, H1 = (Timeframe.parse(label) for label in ("5m", "15m", "1h"))
HEALTHY = candles("5m", START, START + 5 * HOUR)  # 60 bars around 100


def changed(column: str, value: float, *positions: int) -> Bars:
    """The healthy bars with one value put into a column at some positions."""
    values = HEALTHY[column].to_numpy().copy()
    values[list(positions)] = value
    return bars_of_frame(HEALTHY.with_columns(pl.Series(column, values)), M5)


def codes(bars: Bars, *, traded: bool = True) -> dict[str, int]:
    return {issue.code: issue.count for issue in candle_issues(bars, M5, traded=traded)}


def test_healthy_bars_raise_no_issue() -> None:
    """An ordinary walk of candles passes every check."""
    bars = bars_of_frame(HEALTHY, M5)
    assert codes(bars) == {}
    assert time_issues(bars.ts_open, M5.ms, 0) == []
    empty = bars_of_frame(HEALTHY.clear(), M5)
    assert codes(empty) == {}
    assert time_issues(empty.ts_open, M5.ms, 0) == []


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("open", float("nan"), "NOT_A_NUMBER"),
        ("close", float("inf"), "NOT_A_NUMBER"),
        ("volume", float("nan"), "NOT_A_NUMBER"),
        ("open", 0.0, "NOT_POSITIVE"),
        ("high", 0.0, "NOT_POSITIVE"),
        ("low", 0.0, "NOT_POSITIVE"),
        ("close", 0.0, "NOT_POSITIVE"),
        ("close", -1.0, "NOT_POSITIVE"),
        ("high", 90.0, "HIGH_TOO_LOW"),
        ("low", 110.0, "LOW_TOO_HIGH"),
        ("volume", -0.1, "NEGATIVE_VOLUME"),
    ],
)
def test_impossible_values_are_errors_with_their_times(column: str, value: float, code: str) -> None:
    """Each impossible value is found under its code, with count, first and last bar."""
    found = {issue.code: issue for issue in candle_issues(changed(column, value, 7, 31), M5, traded=True)}
    issue = found[code]
    assert (issue.severity, issue.count) == ("error", 2)
    assert (issue.first_ms, issue.last_ms) == (START + 35 * MINUTE, START + 155 * MINUTE)


def test_open_and_close_are_held_against_high_and_low_alike() -> None:
    """An open or a close outside the bar's range is the bar's contradiction, whichever of the two it is."""
    for column in ("open", "close"):
        assert codes(changed(column, 101.5, 7))["HIGH_TOO_LOW"] == 1
        assert codes(changed(column, 98.5, 7))["LOW_TOO_HIGH"] == 1


def test_marks_have_no_volume_to_judge() -> None:
    """Mark candles come with zero or no volume, and that is no issue."""
    for value in (0.0, float("nan")):
        assert codes(changed("volume", value, *range(60)), traded=False) == {}


def test_rows_out_of_order_doubled_or_off_the_grid_are_errors() -> None:
    """Each fault of time is found under its code with the time of the row at fault."""
    ts = START + np.array([0, 10, 5, 5, 17, 20], dtype=np.int64) * MINUTE
    issues = time_issues(ts, M5.ms, 0)
    found = {issue.code: (issue.count, ((issue.first_ms or 0) - START) // MINUTE) for issue in issues}
    assert found == {"OUT_OF_ORDER": (1, 5), "DUPLICATE": (1, 5), "OFF_GRID": (1, 17)}
    assert {issue.severity for issue in issues} == {"error"}


def test_a_regular_series_off_its_grid_is_found() -> None:
    """Bars five minutes apart that all open a minute late are all off the grid."""
    ts = START + MINUTE + np.arange(5, dtype=np.int64) * M5.ms
    assert [(issue.code, issue.count) for issue in time_issues(ts, M5.ms, 0)] == [("OFF_GRID", 5)]


def test_weeks_are_held_against_mondays() -> None:
    """Weekly bars that open on Monday follow their grid, with a hole as well, and those of Thursday do not."""
    week = Timeframe.parse("1w")
    mondays = ms("2024-01-08") + np.array([0, 1, 2, 4], dtype=np.int64) * week.ms
    for ts in (mondays, mondays[:3]):
        assert time_issues(ts, week.ms, week.origin_ms) == []
        (issue,) = time_issues(ts + 3 * 24 * HOUR, week.ms, week.origin_ms)
        assert (issue.code, issue.count) == ("OFF_GRID", ts.size)


def test_long_runs_without_volume_are_a_warning() -> None:
    """An hour without volume is worth a look, five minutes less than that are not."""
    (issue,) = candle_issues(changed("volume", 0.0, *range(10, 22)), M5, traded=True)
    assert (issue.code, issue.severity, issue.count) == ("ZERO_VOLUME_RUN", "warning", 12)
    assert (issue.first_ms, issue.last_ms) == (START + 50 * MINUTE, START + 105 * MINUTE)
    assert codes(changed("volume", 0.0, *range(11), *range(40, 51))) == {}
    assert codes(changed("volume", 0.0, *range(60))) == {"ZERO_VOLUME_RUN": 60}
    assert codes(changed("volume", 0.0, *range(12), *range(20, 33), *range(40, 60))) == {"ZERO_VOLUME_RUN": 45}


def test_jumps_are_a_warning() -> None:
    """A wick or a step of more than a quarter of the price is worth a look."""
    assert codes(changed("high", 126.0, 7)) == {"JUMP": 1}
    assert codes(changed("low", 79.0, 7)) == {"JUMP": 1}
    assert codes(changed("high", 124.0, 7)) == {}
    scaled = HEALTHY.with_row_index().with_columns(
        pl.when(pl.col("index") >= 30).then(pl.col(name) * 1.3).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    )
    (issue,) = candle_issues(bars_of_frame(scaled, M5), M5, traded=True)
    assert (issue.code, issue.count, issue.first_ms) == ("JUMP", 1, START + 150 * MINUTE)


@pytest.mark.parametrize(
    ("bar", "expected"),
    [
        ((100.0, 125.0, 100.0, 100.0), {}),
        ((100.0, 125.1, 100.0, 100.0), {"JUMP": 1}),
        ((100.0, 100.0, 80.0, 100.0), {}),
        ((100.0, 100.0, 79.9, 100.0), {"JUMP": 1}),
        ((125.0, 125.0, 125.0, 125.0), {}),
        ((125.1, 125.1, 125.1, 125.1), {"JUMP": 1}),
        ((80.0, 80.0, 80.0, 80.0), {}),
        ((79.9, 79.9, 79.9, 79.9), {"JUMP": 1}),
    ],
)
def test_a_jump_is_more_than_a_quarter(bar: tuple[float, float, float, float], expected: dict[str, int]) -> None:
    """A quarter up, or down by as much again, is the most that a wick or a step may be."""
    assert {
        issue.code: issue.count for issue in candle_issues(quarters((100.0,) * 4, bar), M15, traded=True)
    } == expected


def test_a_step_across_a_hole_is_no_jump() -> None:
    """Bars on both sides of missing ones are not neighbours."""
    scaled = HEALTHY.with_row_index().with_columns(
        pl.when(pl.col("index") >= 30).then(pl.col(name) * 1.3).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    )
    assert codes(bars_of_frame(scaled.filter(pl.col("index") != 30), M5)) == {}


def test_last_and_mark_further_apart_than_five_percent_are_a_warning() -> None:
    """A mark candle is compared at its open and at its close with the last price of the same moment."""
    last = bars_of_frame(HEALTHY, M5)
    assert mark_issues(last, last) == []
    assert mark_issues(last, changed("open", 104.5, 7)) == []
    for column in ("open", "close"):
        (issue,) = mark_issues(last, changed(column, 106.0, 7, 8))
        assert (issue.code, issue.severity, issue.count) == ("MARK_APART", "warning", 2)


def test_a_mark_of_another_timeframe_is_compared_where_moments_meet() -> None:
    """Hourly marks are held against five-minute prices that open or close with them."""
    hourly = candles("1h", START, START + 5 * HOUR, price=100.0)
    assert mark_issues(bars_of_frame(HEALTHY, M5), bars_of_frame(hourly, H1)) == []
    apart = hourly.with_columns(close=pl.when(pl.col("ts_open") == START + HOUR).then(94.0).otherwise("close"))
    (issue,) = mark_issues(bars_of_frame(HEALTHY, M5), bars_of_frame(apart, H1))
    assert (issue.first_ms, issue.count) == (START + HOUR, 1)


def quarters(*rows: tuple[float, float, float, float]) -> Bars:
    """15m bars from hand-written open, high, low, close."""
    columns = dict(zip(("open", "high", "low", "close"), zip(*rows, strict=True), strict=True))
    ts_open = [START + position * M15.ms for position in range(len(rows))]
    return bars_of_frame(pl.DataFrame({"ts_open": ts_open, **columns, "volume": [1.0] * len(rows)}), M15)


FINE = ((10.0, 11.0, 9.0, 10.5), (10.5, 12.0, 10.0, 11.0), (11.0, 11.5, 8.0, 9.0), (9.0, 10.0, 8.5, 9.5))


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        ((10.0, 12.0, 8.0, 9.5), 0),
        ((10.0 * (1 + 1e-12), 12.0, 8.0, 9.5), 0),
        ((10.1, 12.0, 8.0, 9.5), 1),
        ((10.0, 12.5, 8.0, 9.5), 1),
        ((10.0, 12.0, 8.1, 9.5), 1),
        ((10.0, 12.0, 8.0, 9.6), 1),
    ],
)
def test_a_coarse_bar_that_its_fine_bars_contradict_is_a_warning(
    hour: tuple[float, float, float, float], expected: int
) -> None:
    """Open, high, low and close must be those of the fine bars; the last digits of a file may differ."""
    coarse = quarters(hour)._replace(ts_close=np.array([START + HOUR]))
    found = contradictions(quarters(*FINE), M15, coarse, H1)
    assert [(issue.code, issue.severity, issue.count) for issue in found] == [("CONTRADICTED", "warning", 1)] * expected


def test_an_incomplete_hour_contradicts_nothing() -> None:
    """A coarse bar is judged only by a complete set of fine bars."""
    wrong = quarters((1.0, 1.0, 1.0, 1.0))
    assert contradictions(quarters(*FINE[:3]), M15, wrong, H1) == []


def recorded(name: str, timeframe: Timeframe) -> Bars:
    frame = pl.read_parquet(shared(f"data/{name}.parquet"))
    return bars_of_frame(frame.with_columns(ts_open=pl.col("ts").dt.epoch("ms")), timeframe)


def test_recorded_candles_agree_with_each_other() -> None:
    """Recorded quarters, hours and marks of half a year raise no issue, alone or against each other."""
    fine, coarse = recorded("BTCUSDT-15m-perp-saam2024h1", M15), recorded("BTCUSDT-1h-perp-saam2024h1", H1)
    mark = recorded("BTCUSDT-1h-mark-saam2024h1", H1)
    assert contradictions(fine, M15, coarse, H1) == []
    assert mark_issues(fine, mark) == []
    assert candle_issues(fine, M15, traded=True) == candle_issues(mark, H1, traded=False) == []


def test_recorded_candles_off_their_grid_are_counted() -> None:
    """The recorded minutes of the winter of 2017 stand off the minute in 21,602 rows."""
    bars = recorded("BTCUSDT-1m-spot-2017q4quirks", Timeframe.parse("1m"))
    (issue,) = time_issues(bars.ts_open, MINUTE, 0)
    assert (issue.code, issue.count) == ("OFF_GRID", 21_602)


def test_series_that_do_not_overlap_say_nothing_of_each_other() -> None:
    """Marks of another day, or no last prices at all, leave nothing to compare."""
    last = bars_of_frame(HEALTHY, M5)
    later = bars_of_frame(candles("5m", START + 24 * HOUR, START + 30 * HOUR, price=300.0), M5)
    assert mark_issues(last, later) == mark_issues(later, last) == []
    assert mark_issues(bars_of_frame(HEALTHY.clear(), M5), last) == []


@pytest.mark.parametrize("block", [1, 2, 3, 7])
def test_issues_do_not_depend_on_the_blocks_they_are_looked_for_in(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """A jump between the last bar of a block and the first of the next is one, and every other bar keeps its own."""
    frame = candles("5m", START, START + 3 * HOUR)
    closes = [100.0] * 10 + [200.0] * 10 + [float("nan")] + [200.0] * (frame.height - 21)
    odd = frame.with_columns(pl.Series("close", closes))
    whole = candle_issues(bars_of_frame(odd, M5), M5, traded=True)
    monkeypatch.setattr(values, "CALM_ROWS", block)
    assert candle_issues(bars_of_frame(odd, M5), M5, traded=True) == whole
    assert {issue.code for issue in whole} >= {"NOT_A_NUMBER", "JUMP"}


ODD = st.sampled_from([float("nan"), float("inf"), -float("inf"), -1.0, 0.0, -0.0, 5e-324, 80.0, 125.0, 1e308])
NEAR = st.floats(99.0, 101.0)


@given(st.lists(st.tuples(*[NEAR | ODD] * 5), min_size=1, max_size=12), st.booleans())
def test_calm_bars_are_those_of_which_nothing_is_said(rows: list[tuple[float, ...]], traded: bool) -> None:
    """A block that is passed over as calm is one in which each single look would have found nothing."""
    times = START + np.arange(len(rows)) * M5.ms
    bars = Bars(times, times + M5.ms, *(np.array(column) for column in zip(*rows, strict=True)))
    assert not (values._are_calm(bars, traded=traded) and values._odd(bars, traded=traded).any())


def test_healthy_bars_are_calm() -> None:
    """What is passed over at a third of the price is the usual case."""
    assert values._are_calm(bars_of_frame(HEALTHY, M5), traded=True)


@pytest.mark.parametrize("block", [1, 2, 5])
def test_marks_are_compared_alike_in_blocks(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """With holes on both sides, the same candles are found apart."""
    last = bars_of_frame(candles("5m", START, START + 2 * HOUR).gather([0, 1, 2, 4, 5, 8, 9, 10, 11, 20]), M5)
    far = candles("5m", START, START + 2 * HOUR).with_columns(open=pl.lit(500.0)).gather([1, 2, 3, 4, 9, 10, 21])
    whole = mark_issues(last, bars_of_frame(far, M5))
    monkeypatch.setattr(agreement, "BLOCK_ROWS", block)
    assert mark_issues(last, bars_of_frame(far, M5)) == whole
    assert whole[0].count == 5
