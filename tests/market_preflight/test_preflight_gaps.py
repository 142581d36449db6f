"""Gaps: what the grid expects and the series does not have, exactly."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preflight_worlds import HOUR, MINUTE, ms, series
from shared_data import shared

from btcli.market.health.findings import GapRange
from btcli.market.health.gaps import candle_gaps, judged
from btcli.market.window import SeriesSpan
from btcli.timeframe import Timeframe

M1, M5, W1 = (Timeframe.parse(label) for label in ("1m", "5m", "1w"))
START = ms("2024-01-10")
STEP = 5 * MINUTE


def opens(*positions: int) -> np.ndarray:
    return START + np.array(positions, dtype=np.int64) * STEP


def found(ts: np.ndarray, bars: int = 10) -> list[tuple[str, int, int, int]]:
    gaps = candle_gaps(ts, M5, START, START + bars * STEP)
    return [(gap.place, (gap.first_ms - START) // STEP, (gap.last_ms - START) // STEP, gap.count) for gap in gaps]


def test_a_whole_series_has_no_gap() -> None:
    """Ten bars of ten leave nothing to report."""
    assert found(opens(*range(10))) == []


def test_gaps_are_told_apart_by_place() -> None:
    """Missing bars before the first, between two and after the last bar are start, inside and end."""
    assert found(opens(2, 3, 5, 6, 7)) == [("start", 0, 1, 2), ("inside", 4, 4, 1), ("end", 8, 9, 2)]


def test_an_absent_series_is_one_gap_of_everything() -> None:
    """Without a single bar the whole span is missing."""
    assert found(opens()) == [("all", 0, 9, 10)]


def test_order_doubles_and_bars_off_the_grid_do_not_hide_or_make_gaps() -> None:
    """Only the set of bars on the grid counts: shuffled and doubled bars are there, shifted ones are not."""
    shuffled = np.concatenate([opens(9, 3, 3, 0, 1, 2, 5, 6, 8), opens(7) + MINUTE])
    assert found(shuffled) == [("inside", 4, 4, 1), ("inside", 7, 7, 1)]


def test_bars_outside_the_span_are_no_concern() -> None:
    """What lies before or after the span neither fills nor widens a gap."""
    assert found(opens(-3, -1, *range(1, 10), 10, 12)) == [("start", 0, 0, 1)]
    assert found(opens(-1, *range(9), 10)) == [("end", 9, 9, 1)]


def test_weekly_gaps_lie_on_mondays() -> None:
    """A missing week is named by its Monday."""
    monday = ms("2024-01-08")
    ts = np.array([monday, monday + 2 * W1.ms], dtype=np.int64)
    (gap,) = candle_gaps(ts, W1, monday, monday + 3 * W1.ms)
    assert (gap.first_ms, gap.last_ms, gap.count) == (ms("2024-01-15"), ms("2024-01-15"), 1)


@given(st.integers(1, 200), st.data())
def test_any_removed_set_of_bars_is_reported_exactly(bars: int, data: st.DataObject) -> None:
    """The bars named by the gaps are the removed ones, no two gaps touch, and counts add up."""
    removed = data.draw(st.sets(st.integers(0, bars - 1)))
    ts = opens(*(position for position in range(bars) if position not in removed))
    gaps = found(ts, bars)
    assert {position for _, first, last, _ in gaps for position in range(first, last + 1)} == removed
    assert sum(count for *_, count in gaps) == len(removed)
    assert all(after[1] > before[2] + 1 for before, after in pairwise(gaps))
    assert all(last - first + 1 == count for _, first, last, count in gaps)


SPAN = SeriesSpan(series("trade", "5m"), ("exec",), START, START + 10 * STEP, 4, START - 5 * STEP, START + 10 * STEP)


def judge(gap: GapRange, *, absent: tuple[tuple[int, int], ...] = (), accept: bool = False, late: bool = False) -> list:
    judged_gaps = judged([gap], SPAN, absent=absent, accept=accept, start_late=late)
    return [((g.first_ms - START) // STEP, g.count, g.severity, g.confirmed) for g in judged_gaps]


def gap(place: str, first: int, count: int) -> GapRange:
    return GapRange(place, START + first * STEP, START + (first + count - 1) * STEP, count)  # type: ignore[arg-type]


def test_warm_up_may_be_missing_where_the_run_may_start_late() -> None:
    """start_late turns bars missing before the window into a warning, and bars missing inside it never."""
    assert judge(gap("start", -5, 5), late=True) == [(-5, 5, "warning", False)]
    assert judge(gap("start", -5, 5), late=False) == [(-5, 5, "error", False)]
    assert judge(gap("start", -5, 6), late=True) == [(-5, 6, "error", False)]
    assert judge(gap("inside", -3, 2), late=True) == [(-3, 2, "error", False)]


def test_confirmed_holes_are_cut_out_and_allowed_only_on_request() -> None:
    """The confirmed part of a hole is an error of its own until gaps: allow_confirmed makes it a warning."""
    absent = ((START + 3 * STEP, START + 6 * STEP),)
    cut = [(2, 1, "error", False), (3, 3, "error", True), (6, 2, "error", False)]
    assert judge(gap("inside", 2, 6), absent=absent) == cut
    assert judge(gap("inside", 2, 6), absent=absent, accept=True) == [cut[0], (3, 3, "warning", True), cut[2]]


@pytest.mark.parametrize(
    ("absent", "parts"),
    [
        (((-9, 99),), [(2, 6, True)]),
        (((-9, 2), (8, 99)), [(2, 6, False)]),
        (((2, 4), (6, 8)), [(2, 2, True), (4, 2, False), (6, 2, True)]),
    ],
)
def test_confirmed_ranges_meet_a_hole_in_any_way(
    absent: tuple[tuple[int, int], ...], parts: list[tuple[int, int, bool]]
) -> None:
    """A hole wholly inside, beside, or touched twice by confirmed ranges is cut at their borders."""
    ranges = tuple((START + first * STEP, START + end * STEP) for first, end in absent)
    assert [(first, count, known) for first, count, _, known in judge(gap("inside", 2, 6), absent=ranges)] == parts


def test_a_bar_confirmed_in_part_is_not_confirmed() -> None:
    """A confirmed range that begins inside a bar does not cover that bar."""
    absent = ((START + 2 * STEP + MINUTE, START + 8 * STEP - MINUTE),)
    assert judge(gap("inside", 2, 6), absent=absent) == [
        (2, 1, "error", False), (3, 4, "error", True), (7, 1, "error", False),
    ]  # fmt: skip


def test_a_gap_says_how_many_and_from_when_to_when() -> None:
    """The sentence and the dictionary give count, first and last missing open."""
    hole = GapRange("inside", START, START + 36 * STEP, 37)
    assert hole.sentence() == "37 bars missing inside, 2024-01-10 00:00 to 2024-01-10 03:00"
    assert GapRange("end", START, START, 1).sentence() == "1 bar missing at the end, 2024-01-10 00:00"
    said = hole.to_dict()
    assert said["first_missing"] == "2024-01-10T00:00:00.000Z"
    assert (said["last_missing"], said["last_missing_ms"]) == ("2024-01-10T03:00:00.000Z", START + 3 * HOUR)


def test_recorded_minutes_of_2021_have_their_six_known_holes() -> None:
    """The recorded year misses 993 minutes in 6 holes, the longest of 284."""
    ts = pl.read_parquet(shared("data/BTCUSDT-1m-spot-2021.parquet"))["ts"].dt.epoch("ms").to_numpy()
    gaps = candle_gaps(ts, M1, ms("2021-01-01"), ms("2022-01-01"))
    assert {gap.place for gap in gaps} == {"inside"}
    assert (sum(gap.count for gap in gaps), len(gaps), max(gap.count for gap in gaps)) == (993, 6, 284)
