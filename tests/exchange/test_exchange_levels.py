"""Levels that cannot be: which wish is refused with which two numbers, and what comes of those let through."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exchange_scenarios import INSTRUMENT, TERMS, Close, Decision, Entry, Outcome, Scenario, run

from btcli.exchange.book.records import BOOK, EVENT_CAPACITY
from btcli.exchange.face.events import Event
from btcli.exchange.face.request import Target
from btcli.exchange.phases.decision import has_room_to_tell

FLAT = [1000.0, 1000.0, 1000.0, 1000.0, 100.0]
FREE = INSTRUMENT._replace(
    taker_fee_rate=0.0, maker_fee_rate=0.0, close_fee_rate=0.0, slippage_bps=0.0, stop_slippage_bps=0.0
)
BUY_AT = {"type": "limit", "price": 900.0}
LONG, SHORT = 1, -1
HUGE = 1e300


def _run(
    *decisions: Decision, bars: list[list[float]] | None = None, terms: dict[str, Any] | None = None, **changes: Any
) -> Outcome:
    """What comes of decisions at the close of the first bar; without other bars five flat ones at 1000."""
    inst = FREE._replace(**changes)
    return run(
        Scenario(
            [bars or [FLAT] * 5], decisions={0: decisions}, instruments=[inst], terms=TERMS._replace(**terms or {})
        )
    )


def _named(outcome: Outcome, name: str) -> list[Event]:
    return [event for event in outcome.events if event.name == name]


def _refused(outcome: Outcome) -> list[tuple[str, float, float]]:
    return [
        (event.fields["code"], event.fields["have"], event.fields["need"])
        for event in _named(outcome, "order_rejected")
    ]


def _with(side: int, **fields: Any) -> Entry:
    """An entry with any fields of a request."""
    short = {name: fields.pop(name) for name in set(Entry._fields) & set(fields)}
    return Entry(0, side, **short, more=fields)


def _half(**level: float) -> tuple[Target, ...]:
    """One target for half of the position."""
    return (Target(share=0.5, **level),)


IMPOSSIBLE = [
    (_with(LONG, type="limit", price=0.0), "PRICE_BELOW_TICK", 0.0, 0.1),
    (_with(LONG, type="limit", price=0.04), "PRICE_BELOW_TICK", 0.0, 0.1),
    (_with(SHORT, type="limit", price=-3.0), "PRICE_BELOW_TICK", -3.0, 0.1),
    (_with(SHORT, type="stop_market", trigger_price=0.0), "PRICE_BELOW_TICK", 0.0, 0.1),
    (_with(LONG, type="stop_market", trigger_price=-2.0), "PRICE_BELOW_TICK", -2.0, 0.1),
    (_with(SHORT, type="stop_limit", trigger_price=900.0, price=-1.0), "PRICE_BELOW_TICK", -1.0, 0.1),
    (_with(SHORT, type="stop_limit", trigger_price=0.0, price=900.0), "PRICE_BELOW_TICK", 0.0, 0.1),
    (_with(LONG, type="limit", price=-HUGE), "PRICE_BELOW_TICK", -HUGE, 0.1),
    (_with(LONG, stop_price=1000.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(LONG, stop_price=1000.09), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(LONG, stop_price=1200.0), "STOP_BEYOND_FILL", 1200.0, 1000.0),
    (_with(LONG, stop_price=HUGE), "STOP_BEYOND_FILL", HUGE, 1000.0),
    (_with(SHORT, stop_price=999.91), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(SHORT, stop_price=0.0), "STOP_BEYOND_FILL", 0.0, 1000.0),
    (_with(SHORT, stop_price=-7.0), "STOP_BEYOND_FILL", -7.0, 1000.0),
    (_with(LONG, stop_price=900.0, **BUY_AT), "STOP_BEYOND_FILL", 900.0, 900.0),
    (_with(LONG, stop_price=1100.0, type="stop_market", trigger_price=1050.0), "STOP_BEYOND_FILL", 1100.0, 1050.0),
    (_with(LONG, stop_distance=0.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(SHORT, stop_distance=-5.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(LONG, stop_distance=0.0, **BUY_AT), "STOP_BEYOND_FILL", 900.0, 900.0),
    (_with(LONG, trail_distance=0.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(SHORT, trail_distance=-1.0, trail_activation=900.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(LONG, stop_price=900.0, break_even_distance=0.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(LONG, target_price=1000.0), "TARGET_BEHIND_PRICE", 1000.0, 1000.0),
    (_with(LONG, target_price=999.0), "TARGET_BEHIND_PRICE", 999.0, 1000.0),
    (_with(LONG, target_price=0.0), "TARGET_BEHIND_PRICE", 0.0, 1000.0),
    (_with(LONG, target_price=-4.0), "TARGET_BEHIND_PRICE", -4.0, 1000.0),
    (_with(SHORT, target_price=1000.1), "TARGET_BEHIND_PRICE", 1000.1, 1000.0),
    (_with(LONG, target_distance=0.0), "TARGET_BEHIND_PRICE", 1000.0, 1000.0),
    (_with(SHORT, target_distance=-9.0), "TARGET_BEHIND_PRICE", 1000.0, 1000.0),
    (_with(LONG, target_price=895.0, **BUY_AT), "TARGET_BEHIND_PRICE", 895.0, 900.0),
    (_with(SHORT, target_price=0.0), "TARGET_BELOW_ZERO", 0.0, 0.0),
    (_with(SHORT, target_price=0.09), "TARGET_BELOW_ZERO", 0.0, 0.0),
    (_with(SHORT, target_price=-50.0), "TARGET_BELOW_ZERO", -50.0, 0.0),
    (_with(LONG, targets=_half(price=1100.0) + _half(price=990.0)), "TARGET_BEHIND_PRICE", 990.0, 1000.0),
    (_with(SHORT, targets=_half(distance=10.0) + _half(price=-1.0)), "TARGET_BELOW_ZERO", -1.0, 0.0),
    (_with(SHORT, stop_price=900.0, type="limit", price=0.0), "PRICE_BELOW_TICK", 0.0, 0.1),
    (_with(LONG, stop_price=1000.0, target_price=900.0), "STOP_BEYOND_FILL", 1000.0, 1000.0),
    (_with(SHORT, targets=_half(price=-1.0) + _half(price=1001.0)), "TARGET_BEHIND_PRICE", 1001.0, 1000.0),
]
SIZINGS = [("qty", 1.0), ("notional_usdt", 500.0), ("notional_pct", 10.0), ("margin_pct", 5.0), ("risk_pct", 1.0)]


@pytest.mark.parametrize(("wish", "code", "level", "against"), IMPOSSIBLE)
def test_an_impossible_level_is_refused_at_the_decision(wish: Entry, code: str, level: float, against: float) -> None:
    """The code and both numbers are told, the refusal counts, nothing is submitted and the run goes on."""
    outcome = _run(wish)
    assert _refused(outcome) == [(code, level, against)]
    assert outcome.counters.refusals == {code: 1}
    assert not _named(outcome, "order_submitted")
    assert outcome.status == "END_OF_DATA"


@pytest.mark.parametrize(("sizing", "value"), SIZINGS)
def test_levels_are_judged_before_the_size(sizing: str, value: float) -> None:
    """Whatever sizes it, a long with its stop at the close is refused for the stop, a limit at zero for the limit."""
    terms = {"sizing": sizing, "sizing_value": value}
    assert _refused(_run(_with(LONG, stop_price=1000.0), terms=terms)) == [("STOP_BEYOND_FILL", 1000.0, 1000.0)]
    wish = _with(LONG, stop_price=-10.0, type="limit", price=0.0)
    assert _refused(_run(wish, terms=terms)) == [("PRICE_BELOW_TICK", 0.0, 0.1)]


def test_a_sell_limit_is_judged_rounded_to_the_passive_side() -> None:
    """A sell limit of 0.04 rests at one tick, 0.1, and takes what the open offers."""
    outcome = _run(_with(SHORT, type="limit", price=0.04, sizing="qty", sizing_value=1.0), min_notional_usdt=0.0)
    assert not _refused(outcome)
    assert _named(outcome, "order_filled")[0].fields["price"] == 1000.0


@pytest.mark.parametrize("fields", [{"stop_distance": 1500.0}, {"stop_price": -500.0}, {"trail_distance": 1500.0}])
@pytest.mark.parametrize("margin_mode", ["isolated", "cross"])
def test_a_stop_below_zero_lies_beyond_the_liquidation(fields: dict[str, float], margin_mode: str) -> None:
    """From 1000 a stop at -500 warns and stays, is refused, or moves before LP 909.1 (in cross to one tick)."""
    wish = _with(LONG, **fields)
    # E * (1 - 1/10) / (1 - 1 %) = 909.0909...; a cross position has none of its own, which is told as 0
    liquidation = 900.0 / 0.99 if margin_mode == "isolated" else 0.0

    def told(mode: str) -> Outcome:
        return _run(wish, terms={"stop_vs_liquidation": mode, "margin_mode": margin_mode})

    (warned,) = _named(told("warn"), "warned")
    assert warned.fields["code"] == "STOP_BEYOND_LIQUIDATION"
    assert (warned.fields["stop_price"], warned.fields["liquidation_price"]) == (-500.0, pytest.approx(liquidation))
    assert _named(told("warn"), "position_opened")[0].fields["stop_price"] == -500.0
    assert told("warn").trades[0].stop_price == (None if "trail_distance" in fields else -500.0)
    (refused,) = _refused(told("reject"))
    assert refused == ("STOP_BEYOND_LIQUIDATION", -500.0, pytest.approx(liquidation))
    moved = 909.1 if margin_mode == "isolated" else 0.1
    (opened,) = _named(told("adjust"), "position_opened")
    assert opened.fields["stop_price"] == moved


@pytest.mark.parametrize("fields", [{"stop_price": 0.0}, {"stop_price": 0.05}, {"stop_distance": 1000.0}])
def test_a_stop_at_exactly_zero_is_a_stop(fields: dict[str, float]) -> None:
    """It takes its ids, is told as 0.0, lies beyond the liquidation price and is never reached."""
    outcome = _run(
        _with(LONG, **fields), Entry(0, LONG, stop_price=990.0), bars=[FLAT, FLAT, [1000, 1000, 920, 950, 1]]
    )
    first, second = _named(outcome, "order_submitted")
    assert second.fields["order_id"] - first.fields["order_id"] == 3
    assert _named(outcome, "position_opened")[0].fields["stop_price"] == 0.0
    assert [event.fields["code"] for event in _named(outcome, "warned")] == ["STOP_BEYOND_LIQUIDATION"]
    assert outcome.trades[0].exit_reason == "end_of_data"


def test_an_adjusted_stop_never_lies_on_the_liquidation_price_itself() -> None:
    """A liquidation price a tick but for its last digits is that tick: the stop is the one below it."""
    tiers = ((1e7, 0.0, 0.02, 50.0, 0.0),)
    fine = {"tick_size": "0.00001", "leverage": 25.0, "tiers": tiers}
    bar = [1020.83675] * 4 + [100.0]
    terms = {"stop_vs_liquidation": "adjust"}
    outcome = _run(_with(SHORT, stop_price=1070.0, sizing="qty", sizing_value=0.2), bars=[bar] * 3, terms=terms, **fine)
    (warned,) = _named(outcome, "warned")
    assert warned.fields["liquidation_price"] == pytest.approx(1061.67022, abs=1e-11)  # 1020.83675 * (1 + 1 / 25)
    assert warned.fields["moved_to"] == 1061.67021


def test_without_leverage_a_stop_below_zero_is_held_against_no_liquidation() -> None:
    """A long without leverage is never liquidated: LP is told as 0, and adjust moves the stop to one tick."""
    tiers = ((1e7, 0.0, 0.02, 50.0, 0.0),)
    wish = _with(LONG, stop_distance=1500.0)
    refused = _run(wish, terms={"stop_vs_liquidation": "reject"}, leverage=1.0, tiers=tiers)
    assert _refused(refused) == [("STOP_BEYOND_LIQUIDATION", -500.0, 0.0)]
    moved = _run(wish, terms={"stop_vs_liquidation": "adjust"}, leverage=1.0, tiers=tiers)
    assert _named(moved, "position_opened")[0].fields["stop_price"] == 0.1


def test_a_short_target_that_its_distance_puts_below_zero_is_refused_at_the_fill() -> None:
    """1000 - 1500 = -500: the order is submitted, since the fill could have been elsewhere, and refused at the open."""
    outcome = _run(_with(SHORT, target_distance=1500.0))
    assert len(_named(outcome, "order_submitted")) == 1
    assert _refused(outcome) == [("TARGET_BELOW_ZERO", -500.0, 0.0)]
    exact = _run(_with(SHORT, target_distance=1000.0))
    assert _refused(exact) == [("TARGET_BELOW_ZERO", 0.0, 0.0)]


def test_a_resting_limit_is_judged_by_what_its_distances_give_when_it_arrives() -> None:
    """A short's limit at 1100 with a target 1100 away is refused at its arrival, at the first open after it."""
    outcome = _run(_with(SHORT, type="limit", price=1100.0, target_distance=1100.0))
    assert _refused(outcome) == [("TARGET_BELOW_ZERO", 0.0, 0.0)]
    assert _named(outcome, "order_rejected")[0].ts == outcome.row_ts[0]


@pytest.mark.parametrize("fields", [{"stop_distance": 1e-12}, {"trail_distance": 1e-12}])
def test_a_distance_that_rounds_to_nothing_is_a_stop_at_the_fill(fields: dict[str, float]) -> None:
    """A stop a millionth of a millionth below a fill on the tick rounds to the fill itself."""
    assert _refused(_run(_with(LONG, **fields))) == [("STOP_BEYOND_FILL", 1000.0, 1000.0)]


def test_a_gap_beyond_the_stop_is_told_as_level_and_fill() -> None:
    """Decided at 1000 with a stop at 990, filled at 980: the stop is the level, the fill what it was held against."""
    gap = [980.0, 980.0, 980.0, 980.0, 100.0]
    assert _refused(_run(Entry(stop_price=990.0), bars=[FLAT, gap, gap])) == [("STOP_BEYOND_FILL", 990.0, 980.0)]


def test_a_reversing_entry_is_refused_and_its_close_stands() -> None:
    """The position is closed at the next open, nothing is opened, and the refusal is told once."""
    decisions = {0: [Entry()], 1: [Close(), Entry(0, SHORT, stop_price=1000.0)]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    assert _refused(outcome) == [("STOP_BEYOND_FILL", 1000.0, 1000.0)]
    assert [trade.exit_reason for trade in outcome.trades] == ["signal"]
    assert len(_named(outcome, "order_submitted")) == 2


@pytest.mark.parametrize(
    ("size", "opening", "closing"),
    [(3.0, 2.0, 1.0), (0.4, None, 0.4), (1.0, None, 1.0)],
    ids=["turns", "part", "whole"],
)
def test_an_order_that_turns_is_cut_to_what_closes(size: float, opening: float | None, closing: float) -> None:
    """Against one coin held, what would open is refused with its quantity; what closes only reduces."""
    wish = _with(SHORT, stop_price=1000.0, sizing="qty", sizing_value=size)
    decisions = {0: [Entry()], 1: [wish]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    refused = _named(outcome, "order_rejected")
    assert [event.fields["qty"] for event in refused] == ([] if opening is None else [opening])
    assert outcome.counters.refusals == ({} if opening is None else {"STOP_BEYOND_FILL": 1})
    assert _named(outcome, "order_submitted")[1].fields["qty"] == closing
    assert [event.fields["qty"] for event in _named(outcome, "order_filled")][1] == closing
    assert {trade.side for trade in outcome.trades} == {"long"}


def test_the_two_events_of_an_order_that_turns_have_room() -> None:
    """With one free place in the buffer of events a request waits until it was emptied."""
    books = np.zeros(1, BOOK)
    books["account"]["n_events"] = EVENT_CAPACITY - 2
    assert has_room_to_tell(books.ctypes.data)
    books["account"]["n_events"] = EVENT_CAPACITY - 1
    assert not has_room_to_tell(books.ctypes.data)


def test_an_order_that_turns_beside_a_partial_close_closes_the_rest() -> None:
    """Of one coin 0.4 is closed by the order before it; an impossible entry of three closes the other 0.6."""
    wish = _with(SHORT, target_price=-1.0, sizing="qty", sizing_value=3.0)
    decisions = {0: [Entry()], 1: [Close(more={"qty": 0.4}), wish]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    assert [event.fields["qty"] for event in _named(outcome, "order_filled")] == [1.0, 0.4, 0.6]
    assert _refused(outcome) == [("TARGET_BELOW_ZERO", -1.0, 0.0)]


@pytest.mark.parametrize("price", [0.0, -5.0, 0.04])
def test_an_order_that_turns_at_a_limit_of_nothing_closes_at_the_price_of_the_moment(price: float) -> None:
    """The smallest value is asked of what opens: of three coins two are refused, and one closes what is held."""
    wish = _with(LONG, type="limit", price=price, sizing="qty", sizing_value=3.0)
    decisions = {0: [Entry(0, SHORT)], 1: [wish, _with(SHORT)]}
    outcome = run(Scenario([[FLAT] * 4], decisions=decisions, instruments=[FREE]))
    refused = [event.fields for event in _named(outcome, "order_rejected")]
    assert [(fields["code"], fields["qty"]) for fields in refused] == [("PRICE_BELOW_TICK", 2.0)]
    selling = _with(SHORT, type="limit", price=-5.0, sizing="qty", sizing_value=3.0)
    closed = run(Scenario([[FLAT] * 4], decisions={0: [Entry()], 1: [selling]}, instruments=[FREE]))
    assert [(trade.exit_reason, trade.exit_price) for trade in closed.trades] == [("signal", 1000.0)]


@pytest.mark.parametrize("activation", [0.0, -100.0, 999.0, 1000.0])
def test_an_activation_that_is_not_ahead_of_the_fill_is_reached_at_once(activation: float) -> None:
    """A long filled at 1000 trails by 30 from its fill on, and leaves at 970 in that bar."""
    bar = [1000.0, 1050.0, 960.0, 1005.0, 100.0]
    outcome = _run(_with(LONG, trail_distance=30.0, trail_activation=activation), bars=[FLAT, bar, FLAT])
    assert [(trade.exit_reason, trade.exit_price) for trade in outcome.trades] == [("trailing_stop", 970.0)]
    ahead = _run(_with(LONG, trail_distance=30.0, trail_activation=1000.1), bars=[FLAT, bar, FLAT])
    assert [trade.exit_price for trade in ahead.trades] == [1000.0]  # it starts at the close, at 1050 - 30


def test_what_a_turn_opens_loses_no_step() -> None:
    """1.185674 sold against 1.0929712 leaves 0.0927028, the nearest multiple of a seventh decimal."""
    fine = {"qty_step": "0.0000001", "min_qty": 1e-7}
    decisions = {
        0: [_with(LONG, sizing="qty", sizing_value=1.0929712)],
        1: [_with(SHORT, sizing="qty", sizing_value=1.185674)],
    }
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE._replace(**fine)]))
    assert [trade.qty for trade in outcome.trades] == [1.0929712, 0.0927028]


def test_an_added_entry_is_judged_though_its_levels_are_not_used() -> None:
    """A stop at the reference price refuses what would add, at the decision and at the fill."""
    decisions = {0: [Entry(stop_price=900.0)], 1: [Entry(stop_price=1000.0)], 2: [_with(LONG, stop_distance=1e-12)]}
    outcome = run(Scenario([[FLAT] * 6], decisions=decisions, instruments=[FREE]))
    assert _refused(outcome) == [("STOP_BEYOND_FILL", 1000.0, 1000.0)] * 2
    assert [trade.qty for trade in outcome.trades] == [1.0]


def test_the_codes_come_after_those_of_the_account_and_the_listing() -> None:
    """While entries are disabled an impossible wish counts as that; before the first bar it is not listed."""
    stopped = run(
        Scenario(
            [[FLAT, FLAT, [950.0] * 4 + [1.0], FLAT, FLAT]],
            decisions={0: [Entry()], 2: [Entry(stop_price=5000.0)]},
            instruments=[FREE],
            terms=TERMS._replace(daily_loss_pct=0.5),
        )
    )
    assert stopped.counters.refusals == {"ENTRIES_DISABLED": 1}
    late = run(
        Scenario(
            [[FLAT] * 4] * 2,
            decisions={0: [Entry(1, stop_price=5000.0)]},
            instruments=[FREE, FREE._replace(symbol="B")],
            has_bar=[[True] * 4, [False, False, True, True]],
        )
    )
    assert late.counters.refusals == {"NOT_LISTED": 1}


@pytest.mark.parametrize("qty", [0.0, -1.0, 0.0009])
def test_a_close_that_rounds_to_nothing_is_refused(qty: float) -> None:
    """The quantity and one step are told, and the position stays until the end."""
    decisions = {0: [Entry()], 1: [Close(more={"qty": qty})]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    assert _refused(outcome) == [("BELOW_MIN_QTY", qty, 0.001)]
    assert [trade.exit_reason for trade in outcome.trades] == ["end_of_data"]


@pytest.mark.parametrize(("value", "have"), [(0.0, 0.0), (-2.0, -2.0), (0.0004, 0.0)])
def test_a_size_that_rounds_to_nothing_is_refused(value: float, have: float) -> None:
    """The quantity and the smallest one are told; that it has no stop is no matter for a size in coins."""
    outcome = _run(_with(LONG, sizing="qty", sizing_value=value))
    assert _refused(outcome) == [("BELOW_MIN_QTY", have, 0.001)]


def test_a_close_below_zero_is_taken_as_it_is() -> None:
    """A sell limit at -5 closes at the price of the moment; a buy limit at 0 would close a short never."""
    decisions = {0: [Entry()], 1: [Close(more={"type": "limit", "price": -5.0})]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    assert [(trade.exit_reason, trade.exit_price) for trade in outcome.trades] == [("signal", 1000.0)]
    decisions = {0: [Entry(0, SHORT)], 1: [Close(more={"type": "limit", "price": 0.0})]}
    outcome = run(Scenario([[FLAT] * 5], decisions=decisions, instruments=[FREE]))
    assert [trade.exit_reason for trade in outcome.trades] == ["end_of_data"]


def test_a_share_below_one_step_is_told_once_and_left_to_the_last_level() -> None:
    """0.0002 of one coin is no step of 0.001: told at 1010, where it is reached; the last level closes all."""
    targets = (Target(price=1010.0, share=0.0002), Target(price=1020.0, share=0.9998))
    up = [1000.0, 1015.0, 1000.0, 1005.0, 100.0]
    top = [1005.0, 1030.0, 1000.0, 1010.0, 100.0]
    outcome = _run(_with(LONG, targets=targets), bars=[FLAT, FLAT, up, up, top, FLAT])
    (warned,) = _named(outcome, "warned")
    fields = warned.fields
    assert (fields["code"], fields["have"], fields["need"]) == ("SHARE_BELOW_STEP", pytest.approx(0.0002), 0.001)
    assert [(trade.exit_reason, trade.exit_price, trade.qty) for trade in outcome.trades] == [("target", 1020.0, 1.0)]
    assert outcome.counters.refusals == {}


@pytest.mark.parametrize("share", [0.0, -0.5])
def test_a_share_of_nothing_is_a_share_below_one_step(share: float) -> None:
    """It closes nothing at its level, and what is left goes to the last one."""
    targets = (Target(price=1010.0, share=share), Target(price=1020.0, share=1.0))
    top = [1000.0, 1030.0, 1000.0, 1010.0, 100.0]
    outcome = _run(_with(LONG, targets=targets), bars=[FLAT, FLAT, top, FLAT])
    assert [event.fields["code"] for event in _named(outcome, "warned")] == ["SHARE_BELOW_STEP"]
    assert [trade.exit_price for trade in outcome.trades] == [1020.0]


@pytest.mark.parametrize(
    "wish",
    [
        _with(LONG, stop_distance=HUGE),
        _with(LONG, stop_price=-HUGE),
        _with(LONG, target_price=HUGE),
        _with(LONG, target_distance=1.7e308),
        _with(LONG, trail_distance=1.7e308, stop_price=900.0),
        _with(LONG, trail_distance=5.0, trail_activation=-HUGE),
        _with(SHORT, stop_price=HUGE),
        _with(SHORT, type="limit", price=HUGE),
        _with(LONG, type="stop_market", trigger_price=HUGE),
        _with(LONG, sizing="qty", sizing_value=1.7e308),
        _with(LONG, sizing="notional_usdt", sizing_value=1.7e308),
        _with(LONG, stop_price=-HUGE, sizing="risk_pct", sizing_value=1.7e308),
    ],
)
@pytest.mark.parametrize("mode", ["warn", "adjust"])
def test_huge_numbers_are_numbers(wish: Entry, mode: str) -> None:
    """Far beyond any tick nothing overflows: the run ends, each told number is finite, a position has a price."""
    outcome = _run(wish, terms={"stop_vs_liquidation": mode})
    assert outcome.status == "END_OF_DATA"
    for event in outcome.events:
        numbers = [value for value in event.fields.values() if isinstance(value, float)]
        assert all(abs(number) < float("inf") for number in numbers), event


@pytest.mark.parametrize("name", ["stop_price", "price", "trail_distance", "target_distance"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_does_not_enter_the_exchange(name: str, value: float) -> None:
    """NaN and infinity are no levels: they raise where the order is handed over."""
    kind = {"type": "limit"} if name == "price" else {}
    with pytest.raises(ValueError, match="a number of an order is finite"):
        _run(_with(LONG, **{name: value}, **kind))
