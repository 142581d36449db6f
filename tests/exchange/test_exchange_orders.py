"""What must always hold with orders of every type, one and several symbols, both margin modes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchange_fingerprint import fingerprint
from exchange_markets import seeds
from exchange_orders import order_scenario
from exchange_scenarios import (
    INSTRUMENT,
    TERMS,
    AddMargin,
    Cancel,
    Close,
    Decision,
    Entry,
    Outcome,
    Scenario,
    altered_from,
    exchange_of,
    run,
    told_until,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_exchange_properties import FREE, _entries_of_ledger

from btcli.exchange.face.events import EQUITY_COLUMNS, Event
from btcli.exchange.face.request import Target

HERE = Path(__file__).parent
symbols = st.sampled_from([1, 1, 2, 3])
paths = st.sampled_from(["pessimistic", "adaptive", "optimistic"])
FLAT = [1000.0, 1000.0, 1000.0, 1000.0, 100.0]

TWO_LIMITS_AND_LITTLE_VOLUME = """
from exchange_scenarios import INSTRUMENT, Entry, Scenario, run
flat = [1000.0, 1000.0, 1000.0, 1000.0, 100.0]
wish = Entry(more={"type": "limit", "price": 990.0, "sizing": "qty", "sizing_value": 20.0})
bars = [flat, [1000.0, 1000.0, 985.0, 1000.0, 100.0], flat]
narrow = INSTRUMENT._replace(max_participation=0.1)
outcome = run(Scenario([bars], decisions={0: [wish, wish]}, instruments=[narrow], cash=1e6))
print(sum(event.fields["qty"] for event in outcome.events if event.name == "order_filled"))
"""


def test_two_limits_at_one_price_share_a_small_volume() -> None:
    """Two resting limits at one price, of which the bar's volume fills ten coins, let the walk come to an end."""
    paths_of_tests = os.pathsep.join([str(HERE.parents[1]), str(HERE), str(HERE.parent)])
    told = subprocess.run(
        [sys.executable, "-c", TWO_LIMITS_AND_LITTLE_VOLUME],
        env={**os.environ, "PYTHONPATH": paths_of_tests},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert told.returncode == 0, told.stderr
    assert float(told.stdout) == 20.0  # ten bought at 990, ten sold at the end


def test_added_margin_shows_in_the_state_at_once() -> None:
    """What was moved into a position is no longer available to what the same decision does next."""
    exchange = exchange_of(Scenario([[FLAT] * 4]))
    exchange.advance(0, 1)
    exchange.submit_entry(0, 1)
    exchange.advance(1, 2)
    before = exchange.state()["available_balance_usdt"]
    exchange.add_margin(0, 50.0)
    assert exchange.state()["available_balance_usdt"] == pytest.approx(before - 50.0)


def test_margin_cannot_be_taken_out() -> None:
    """A negative amount moves nothing and leaves the liquidation price where it is, or is refused."""
    exchange = exchange_of(Scenario([[FLAT] * 4]))
    exchange.advance(0, 1)
    exchange.submit_entry(0, 1)
    exchange.advance(1, 2)
    with contextlib.suppress(ValueError):
        assert exchange.add_margin(0, -500.0) == 0.0
    assert exchange.state()["liquidation_price"] == pytest.approx(910.0)


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_cash_is_the_ledger_with_orders_of_all_types(seed: int, symbols: int) -> None:
    """The initial balance plus every entry of the ledger in order is the cash, to the last bit."""
    scenario = order_scenario(seed, symbols=symbols)
    outcome, cash = run(scenario), scenario.cash
    for event in outcome.events:
        for amount in _entries_of_ledger(event):
            cash += amount
        if event.name in ("order_filled", "liquidated", "funding_settled", "insurance_covered"):
            settled = event.fields["cash_usdt"]
            assert cash == settled, event
    assert cash == outcome.cash


@given(seed=seeds, symbols=symbols, cuts=st.lists(st.integers(1, 39), max_size=12))
@settings(max_examples=80)
def test_cutting_the_steps_changes_no_byte_of_orders(seed: int, symbols: int, cuts: list[int]) -> None:
    """The same run in any chunks gives the same events, trades, rows and state hash."""
    scenario = order_scenario(seed, symbols=symbols)
    assert fingerprint(run(scenario)) == fingerprint(run(scenario, cuts))


@given(seed=seeds, symbols=symbols, at=st.integers(1, 38))
@settings(max_examples=80)
def test_the_future_changes_no_order_before_it(seed: int, symbols: int, at: int) -> None:
    """Other bars from some step on leave everything up to that step's open as it was."""
    scenario = order_scenario(seed, symbols=symbols)
    there = [[*seen[:at], *[True] * (scenario.steps - at)] for seen in scenario.has_bar or ()]
    scenario = scenario._replace(has_bar=there)
    other = order_scenario(seed ^ 1, symbols=symbols)
    altered = altered_from(scenario, other, at)
    assert told_until(scenario, at, only_when_flat=False) == told_until(altered, at, only_when_flat=False)


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_isolated_margin_is_always_covered(seed: int, symbols: int) -> None:
    """With isolated margin and Bybit's fee to close no row's margins and reserves exceed the cash."""
    scenario = order_scenario(seed, symbols=symbols)
    priced = [
        one._replace(close_fee_rate=one.taker_fee_rate, funding_from_margin=False) for one in scenario.instruments
    ]
    terms = scenario.terms._replace(margin_mode="isolated")
    outcome = run(scenario._replace(instruments=priced, terms=terms))
    free = outcome.rows[:, EQUITY_COLUMNS.index("free_margin_usdt")]
    assert free.min() >= -1e-5, (int(free.argmin()), float(free.min()))


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_equity_is_cash_and_positions_at_their_marks(seed: int, symbols: int) -> None:
    """Each row's equity is its cash and what its positions are worth at the last marks, with every type of order."""
    scenario = order_scenario(seed, symbols=symbols)
    outcome = run(scenario)
    names = [instrument.symbol for instrument in scenario.instruments]
    assert scenario.has_bar is not None
    held: dict[str, tuple[float, float]] = {}
    marks = dict.fromkeys(names, 0.0)
    events = list(outcome.events)
    for step, (ts_close, row) in enumerate(zip(outcome.row_ts, outcome.rows, strict=True)):
        while events and _belongs(events[0], int(ts_close), is_last=step == len(outcome.rows) - 1):
            _hold(held, events.pop(0))
        for n, name in enumerate(names):
            if scenario.has_bar[n][step]:
                marks[name] = (scenario.mark or scenario.last)[n][step][3]
        told = dict(zip(EQUITY_COLUMNS, row.tolist(), strict=True))
        unrealized = sum(qty * (marks[name] - entry) for name, (qty, entry) in held.items())
        assert told["equity_usdt"] == pytest.approx(told["cash_usdt"] + unrealized, rel=1e-12, abs=1e-7)
    assert not held


MOVES = {"order_filled", "position_opened", "position_changed", "position_closed", "position_cut", "liquidated"}


def _belongs(event: Event, ts_close: int, *, is_last: bool) -> bool:
    """Whether an event happened before a row was written; a delisting at a close comes before it, an open after."""
    if is_last or event.ts < ts_close:
        return True
    at_next_open = event.name in MOVES and event.fields.get("exit_reason") != "delisted"
    return event.ts == ts_close and not at_next_open


def _hold(held: dict[str, tuple[float, float]], event: Event) -> None:
    if event.name in ("position_opened", "position_changed"):
        sign = 1 if event.fields["side"] == "long" else -1
        held[str(event.symbol)] = (sign * event.fields["qty"], event.fields["entry_price"])
    elif event.name == "position_closed":
        del held[str(event.symbol)]


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_no_limit_fills_beyond_itself(seed: int, symbols: int) -> None:
    """A buy limit fills at its price or below, a sell limit at its price or above, makers exactly there."""
    limits: dict[int, float] = {}
    for event in run(order_scenario(seed, symbols=symbols)).events:
        fields = event.fields
        if event.name == "order_submitted" and "limit_price" in fields:
            limits[fields["order_id"]] = fields["limit_price"]
        elif event.name == "order_filled" and fields["order_id"] in limits and "bankruptcy_capped" not in fields:
            sign = 1 if fields["side"] == "buy" else -1
            assert sign * (fields["price"] - limits[fields["order_id"]]) <= 1e-9, event
            assert "maker" not in fields or fields["price"] == limits[fields["order_id"]], event


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_every_order_ends_and_no_fill_is_off_the_step(seed: int, symbols: int) -> None:
    """At the end each order was filled, cancelled or refused, never filled for more than it asked, and on the step."""
    outcome = run(order_scenario(seed, symbols=symbols))
    asked: dict[int, float] = {}
    done: dict[int, float] = {}
    for event in outcome.events:
        fields = event.fields
        if event.name == "order_submitted":
            assert fields["order_id"] not in asked
            asked[fields["order_id"]] = fields["qty"]
        elif event.name in ("order_cancelled", "order_rejected"):
            done.setdefault(fields["order_id"], 0.0)
        elif event.name == "order_filled":
            assert abs(fields["qty"] * 1000 - round(fields["qty"] * 1000)) < 1e-6, event
            done[fields["order_id"]] = done.get(fields["order_id"], 0.0) + fields["qty"]
    assert set(asked) <= set(done)
    for order_id, qty in asked.items():
        assert done[order_id] <= qty + 1e-9
    last = dict(zip(EQUITY_COLUMNS, outcome.rows[-1].tolist(), strict=True))
    assert last["position_qty"] == 0.0
    assert last["free_margin_usdt"] == pytest.approx(last["cash_usdt"], abs=1e-9)


@given(seed=seeds, symbols=symbols)
@settings(max_examples=100)
def test_a_cross_account_never_rests_below_its_maintenance(seed: int, symbols: int) -> None:
    """After a close with cross margin and one series, equity is above the maintenance margin or nothing is held."""
    scenario = order_scenario(seed, symbols=symbols)
    terms = scenario.terms._replace(margin_mode="cross", on_liquidation="continue")
    outcome = run(scenario._replace(terms=terms))
    table = {name: outcome.rows[:, n] for n, name in enumerate(EQUITY_COLUMNS)}
    held = table["maintenance_margin_usdt"] > 0.0
    gap = table["equity_usdt"] - table["maintenance_margin_usdt"]
    assert not np.any(held & (gap < -1e-6)), int(np.flatnonzero(held & (gap < -1e-6))[0])


def _flip(price: float) -> float:
    return round(2000.0 - price, 1)


def _flip_level(price: float | None) -> float | None:
    return None if price is None else _flip(price)


def _flip_decision(decision: Decision) -> Decision:
    if isinstance(decision, Cancel | AddMargin):
        return decision
    prices = ("price", "trigger_price", "trail_activation")
    more = {key: _flip(value) if key in prices else value for key, value in decision.more.items()}
    if isinstance(decision, Close):
        return decision._replace(more=more)
    more["targets"] = tuple(Target(_flip_level(one.price), one.distance, one.share) for one in more.get("targets", ()))
    stop, target = _flip_level(decision.stop_price), _flip_level(decision.target_price)
    return decision._replace(side=-decision.side, stop_price=stop, target_price=target, more=more)


@given(seed=seeds, path=paths, limit=st.booleans(), symbols=symbols)
@settings(max_examples=100)
def test_mirrored_prices_mirror_orders_of_all_types(seed: int, path: str, limit: bool, symbols: int) -> None:
    """Without costs and liquidation levels in reach, mirroring prices and sides mirrors every trade."""
    terms = TERMS._replace(path=path, take_profit_order="limit" if limit else "market")
    free = [INSTRUMENT._replace(symbol=name, leverage=1.5, min_notional_usdt=0.0, **FREE) for name in "ABC"[:symbols]]
    market = order_scenario(seed, symbols=symbols)._replace(
        mark=None, funding=(), terms=terms, instruments=free, cash=1e7
    )
    assume(all(850 < price < 1150 for bars in market.last for bar in bars for price in bar[:4]))
    other = market._replace(
        last=[[[_flip(o), _flip(low), _flip(h), _flip(c), v] for o, h, low, c, v in bars] for bars in market.last],
        decisions={step: [_flip_decision(one) for one in many] for step, many in market.decisions.items()},
    )
    one, two = run(market), run(other)
    assert _shape(one) == _shape(two)
    for trade, mirror in zip(one.trades, two.trades, strict=True):
        assert 2000.0 - trade.entry_price == pytest.approx(mirror.entry_price, abs=1e-6)
        assert 2000.0 - trade.exit_price == pytest.approx(mirror.exit_price, abs=1e-6)


def _shape(outcome: Outcome) -> list[tuple[Any, ...]]:
    sides = {"long": 1, "short": -1}
    first = sides[outcome.trades[0].side] if outcome.trades else 1
    return [
        (
            *(trade.symbol, trade.entry_ts, trade.exit_ts, trade.exit_reason, trade.ambiguous, round(trade.qty, 6)),
            sides[trade.side] * first,
        )
        for trade in outcome.trades
    ]


def test_a_position_that_carries_another_walks_its_own_path() -> None:
    """A position without a level in its bar still walks the path of its mode once a fill makes the account fail.

    B is long and goes to its high first by the optimistic path, A buys at 990 on its way down at the same time: at the
    end of that leg 248.8 - 140 + 19 carries both. Only with B at its low of 880 as well would it not.
    """
    flat = [1000.0] * 4 + [100.0]
    falling, wide = [1000.0, 1000.0, 850.0, 990.0, 100.0], [1000.0, 1020.0, 880.0, 1000.0, 100.0]
    buy = Entry(0, more={"type": "limit", "price": 990.0})
    scenario = Scenario(
        [[flat, flat, falling, flat], [flat, flat, wide, flat]],
        decisions={0: [Entry(1, 1), buy]},
        instruments=[INSTRUMENT, INSTRUMENT._replace(symbol="B")],
        terms=TERMS._replace(margin_mode="cross", path="optimistic"),
        cash=250.0,
    )
    assert run(scenario).status == "END_OF_DATA"
