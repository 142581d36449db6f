"""The real venues, only when asked for: BACKTEST_INTEGRATION_TEST=1."""

from __future__ import annotations

import os

import pytest
from wire.venue_world import ms
from wire.wire_rig import VENUES, gathered

from btcli.sources.choosing import source_for
from btcli.timeframe import Timeframe

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.environ.get("BACKTEST_INTEGRATION_TEST") != "1",
        reason="opt in with BACKTEST_INTEGRATION_TEST=1",
    ),
]


@pytest.mark.parametrize("kind", ["trade", "mark"])
@pytest.mark.parametrize("venue", VENUES)
def test_a_past_day_is_complete(venue: str, kind: str) -> None:
    """A day long past arrives whole: 1,440 minutes."""
    with source_for(venue, "live") as source:
        pages = source.candles("BTCUSDT", kind, Timeframe.parse("1m"), ms("2024-03-01"), ms("2024-03-02"))  # type: ignore[arg-type]
        assert len(gathered(pages).rows) == 1440


@pytest.mark.parametrize("venue", VENUES)
def test_funding_of_a_past_month_is_complete(venue: str) -> None:
    """BTCUSDT was settled three times a day in March 2024."""
    with source_for(venue, "live") as source:
        brought = gathered(source.funding("BTCUSDT", ms("2024-03-01"), ms("2024-04-01")))
    assert (brought.error, brought.absent, len(brought.rows)) == (None, [], 93)


@pytest.mark.parametrize("venue", VENUES)
def test_specs_of_today(venue: str) -> None:
    """Both venues tell the steps of BTCUSDT."""
    with source_for(venue, "live") as source:
        assert float(source.instruments(["BTCUSDT"])[0]["tick_size"]) == 0.1
