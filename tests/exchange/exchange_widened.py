"""Widens random markets: both venues, dates around the change of the formula, settlements inside bars, levels at edges.

A widened market is the market it came from with another calendar, other flags and some of its wishes bent.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from exchange_bent_wishes import bent
from exchange_scenarios import START_MS, STEP_MS, Decision, Entry, Scenario, Settlement

from btcli.exchange.book.terms import Terms
from btcli.exchange.face.instrument import Instrument

FORMULA_DAY_MS = 1_756_771_200_000  # 2025-09-02T00:00Z
STEPS_MS = (STEP_MS, STEP_MS, 3_600_000, 28_800_000, 86_400_000)
VENUES = ("bybit", "bybit", "bybit", "binance", "binance", "mixed")
# Rungs so near each other that liquidations climb down them.
RUNGS = (
    (300.0, 0.01, 0.01, 100.0, 0.0),
    (1000.0, 0.012, 0.01, 100.0, None),
    (3000.0, 0.016, 0.01, 100.0, None),
    (10_000.0, 0.02, 0.01, 100.0, None),
    (90_000.0, 0.03, 0.01, 100.0, None),
)


def widened(market: Scenario, seed: int) -> Scenario:
    """A market on another calendar and under the flags of a venue, with wishes that reach the edges of the rules."""
    rng = random.Random(seed + 4_241)
    venue, step_ms = rng.choice(VENUES), rng.choice(STEPS_MS)
    start_ms = _start(rng, market, step_ms)
    wide = market._replace(
        last=[_with_gaps(rng, bars) for bars in market.last],
        mark=None if market.mark is None else [_with_gaps(rng, bars) for bars in market.mark],
        start_ms=start_ms,
        step_ms=step_ms,
        terms=_terms(rng, market, venue),
        funding=[_settlements(rng, one, start_ms, step_ms) for one in market.funding],
        instruments=[_listed(rng, one, venue) for one in market.instruments],
        has_bar=_thinned(rng, market),
    )
    wide = _exposed(rng, wide) if rng.random() < 0.4 else wide
    return wide._replace(decisions=bent(rng, wide))


def _terms(rng: random.Random, market: Scenario, venue: str) -> Terms:
    """The rules of a market on a venue: more limit targets, more triggers by the mark, more early ends."""
    old = market.terms
    floor = rng.choice((0.0, market.cash * 0.995, market.cash * 0.93)) if len(market.last) > 1 else 0.0
    return old._replace(
        maintenance_by_entry_until_ms=FORMULA_DAY_MS if venue == "bybit" else 0,
        take_profit_order=rng.choice(("limit", old.take_profit_order)),
        trigger_by=rng.choice(("mark", old.trigger_by)),
        max_open_positions=rng.choice((None, old.max_open_positions)),
        max_drawdown_pct=rng.choice((3.0, 9.0, old.max_drawdown_pct, old.max_drawdown_pct)),
        stop_equity_usdt=floor or old.stop_equity_usdt,
    )


def _exposed(rng: random.Random, market: Scenario) -> Scenario:
    """The same with sizes that climb the tiers, and most of its stops gone."""
    terms = market.terms._replace(
        liquidation="ladder",
        on_liquidation=rng.choice(("continue", "continue", "continue", "stop")),
        sizing="margin_pct",
        sizing_value=rng.choice((45.0, 45.0, 97.0)),
        max_notional_usdt=None,
        max_drawdown_pct=rng.choice((None, None, None, 60.0)),
        stop_equity_usdt=0.0,
        delay_bars=rng.choice((0, 0, 1, 2)),
    )
    lev = rng.choice((20.0, 40.0, 90.0))
    instruments = [one._replace(leverage=lev, tiers=RUNGS, max_market_qty=500.0) for one in market.instruments]
    decisions = {step: [_unprotected(rng, one) for one in many] for step, many in market.decisions.items()}
    cash = rng.choice((15.0, 80.0, 400.0, 1500.0, 4000.0))
    return market._replace(terms=terms, instruments=instruments, decisions=decisions, cash=cash)


def _unprotected(rng: random.Random, decision: Decision) -> Decision:
    """Four of five entries without a stop and with the run's size."""
    if not isinstance(decision, Entry) or rng.random() < 0.2:
        return decision
    left_out = ("sizing", "sizing_value", "trail_distance", "trail_activation", "break_even_distance")
    more = {name: value for name, value in decision.more.items() if name not in left_out}
    return decision._replace(stop_price=None, stop_distance=None, more=more)


def _with_gaps(rng: random.Random, bars: Any) -> list[list[float]]:
    """One bar in four opens at its high or its low."""
    return [[bar[rng.choice((1, 2))] if rng.random() < 0.25 else bar[0], *bar[1:]] for bar in bars]


def _thinned(rng: random.Random, market: Scenario) -> Sequence[Sequence[bool]] | None:
    """Markets of several symbols with bars missing, here and there or many in a row, but for the first symbol."""
    if len(market.last) == 1:
        return market.has_bar
    there = market.has_bar or [[True] * market.steps for _ in market.last]
    density, left_out = rng.choice((1.0, 0.6)), rng.choice((0, 0, 3, 15))
    begin = rng.choice((market.steps, 2, 4, 7, 12))
    silent = range(begin, begin + 20)
    thinned = [
        [seen and n not in silent and rng.random() < density for n, seen in enumerate(row[: market.steps - left_out])]
        for row in there
    ]
    return [there[0], *(row + [False] * left_out for row in thinned[1:])]


def _start(rng: random.Random, market: Scenario, step_ms: int) -> int:
    """The first bar's opening: on the day of the formula inside the market, just before it, just after, or far away."""
    places = market.steps if market.grid is None else market.grid[-1] + 1
    inside = (rng.randrange(places) for _ in range(4))
    day_at = rng.choice((*inside, places + 1, -1, None))
    return START_MS if day_at is None else FORMULA_DAY_MS - day_at * step_ms


def _settlements(rng: random.Random, old: Any, start_ms: int, step_ms: int) -> list[Settlement]:
    """The same settlements on the new axis, and as many inside the bars."""
    moved, each = [], rng.choice((1, 1, 5))
    for ts, rate, known in old:
        place = (ts - START_MS) / STEP_MS
        moved.append((start_ms + round(place * step_ms), rate, known))
        for _ in range(each):
            inside = place + rng.choice((0.2, 0.6, 1.2, 2.4, 3.6))
            moved.append((start_ms + round(inside * step_ms), -rate, rng.choice((0.0, known))))
    return sorted(moved)


def _listed(rng: random.Random, one: Instrument, venue: str) -> Instrument:
    """A symbol under the flags of its venue; one in six with ticks and steps beyond a million a price or size."""
    if rng.random() < 1 / 6:
        one = one._replace(tick_size="0.00001", qty_step=rng.choice((one.qty_step, "0.0000001")))
    if venue == "mixed":
        return one._replace(order_cost_by_mark=rng.random() < 0.5, funding_at_entry=rng.random() < 0.5)
    if venue == "bybit":
        fee = one.close_fee_rate or one.taker_fee_rate
        return one._replace(close_fee_rate=fee, funding_from_margin=False, funding_at_entry=rng.random() < 0.2)
    return one._replace(
        close_fee_rate=0.0, funding_from_margin=True, order_cost_by_mark=True, funding_at_entry=rng.random() < 0.8
    )
