"""The exchange against a second reading of the rulebook, written without knowledge of the first."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_answers import all_cases
from exchange_hostile import hostile_scenario
from exchange_markets import random_scenario
from exchange_reference_compare import differences
from exchange_row import FAMILIES, below, fired, first_difference, row
from exchange_scenarios import run

# What both readings are compared in; together with NOT_COVERED this is all that the rulebook says of a run.
COVERED = {
    "steps: phases A to E, holes, symbols without a bar, delisting, end of the window",
    "orders: market, limit, stop_market, stop_limit, reduce_only, post_only, IOC, FOK, expiry, delay, cancellation",
    "brackets: stop, several targets with shares, distances, trailing with activation, break-even, adjust and reject",
    "exits in parts: at prices and by orders, the last one, what they make of the stop of the rest",
    "fills: arrival, gaps, trade-through and touch, triggers by either series, participation, impact, zero volume",
    "positions: averaging, reduction, reversal, added margin",
    "path: the three modes with and without a position, ties, the common walk, what is reached at once",
    "margin: isolated and cross, reserves, funding of both venues with its shortfall, insurance",
    "liquidation: full, ladder, cross in every phase with its clearance fee",
    "sizes: every mode, every cap, every test with its code, positions at a time, daily loss, starvation",
    "run stops and their last closes",
    "ambiguity of trades that stops, targets and liquidation prices end",
    "levels that cannot be: every code with both numbers, by price and distance, adds, reversals, orders that turn",
    "the dated formula: conditions, liquidation prices at entries and settlements, tiers, cuts, cross, over the day",
    "settlements at entries and before last closes; the order cost of either venue",
}
NOT_COVERED = {
    "excursions, bars held, liquidation prices and other columns of a trade that decide nothing",
    "the sums of costs in the counters",
    "decisions for a symbol at a step without its bar: no strategy can take them",
    "codes of what ends with its trade, its symbol or the run, and the places of those events",
    "ambiguity beside orders of the strategy that close, and of cross accounts",
    "4096 live orders and the refusal of more",
}
CASES = all_cases()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.topic}-{case.name.replace(' ', '_')}" for case in CASES])
def test_both_readings_agree_on_the_cases_on_paper(case: Any) -> None:
    """The second reading gives the same facts, trades, rows and refusals on every hand-computed case of every topic."""
    market = case.scenario
    assert not differences(market, ambiguous=market.terms.margin_mode != "cross")


@pytest.mark.parametrize("family", FAMILIES)
def test_both_readings_agree_on_generated_markets(family: str) -> None:
    """Facts, trades, rows and refusals agree on orders of every type, accounts that fail, levels at edges and dates."""
    parted = [found for place, market in row(range(75), [family]) if (found := first_difference(place, market))]
    assert not parted, "\n".join(parted[:3])


@pytest.mark.parametrize("seed", [202, 980])
def test_both_readings_agree_where_they_once_parted(seed: int) -> None:
    """A settlement larger than the margin, and a liquidation while a reversal waits, are read alike."""
    found = differences(random_scenario(seed), only_when_flat=True)
    assert not found, "\n".join(found[:3])


def test_the_generated_markets_reach_every_line() -> None:
    """Each line of the rules that is new in version 3 decides something at least three times in the short row."""
    assert not below(fired(range(75)), 3)


def test_the_random_runs_reach_what_they_are_compared_in() -> None:
    """Cuts of the ladder, takeovers, gates, refusals and partial fills all happen in the first seeds."""
    names, codes, caps = set(), set(), set()
    for seed in range(60):
        for mode in ("isolated", "cross"):
            for event in run(hostile_scenario(seed, symbols=2, margin_mode=mode)).events:
                names.add(event.name)
                codes.add(event.fields.get("code"))
                caps.add(event.fields.get("capped_by"))
    assert {"position_cut", "liquidated", "stop_moved", "order_triggered"} <= names
    assert {"INSUFFICIENT_ENTRY_GATE", "ABOVE_RISK_LIMIT", "LEVERAGE_ABOVE_TIER", "STOP_BEYOND_FILL"} <= codes
    assert {"FOK_UNFILLED", "IOC_UNFILLED", "POST_ONLY_WOULD_TAKE", "EXPIRED", "DATA_GAP", "ZERO_VOLUME"} <= codes
    assert {"AVAILABLE", "PARTICIPATION"} <= caps


def test_the_scope_is_named() -> None:
    """What is compared and what is not are two lists without overlap."""
    assert COVERED
    assert NOT_COVERED
    assert not COVERED & NOT_COVERED


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_both_readings_agree_on_many_markets(block: int) -> None:
    """The same, on a long row of seeds."""
    seeds = range(block * 100, block * 100 + 100)
    parted = [found for place, market in row(seeds) if (found := first_difference(place, market))]
    assert not parted, "\n".join(parted[:3])


@pytest.mark.long
def test_the_long_row_reaches_every_line_often() -> None:
    """Each line of the rules that is new in version 3 decides something at least fifty times in the long row."""
    assert not below(fired(range(2000)), 50)
