"""What must always hold, on random markets, with the preconditions that the rulebook states and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from exchange_markets import marks_beside, random_bars, random_scenario, random_wish, seeds
from exchange_scenarios import (
    INSTRUMENT,
    START_MS,
    STEP_MS,
    TERMS,
    Close,
    Entry,
    Outcome,
    Scenario,
    altered_from,
    run,
    told_until,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from btcli.exchange.face.events import EQUITY_COLUMNS, Event, Trade

symbols = st.sampled_from([1, 1, 2])
paths = st.sampled_from(["pessimistic", "adaptive", "optimistic"])
FREE = dict.fromkeys(("slippage_bps", "stop_slippage_bps", "taker_fee_rate", "maker_fee_rate", "close_fee_rate"), 0.0)


def _entries_of_ledger(event: Event) -> Iterator[float]:
    """What an event adds to the cash, in the ledger's order: the PnL, then the fee."""
    fields = event.fields
    if event.name == "order_filled" and "exit_reason" not in fields:
        yield -fields["fee_usdt"]
    elif event.name in ("order_filled", "liquidated"):
        yield fields["pnl_usdt"]
        yield -fields["fee_usdt"]
    elif event.name == "funding_settled":
        yield -fields["payment_usdt"]
    elif event.name == "insurance_covered":
        yield fields["amount_usdt"]


def _same_bytes(one: Outcome, two: Outcome) -> bool:
    same_rows = one.rows.tobytes() == two.rows.tobytes() and one.row_ts.tobytes() == two.row_ts.tobytes()
    return same_rows and one[:2] == two[:2] and one[4:] == two[4:]


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_cash_is_the_ledger_to_the_last_bit(seed: int, symbols: int) -> None:
    """The initial balance plus every entry of the ledger in order is the cash, after each event and at the end."""
    scenario = random_scenario(seed, symbols=symbols)
    outcome, cash = run(scenario, only_when_flat=True), scenario.cash
    for event in outcome.events:
        for amount in _entries_of_ledger(event):
            cash += amount
        if event.name in ("order_filled", "liquidated", "funding_settled"):
            settled = event.fields["cash_usdt"]
            assert cash == settled, event
    assert cash == outcome.cash


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_a_liquidation_loses_the_position_margin(seed: int, symbols: int) -> None:
    """The loss at a full liquidation equals the position margin to 1e-9."""
    for event in run(random_scenario(seed, symbols=symbols), only_when_flat=True).events:
        if event.name == "liquidated":
            lost = event.fields["fee_usdt"] - event.fields["pnl_usdt"]
            assert lost == pytest.approx(event.fields["margin_usdt"], rel=1e-9, abs=1e-9)


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_no_trade_loses_more_than_its_margin(seed: int, symbols: int) -> None:
    """A trade loses at most its position margin, its opening fee and the funding that it paid, but for rounding."""
    scenario = random_scenario(seed, symbols=symbols)
    priced = [one._replace(close_fee_rate=one.taker_fee_rate) for one in scenario.instruments]
    outcome = run(scenario._replace(instruments=priced), only_when_flat=True)
    opened = {event.fields["trade_id"]: event.fields for event in outcome.events if event.name == "position_opened"}
    for trade in outcome.trades:
        margin = opened[trade.trade_id]["margin_usdt"]
        opening_fee = trade.qty * trade.entry_price * priced[0].taker_fee_rate + 1e-8
        paid = sum(
            max(0.0, event.fields["payment_usdt"])
            for event in outcome.events
            if event.name == "funding_settled" and event.fields["trade_id"] == trade.trade_id
        )
        assert trade.net_pnl_usdt >= -(margin + opening_fee + paid) - 2e-8 - 1e-9 * margin


@given(seed=seeds, symbols=symbols, cuts=st.lists(st.integers(1, 39), max_size=12))
@settings(max_examples=100)
def test_cutting_the_steps_changes_no_byte(seed: int, symbols: int, cuts: list[int]) -> None:
    """The same run in any chunks gives the same events, trades, rows and state hash."""
    scenario = random_scenario(seed, symbols=symbols)
    assert _same_bytes(run(scenario, only_when_flat=True), run(scenario, cuts, only_when_flat=True))


def _mirrored(scenario: Scenario, around: float) -> Scenario:
    def flip(price: float) -> float:
        return round(2 * around - price, 1)

    def flip_level(price: float | None) -> float | None:
        return None if price is None else flip(price)

    def flip_bar(bar: Any) -> list[float]:
        opened, high, low, closed = bar[:4]
        return [flip(opened), flip(low), flip(high), flip(closed), *bar[4:]]

    def flip_wish(wish: Entry | Close) -> Entry | Close:
        if isinstance(wish, Close):
            return wish
        stop, target = flip_level(wish.stop_price), flip_level(wish.target_price)
        return wish._replace(side=-wish.side, stop_price=stop, target_price=target)

    return scenario._replace(
        last=[[flip_bar(bar) for bar in bars] for bars in scenario.last],
        decisions={step: [flip_wish(wish) for wish in many] for step, many in scenario.decisions.items()},
    )


@given(seed=seeds, path=paths, limit=st.booleans(), symbols=symbols)
@settings(max_examples=100)
def test_mirrored_prices_mirror_the_trades(seed: int, path: str, limit: bool, symbols: int) -> None:
    """Without costs and liquidation levels in reach, mirroring prices and sides mirrors every trade."""
    terms = TERMS._replace(path=path, take_profit_order="limit" if limit else "market")
    free = [INSTRUMENT._replace(symbol=name, leverage=2.0, **FREE) for name in "AB"[:symbols]]
    market = random_scenario(seed, symbols=symbols)._replace(
        mark=None, funding=(), terms=terms, instruments=free, cash=1e6
    )
    assume(all(800 < price < 1200 for bars in market.last for bar in bars for price in bar[:4]))
    one, two = (run(each, only_when_flat=True).trades for each in (market, _mirrored(market, 1000.0)))
    assert len(one) == len(two)
    for trade, other in zip(one, two, strict=True):
        assert trade.side != other.side
        assert (trade.entry_ts, trade.exit_ts, trade.exit_reason) == (other.entry_ts, other.exit_ts, other.exit_reason)
        assert (trade.qty, trade.ambiguous, trade.symbol) == (other.qty, other.ambiguous, other.symbol)
        assert 2000.0 - trade.entry_price == pytest.approx(other.entry_price, abs=1e-9)
        assert 2000.0 - trade.exit_price == pytest.approx(other.exit_price, abs=1e-9)


@given(seed=seeds, symbols=symbols, at=st.integers(1, 38))
@settings(max_examples=100)
def test_the_future_changes_nothing_before_it(seed: int, symbols: int, at: int) -> None:
    """Other bars from some step on leave everything up to that step's open as it was."""
    scenario = random_scenario(seed, symbols=symbols)
    other = random_scenario(seed ^ 1, symbols=symbols)
    altered = altered_from(scenario, other, at)
    assert told_until(scenario, at, only_when_flat=True) == told_until(altered, at, only_when_flat=True)


def _coarse(bars: list[list[float]], factor: int) -> list[list[float]]:
    groups = [bars[n : n + factor] for n in range(0, len(bars), factor)]
    return [
        [group[0][0], max(bar[1] for bar in group), min(bar[2] for bar in group), group[-1][3], *group[0][4:]]
        for group in groups
    ]


@given(seed=seeds, path=paths, by_mark=st.booleans(), limit=st.booleans(), touch=st.booleans())
@settings(max_examples=200)
def test_finer_bars_leave_certain_trades(seed: int, path: str, by_mark: bool, limit: bool, touch: bool) -> None:
    """Bars three times finer leave a trade that is not ambiguous its entry, its exit reason and its bar of exit."""
    rng, factor = np.random.default_rng(seed), 3
    fine = random_bars(rng, 60, int(rng.choice([8, 60, 150])))
    fine_marks = marks_beside(rng, fine, int(rng.choice([0, 90, 900])))
    last, marks = _coarse(fine, factor), _coarse(fine_marks, factor)
    terms = TERMS._replace(
        path=path,
        trigger_by="mark" if by_mark else "last",
        take_profit_order="limit" if limit else "market",
        limit_rule="touch" if touch else "trade_through",
        on_liquidation="continue",
    )
    leverage = float(rng.choice([2, 10, 50]))
    instruments = [INSTRUMENT._replace(leverage=leverage)]
    wish = random_wish(rng, last[0][3], bracket=True)
    rough = Scenario([last], [marks], {0: [wish]}, terms=terms, instruments=instruments, cash=1e6)
    close = Scenario([fine], [fine_marks], {factor - 1: [wish]}, terms=terms, instruments=instruments, cash=1e6)
    for one, two in zip(run(rough).trades, run(close).trades, strict=True):
        if one.ambiguous:
            continue
        bars_of = [_bars_of_trade(trade, width) for trade, width in ((one, STEP_MS), (two, STEP_MS * factor))]
        assert bars_of[0] == bars_of[1]
        assert (one.entry_price, one.qty, one.exit_reason) == (two.entry_price, two.qty, two.exit_reason)


def _bars_of_trade(trade: Trade, width: int) -> tuple[int, int]:
    """The bars of entry and exit; the close of the data belongs to the bar that it ends."""
    at_close = trade.exit_reason == "end_of_data"
    return (trade.entry_ts - START_MS) // width, (trade.exit_ts - START_MS - at_close) // width


@given(seed=seeds, symbols=symbols)
@settings(max_examples=150)
def test_equity_moves_by_events_and_marks_alone(seed: int, symbols: int) -> None:
    """Each row's cash is the ledger up to its close, and its equity the cash and the positions at the step's marks."""
    scenario = random_scenario(seed, symbols=symbols)
    outcome = run(scenario, only_when_flat=True)
    names = [instrument.symbol for instrument in scenario.instruments]
    held: dict[str, tuple[float, float]] = {}
    cash, events = scenario.cash, list(outcome.events)
    for step, (ts_close, row) in enumerate(zip(outcome.row_ts, outcome.rows, strict=True)):
        while events and _belongs(events[0], int(ts_close), is_last=step == len(outcome.rows) - 1):
            event = events.pop(0)
            cash += sum(_entries_of_ledger(event))
            _hold(held, event)
        marks = {name: (scenario.mark or scenario.last)[n][step][3] for n, name in enumerate(names)}
        unrealized = sum(qty * (marks[name] - entry) for name, (qty, entry) in held.items())
        told = dict(zip(EQUITY_COLUMNS, row.tolist(), strict=True))
        assert told["cash_usdt"] == pytest.approx(cash, rel=1e-12, abs=1e-8)
        assert told["equity_usdt"] == pytest.approx(cash + unrealized, rel=1e-12, abs=1e-7)
    assert not events


def _belongs(event: Event, ts_close: int, *, is_last: bool) -> bool:
    """Whether an event happened before a row was written; what fills at a close on time belongs to the next step."""
    at_next_open = event.name in ("order_filled", "position_opened", "position_closed", "liquidated", "funding_settled")
    return is_last or event.ts < ts_close or (event.ts == ts_close and not at_next_open)


def _hold(held: dict[str, tuple[float, float]], event: Event) -> None:
    if event.name == "position_opened":
        sign = 1 if event.fields["side"] == "long" else -1
        held[str(event.symbol)] = (sign * event.fields["qty"], event.fields["entry_price"])
    elif event.name == "position_closed":
        del held[str(event.symbol)]


@given(seed=seeds, limit=st.booleans(), touch=st.booleans())
@settings(max_examples=200)
def test_the_optimistic_path_never_ends_worse(seed: int, limit: bool, touch: bool) -> None:
    """One trade of fixed size with fixed levels on one series never ends worse by the optimistic path."""
    rng = np.random.default_rng(seed)
    bars = random_bars(rng, 30, int(rng.choice([8, 60, 300])))
    wish = random_wish(rng, bars[0][3], bracket=True)
    settlements = [(START_MS + place * STEP_MS, float(rng.integers(-3, 4)) * 1e-4, 0.0) for place in range(0, 30, 4)]
    instruments = [INSTRUMENT._replace(leverage=float(rng.choice([2, 10, 40])))]
    nets = {}
    for path in ("pessimistic", "optimistic"):
        terms = TERMS._replace(
            path=path,
            on_liquidation="continue",
            take_profit_order="limit" if limit else "market",
            limit_rule="touch" if touch else "trade_through",
        )
        market = Scenario([bars], None, {0: [wish]}, [settlements], instruments, terms, cash=1e6)
        nets[path] = sum(trade.net_pnl_usdt for trade in run(market).trades)
    assert nets["optimistic"] >= nets["pessimistic"] - 1e-9
