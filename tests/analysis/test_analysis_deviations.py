"""A run says which of the things that the simulated exchange leaves out it has touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from analysis_examples import DAY, HOUR, NO_COUNTERS, a_trade, moment

from btcli.analysis.deviations import OrderKinds, Touch, deviations
from btcli.analysis.metrics import MetricsFold
from btcli.exchange.face.events import Event
from btcli.legible.codes import DEVIATIONS

PAGE = Path(__file__).parents[2] / "docs" / "deviations.md"
OCTOBER, QUIET = moment("2025-10-10T00:00"), moment("2024-03-01T00:00")


def codes(venue: str, start_ms: int, end_ms: int, **seen: Any) -> list[str]:
    """What a run of that venue and window has touched; `seen` tells of its events, trades and counters."""
    fold, kinds = MetricsFold(100.0, start_ms), OrderKinds()
    fold.trades([a_trade(1, 5.0, exit_reason=reason) for reason in seen.get("exits", ())])
    for event in seen.get("events", ()):
        kinds.hear(event)
    settles = seen.get("settles_funding", True)
    counters = NO_COUNTERS._replace(liquidations=seen.get("liquidations", 0))
    inputs = fold.finished(counters, {}, settles_funding=settles)
    return list(deviations(Touch(venue, start_ms, end_ms, seen.get("slippage_bps", 2.0)), inputs, kinds))


def an(name: str, **fields: Any) -> Event:
    """An event."""
    return Event(0, name, "A", fields)


RESTING = an("order_submitted", type="limit")


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_trading_through_the_tenth_of_october_is_named(venue: str) -> None:
    """Any window that covers a part of that day, when there was a trade in it."""
    assert codes(venue, OCTOBER - DAY, OCTOBER + HOUR, exits=["signal"]) == ["AUTO_DELEVERAGING"]
    assert codes(venue, OCTOBER + DAY - HOUR, OCTOBER + 9 * DAY, exits=["signal"]) == ["AUTO_DELEVERAGING"]
    assert codes(venue, OCTOBER - DAY, OCTOBER, exits=["signal"]) == []
    assert codes(venue, OCTOBER + DAY, OCTOBER + 2 * DAY, exits=["signal"]) == []
    assert codes(venue, OCTOBER - DAY, OCTOBER + DAY) == []


def test_orders_that_rest_matter_for_bybits_tiers_since_september_2025() -> None:
    """Not before that day, not on binance, and not for market orders."""
    day = moment("2025-09-02T00:00")
    assert codes("bybit", day - DAY, day + DAY, events=[RESTING]) == ["OPEN_ORDERS_IN_TIER"]
    assert codes("bybit", day - DAY, day, events=[RESTING]) == []
    assert codes("binance", day - DAY, day + DAY, events=[RESTING]) == []
    assert codes("bybit", day - DAY, day + DAY, events=[an("order_submitted", type="market")]) == []


def test_each_other_thing_is_named_where_it_happened() -> None:
    """A wide slippage, an activated trailing stop, a delisting, a liquidation or cut on binance."""
    window = (QUIET, QUIET + DAY)
    assert codes("bybit", *window, exits=["signal"], slippage_bps=100.0) == ["PRICE_LIMITS"]
    assert codes("bybit", *window, events=[an("signal", trail_activation=110.0)]) == ["TRAILING_ACTIVATION"]
    assert codes("bybit", *window, exits=["delisted"]) == ["DELISTING_PRICE"]
    assert codes("binance", *window, liquidations=1) == ["BINANCE_REDUCTION"]
    assert codes("binance", *window, events=[an("position_cut")]) == ["BINANCE_REDUCTION"]
    assert codes("bybit", *window, liquidations=1) == []


def test_generated_data_deviates_from_nothing() -> None:
    """The venue sample has no rules of its own to leave out."""
    assert codes("sample", OCTOBER, OCTOBER + DAY, exits=["delisted"], events=[RESTING], liquidations=3) == []


@pytest.mark.parametrize("venue", ["bybit", "binance", "sample"])
def test_funding_that_was_left_out_is_named_everywhere(venue: str) -> None:
    """Also without a trade, and on generated data, which has funding as well."""
    assert codes(venue, QUIET, QUIET + DAY, settles_funding=False) == ["FUNDING_LEFT_OUT"]


def test_the_page_and_the_summary_know_every_code() -> None:
    """Each code has its row on the page and its sentence on screen, and there are no others."""
    on_page = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.MULTILINE))
    source = (Path(__file__).parents[2] / "btcli" / "analysis" / "deviations.py").read_text()
    assert on_page == set(DEVIATIONS) == set(re.findall(r'yield "([A-Z_]+)"', source))
