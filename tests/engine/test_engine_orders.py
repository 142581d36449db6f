"""Every order that a signal can ask for, at the real exchange: 2 bps of slippage, 5 bps on stops, ticks of 0.1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from engine_worlds import MINUTE, START, Scripted, Told, at, candles, inputs_of, minutes_of, run, system_of

from btcli.exchange.face.events import Event
from btcli.exchange.face.wish import action_on
from btcli.strategies import Direction, Signal, Size, Target

LONG, SHORT, FLAT = Direction.LONG, Direction.SHORT, Direction.FLAT
CALM = [40_000.0] * 40
REVERSES = ", on_opposite_signal: reverse"


def told_of(closes: Sequence[float], *script: Any, **settings: str) -> Told:
    """What is told when these signals are given so many minutes after the start; ltf is 5m on steps of 1m."""
    system = system_of(len(closes), "{exec: 1m, ltf: 5m}", **settings)
    return run(system, inputs_of(system, candles(closes)), Scripted(at(*script)))[1]


def moves(*parts: tuple[int, float]) -> list[float]:
    """Closes that jump to a price and stay there for so many minutes."""
    return [price for count, price in parts for _ in range(count)]


def fills(told: Told) -> list[tuple[float, float, float]]:
    """Minute, price and quantity of each fill."""
    return [(minutes_of(e.ts), e.fields["price"], e.fields["qty"]) for e in told.named("order_filled")]


def only(events: Sequence[Event]) -> Event:
    """The one event there is."""
    (event,) = events
    return event


def test_a_limit_entry_rests_and_fills_at_its_limit_as_maker() -> None:
    """Bought at 39,900 in the minute that trades through it, for the maker's fee of 0.02 %."""
    signal = Signal(LONG, order="limit", price=39_900)
    told = told_of(moves((12, 40_000), (18, 39_850)), 5, signal)
    assert fills(told)[0] == (12, 39_900.0, 0.01)
    entry = told.named("order_filled")[0]
    assert entry.fields["maker"]
    assert entry.fields["fee_usdt"] == pytest.approx(39_900 * 0.01 * 0.0002)


def test_a_stop_entry_fills_beyond_its_trigger() -> None:
    """The price runs through 40,100: bought there plus 5 bps, on the next tick: 40,120.1."""
    signal = Signal(LONG, order="stop_market", trigger_price=40_100)
    told = told_of(moves((12, 40_000), (18, 40_200)), 5, signal)
    assert fills(told)[0] == (12, 40_120.1, 0.01)


def test_several_targets_each_close_their_share() -> None:
    """Half of the position leaves at each of two targets, and both make one trade."""
    targets = (Target(distance=100, share=0.5), Target(price=40_300, share=0.5))
    told = told_of(moves((12, 40_000), (6, 40_150), (12, 40_400)), 5, Signal(LONG, targets=targets))
    assert [(minute, qty) for minute, _, qty in fills(told)] == [(5, 0.01), (12, 0.005), (18, 0.005)]
    assert [trade.exit_reason for trade in told.all_trades] == ["target"]


def test_a_trailing_stop_follows_and_closes() -> None:
    """After a high of 40,505 the stop lies at 40,405; the fall to 40,000 is sold there less 5 bps."""
    told = told_of(moves((12, 40_000), (6, 40_500), (12, 40_000)), 5, Signal(LONG, trail_distance=100))
    trade = told.all_trades[0]
    assert (trade.exit_reason, trade.exit_price) == ("trailing_stop", 40_384.7)


def test_a_trailing_stop_waits_for_its_activation() -> None:
    """Before the price has seen 40,600 nothing follows it, and the fall closes nothing."""
    signal = Signal(LONG, trail_distance=100, trail_activation=40_600)
    told = told_of(moves((12, 40_000), (6, 40_500), (12, 40_000)), 5, signal)
    assert [trade.exit_reason for trade in told.all_trades] == ["end_of_data"]


def test_a_stop_moves_to_the_entry_once_the_profit_was_there() -> None:
    """Bought at 40,008 with a stop at 39,800; after 40,205 the stop is 40,008 and the fall closes there."""
    signal = Signal(LONG, stop_price=39_800, break_even_distance=100)
    told = told_of(moves((12, 40_000), (6, 40_200), (12, 39_950)), 5, signal)
    assert only(told.named("stop_moved")).fields["stop_price"] == 40_008.0
    assert told.all_trades[0].exit_reason == "stop"
    assert told.all_trades[0].exit_price == pytest.approx(40_008 * (1 - 5e-4), abs=0.1)


def test_adding_averages_and_without_add_nothing_happens() -> None:
    """The same side again is ignored unless the signal says add; then both make one position of twice the size."""
    again = told_of(moves((12, 40_000), (18, 40_400)), 5, Signal(LONG), 20, Signal(LONG))
    assert [qty for _, _, qty in fills(again)] == [0.01, 0.01]  # entry and end of data
    added = told_of(moves((12, 40_000), (18, 40_400)), 5, Signal(LONG), 20, Signal(LONG, add=True))
    changed = only(added.named("position_changed"))
    assert changed.fields["qty"] == 0.02
    assert changed.fields["entry_price"] == pytest.approx((40_008.0 + 40_408.1) / 2)


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_what_was_to_be_added_to_a_position_that_is_gone_opens_none(side: Direction) -> None:
    """The stop fills in the bar before the add comes: it is cancelled, and nothing is held without a stop."""
    closes = moves((15, 40_000), (25, 40_000 - side * 150))
    entry = Signal(side, stop_price=40_000 - side * 100)
    told = told_of(closes, 5, entry, 15, Signal(side, add=True), fills=", delay_bars: 1")
    assert [minute for minute, _, _ in fills(told)] == [6, 15]
    gone = only(told.named("order_cancelled"))
    assert (minutes_of(gone.ts), gone.fields["code"], gone.fields["order_id"]) == (16, "POSITION_CLOSED", 4)
    assert [trade.exit_reason for trade in told.all_trades] == ["stop"]


def test_an_add_that_waits_is_cancelled_where_its_position_ends() -> None:
    """After the target at minute 12 the limit below, which brings a stop of its own, enters nothing at minute 24."""
    waits = Signal(LONG, add=True, order="limit", price=39_900, stop_distance=50)
    closes = moves((12, 40_000), (12, 40_200), (16, 39_800))
    told = told_of(closes, 5, Signal(LONG, target_price=40_100), 10, waits)
    assert [minute for minute, _, _ in fills(told)] == [5, 12]
    gone = only(told.named("order_cancelled"))
    assert (minutes_of(gone.ts), gone.fields["code"]) == (13, "POSITION_CLOSED")


@pytest.mark.parametrize(
    "waits",
    [
        Signal(LONG, add=True, order="stop_market", trigger_price=40_200),
        Signal(LONG, add=True, order="stop_limit", trigger_price=40_200, price=40_210),
        Signal(LONG, add=True, order="stop_limit", trigger_price=40_200, price=40_100),
    ],
    ids=["market", "limit that takes", "limit that rests"],
)
def test_an_add_whose_position_ends_in_the_same_bar_fills_nothing(waits: Signal) -> None:
    """The bar falls to the stop first and then rises through the trigger: what is left to add to is nothing."""
    frame = candles(CALM)
    wide = frame["ts_open"] == START + 15 * MINUTE
    frame = frame.with_columns(
        low=pl.when(wide).then(39_850.0).otherwise(pl.col("low")),
        high=pl.when(wide).then(40_250.0).otherwise(pl.col("high")),
    )
    system = system_of(len(CALM), "{exec: 1m, ltf: 5m}")
    script = at(5, Signal(LONG, stop_price=39_900), 10, waits)
    told = run(system, inputs_of(system, frame), Scripted(script))[1]
    assert [minute for minute, _, _ in fills(told)] == [5, 15]
    assert only(told.named("order_cancelled")).fields["code"] == "POSITION_CLOSED"


def test_an_add_does_not_outlive_a_turn() -> None:
    """Turned to short at minute 15, the limit of the long that was added to closes nothing of the short."""
    waits = Signal(LONG, add=True, order="limit", price=39_900)
    told = told_of(moves((20, 40_000), (20, 39_800)), 5, Signal(LONG), 10, waits, 15, Signal(SHORT), risk=REVERSES)
    assert [(minute, qty) for minute, _, qty in fills(told)] == [(5, 0.01), (15, 0.01), (15, 0.01), (40, 0.01)]
    assert only(told.named("order_cancelled")).fields["code"] == "POSITION_CLOSED"


def test_what_adds_while_flat_enters_and_stays_an_entry() -> None:
    """There is no position that it belongs to: it waits, and fills with its own stop."""
    waits = Signal(LONG, add=True, order="limit", price=39_900, stop_price=39_700)
    told = told_of(moves((12, 40_000), (28, 39_850)), 5, waits)
    assert fills(told)[0] == (12, 39_900.0, 0.01)
    assert only(told.named("position_opened")).fields["stop_price"] == 39_700.0


def test_an_add_comes_to_a_position_that_was_reduced_meanwhile() -> None:
    """It is the same position as long as something of it is held."""
    signals = (5, Signal(LONG), 15, Signal(FLAT, reduce_qty=0.004), 20, Signal(LONG, add=True))
    told = told_of(CALM, *signals, fills=", delay_bars: 6")
    assert [(minute, qty) for minute, _, qty in fills(told)] == [(11, 0.01), (21, 0.004), (26, 0.01), (40, 0.016)]


def test_a_part_is_closed() -> None:
    """FLAT with a quantity closes that much; the rest stays to the end."""
    told = told_of(CALM, 5, Signal(LONG), 15, Signal(FLAT, reduce_qty=0.004))
    assert [qty for _, _, qty in fills(told)] == [0.01, 0.004, 0.006]
    assert [event.fields["action"] for event in told.named("signal")] == ["enter", "reduce"]


def test_a_close_may_be_a_limit_order() -> None:
    """FLAT at a limit waits for the price, and is sold there as maker."""
    told = told_of(moves((20, 40_000), (20, 40_400)), 5, Signal(LONG), 10, Signal(FLAT, order="limit", price=40_300))
    assert fills(told)[1] == (20, 40_300.0, 0.01)
    assert told.all_trades[0].exit_reason == "signal"


def test_resting_orders_are_taken_back() -> None:
    """A limit that has not filled is cancelled on request, and never fills."""
    limit = Signal(LONG, order="limit", price=39_900)
    told = told_of(moves((20, 40_000), (20, 39_800)), 5, limit, 10, Signal(FLAT, cancel=True))
    assert only(told.named("order_cancelled")).fields["code"] == "CANCELLED_BY_STRATEGY"
    assert not fills(told)


@pytest.mark.parametrize(
    ("expires_after", "ends"),
    [(3, 20), ("15m", 20), (np.str_("15m"), 20), ("3m", 8), ("14m", 19), ("1h", None), (1, 10), (10**30, None)],
)
def test_a_limit_expires(expires_after: int | str, ends: int | None) -> None:
    """It arrives at minute 5 and lives so many bars of ltf, or so long, wherever that ends between the bars of ltf."""
    limit = Signal(LONG, order="limit", price=39_900, expires_after=expires_after)
    told = told_of(moves((21, 40_000), (20, 39_800)), 5, limit)
    gone = [(minutes_of(each.ts), each.fields["code"]) for each in told.named("order_cancelled")]
    assert gone == ([] if ends is None else [(ends, "EXPIRED")])
    assert [minute for minute, _, _ in fills(told)][:1] == ([21] if ends is None else [])


@pytest.mark.parametrize("expires_after", [1, 2, "15m", "30m", "1h"])
@pytest.mark.parametrize("order", ["limit", "stop_market"])
def test_a_finer_exec_changes_nothing_about_the_time_of_an_order(expires_after: int | str, order: str) -> None:
    """On steps of 1, 5 and 15 minutes, which divide its time, an order is filled or expires in the same bar of ltf."""
    level = {"price": 39_900} if order == "limit" else {"trigger_price": 40_100}
    closes = moves((44, 40_000), (46, 39_800 if order == "limit" else 40_200))
    found = set()
    for step in ("1m", "5m", "15m"):
        system = system_of(len(closes), f"{{exec: {step}, ltf: 15m}}")
        signal = Signal(LONG, order=order, expires_after=expires_after, **level)  # type: ignore[arg-type]
        told = run(system, inputs_of(system, candles(closes)), Scripted(at(15, signal)))[1]
        names = [event for event in told.all_events if event.name in ("order_filled", "order_cancelled")][:1]
        found.add(tuple((event.name, minutes_of(event.ts) // 15) for event in names))
    assert len(found) == 1


def test_a_duration_is_told_as_milliseconds() -> None:
    """Two bars of 5m and "10m" are the same wish, and the same events."""
    same = [
        told_of(CALM, 5, Signal(LONG, order="limit", price=39_900, expires_after=said)).all_events
        for said in (2, "10m")
    ]
    assert same[0] == same[1]
    assert [event.fields.get("expires_after_ms") for event in same[0] if event.name == "signal"] == [600_000]


def test_a_signal_may_bring_its_own_size() -> None:
    """2,000 USDT at 40,000 are 0.05 coins, whatever the system's sizing."""
    told = told_of(CALM, 5, Signal(LONG, size=Size("notional_usdt", 2_000)))
    assert fills(told)[0][2] == 0.05
    assert told.named("signal")[0].fields["size"] == {"notional_usdt": 2_000.0}


def test_margin_is_added_to_an_open_position() -> None:
    """100 USDT move into the position and its liquidation price away; nothing is bought."""
    hold = Signal(LONG, add_margin_usdt=100)
    told = told_of(CALM, 5, Signal(LONG), 15, hold)
    before, added = only(told.named("position_opened")), only(told.named("margin_added"))
    assert added.fields["amount_usdt"] == 100.0
    assert added.fields["liquidation_price"] < before.fields["liquidation_price"]
    assert [event.fields["action"] for event in told.named("signal")] == ["enter", "prepare"]


def test_a_delay_lets_orders_arrive_later() -> None:
    """With delay_bars 2 the order of minute 5 fills at the open of minute 7."""
    assert fills(told_of(CALM, 5, Signal(LONG), fills=", delay_bars: 2"))[0][0] == 7


def test_max_bars_in_trade_count_from_the_fill() -> None:
    """A limit that fills at minute 12 is closed two ltf closes later: decided at 20, filled there."""
    limit = Signal(LONG, order="limit", price=39_900)
    told = told_of(moves((12, 40_000), (28, 39_850)), 5, limit, risk=", max_bars_in_trade: 2")
    assert [minute for minute, _, _ in fills(told)] == [12, 20]
    assert told.all_trades[0].exit_reason == "timeout"


@pytest.mark.parametrize(
    ("signal", "side", "expected"),
    [
        (Signal(SHORT, reduce_only=True), 1, "close"),
        (Signal(LONG, reduce_only=True), 1, "ignore"),
        (Signal(LONG, reduce_only=True), 0, "ignore"),
        (Signal(FLAT, reduce_qty=1), -1, "reduce"),
        (Signal(LONG, add=True), 1, "add"),
        (Signal(LONG, cancel=True), 1, "prepare"),
        (Signal(FLAT, cancel=True), 0, "prepare"),
        (Signal(LONG, add_margin_usdt=1), 1, "prepare"),
        (Signal(LONG, add_margin_usdt=1), 0, "enter"),
    ],
)
def test_what_a_signal_does_while_holding(signal: Signal, side: int, expected: str) -> None:
    """Reducing never opens, adding is asked for, and holding may still take back orders or move margin."""
    assert action_on(signal, side, "ignore") == expected
