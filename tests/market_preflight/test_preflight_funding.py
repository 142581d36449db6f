"""Funding: coverage within one interval, holes, and intervals that change."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from preflight_worlds import DAY, HOUR, MINUTE, ms, series
from shared_data import shared

from btcli.market.health.funding import funding_gaps, funding_issues, rate_issues
from btcli.market.loader import rates_of
from btcli.market.reader import rows_of_frame
from btcli.market.series import FundingRates
from btcli.market.window import SeriesSpan
from btcli.timeframe import Timeframe

START, END = ms("2024-01-10"), ms("2024-01-13")
SPAN = SeriesSpan(series("funding"), ("funding",), START, END, 0, START - 8 * HOUR, END)
M5 = Timeframe.parse("5m")


def at(*hours: int) -> np.ndarray:
    return START + np.array(hours, dtype=np.int64) * HOUR


def gaps(*hours: int) -> list[tuple[str, int, int, int]]:
    found = funding_gaps(at(*hours), SPAN)
    return [(gap.place, (gap.first_ms - START) // HOUR, (gap.last_ms - START) // HOUR, gap.count) for gap in found]


def issues(*hours: int, rate: float = 0.0001, exec_timeframe: Timeframe = M5) -> dict[str, int]:
    rates = FundingRates(at(*hours), np.full(len(hours), rate))
    return {issue.code: issue.count for issue in funding_issues(rates, exec_timeframe)}


EVERY_8H = tuple(range(-8, 72, 8))
EVERY_4H = tuple(range(-8, 72, 4))


def without(hours: tuple[int, ...], *missing: int) -> tuple[int, ...]:
    return tuple(hour for hour in hours if hour not in missing)


def test_regular_funding_has_no_gap_and_no_issue() -> None:
    """Settlements every 8, 4 or 1 h through the window are healthy."""
    for hours in (EVERY_8H, EVERY_4H, tuple(range(-8, 72))):
        assert gaps(*hours) == []
        assert issues(*hours) == {}


def test_few_settlements_are_judged_like_many() -> None:
    """One, two or three settlements in a window of three days leave gaps that are counted at 8 h."""
    assert gaps(0) == [("end", 8, 64, 8)]
    assert gaps(0, 8) == [("end", 16, 64, 7)]
    assert gaps(0, 8, 16) == [("end", 24, 64, 6)]


def test_the_edges_tolerate_one_interval() -> None:
    """The first settlement may come up to one interval after the start, the last that much before the end."""
    assert gaps(*range(8, 72, 8)) == []
    assert gaps(*range(16, 72, 8)) == [("start", 8, 8, 1)]
    assert gaps(*range(-8, 64, 8)) == [("end", 64, 64, 1)]


def test_the_tolerance_is_the_interval_last_seen_when_that_is_shorter() -> None:
    """With settlements every 4 h, a last one 8 h before the end is one too early."""
    assert gaps(*range(-8, 68, 4)) == [("end", 68, 68, 1)]
    assert gaps(*range(8, 72, 4)) == [("start", 4, 4, 1)]
    assert gaps(*range(-8, 60, 8), 60) == [("end", 64, 68, 2)]
    assert gaps(12, *range(16, 72, 8)) == [("start", 4, 8, 2)]


def test_no_funding_at_all_is_one_gap_of_everything() -> None:
    """Without a row every settlement of an 8 h grid is missing, of which the shortest window has one."""
    assert gaps() == [("all", -8, 64, 10)]
    start, end = START + 3 * HOUR, START + 3 * HOUR + MINUTE
    span = SeriesSpan(series("funding"), ("funding",), start, end, 0, start - 8 * HOUR, end)
    (gap,) = funding_gaps(at(), span)
    assert (gap.first_ms, gap.last_ms, gap.count) == (START, START, 1)


def test_a_step_over_eight_hours_is_a_gap() -> None:
    """Missing settlements are counted at the interval before them."""
    assert gaps(*without(EVERY_8H, 16, 24)) == [("inside", 16, 24, 2)]
    assert gaps(*without(EVERY_4H, 16, 20)) == [("inside", 16, 20, 2)]
    assert gaps(*range(-8, 24, 4), *range(36, 72, 8)) == [("inside", 24, 32, 3)]
    assert gaps(-8, 0, 8, 12, *range(28, 72, 8)) == [("inside", 16, 24, 3)]


def test_a_lone_longer_step_amid_a_regular_interval_is_a_gap() -> None:
    """One missing 4 h settlement is a hole although the step is no longer than 8 h."""
    assert gaps(*without(EVERY_4H, 16)) == [("inside", 16, 16, 1)]
    assert issues(*without(EVERY_4H, 16)) == {}


def test_holes_that_leave_one_settlement_between_them_are_gaps() -> None:
    """Two settlements missing of three in a row are two holes; an interval that changes has none."""
    every_1h = tuple(range(-8, 72))
    assert gaps(*without(every_1h, 16, 18)) == [("inside", 16, 16, 1), ("inside", 18, 18, 1)]
    assert gaps(*without(EVERY_4H, 16, 24)) == [("inside", 16, 16, 1), ("inside", 24, 24, 1)]
    assert gaps(*range(-8, 24), *range(24, 48, 8), *range(48, 72)) == []


@pytest.mark.parametrize("interval", [1, 2, 4, 8])
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_funding_that_ends_early_is_incomplete_at_the_interval_last_seen(interval: int, missing: int) -> None:
    """The last settlements before the window's end are wanted at the interval of the last two, 1 h as well as 8 h."""
    hours = tuple(range(-8, 72, interval))
    first = hours[-missing]
    assert gaps(*hours[:-missing]) == [("end", first, hours[-1], missing)]


def test_a_rate_beyond_the_cap_is_an_error() -> None:
    """3 % a settlement is the limit where the venue's own is not known; either sign counts, the limit itself may be."""
    assert issues(*EVERY_8H, rate=0.0301) == {"RATE_BEYOND_CAP": 10, "RATES_DOUBTFUL": 0}
    assert issues(*EVERY_8H, rate=-0.5) == {"RATE_BEYOND_CAP": 10, "RATES_DOUBTFUL": 0}
    assert issues(*EVERY_8H, rate=0.03) == {"RATES_DOUBTFUL": 0}
    (issue,) = rate_issues(FundingRates(at(0, 8, 16), np.array([0.0001, 0.04, 0.0001])))
    assert issue.sentence() == "1 x rate beyond the 3 % that no venue reaches (2024-01-10 08:00)"
    assert (issue.severity, issue.hint) == ("error", "rates are fractions: 0.0001 is 0.01 %")


def test_the_venues_own_cap_takes_the_place_of_the_usual_one() -> None:
    """A cap of 0.5 % refuses 0.6 %; a cap of 5 % lets 4 % through."""
    rates = FundingRates(at(0, 8, 16), np.array([0.0001, 0.006, 0.0001]))
    assert [issue.code for issue in rate_issues(rates, 0.005)] == ["RATE_BEYOND_CAP"]
    assert rate_issues(rates, 0.006) == []
    assert rate_issues(FundingRates(at(0, 8, 16), np.array([0.0001, 0.04, 0.0001])), 0.05) == []


@pytest.mark.parametrize(("rate", "doubtful"), [(0.01, True), (0.003, True), (-0.01, True), (0.0029, False)])
def test_rates_of_the_size_of_percentages_are_a_warning(rate: float, doubtful: bool) -> None:
    """Half of the rates at 0.3 % and more: 0.01 means one percent here, and may have meant 0.01 percent."""
    found = rate_issues(FundingRates(at(0, 8, 16), np.array([0.0001, rate, rate])))
    assert [(issue.code, issue.severity) for issue in found] == ([("RATES_DOUBTFUL", "warning")] if doubtful else [])


def test_an_interval_that_stays_longer_is_a_warning() -> None:
    """A venue that goes from 4 h to 8 h changes its interval; going from 8 h to 4 h is nothing to mention."""
    slower = (*range(-8, 24, 4), *range(24, 72, 8))
    faster = (*range(-8, 24, 8), *range(24, 72, 4))
    assert gaps(*slower) == gaps(*faster) == []
    assert issues(*slower) == {"FUNDING_INTERVAL_LONGER": 1}
    assert issues(*faster) == {}


@pytest.mark.parametrize(
    ("hours", "rate", "code"),
    [
        ((0, 8, 8, 16), 0.0001, "DUPLICATE"),
        ((0, 16, 8), 0.0001, "OUT_OF_ORDER"),
        ((0, 8), float("nan"), "NOT_A_NUMBER"),
    ],
)
def test_impossible_rows_are_errors(hours: tuple[int, ...], rate: float, code: str) -> None:
    """Doubled, unordered and empty settlements are found under their codes."""
    (issue,) = funding_issues(FundingRates(at(*hours), np.full(len(hours), rate)), M5)
    assert (issue.code, issue.severity) == (code, "error")


def test_a_settlement_off_the_hour_is_an_error() -> None:
    """Milliseconds are jitter and cut off by the loader; a time off the hour is no settlement time."""
    rates = rates_of(rows_of_frame(pl.DataFrame({"ts": [START + 11, START + 8 * HOUR + MINUTE], "rate": [0.0, 0.0]})))
    assert [(issue.code, issue.count) for issue in funding_issues(rates, M5)] == [("OFF_GRID", 1)]


def test_exec_longer_than_the_interval_is_a_warning() -> None:
    """Several settlements inside one exec bar are paid together, which deserves a word."""
    day, hours = Timeframe.parse("1d"), Timeframe.parse("8h")
    assert issues(*EVERY_8H, exec_timeframe=day) == {"EXEC_LONGER_THAN_FUNDING": 0}
    assert issues(*EVERY_8H, exec_timeframe=hours) == {}
    assert issues(*EVERY_4H, exec_timeframe=hours) == {"EXEC_LONGER_THAN_FUNDING": 0}
    assert issues(*range(-8, 24, 8), *range(24, 72, 4), exec_timeframe=hours) == {"EXEC_LONGER_THAN_FUNDING": 0}


@pytest.mark.parametrize("name", ["BTCUSDT-funding-cyft", "ETHUSDT-funding-cyft", "BTCUSDT-funding-saam2024h1"])
def test_recorded_funding_is_healthy(name: str) -> None:
    """Recorded settlements with their jitter of milliseconds pass over their whole length."""
    frame = pl.read_parquet(shared(f"data/{name}.parquet"))
    rates = rates_of(rows_of_frame(frame.select(pl.col("ts").dt.epoch("ms"), rate="funding_rate")))
    start, end = int(rates.ts[0]), int(rates.ts[-1])
    assert funding_gaps(rates.ts, SeriesSpan(series("funding"), ("funding",), start, end, 0, start, end)) == []
    assert funding_issues(rates, M5) == []
    cut = FundingRates(np.delete(rates.ts, 100), np.delete(rates.rate, 100))
    (gap,) = funding_gaps(cut.ts, SeriesSpan(series("funding"), ("funding",), start, end, 0, start, end))
    assert (gap.first_ms, gap.last_ms, gap.count) == (int(rates.ts[100]), int(rates.ts[100]), 1)
    assert int(rates.ts[-1]) - int(rates.ts[0]) > 100 * DAY


@pytest.mark.parametrize(
    ("hours", "rate", "doubtful"),
    [(1, 0.00125, True), (1, 0.000375, True), (1, 0.00037, False), (4, 0.005, True), (4, 0.0014, False)],
)
def test_shorter_intervals_have_smaller_rates(hours: int, rate: float, doubtful: bool) -> None:
    """What is usual is paid in eight hours: an eighth of it every hour, and so is what is doubtful."""
    times = at(*range(0, 24, hours))
    found = rate_issues(FundingRates(times, np.full(times.size, rate)))
    assert [issue.code for issue in found] == (["RATES_DOUBTFUL"] if doubtful else [])
