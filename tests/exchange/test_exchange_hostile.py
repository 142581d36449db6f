"""What must always hold, on hostile markets with hostile orders: one to six symbols, all rules at random."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from exchange_extremes import hostile_scenario
from exchange_fingerprint import fingerprint
from exchange_markets import seeds
from exchange_scenarios import Outcome, Scenario, run, told_until
from hypothesis import given, settings
from test_exchange_properties import _entries_of_ledger

from btcli.exchange.face.events import EQUITY_COLUMNS, Event

Check = Callable[[int], None]
MOVES = {"order_filled", "position_opened", "position_changed", "position_closed", "position_cut", "liquidated"}
AT_OPEN = MOVES | {"funding_settled", "insurance_covered"}


def _cash_is_the_ledger(seed: int) -> None:
    scenario = hostile_scenario(seed)
    outcome, cash = run(scenario), scenario.cash
    for event in outcome.events:
        for amount in _entries_of_ledger(event):
            cash += amount
        assert event.fields.get("cash_usdt", cash) == cash, event
    assert cash == outcome.cash == outcome.rows[-1][EQUITY_COLUMNS.index("cash_usdt")]


def _margins_put_in(scenario: Scenario, outcome: Outcome) -> dict[int, list[float]]:
    """For each trade: what it may lose at most, its turnover, and how many amounts were rounded."""
    listed = {one.symbol: one for one in scenario.instruments}
    bounds: dict[int, list[float]] = {}
    for event in outcome.events:
        fields = event.fields
        if event.name not in ("order_filled", "margin_added", "funding_settled"):
            continue
        bound, inst = bounds.setdefault(fields["trade_id"], [0.0, 0.0, 0.0]), listed[str(event.symbol)]
        bound[2] += 1
        if event.name == "margin_added":
            bound[0] += fields["amount_usdt"]
        elif event.name == "funding_settled":
            bound[0] += abs(fields["payment_usdt"]) if inst.funding_from_margin else max(0.0, fields["payment_usdt"])
        elif "exit_reason" not in fields:
            sign, value = 1 if fields["side"] == "buy" else -1, fields["price"] * fields["qty"]
            margin = value / inst.leverage + value * (1 - sign / inst.leverage) * inst.close_fee_rate
            bound[0] += margin + fields["fee_usdt"]
            bound[1] += value
        elif inst.close_fee_rate == 0.0:
            bound[0] += fields["fee_usdt"]  # a venue that keeps no fee to close in the margin takes it besides
    return bounds


def _no_trade_loses_more_than_it_put_in(seed: int) -> None:
    """Added margin, several entries, parts, the ladder and received funding that became margin are counted in."""
    scenario = hostile_scenario(seed, margin_mode="isolated")
    outcome = run(scenario)
    bounds = _margins_put_in(scenario, outcome)
    for event in outcome.events:
        if event.name == "liquidated":
            lost = event.fields["fee_usdt"] - event.fields["pnl_usdt"]
            assert lost == pytest.approx(event.fields["margin_usdt"], rel=1e-9, abs=1e-9), event
    for trade in outcome.trades:
        bound, turnover, rounded = bounds[trade.trade_id]
        assert trade.net_pnl_usdt >= -bound - 1e-8 * rounded - 1e-9 * turnover, (trade, bound)


def _chunks_change_no_byte(seed: int) -> None:
    scenario, rng = hostile_scenario(seed), random.Random(seed)
    cuts = sorted(rng.sample(range(1, scenario.steps), 8))
    assert fingerprint(run(scenario)) == fingerprint(run(scenario, cuts)) == fingerprint(run(scenario, range(60)))


def _altered(scenario: Scenario, other: Scenario, at: int, factor: float) -> Scenario:
    """The scenario with other bars, marks, settlements and holes from a step on; no symbol's last bar comes earlier."""
    last = [
        [*bars[:at], *[[*(price * factor for price in bar[:4]), bar[4]] for bar in others[at:]]]
        for bars, others in zip(scenario.last, other.last, strict=True)
    ]
    marks = scenario.mark and [
        [*seen[:at], *[bar[:4] for bar in bars[at:]]] for seen, bars in zip(scenario.mark, last, strict=True)
    ]
    at_ms = int(scenario.ts_open[at])
    funding = [
        [one if one[0] < at_ms else (one[0], 0.001 - 3 * one[1], 0.0) for one in settlements]
        for settlements in scenario.funding
    ]
    assert scenario.has_bar is not None
    assert other.has_bar is not None
    there = [
        [*seen[:at], *others[at:-1], True] if any(seen[at:]) else seen
        for seen, others in zip(scenario.has_bar, other.has_bar, strict=True)
    ]
    return scenario._replace(last=last, mark=marks, funding=funding, has_bar=there)


def _the_future_changes_nothing(seed: int) -> None:
    scenario, rng = hostile_scenario(seed), random.Random(seed)
    at, factor = rng.randint(1, scenario.steps - 1), rng.choice((0.01, 1.0, 100.0))
    other = hostile_scenario(seed + 1, symbols=len(scenario.last), steps=scenario.steps)
    altered = _altered(scenario, other, at, factor)
    assert told_until(scenario, at, only_when_flat=False) == told_until(altered, at, only_when_flat=False)


def _equity_moves_by_events_and_marks(seed: int) -> None:
    scenario = hostile_scenario(seed)
    outcome, cash = run(scenario), scenario.cash
    names = [instrument.symbol for instrument in scenario.instruments]
    held: dict[str, tuple[float, float]] = {}
    marks, events = dict.fromkeys(names, 0.0), list(reversed(outcome.events))
    delisted = {(event.ts, event.symbol) for event in events if event.fields.get("exit_reason") == "delisted"}
    assert scenario.has_bar is not None
    for step, (ts_close, row) in enumerate(zip(outcome.row_ts.tolist(), outcome.rows.tolist(), strict=True)):
        while events and (step == len(outcome.rows) - 1 or _belongs(events[-1], ts_close, delisted)):
            event = events.pop()
            cash += math.fsum(_entries_of_ledger(event))
            _hold(held, event)
        for n, name in enumerate(names):
            if scenario.has_bar[n][step]:
                marks[name] = (scenario.mark or scenario.last)[n][step][3]
        told = dict(zip(EQUITY_COLUMNS, row, strict=True))
        unrealized = sum(qty * (marks[name] - entry) for name, (qty, entry) in held.items())
        scale = 1e-9 * (abs(cash) + sum(abs(qty) * marks[name] for name, (qty, _) in held.items())) + 1e-7
        assert told["cash_usdt"] == pytest.approx(cash, abs=scale)
        assert told["equity_usdt"] == pytest.approx(cash + unrealized, abs=scale)
    assert not events
    assert not held


def _belongs(event: Event, ts_close: int, delisted: set[tuple[int, str | None]]) -> bool:
    """Whether an event is of the step of that close or before; a symbol that ended there has no next open."""
    at_next_open = event.name in AT_OPEN and (event.ts, event.symbol) not in delisted
    return event.ts < ts_close or (event.ts == ts_close and not at_next_open)


def _hold(held: dict[str, tuple[float, float]], event: Event) -> None:
    if event.name in ("position_opened", "position_changed"):
        sign = 1 if event.fields["side"] == "long" else -1
        held[str(event.symbol)] = (sign * event.fields["qty"], event.fields["entry_price"])
    elif event.name == "position_closed":
        del held[str(event.symbol)]


def _is_multiple(value: float, unit: float) -> bool:
    return abs(value / unit - round(value / unit)) <= 1e-6 + 4e-16 * value / unit


def _all_is_told_in_order(seed: int) -> None:
    """Finite numbers, quantities on the step, prices on the tick and above 0, time and path never run back."""
    scenario = hostile_scenario(seed)
    outcome = run(scenario)
    listed = {one.symbol: one for one in scenario.instruments}
    place: tuple[Any, ...] = (0, 0, 0.0)
    asked: dict[int, float] = {}
    for event in outcome.events:
        fields = event.fields
        assert all(math.isfinite(value) for value in fields.values() if isinstance(value, float)), event
        here = (event.ts, fields.get("leg", 0), fields.get("t", 0.0))
        assert here >= place or ("leg" not in fields and event.ts >= place[0]), event
        place = here
        if event.name == "order_submitted":
            assert asked.setdefault(fields["order_id"], fields["qty"]) == fields["qty"], event
        elif event.name == "order_filled":
            inst = listed[str(event.symbol)]
            asked[fields["order_id"]] = asked.get(fields["order_id"], math.inf) - fields["qty"]
            assert asked[fields["order_id"]] >= -1e-9 * fields["qty"], event
            assert fields["price"] > 0.0, event
            assert _is_multiple(fields["qty"], float(inst.qty_step)), event
            free = "bankruptcy_capped" in fields or fields.get("exit_reason") == "delisted"
            assert free or _is_multiple(fields["price"], float(inst.tick_size)), event
    assert np.isfinite(outcome.rows).all()


CHECKS = {
    check.__name__[1:]: check
    for check in (
        _cash_is_the_ledger,
        _no_trade_loses_more_than_it_put_in,
        _chunks_change_no_byte,
        _the_future_changes_nothing,
        _equity_moves_by_events_and_marks,
        _all_is_told_in_order,
    )
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_it_holds_on_hostile_runs(check: Check) -> None:
    """Each property of the rulebook holds on thirty hostile runs."""

    @given(seed=seeds)
    @settings(max_examples=30)
    def holds(seed: int) -> None:
        check(seed)

    holds()


@pytest.mark.long
@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_it_holds_on_many_hostile_runs(check: Check) -> None:
    """Each property of the rulebook holds on a thousand hostile runs."""
    for seed in range(1000):
        check(seed)
