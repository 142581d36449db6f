"""What rules read at the closes of ltf beside bars, from plain dates and settlements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from btcli.engine.moments import TIMES, funding_at, mark_at, minutes_to_funding, time_at
from btcli.market.series import Bars, FundingRates

HOUR = 3_600_000
START = datetime(2023, 12, 30, 21, 30, tzinfo=UTC)


def ms(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1_000)


@pytest.mark.parametrize("name", TIMES)
def test_times_are_those_of_the_calendar(name: str) -> None:
    """Every 37 minutes over four months with a leap day and a new year, and before 1970; Monday is 1."""
    moments = [START + n * timedelta(minutes=37) for n in range(4_500)] + [datetime(1969, 7, 20, 20, 17, tzinfo=UTC)]
    due = [each.isoweekday() if name == "weekday" else getattr(each, name) for each in moments]
    assert time_at(name, np.array([ms(each) for each in moments])).tolist() == due


def told(values: np.ndarray) -> list[float | None]:
    """Numbers, None for unknown ones."""
    return [None if np.isnan(each) else float(each) for each in values]


def test_funding_is_what_was_settled_before_the_close() -> None:
    """A settlement at the very close is still to come; the next is expected after the interval last seen."""
    funding = FundingRates(np.array([8, 16, 20]) * HOUR, np.array([0.1, -0.2, 0.3]))
    closes = np.array([8.0, 8.5, 16.0, 16.5, 20.0, 20.5, 24.0, 24.25]) * HOUR
    closes = closes.astype(np.int64)
    assert told(funding_at(funding, closes)) == [None, 0.1, 0.1, -0.2, -0.2, 0.3, 0.3, 0.3]
    assert told(minutes_to_funding(funding, closes)) == [None, None, None, 450.0, 240.0, 210.0, 0.0, None]


def test_without_settlements_funding_is_unknown() -> None:
    """A market that settles nothing."""
    nothing = FundingRates(np.empty(0, np.int64), np.empty(0))
    closes = np.array([1, 2])
    assert told(funding_at(nothing, closes)) == told(minutes_to_funding(nothing, closes)) == [None, None]


def test_the_mark_is_that_of_the_candle_that_ends_there() -> None:
    """Unknown in a hole of the mark candles, and before the window, whatever else was loaded."""
    opens = np.array([0, 1, 3]) * HOUR
    prices = [np.array([1.0, 2.0, 4.0])] * 5
    mark = Bars(opens, opens + HOUR, *prices)
    closes = np.array([1, 2, 3, 4, 5]) * HOUR
    assert told(mark_at(mark, closes, HOUR)) == [None, 2.0, None, 4.0, None]
