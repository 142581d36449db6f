"""What the exchange of a run is told of its venue and of the system file."""

from __future__ import annotations

import pytest

from btcli.config.loading import parse_system
from btcli.config.specs.instruments import load_instruments
from btcli.engine.setup import instrument_for, terms_for

SYSTEM = """
system: small
venue: {venue}
symbols: [BTCUSDT, ETHUSDT]
timeframes: {{ltf: 1h}}
costs: {costs}
risk: {{sizing: {{qty: 1}}}}
strategy: {{use: mtf_trend}}
"""


def told(venue: str, costs: str = "{}") -> list[tuple[bool, bool]]:
    """Of each symbol, whether its orders cost by the mark, and whether an entry at a settlement takes part."""
    system = parse_system(SYSTEM.format(venue=venue, costs=costs), "small.yml")
    instruments = [instrument_for(system, specs) for specs in load_instruments(system).values()]
    return [(each.order_cost_by_mark, each.funding_at_entry) for each in instruments]


@pytest.mark.parametrize(("venue", "until_ms"), [("bybit", 1_756_771_200_000), ("binance", 0), ("sample", 0)])
def test_the_day_of_a_formula_is_the_venues(venue: str, until_ms: int) -> None:
    """Steps on Bybit before 2025-09-02 value maintenance margins at entry; elsewhere none do."""
    system = parse_system(SYSTEM.format(venue=venue, costs="{}"), "small.yml")
    assert terms_for(system).maintenance_by_entry_until_ms == until_ms


@pytest.mark.parametrize(("venue", "both"), [("bybit", False), ("binance", True), ("sample", False)])
def test_a_venue_says_what_an_order_costs_and_who_is_settled(venue: str, both: bool) -> None:
    """On Binance alone an order costs by the mark, and an entry at a settlement's time takes part."""
    assert told(venue) == [(both, both)] * 2


def test_the_config_decides_who_is_settled() -> None:
    """`yes` and `no` count on every venue, for one symbol too; the venue's own way comes back with `venue`."""
    assert [at_entry for _, at_entry in told("bybit", "{funding_at_entry: yes}")] == [True, True]
    assert [at_entry for _, at_entry in told("binance", "{funding_at_entry: no}")] == [False, False]
    own = "{funding_at_entry: no, per_symbol: {ETHUSDT: {funding_at_entry: venue}}}"
    assert [at_entry for _, at_entry in told("binance", own)] == [False, True]
    assert [at_entry for _, at_entry in told("bybit", own)] == [False, False]
    own = "{per_symbol: {BTCUSDT: {funding_at_entry: yes}}}"
    assert [at_entry for _, at_entry in told("bybit", own)] == [True, False]
