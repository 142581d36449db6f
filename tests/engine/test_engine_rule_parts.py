"""Rules that leave in parts, add, and move their stop and target, on candles worked out by hand, long and mirrored."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from engine_worlds import MINUTE, START, Told, inputs_of, minutes_of, system_of

from btcli.config.loading import parse_system
from btcli.config.specs.instruments import load_instruments
from btcli.engine.loop import Pass, simulate
from btcli.engine.world import world_of
from btcli.exchange.face.events import Event
from btcli.features.plan import plan_features
from btcli.simulation.ruled import ruled_strategy

BOTH = pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
ENTRY = 40_000.0
Bar = tuple[float, float, float, float]  # open, best, worst, close as gains from ENTRY
STILL: Bar = (0.0, 0.0, 0.0, 0.0)
ROLES = "{exec: 1m, ltf: 1m, mtf: 1m, htf: 1m}"
FREE = "}\ncosts: {slippage_bps: 0, stop_slippage_bps: 0"  # behind what fills have
HEAD = "system: s\nvenue: sample\nsymbols: [BTCUSDT]\ntimeframes: {ltf: 1m}\nrisk: {sizing: {qty: 0.01}}\n"


def frame_of(side: int, bars: Sequence[Bar], idle: int = -1) -> pl.DataFrame:
    """Candles of a minute from what they gain for a side; in the one at place `idle` nobody trades."""
    rows = []
    for n, gains in enumerate(bars):
        o, best, worst, c = (ENTRY + side * gain for gain in gains)
        rows.append((START + n * MINUTE, o, max(best, worst), min(best, worst), c, 0.0 if n == idle else 1000.0))
    return pl.DataFrame(rows, ["ts_open", "open", "high", "low", "close", "volume"], orient="row")


def lived(side: int, rules: str, bars: Sequence[Bar], *, enter: str = "time.minute == 1", **more: Any) -> Told:
    """What becomes of rules of a side that enter at the close of the first bar, at 40,000; `gain` is a gain from there.

    Bars that are passed quietly and bars that are run in full tell the same.
    """
    gain = "(close - 40000)" if side > 0 else "(40000 - close)"
    level = (lambda text: text) if side > 0 else (lambda text: text.replace("40000 + ", "40000 - "))
    name = "long" if side > 0 else "short"
    text = level(f"{{{name}: {{enter: {enter}, {rules}}}{more.pop('other', '')}}}").replace("gain", gain)
    symbols = more.pop("symbols", ("BTCUSDT",))
    market = frame_of(side, [STILL, *bars, (bars[-1][3],) * 4], more.pop("idle", -1))
    fills = more.pop("fills", "") + FREE
    system = system_of(len(market), ROLES, fills=fills, symbols=symbols, **more)
    inputs = inputs_of(system, dict.fromkeys(symbols, market))
    written = parse_system(f"{HEAD}strategy:\n  rules: {text}\n", "rules.yml")
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    plans, programs = [plan_features(system.features)] * len(symbols), [assembled.program] * len(symbols)
    told = []
    for is_quiet in ("1", "0"):
        told.append(Told())
        with patch.dict(os.environ, {"BTCLI_QUIET": is_quiet}):
            world = world_of(system, inputs, load_instruments(system), plans, programs=programs)
            simulate(world, Pass([_nobody] * len(symbols)), told[-1])
    assert told[0].all_events == told[1].all_events
    assert (told[0].rows, told[0].all_trades) == (told[1].rows, told[1].all_trades)
    return told[0]


def _nobody() -> Any:
    raise AssertionError("rules are asked nothing")


def fills(told: Told, side: int) -> list[tuple[float, float, float, str]]:
    """Of each fill the minute, the coins (those that leave below zero), its gain from 40,000, and why it left."""
    return [
        (
            minutes_of(event.ts),
            -event.fields["qty"] if "exit_reason" in event.fields else event.fields["qty"],
            round(side * (event.fields["price"] - ENTRY), 6),
            event.fields.get("exit_reason", ""),
        )
        for event in told.named("order_filled")
    ]


def moved(told: Told, side: int, name: str) -> list[tuple[float, float]]:
    """When stops or targets were moved, and to which gain."""
    level = name.partition("_")[0] + "_price"
    return [(minutes_of(event.ts), round(side * (event.fields[level] - ENTRY), 6)) for event in told.named(name)]


def signals(told: Told) -> list[tuple[float, str, Mapping[str, Any]]]:
    """When something was wished, and what."""
    return [(minutes_of(event.ts), event.fields["action"], event.fields) for event in told.named("signal")]


@BOTH
def test_parts_leave_at_their_prices_and_on_their_conditions(side: int) -> None:
    """Half at 20, a fifth after the close at 32, the rest at the stop that this part puts to the entry."""
    rules = (
        "stop: 50, exits: [{share: 0.5, at: 20}, {share: 0.2, when: gain > 30, then: break_even}, {share: 0.3, at: 99}]"
    )
    bars: list[Bar] = [(0, 22, 0, 21), (21, 33, 21, 32), (31, 40, 25, 30), (30, 30, -3, 0), STILL]
    told = lived(side, rules, bars)
    assert fills(told, side) == [
        (1, 0.01, 0, ""),
        (1, -0.005, 20, "target"),
        (3, -0.002, 31, "signal"),
        (4, -0.003, 0, "stop"),
    ]
    assert moved(told, side, "stop_moved") == [(4, 0)]
    assert [(at, action, fields.get("part")) for at, action, fields in signals(told)][1:] == [(3, "reduce", 2)]


@BOTH
def test_of_two_parts_that_are_true_the_first_goes_and_the_other_at_the_next_close(side: int) -> None:
    """Both conditions hold at minutes 2 and 3: one wish a close, each part once, the last takes what is left."""
    rules = "exits: [{share: 1/3, when: gain > 5}, {share: 1/3, when: gain > 1}, {share: 1/3, when: gain > 50}]"
    rules = rules.replace("1/3", "0.333333333333")
    bars: list[Bar] = [(0, 9, 0, 8), (8, 9, 8, 8), (8, 9, 8, 8), (8, 60, 8, 60), (60, 60, 60, 60), (61, 61, 61, 61)]
    told = lived(side, rules, bars)
    assert fills(told, side)[1:] == [(2, -0.003, 8, "signal"), (3, -0.003, 8, "signal"), (5, -0.004, 60, "signal")]


@BOTH
def test_at_one_close_leaving_comes_before_parts_parts_before_adds_and_adds_before_turning(side: int) -> None:
    """At minute 2 a part, an add and the other side are true: the part goes; at 3 the add; at 4 the exit, over all."""
    opposite = "short" if side > 0 else "long"
    parts = "exits: [{share: 0.5, when: time.minute == 2 or time.minute == 4}]"
    rules = f"{parts}, adds: {{when: time.minute >= 2, most: 9}}, exit: time.minute == 4"
    told = lived(
        side,
        rules,
        [STILL] * 6,
        other=f", {opposite}: {{enter: time.minute == 2}}",
        risk=", on_opposite_signal: reverse",
    )
    assert [(at, action) for at, action, _ in signals(told)] == [(1, "enter"), (2, "reduce"), (3, "add"), (4, "close")]
    assert fills(told, side)[1:] == [(2, -0.005, 0, "signal"), (3, 0.01, 0, ""), (4, -0.015, 0, "signal")]


@BOTH
def test_a_part_that_is_on_its_way_is_not_asked_for_again(side: int) -> None:
    """With two bars of delay the condition holds at minutes 4 to 6, and one order leaves."""
    told = lived(
        side,
        "exits: [{share: 0.5, when: gain > 1}]",
        [STILL, STILL, *[(5.0, 5.0, 5.0, 5.0)] * 6],
        fills=", delay_bars: 2",
    )
    assert [(at, action) for at, action, _ in signals(told)] == [(1, "enter"), (4, "reduce")]
    assert fills(told, side) == [(3, 0.01, 5, ""), (6, -0.005, 5, "signal"), (10, -0.005, 5, "end_of_data")]


@BOTH
def test_a_part_that_found_no_volume_is_asked_for_again(side: int) -> None:
    """A bar without volume cancels the order of minute 2; the part is still to be done, and goes at minute 3."""
    bars: list[Bar] = [(0, 5, 0, 5), (5, 5, 5, 5), (5, 5, 5, 5), (5, 5, 5, 5)]
    told = lived(side, "exits: [{share: 0.5, when: gain > 1}]", bars, fills=", zero_volume: cancel", idle=2)
    assert [(at, action) for at, action, _ in signals(told)] == [(1, "enter"), (2, "reduce"), (3, "reduce")]
    assert [fill[:2] for fill in fills(told, side)][1:2] == [(3, -0.005)]


@BOTH
def test_parts_of_an_entry_below_one_step_are_told_by_prices_and_by_conditions(side: int) -> None:
    """A twentieth of 0.010 is no step: warned of, once each, and the last part takes all."""
    rules = "exits: [{share: 0.05, at: 10, then: break_even}, {share: 0.05, when: gain > 1}, {share: 0.9, at: 30}]"
    told = lived(side, rules, [(0, 5, 0, 5), (5, 12, 5, 5), (5, 35, -9, 5)])
    assert [event.fields["code"] for event in told.named("warned")] == ["SHARE_BELOW_STEP"] * 2
    assert not told.named("stop_moved")
    assert fills(told, side)[1:] == [(3, -0.01, 30, "target")]


@BOTH
def test_a_target_moves_at_its_ages(side: int) -> None:
    """At 50 from the fill in minute 1; at 20 from the second close held, minute 3; at -5, already passed, from the
    fourth on: it leaves at the next open, at -2."""
    bars: list[Bar] = [(0, 30, 0, 0), (0, 10, 0, 0), (0, 19, 0, 0), (0, 0, -4, -3), (-2, 0, -9, 0), STILL]
    told = lived(side, "target_by_age: {0: 50, 2: 20, 4: -5}", bars)
    assert moved(told, side, "target_moved") == [(3, 20), (5, -5)]
    assert fills(told, side) == [(1, 0.01, 0, ""), (5, -0.01, -2, "target")]


@BOTH
def test_before_its_first_age_there_is_no_target(side: int) -> None:
    """100 is passed in the bar of the fill; from the second close held on the target lies at 10."""
    told = lived(side, "target_by_age: {2: 10}", [(0, 100, 0, 0), STILL, (0, 12, 0, 0), STILL])
    assert moved(told, side, "target_moved") == [(3, 10)]
    assert fills(told, side) == [(1, 0.01, 0, ""), (3, -0.01, 10, "target")]


@BOTH
@pytest.mark.parametrize(("opens", "price", "is_maker"), [(7.0, 7.0, False), (3.0, 5.0, True)])
def test_a_limit_target_that_moves_behind_the_price_takes_what_is_there(
    side: int, opens: float, price: float, is_maker: bool
) -> None:
    """Moved to 5 at minute 2: an open at 7 is taken, at 7 and the taker's fee; from an open at 3 on it rests."""
    bars: list[Bar] = [(0, 8, 0, 8), (opens, 9, opens, 8), STILL]
    told = lived(side, "target_by_age: {0: 50, 1: 5}", bars, fills=", take_profit_order: limit")
    assert fills(told, side)[1:] == [(2, -0.01, price, "target")]
    assert told.named("order_filled")[1].fields.get("maker", False) is is_maker


@BOTH
def test_what_moves_arrives_as_late_as_an_order(side: int) -> None:
    """With two bars of delay: filled at minute 3, of age 1 at minute 4, the target moves at the open of minute 6."""
    bars: list[Bar] = [*[STILL] * 4, (0, 25, 0, 0), (0, 25, 0, 0), STILL]
    told = lived(side, "target_by_age: {0: 50, 1: 20}, stop_follow: 40000 + -9", bars, fills=", delay_bars: 2")
    assert moved(told, side, "target_moved") == [(6, 20)]
    assert moved(told, side, "stop_moved") == [(6, -9)]
    assert fills(told, side) == [(3, 0.01, 0, ""), (6, -0.01, 20, "target")]


@BOTH
def test_a_stop_follows_a_level_and_never_loosens(side: int) -> None:
    """30 behind the close: -20 after 10, not back to -25 after 5, unknown after 8, -10 after 20, where it acts."""
    rules = "stop: 50, stop_follow: 40000 + (gain - 30) * (gain - 8) / (gain - 8)"
    bars: list[Bar] = [(0, 10, 0, 10), (10, 10, 5, 5), (5, 8, 5, 8), (8, 20, 8, 20), (20, 20, -12, 0)]
    told = lived(side, rules, bars)
    assert moved(told, side, "stop_moved") == [(2, -20), (5, -10)]
    assert fills(told, side)[1:] == [(5, -0.01, -10, "stop")]


@BOTH
def test_a_stop_that_follows_past_the_price_acts_at_the_next_open(side: int) -> None:
    """At minute 3 the level lies at 12 and the close at 10: the next open, 11, closes all."""
    told = lived(
        side, "stop_follow: 40000 + (time.minute - 2.5) * 24", [STILL, (0, 10, 0, 10), (11, 15, 11, 11), STILL]
    )
    assert moved(told, side, "stop_moved") == [(2, -12), (3, 12)]
    assert fills(told, side)[1:] == [(3, -0.01, 11, "stop")]


@BOTH
def test_an_add_is_as_large_as_an_entry_and_keeps_the_first_bracket(side: int) -> None:
    """Two more at most, each where the close lies 10 from the fill before, above or below; the stop closes all."""
    rules = "stop: 30, target: 90, adds: {when: time.minute > 1, most: 2, apart: 10}"
    bars: list[Bar] = [
        (0, 9, 0, 9),
        (9, 9, 9, 9),
        (9, 12, 9, 10),
        (12, 12, 3, 3),
        (3, 3, 0, 1),
        (0, 20, 0, 20),
        (20, 20, -31, 0),
    ]
    told = lived(side, rules, bars)
    assert fills(told, side) == [
        (1, 0.01, 0, ""),
        (4, 0.01, 12, ""),
        (6, 0.01, 0, ""),
        (7, -0.03, -30, "stop"),
    ]
    assert not told.named("stop_moved")


@BOTH
def test_an_add_is_sized_by_the_risk_to_the_stop_it_would_have(side: int) -> None:
    """1 % of 10,000 at a stop 500 away is 0.2, costs left out; of the 9,995.60 after that fee, 250 away, 0.399."""
    rules = "stop: 500 / (1 + (time.minute - 1) / 2), adds: {when: time.minute == 3, most: 1}"
    told = lived(side, rules, [STILL] * 5, sizing="risk_pct: 1", risk=", costs_in_risk: false")
    assert [fill[:2] for fill in fills(told, side)][:2] == [(1, 0.2), (3, 0.399)]


@BOTH
def test_each_symbol_keeps_its_own_parts(side: int) -> None:
    """Two symbols on the same candles do the same, each at the same minutes."""
    rules = "stop: 50, exits: [{share: 0.5, at: 20, then: break_even}, {share: 0.5, when: gain > 30}]"
    bars: list[Bar] = [(0, 22, 0, 21), (21, 33, 21, 32), (31, 40, 25, 30), STILL]
    told = lived(side, rules, bars, symbols=("AAAUSDT", "BBBUSDT"))
    by_symbol = [
        [(event.ts, event.name) for event in told.all_events if event.symbol == name] for name in ("AAAUSDT", "BBBUSDT")
    ]
    assert by_symbol[0] == by_symbol[1]
    assert [event.fields["exit_reason"] for event in told.named("order_filled") if "exit_reason" in event.fields] == [
        "target", "target", "signal", "signal"
    ]  # fmt: skip


def test_a_reversal_leaves_the_parts_behind() -> None:
    """Turned at minute 2, the short has parts of its own: half at 20 below, and none of the long's."""
    rules = "exits: [{share: 0.5, at: 20, then: break_even}]"
    other = f", short: {{enter: time.minute == 2, {rules}}}"
    bars: list[Bar] = [STILL, (0, 30, 0, 0), (0, 0, -25, -10), STILL]
    told = lived(1, rules, bars, other=other, risk=", on_opposite_signal: reverse")
    assert fills(told, 1) == [
        (1, 0.01, 0, ""), (2, -0.01, 0, "signal"), (2, 0.01, 0, ""), (3, -0.005, -20, "target"), (4, -0.005, 0, "stop")
    ]  # fmt: skip


def test_an_exit_at_the_close_of_the_other_sides_entry_turns_nothing() -> None:
    """Closed at minute 2 by its exit, the long leaves no short behind, though that is entered there."""
    other = ", short: {enter: time.minute == 2}"
    told = lived(1, "exit: time.minute == 2", [STILL] * 4, other=other, risk=", on_opposite_signal: reverse")
    assert fills(told, 1) == [(1, 0.01, 0, ""), (2, -0.01, 0, "signal")]


@BOTH
def test_a_trail_goes_on_after_a_part_broke_even(side: int) -> None:
    """Behind the 30 that came after the part lies 20, where the rest is stopped, and not at the entry."""
    rules = "trail: {distance: 10}, exits: [{share: 0.5, at: 20, then: break_even}]"
    bars: list[Bar] = [STILL, (0, 22, 0, 21), (21, 30, 21, 29), (29, 29, 15, 15), STILL]
    told = lived(side, rules, bars)
    assert fills(told, side) == [(1, 0.01, 0, ""), (2, -0.005, 20, "target"), (4, -0.005, 20, "trailing_stop")]


def test_the_events_of_a_day_add_up() -> None:
    """What leaves is what entered, and no fill is larger than what was held before it."""
    parts = "exits: [{share: 0.3, at: 10}, {share: 0.3, when: gain > 4}]"
    rules = f"{parts}, adds: {{when: gain < -2, most: 3, apart: 2}}, exit: gain < -30"
    bars: list[Bar] = [(0, (n * 7) % 15, -((n * 5) % 11), (n * 3) % 13 - 6) for n in range(40)]
    told = lived(1, rules, bars, enter="volume > 0")
    held = 0.0
    for event in told.named("order_filled"):
        qty = event.fields["qty"]
        if "exit_reason" in event.fields:
            assert qty <= held + 1e-9
            held -= qty
        else:
            held += qty
    assert abs(held) < 1e-9
    assert isinstance(told.all_events[0], Event)


@BOTH
def test_what_was_to_be_added_to_a_position_that_is_gone_opens_none(side: int) -> None:
    """The open jumps over the stop as the add arrives: it is cancelled, and nothing is held without a stop."""
    rules = "stop: 50, adds: {when: position.bars == 1, most: 1}"
    told = lived(side, rules, [(0, 1, 0, 1), (-60, -60, -60, -60), (-60, -60, -60, -60)])
    assert fills(told, side) == [(1, 0.01, 0, ""), (2, -0.01, -60, "stop")]
    cancelled = [(minutes_of(event.ts), event.fields["code"]) for event in told.named("order_cancelled")]
    assert (2, "POSITION_CLOSED") in cancelled


@BOTH
def test_an_add_is_cancelled_however_the_position_ended_and_however_late_it_comes(side: int) -> None:
    """A target at that open, a liquidation, and with a delay a stop inside the bar before: nothing is opened anew."""
    adds, still = "adds: {when: position.bars == 1, most: 1}", (-60.0, -60.0, -60.0, -60.0)
    gained: Bar = (60.0, 60.0, 60.0, 60.0)
    target = lived(side, f"target: 50, {adds}", [(0, 1, 0, 1), gained, gained])
    assert fills(target, side) == [(1, 0.01, 0, ""), (2, -0.01, 60, "target")]
    gone: Bar = (-9_000.0, -9_000.0, -9_000.0, -9_000.0)
    taken = lived(side, adds, [(0, 1, 0, 1), gone, gone], risk=", on_liquidation: continue")
    assert [event.fields["type"] for event in taken.named("order_filled")] == ["market"]
    assert [event.fields["code"] for event in taken.named("order_cancelled")] == ["LIQUIDATED"]
    late = lived(side, f"stop: 50, {adds}", [STILL, (0, 1, 0, 1), (0, 0, -60, -60), still], fills=", delay_bars: 1")
    assert fills(late, side) == [(2, 0.01, 0, ""), (3, -0.01, -50, "stop")]


@BOTH
def test_an_add_beside_a_part_that_leaves_is_made(side: int) -> None:
    """Half leaves at its price at the open at which the add arrives: the position is there, and is added to."""
    rules = "exits: [{share: 0.5, at: 20}], adds: {when: position.bars == 1, most: 1}"
    told = lived(side, rules, [(0, 1, 0, 1), (25, 25, 25, 25), (25, 25, 25, 25)])
    assert fills(told, side)[:3] == [(1, 0.01, 0, ""), (2, -0.005, 25, "target"), (2, 0.01, 25, "")]
