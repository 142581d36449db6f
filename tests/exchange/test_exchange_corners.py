"""The far corners: what outlives its trade, what is taken back or cut off, what two rules meet in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exchange_scenarios import (
    INSTRUMENT,
    START_MS,
    STEP_MS,
    TERMS,
    Cancel,
    Close,
    Entry,
    Outcome,
    Scenario,
    exchange_of,
    run,
)

from btcli.exchange.face.events import EQUITY_COLUMNS, Event
from btcli.exchange.face.request import Target
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import market_of

FLAT = [1000.0, 1000.0, 1000.0, 1000.0, 100.0]
THIN = [1000.0, 1000.0, 1000.0, 1000.0, 4.0]
NONE = [0.0] * 5
LIMIT = {"type": "limit", "price": 990.0}


def _told(outcome: Outcome, *names: str) -> list[Event]:
    return [event for event in outcome.events if event.name in names]


@pytest.mark.parametrize(
    "order",
    [
        {"type": "limit", "price": 1030.0},
        {"type": "stop_market", "trigger_price": 970.0},
        {"type": "stop_limit", "trigger_price": 970.0, "price": 968.0},
    ],
)
def test_an_order_that_reduces_is_cancelled_once_its_trade_has_ended(order: dict[str, Any]) -> None:
    """Closed at open 3, the trade's reducing order goes at open 4 and never acts on the trade that opens at open 5."""
    swing = [1000.0, 1040.0, 965.0, 1000.0, 100.0]
    decisions = {0: [Entry()], 1: [Close(more=order)], 2: [Close()], 4: [Entry()]}
    outcome = run(Scenario([[FLAT] * 6 + [swing, FLAT]], decisions=decisions))
    assert [trade.exit_reason for trade in outcome.trades] == ["signal", "end_of_data"]
    [cancelled] = _told(outcome, "order_cancelled")
    assert cancelled.fields["code"] == "REDUCE_ONLY_NOTHING_TO_REDUCE"
    assert cancelled.ts == START_MS + 4 * STEP_MS


def test_an_order_that_reduces_leaves_a_trade_alone_that_opens_where_its_own_ends() -> None:
    """Close and entry fill at the same open 3; in that bar the old limit at 1030 is passed and reduces nothing."""
    bars = [FLAT] * 3 + [[1000.0, 1040.0, 1000.0, 1000.0, 100.0]] + [FLAT] * 2
    order = {"type": "limit", "price": 1030.0}
    outcome = run(Scenario([bars], decisions={0: [Entry()], 1: [Close(more=order)], 2: [Close(), Entry()]}))
    assert [trade.exit_reason for trade in outcome.trades] == ["signal", "end_of_data"]


def test_a_close_that_travels_does_not_end_a_later_trade() -> None:
    """With two bars of delay, a close decided for a stopped trade arrives after the next entry and is cancelled."""
    bars = [FLAT] * 4 + [[1000.0, 1000.0, 940.0, 1000.0, 100.0]] + [FLAT] * 6
    decisions = {0: [Entry(stop_price=950.0)], 2: [Entry()], 3: [Close()]}
    outcome = run(Scenario([bars], decisions=decisions, terms=TERMS._replace(delay_bars=2)))
    # in at open 3, stopped in bar 4; in again at open 5; the close of close 3 arrives at open 6
    assert [trade.exit_reason for trade in outcome.trades] == ["stop", "end_of_data"]
    [cancelled] = _told(outcome, "order_cancelled")
    assert (cancelled.ts, cancelled.fields["code"]) == (START_MS + 6 * STEP_MS, "REDUCE_ONLY_NOTHING_TO_REDUCE")


def test_what_is_taken_back_is_cancelled_at_the_next_open() -> None:
    """A cancellation decided at a close reaches the exchange in phase B, after that open's settlement."""
    funding = [(START_MS + 2 * STEP_MS, 1e-4, 1000.0)]
    decisions = {0: [Entry(more=LIMIT), Entry()], 1: [Cancel()]}
    names = [event.name for event in run(Scenario([[FLAT] * 5], None, decisions, [funding])).events]
    assert names.index("funding_settled") < names.index("order_cancelled")


def test_the_reserve_of_an_order_taken_back_counts_until_the_open() -> None:
    """A settlement at that open finds 5.1171 of 208 available and takes the other 4.8829 of its 10 out of the margin.

    Long 1 at 1001: fee 1.001, PM 100.1 + 0.9009; the buy at 990 reserves 99 + 0.99 + 0.891.
    """
    funding = [(START_MS + 2 * STEP_MS, 0.01, 1000.0)]
    decisions = {0: [Entry(), Entry(more=LIMIT)], 1: [Cancel()]}
    outcome = run(Scenario([[FLAT] * 5], None, decisions, [funding], cash=208.0))
    [settled] = _told(outcome, "funding_settled")
    assert settled.fields["liquidation_price"] == pytest.approx((1001.0 - 100.1 + 4.8829 / 0.999) / 0.99, abs=1e-6)


def test_an_order_is_replaced_with_the_balance_that_the_old_one_frees() -> None:
    """110 pays for one coin at 990 (100.881); taken back and asked for anew at the same close, it is not capped."""
    decisions = {0: [Entry(more=LIMIT)], 1: [Cancel(), Entry(more=LIMIT | {"price": 980.0})]}
    outcome = run(Scenario([[FLAT] * 4], decisions=decisions, cash=110.0))
    assert [event.fields["qty"] for event in _told(outcome, "order_submitted")] == [1.0, 1.0]
    assert not _told(outcome, "order_rejected")
    assert [event.fields["order_id"] for event in _told(outcome, "order_cancelled")] == [1, 2]  # 2 at the end of data


def test_what_the_volume_cuts_off_a_market_order_is_cancelled() -> None:
    """10 % of 4 coins are 0.4; of 1 coin asked for, 0.6 are cancelled with PARTICIPATION."""
    thin = INSTRUMENT._replace(max_participation=0.1)
    outcome = run(Scenario([[THIN] * 4], decisions={0: [Entry()]}, instruments=[thin]))
    [cancelled] = _told(outcome, "order_cancelled")
    assert (cancelled.fields["order_id"], cancelled.fields["code"], cancelled.fields["qty"]) == (
        1,
        "PARTICIPATION",
        0.6,
    )


def test_what_the_volume_cuts_off_a_stop_entry_is_cancelled() -> None:
    """A stop entry is a market order once it triggers: 0.4 fill, 0.6 are cancelled."""
    bars = [THIN, [1000.0, 1020.0, 1000.0, 1020.0, 4.0], THIN, THIN]
    order = {"type": "stop_market", "trigger_price": 1010.0}
    thin = INSTRUMENT._replace(max_participation=0.1)
    outcome = run(Scenario([bars], decisions={0: [Entry(more=order)]}, instruments=[thin]))
    assert [(event.fields["code"], event.fields["qty"]) for event in _told(outcome, "order_cancelled")] == [
        ("PARTICIPATION", 0.6)
    ]


def test_a_quantity_stays_on_its_step_through_parts() -> None:
    """A limit for 0.3 that fills 0.1 a bar leaves 0.2, then 0.1; sums and differences of floats leave no dust."""
    thin = INSTRUMENT._replace(max_participation=0.1, qty_step="0.1")
    bars = [FLAT] + [[1000.0, 1000.0, 980.0, 1000.0, 1.0]] * 3 + [FLAT] * 2
    sized = LIMIT | {"sizing": "qty", "sizing_value": 0.3}
    part = {"type": "limit", "price": 1100.0, "qty": 0.1}
    decisions = {0: [Entry(more=sized)], 3: [Close(more={"qty": 0.1})], 4: [Close(more=part)]}
    outcome = run(Scenario([bars], decisions=decisions, instruments=[thin]))
    assert [event.fields["qty"] for event in _told(outcome, "position_opened", "position_changed")] == [
        0.1,
        0.2,
        0.3,
        0.2,
    ]


def test_an_order_for_a_symbol_after_its_last_bar_is_refused() -> None:
    """B's last bar is bar 1; what is asked for at its close is refused DELISTED and leaves nothing in the book."""
    pair = [INSTRUMENT, INSTRUMENT._replace(symbol="B")]
    has_bar = [[True] * 6, [True] * 2 + [False] * 4]
    scenario = Scenario([[FLAT] * 6, [FLAT] * 2 + [NONE] * 4], instruments=pair, has_bar=has_bar)
    outcome = run(scenario._replace(decisions={1: [Entry(1)]}))
    assert [event.fields["code"] for event in _told(outcome, "order_rejected")] == ["DELISTED"]


def test_an_order_for_a_symbol_before_its_first_bar_is_refused() -> None:
    """B's first bar is bar 3; what is asked for at close 1 has no price and is refused NOT_LISTED."""
    pair = [INSTRUMENT, INSTRUMENT._replace(symbol="B")]
    has_bar = [[True] * 6, [False] * 3 + [True] * 3]
    scenario = Scenario([[FLAT] * 6, [NONE] * 3 + [FLAT] * 3], instruments=pair, has_bar=has_bar)
    outcome = run(scenario._replace(decisions={1: [Entry(1)], 3: [Entry(1)]}))
    assert [event.fields["code"] for event in _told(outcome, "order_rejected")] == ["NOT_LISTED"]
    assert [(trade.symbol, trade.entry_ts) for trade in outcome.trades] == [("B", START_MS + 4 * STEP_MS)]


def test_an_order_for_a_delisted_symbol_hides_no_starvation() -> None:
    """4.249525 are left after the close at B = 900.9, below the 4.5855 that 0.05 coins at 900 cost: one event.

    0.25 bought at 1001 with 31, 1.25 of funding: 31 - 0.25025 - 1.25 - 25.025 - 0.225225.
    """
    a = INSTRUMENT._replace(min_qty=0.05)
    bars = [FLAT, FLAT, [1000.0, 1000.0, 911.0, 911.0, 100.0], *[[900.0] * 4 + [100.0]] * 5]
    small = Entry(1, more={"sizing": "qty", "sizing_value": 0.05})
    outcome = run(
        Scenario(
            [bars, [FLAT, FLAT] + [NONE] * 6],
            instruments=[a, a._replace(symbol="B")],
            has_bar=[[True] * 8, [True, True] + [False] * 6],
            cash=31.0,
            funding=[[(START_MS + 2 * STEP_MS, 0.005, 1000.0)], ()],
            terms=TERMS._replace(sizing_value=0.25, on_liquidation="continue"),
            decisions={0: [Entry(0)], 1: [small], 2: [Close(0)]},
        )
    )
    assert [event.fields["code"] for event in _told(outcome, "entries_disabled")] == ["STRATEGY_STARVED"]


def test_adding_inside_a_bar_leaves_the_trailing_stop_alone() -> None:
    """Held from before, the position follows all of bar 2 (high 1050, trail 20), though a limit added at 990 in it."""
    bars = [FLAT, FLAT, [1000.0, 1050.0, 985.0, 1000.0, 100.0], FLAT, FLAT]
    more = LIMIT | {"sizing": "qty", "sizing_value": 0.1}
    decisions = {0: [Entry(more={"trail_distance": 20.0})], 1: [Entry(more=more)]}
    outcome = run(Scenario([bars], decisions=decisions))
    assert [event.fields["stop_price"] for event in _told(outcome, "stop_moved")] == [1030.0]


def test_a_refused_entry_uses_no_volume() -> None:
    """The bar lets one coin through; the first entry's stop lies beyond its fill, so the second has all of it."""
    thin, bars = INSTRUMENT._replace(max_participation=0.1), [[1000.0, 1000.0, 1000.0, 1000.0, 10.0]] * 4
    outcome = run(Scenario([bars], decisions={0: [Entry(stop_price=1002.0), Entry()]}, instruments=[thin]))
    assert [event.fields["code"] for event in _told(outcome, "order_rejected")] == ["STOP_BEYOND_FILL"]
    assert [event.fields["qty"] for event in _told(outcome, "position_opened")] == [1.0]


def test_a_stop_that_triggers_without_volume_is_cancelled_there() -> None:
    """A triggered stop is a market order: in a bar that lets nothing through it is cancelled, not kept for later."""
    dry, wet = [1000.0, 1020.0, 1000.0, 1000.0, 0.0], [1000.0, 1020.0, 1000.0, 1000.0, 10.0]
    order = {"type": "stop_market", "trigger_price": 1010.0}
    thin = INSTRUMENT._replace(max_participation=0.1)
    outcome = run(Scenario([[FLAT, dry, wet, FLAT]], decisions={0: [Entry(more=order)]}, instruments=[thin]))
    assert [(event.fields["code"], event.ts) for event in _told(outcome, "order_cancelled")] == [
        ("PARTICIPATION", START_MS + STEP_MS)
    ]
    assert not outcome.trades


def test_a_stop_limit_triggers_without_volume() -> None:
    """Its trigger is reached in a dry bar; from then on it is a limit, which the next bar trades through."""
    dry, wet = [1000.0, 1020.0, 1000.0, 1008.0, 0.0], [1008.0, 1008.0, 1003.0, 1004.0, 10.0]
    order = {"type": "stop_limit", "trigger_price": 1010.0, "price": 1005.0}
    thin = INSTRUMENT._replace(max_participation=0.1)
    outcome = run(Scenario([[FLAT, dry, wet, FLAT, FLAT]], decisions={0: [Entry(more=order)]}, instruments=[thin]))
    assert [event.ts for event in _told(outcome, "order_triggered")] == [START_MS + STEP_MS]
    assert [trade.entry_ts for trade in outcome.trades] == [START_MS + 2 * STEP_MS]


def test_a_limit_refused_at_its_fill_says_how_much() -> None:
    """Two symbols rest a buy of 1 at 990 and one position is allowed: the second is refused for 1 coin."""
    bars = [FLAT, FLAT, [1000.0, 1000.0, 985.0, 1000.0, 100.0], FLAT]
    outcome = run(
        Scenario(
            [bars, bars],
            instruments=[INSTRUMENT, INSTRUMENT._replace(symbol="B")],
            terms=TERMS._replace(max_open_positions=1),
            decisions={0: [Entry(0, more=LIMIT), Entry(1, more=LIMIT)]},
        )
    )
    refused = [(event.fields["code"], event.fields["qty"]) for event in _told(outcome, "order_rejected")]
    assert refused == [("MAX_OPEN_POSITIONS", 1.0)]


def test_a_full_book_refuses_one_more_and_can_be_emptied() -> None:
    """With 4,096 live orders the next one is refused with TOO_MANY_ORDERS; taking them back works."""
    exchange = exchange_of(Scenario([[FLAT] * 4], cash=1e9))
    exchange.advance(0, 1)
    for _ in range(4097):
        exchange.submit_entry(0, 1, type="limit", price=900.0, sizing="qty", sizing_value=0.01)
    exchange.cancel_orders(0)
    exchange.advance(1, 2)
    assert exchange.counters().refusals == {"TOO_MANY_ORDERS": 1}
    assert len([event for event in exchange.drain_events() if event.name == "order_cancelled"]) == 4096


CROSS = TERMS._replace(margin_mode="cross", on_liquidation="continue")
FREE = INSTRUMENT._replace(
    taker_fee_rate=0.0, maker_fee_rate=0.0, close_fee_rate=0.0, slippage_bps=0.0, stop_slippage_bps=0.0
)


@pytest.mark.parametrize(("path", "reason"), [("pessimistic", "liquidation"), ("optimistic", "target")])
def test_a_cross_account_that_could_fail_in_the_bar_of_a_target_makes_it_ambiguous(path: str, reason: str) -> None:
    """1 coin at 1000 with 110: 110 + p - 1000 <= 1 % of p at p = 898.98; the bar runs from 890 to 1060, target 1050."""
    bars = [FLAT, FLAT, [1000.0, 1060.0, 890.0, 1000.0, 100.0], FLAT]
    decisions = {0: [Entry(target_price=1050.0)]}
    terms = CROSS._replace(path=path)
    [trade] = run(Scenario([bars], decisions=decisions, instruments=[FREE], cash=110.0, terms=terms)).trades
    assert (trade.exit_reason, trade.ambiguous) == (reason, True)


def test_a_cross_account_that_could_have_failed_in_a_bar_marks_the_trades_that_it_carried_through() -> None:
    """Two longs of 1 with 110: each bar's low costs 60; both at once would fail the account, one by one does not.

    On the adaptive path A (10 up, 60 down) goes up first, B (80 up, 60 down) goes down first, so the lows never meet.
    """
    a = [FLAT, FLAT, [1000.0, 1010.0, 940.0, 1000.0, 100.0], FLAT]
    b = [FLAT, FLAT, [1000.0, 1080.0, 940.0, 1000.0, 100.0], FLAT]
    light = FREE._replace(leverage=50.0)
    scenario = Scenario(
        [a, b],
        instruments=[light, light._replace(symbol="B")],
        cash=110.0,
        terms=CROSS._replace(path="adaptive"),
        decisions={0: [Entry(0), Entry(1)]},
    )
    told = [(trade.exit_reason, trade.ambiguous) for trade in run(scenario).trades]
    assert told == [("end_of_data", True)] * 2


def test_an_empty_cross_account_ends_its_walk() -> None:
    """A liquidation on the path that leaves nothing (the insurance fund covers the fee) leaves nothing to walk for."""
    tight = INSTRUMENT._replace(close_fee_rate=0.0, slippage_bps=0.0, tiers=((1e9, 0.0005, 0.01, 100.0, 0.0),))
    bars = [FLAT, FLAT, [1000.0, 1000.0, 880.0, 1000.0, 100.0], FLAT]
    outcome = run(Scenario([bars], decisions={0: [Entry()]}, instruments=[tight], cash=101.2, terms=CROSS))
    assert ([trade.exit_reason for trade in outcome.trades], outcome.cash) == (["liquidation"], 0.0)


def test_a_limit_entry_against_a_position_is_tested_and_reserved_when_it_arrives() -> None:
    """A buy of 3 at 990 beside a short of 1 reserves 990 * 3 * (1 / 10 + 0.001 + 0.9 * 0.001) = 302.643."""
    buy = Entry(more=LIMIT | {"sizing": "qty", "sizing_value": 3.0})
    rows = run(Scenario([[FLAT] * 4], decisions={0: [Entry(0, -1)], 1: [buy]})).rows
    row = dict(zip(EQUITY_COLUMNS, rows[2].tolist(), strict=True))
    assert row["cash_usdt"] - row["used_margin_usdt"] - row["free_margin_usdt"] == pytest.approx(302.643)


def test_no_price_falls_below_one_tick() -> None:
    """k 2, sigma 0.5, q / V 4 slip a sale by 200 %: it is made at one tick, as is the sale of one."""
    thin = [1000.0, 1000.0, 500.0, 1000.0, 1.0]
    steep = INSTRUMENT._replace(impact_k=2.0, leverage=1.0)
    four = Entry(more={"sizing": "qty", "sizing_value": 4.0})
    scenario = Scenario([[FLAT, FLAT, thin, FLAT]], decisions={0: [four], 1: [Close()]}, instruments=[steep], cash=1e5)
    assert run(scenario._replace(terms=CROSS)).trades[0].exit_price == 0.1
    low = INSTRUMENT._replace(leverage=1.0, min_notional_usdt=0.0)
    bars = [[0.1, 0.1, 0.1, 0.1, 100.0]] * 5
    assert run(Scenario([bars], decisions={0: [four], 1: [Close()]}, instruments=[low])).trades[0].exit_price == 0.1


def test_risk_is_sized_by_the_tighter_of_two_stops() -> None:
    """1 % of 10,000 over a trailing distance of 30, not over the 100 to the fixed stop: 3.333 coins."""
    terms = TERMS._replace(sizing="risk_pct", sizing_value=1.0, costs_in_risk=False)
    wish = Entry(stop_price=900.0, more={"trail_distance": 30.0})
    outcome = run(Scenario([[FLAT] * 4], decisions={0: [wish]}, terms=terms))
    assert [event.fields["qty"] for event in _told(outcome, "order_submitted")] == [3.333]


def test_impact_is_of_what_fills() -> None:
    """A reduce-only order for 4 with 1 held fills 1: k 0.5, sigma 0.02, V 100 slip it by 0.5 * 0.02 * 0.1 = 0.1 %."""
    bars = [FLAT, FLAT, [1000.0, 1010.0, 990.0, 1000.0, 100.0], FLAT]
    slow = INSTRUMENT._replace(impact_k=0.5, slippage_bps=0.0)
    outcome = run(Scenario([bars], decisions={0: [Entry()], 1: [Close(more={"qty": 4.0})]}, instruments=[slow]))
    assert outcome.trades[0].exit_price == 999.0


def test_the_state_shows_the_stop_that_counts_and_the_open_orders() -> None:
    """A trail of 20 below an entry at 1001 counts over the stop at 900; an order taken back is no longer open."""
    exchange = exchange_of(Scenario([[FLAT] * 4]))
    exchange.advance(0, 1)
    exchange.submit_entry(0, 1, stop_price=900.0, trail_distance=20.0)
    exchange.submit_entry(0, 1, type="limit", price=950.0)
    assert (exchange.state()["stop_price"], exchange.state()["open_orders"]) == (0.0, 2)
    exchange.advance(1, 2)
    assert (exchange.state()["stop_price"], exchange.state()["open_orders"]) == (981.0, 1)
    exchange.cancel_orders(0)
    assert exchange.state()["open_orders"] == 0


@pytest.mark.parametrize(("mode", "ends"), [("warn", ["liquidation"]), ("adjust", ["stop"]), ("reject", [])])
def test_a_trailing_stop_that_starts_beyond_the_liquidation_is_a_stop_beyond_it(mode: str, ends: list[str]) -> None:
    """Long at 1000, LP 900 / 0.99 = 909.09; a trail of 100 starts at 900. Adjusted it stands at 909.1: out at 907.2."""
    still = INSTRUMENT._replace(slippage_bps=0.0)
    bars = [FLAT, FLAT, [1000.0, 1000.0, 905.0, 950.0, 100.0], FLAT]
    wish = {0: [Entry(more={"trail_distance": 100.0})]}
    terms = TERMS._replace(stop_vs_liquidation=mode)
    outcome = run(Scenario([bars], decisions=wish, terms=terms, instruments=[still]))
    assert [trade.exit_reason for trade in outcome.trades] == ends
    assert len(_told(outcome, "warned", "order_rejected")) == 1
    assert [trade.exit_price for trade in outcome.trades if mode == "adjust"] == [907.2] * (mode == "adjust")


@pytest.mark.parametrize("path", ["pessimistic", "optimistic"])
def test_trigger_and_limit_of_a_closing_stop_limit_in_one_bar_leave_the_trade_ambiguous(path: str) -> None:
    """Sell at 1010 once 990 was reached, in a bar from 980 to 1020: low first it fills, high first it rests."""
    wide = [1000.0, 1020.0, 980.0, 1000.0, 100.0]
    close = Close(more={"type": "stop_limit", "trigger_price": 990.0, "price": 1010.0})
    scenario = Scenario([[FLAT, FLAT, wide, FLAT]], decisions={0: [Entry()], 1: [close]})
    assert [trade.ambiguous for trade in run(scenario._replace(terms=TERMS._replace(path=path))).trades] == [True]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"type": "limit", "price": 1030.0}, "stop"),
        ({"type": "stop_market", "trigger_price": 985.0}, "signal"),
    ],
)
def test_a_closing_order_beside_the_bracket_in_one_bar_leaves_the_trade_ambiguous(
    order: dict[str, Any], reason: str
) -> None:
    """The low of 970 comes first: past the order's 985 to the stop at 980; the limit at 1030 lies on the other side."""
    wide = [1000.0, 1040.0, 970.0, 1000.0, 100.0]
    decisions = {0: [Entry(stop_price=980.0)], 1: [Close(more=order)]}
    [trade] = run(Scenario([[FLAT, FLAT, wide, FLAT]], decisions=decisions)).trades
    assert (trade.exit_reason, trade.ambiguous) == (reason, True)


def test_a_closing_order_alone_in_its_bar_is_certain() -> None:
    """The limit at 1030 is the only level between 990 and 1040: nothing hangs on the order inside the bar."""
    wide = [1000.0, 1040.0, 990.0, 1000.0, 100.0]
    decisions = {0: [Entry(stop_price=980.0)], 1: [Close(more={"type": "limit", "price": 1030.0})]}
    [trade] = run(Scenario([[FLAT, FLAT, wide, FLAT]], decisions=decisions)).trades
    assert (trade.exit_reason, trade.ambiguous) == ("signal", False)


def test_what_a_cross_account_can_spend_at_an_open_goes_by_the_mark_of_that_open() -> None:
    """Long 4 at 1000 with 996 left; the mark opens at 950, so 796 - 383.6 = 412.4 buy 4.047 more at 101.9 a coin."""
    plain = INSTRUMENT._replace(slippage_bps=0.0)
    marks = [FLAT[:4], FLAT[:4], [950.0, 1000.0, 950.0, 1000.0], FLAT[:4]]
    wishes = {step: [Entry(more={"sizing": "qty", "sizing_value": qty})] for step, qty in ((0, 4.0), (1, 5.0))}
    outcome = run(Scenario([[FLAT] * 4], [marks], wishes, instruments=[plain], terms=CROSS, cash=1000.0))
    assert [event.fields["qty"] for event in _told(outcome, "order_filled")][:2] == [4.0, 4.047]


def test_the_rest_of_a_reversing_limit_is_reserved() -> None:
    """A buy of 5 at 1010 takes 2 of a bar's volume: 1 closes the short, 1 opens, 3 rest: 3030 * 0.1019 = 308.757."""
    thin = INSTRUMENT._replace(max_participation=0.1)
    bars = [[1000.0, 1000.0, 1000.0, 1000.0, volume] for volume in (100.0, 100.0, 20.0, 0.0)]
    buy = Entry(more={"type": "limit", "price": 1010.0, "sizing": "qty", "sizing_value": 5.0})
    rows = run(Scenario([bars], decisions={0: [Entry(0, -1)], 1: [buy]}, instruments=[thin])).rows
    row = dict(zip(EQUITY_COLUMNS, rows[2].tolist(), strict=True))
    assert row["position_qty"] == 1.0
    assert row["cash_usdt"] - row["used_margin_usdt"] - row["free_margin_usdt"] == pytest.approx(308.757)


def test_a_symbol_that_is_delisted_at_the_last_step_is_closed_at_its_mark() -> None:
    """Told that A ends with bar 3, the last there is, the exchange closes it at 1000 without slippage."""
    bars = np.array([FLAT] * 4)
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    exchange = SimulatedExchange(
        market_of(
            symbols=["A"],
            ts_open=START_MS + STEP_MS * np.arange(4),
            step_ms=STEP_MS,
            last=[bars],
            mark=None,
            funding=[nothing],
            delisted=[True],
        ),
        instruments=[INSTRUMENT],
        terms=TERMS,
        initial_equity_usdt=1000.0,
    )
    exchange.advance(0, 1)
    exchange.submit_entry(0, 1)
    [trade] = exchange.advance(1, 4).closed_trades
    assert (trade.exit_reason, trade.exit_price) == ("delisted", 1000.0)


def test_a_delisted_symbol_is_not_the_cheapest_to_trade() -> None:
    """0.8 USDT pay for 0.001 of A (1.019) never, for half a coin of B at 10 (0.51) until its last bar is gone."""
    dear, cheap = [[10_000.0] * 4 + [100.0]] * 8, [[10.0] * 4 + [100.0]] * 4 + [NONE] * 4
    pair = [INSTRUMENT, INSTRUMENT._replace(symbol="B")]
    has_bar = [[True] * 8, [True] * 4 + [False] * 4]
    outcome = run(Scenario([dear, cheap], instruments=pair, has_bar=has_bar, cash=0.8))
    [disabled] = _told(outcome, "entries_disabled")
    assert (disabled.fields["code"], disabled.ts) == ("STRATEGY_STARVED", START_MS + 4 * STEP_MS)


def test_a_stop_is_adjusted_to_before_a_liquidation_price_on_the_tick() -> None:
    """Short at 939.3, 50x: LP 958.086 / 1.01 = 948.6 (948.5999999999999 in doubles); one tick before it is 948.5."""
    still = INSTRUMENT._replace(slippage_bps=0.0, leverage=50.0)
    bars = [[939.3, 939.3, 939.3, 939.3, 100.0]] * 3
    terms = TERMS._replace(stop_vs_liquidation="adjust")
    outcome = run(Scenario([bars], decisions={0: [Entry(0, -1, stop_price=960.0)]}, terms=terms, instruments=[still]))
    assert [event.fields["stop_price"] for event in _told(outcome, "position_opened")] == [948.5]


def test_the_rest_of_a_reversing_limit_is_refused_whole_and_not_cut() -> None:
    """Only market entries are cut to the balance: a settlement of 50 leaves 949.8, the rest needs 102.1 a coin."""
    still = INSTRUMENT._replace(slippage_bps=0.0)
    small, large = {"sizing": "qty", "sizing_value": 0.1}, {"sizing": "qty", "sizing_value": 20.0}
    sell = Entry(0, -1, more={"type": "limit", "price": 1000.0} | large)
    outcome = run(
        Scenario(
            [[FLAT] * 5],
            decisions={0: [Entry(more=small)], 1: [sell]},
            funding=[[(START_MS + 2 * STEP_MS, 0.5, 1000.0)]],
            instruments=[still],
            cash=1000.0,
        )
    )
    assert [event.fields["qty"] for event in _told(outcome, "order_filled")] == [0.1, 0.1]
    assert outcome.counters.refusals == {"INSUFFICIENT_ENTRY_GATE": 1}


def test_break_even_is_reached_at_its_distance_exactly() -> None:
    """Short at 982.5, distance 19.9, low 962.6: the way is 19.9 as a decimal, a little less in doubles."""
    still = INSTRUMENT._replace(slippage_bps=0.0)
    flat = [982.5, 982.5, 982.5, 982.5, 100.0]
    bars = [flat, flat, [982.5, 982.5, 962.6, 970.0, 100.0], flat]
    wish = Entry(0, -1, stop_price=1050.0, more={"break_even_distance": 19.9})
    outcome = run(Scenario([bars], decisions={0: [wish]}, instruments=[still]))
    assert [event.fields["stop_price"] for event in _told(outcome, "stop_moved")] == [982.5]


def test_a_position_tells_the_stop_and_the_target_that_are_in_force() -> None:
    """A trail of 50 from 1000 starts at 950; once half is sold at 1005, the target left is the one at 1010."""
    still = INSTRUMENT._replace(slippage_bps=0.0)
    targets = (Target(price=1005.0, share=0.5), Target(price=1010.0, share=0.5))
    bars = [FLAT, FLAT, [1000.0, 1006.0, 1000.0, 1000.0, 100.0], FLAT]
    wish = Entry(more={"trail_distance": 50.0, "targets": targets})
    outcome = run(Scenario([bars], decisions={0: [wish]}, instruments=[still]))
    told = [(event.fields["stop_price"], event.fields["target_price"]) for event in _positions(outcome)]
    assert told == [(950.0, 1005.0), (950.0, 1010.0)]


def _positions(outcome: Outcome) -> list[Event]:
    return _told(outcome, "position_opened", "position_changed")


def test_what_could_only_close_does_not_choose_the_path() -> None:
    """A stop that would close the short that just ended is no entry: the limit to sell is, so the low comes first."""
    wide = [1000.0, 1020.0, 980.0, 1000.0, 100.0]
    wishes = {
        0: [Entry(0, -1)],
        1: [Close(more={"type": "stop_market", "trigger_price": 1005.0})],
        2: [Close(), Entry(0, -1, more={"type": "limit", "price": 1010.0})],
    }
    outcome = run(Scenario([[FLAT, FLAT, FLAT, wide, FLAT]], decisions=wishes))
    assert [event.fields["leg"] for event in _told(outcome, "order_filled") if "leg" in event.fields] == [2]


def test_a_stop_that_risks_nothing_is_sized_by_the_caps_alone() -> None:
    """Costs left out, a distance too small for a double risks nothing at 990: max_notional_usdt decides, 1 coin."""
    terms = TERMS._replace(sizing="risk_pct", sizing_value=1.0, costs_in_risk=False, max_notional_usdt=990.0)
    wish = Entry(stop_distance=1e-14, more=LIMIT)
    outcome = run(Scenario([[FLAT] * 3], decisions={0: [wish]}, terms=terms))
    [submitted] = _told(outcome, "order_submitted")
    assert (submitted.fields["qty"], submitted.fields["capped_by"]) == (1.0, "MAX_NOTIONAL")
    assert outcome.counters.refusals == {"STOP_BEYOND_FILL": 1}
