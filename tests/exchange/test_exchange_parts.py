"""Exits in parts: what each closes, what it makes of the stop of the rest, and what is left to the last one."""

from __future__ import annotations

from typing import Any

import pytest
from exchange_scenarios import INSTRUMENT, TERMS, Close, Entry, Outcome, Scenario, run

from btcli.exchange.face.events import Event
from btcli.exchange.face.request import Target, Then

FREE = INSTRUMENT._replace(slippage_bps=0.0, stop_slippage_bps=0.0, taker_fee_rate=0.0, close_fee_rate=0.0)
BOTH = pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
Bar = tuple[float, float, float, float]  # open, best, worst, close as gains from 1000
STILL: Bar = (0.0, 0.0, 0.0, 0.0)


def bars_of(side: int, bars: list[Bar], volume: float = 100.0) -> list[list[float]]:
    """Bars from what they gain for a side."""
    found = []
    for bar in bars:
        o, best, worst, c = (1000.0 + side * gain for gain in bar)
        found.append([o, max(best, worst), min(best, worst), c, volume])
    return found


def at(side: int, gain: float, share: float, **then: float) -> Target:
    """A part at a gain from 1000; of `then` prices are gains too."""
    prices = ("stop_price", "trail_activation")
    levels = {name: 1000.0 + side * value if name in prices else value for name, value in then.items()}
    return Target(1000.0 + side * gain, None, share, Then(**levels))


def waiting(share: float, **then: float) -> Target:
    """A part that an order of its own closes."""
    return Target(None, None, share, Then(**then))


def lived(side: int, parts: list[Target], bars: list[Bar], *, qty: float = 1.0, **more: Any) -> Outcome:
    """A run that enters at the close of the first bar, for `qty` at 1000, over these bars after the first two."""
    levels, orders = more.pop("levels", {}), more.pop("order", {})
    decisions = {0: [Entry(0, side, **levels, more={"targets": tuple(parts), "parts": True, **orders})]}
    terms = TERMS._replace(sizing_value=qty, **more.pop("terms", {}))
    market = bars_of(side, [STILL, STILL, *bars], more.pop("volume", 100.0))
    instrument = FREE._replace(**more.pop("instrument", {}))
    scenario = Scenario(
        [market], decisions=decisions | more.pop("decisions", {}), terms=terms, instruments=[instrument]
    )
    return run(scenario, **more)


def closed(outcome: Outcome) -> list[tuple[float, float, str]]:
    """Of each fill that reduced how much, its gain from 1000, and why."""
    return [
        (event.fields["qty"], abs(event.fields["price"] - 1000.0), event.fields["exit_reason"])
        for event in named(outcome, "order_filled")
        if "exit_reason" in event.fields
    ]


def named(outcome: Outcome, *names: str) -> list[Event]:
    """Events of these names."""
    return [event for event in outcome.events if event.name in names]


def stops(side: int, outcome: Outcome) -> list[float]:
    """Where the stop was moved to, as gains from 1000."""
    return [side * (event.fields["stop_price"] - 1000.0) for event in named(outcome, "stop_moved")]


@BOTH
def test_parts_close_their_shares_of_the_first_quantity_and_the_last_takes_what_is_left(side: int) -> None:
    """Of 0.010 a third is 0.003, rounded down; the last takes 0.004, whichever share it has."""
    parts = [at(side, 10, 1 / 3), at(side, 20, 1 / 3), at(side, 30, 1 / 3)]
    outcome = lived(side, parts, [(0, 40, 0, 0), STILL], qty=0.01)
    assert closed(outcome) == [(0.003, 10.0, "target"), (0.003, 20.0, "target"), (0.004, 30.0, "target")]


@BOTH
def test_the_last_part_takes_the_rest_of_what_the_shares_come_to(side: int) -> None:
    """A quarter of 0.010 twice is 0.005 together: 0.002 and 0.003; the other 0.005 stay to the end."""
    outcome = lived(side, [at(side, 10, 0.25), at(side, 20, 0.25)], [(0, 40, 0, 0), STILL], qty=0.01)
    assert closed(outcome) == [(0.002, 10.0, "target"), (0.003, 20.0, "target"), (0.005, 0.0, "end_of_data")]


@BOTH
def test_after_an_add_the_shares_stay_of_the_first_quantity(side: int) -> None:
    """One coin and one more: half of the first goes at 10, and the last part takes the 1.5 that are left."""
    add = Entry(0, side)
    parts = [at(side, 10, 0.5), at(side, 20, 0.5)]
    outcome = lived(side, parts, [STILL, (0, 40, 0, 0), STILL], decisions={1: [add]})
    assert closed(outcome) == [(0.5, 10.0, "target"), (1.5, 20.0, "target")]
    less = [at(side, 10, 0.25), at(side, 20, 0.25)]
    outcome = lived(side, less, [STILL, (0, 40, 0, 0), STILL], decisions={1: [add]})
    assert closed(outcome)[:2] == [(0.25, 10.0, "target"), (0.25, 20.0, "target")]


@BOTH
def test_a_target_beside_parts_closes_all_that_is_left(side: int) -> None:
    """Half goes at 10; at 30 all that is left, also what was added."""
    levels, adding = {"target_distance": 30.0}, {1: [Entry(0, side)]}
    outcome = lived(side, [at(side, 10, 0.5)], [STILL, (0, 40, 0, 0)], decisions=adding, levels=levels)
    assert closed(outcome) == [(0.5, 10.0, "target"), (1.5, 30.0, "target")]


@BOTH
def test_the_stop_of_the_rest_breaks_even_at_the_close_of_the_bar_that_filled_the_part(side: int) -> None:
    """Half goes at 10; in that bar the price comes back below the entry and the rest is held; in the next it goes."""
    parts = [at(side, 10, 0.5, stop_distance=0.0)]
    bars: list[Bar] = [(0, 12, -5, 2), (2, 3, -4, 1), STILL]
    outcome = lived(side, parts, bars, levels={"stop_distance": 40.0})
    assert stops(side, outcome) == [0.0]
    assert closed(outcome) == [(0.5, 10.0, "target"), (0.5, 0.0, "stop")]


@BOTH
@pytest.mark.parametrize(
    ("then", "stop"), [({"stop_price": 4.0}, 4.0), ({"stop_distance": -4.0}, 4.0), ({"stop_distance": 6.0}, -6.0)]
)
def test_a_part_moves_the_stop_of_the_rest_to_a_level(side: int, then: dict[str, float], stop: float) -> None:
    """A price is a price; a distance counts from the entry towards the loss, below zero towards the profit."""
    outcome = lived(side, [at(side, 10, 0.5, **then)], [(0, 12, 0, 8), (8, 8, -7, -7)], levels={"stop_distance": 40.0})
    assert stops(side, outcome) == [stop]
    assert closed(outcome) == [(0.5, 10.0, "target"), (0.5, abs(stop), "stop")]


@BOTH
def test_no_part_loosens_the_stop(side: int) -> None:
    """The first moves it to -2; the second would put it at -20 and changes nothing."""
    parts = [at(side, 10, 0.25, stop_distance=2.0), at(side, 20, 0.25, stop_distance=20.0)]
    outcome = lived(side, parts, [(0, 12, 0, 12), (12, 22, 12, 22), (22, 22, -30, 0)], levels={"stop_distance": 40.0})
    assert stops(side, outcome) == [-2.0]
    assert closed(outcome)[-1] == (0.5, 2.0, "stop")


@BOTH
def test_the_rest_trails_from_the_bar_that_filled_the_part_on(side: int) -> None:
    """Behind the 16 of that bar at a distance of 5 the stop lies at 11, then behind 20 at 15, and there it acts."""
    parts = [at(side, 10, 0.5, trail_distance=5.0)]
    outcome = lived(side, parts, [(0, 16, 0, 15), (15, 20, 14, 18), (18, 18, 10, 12)], levels={"stop_distance": 40.0})
    assert stops(side, outcome) == [11.0, 15.0]
    assert closed(outcome) == [(0.5, 10.0, "target"), (0.5, 15.0, "trailing_stop")]


@BOTH
def test_the_rest_trails_once_its_activation_was_reached(side: int) -> None:
    """At 16 it does not follow yet; 20 is the activation, so that the stop lies at 15 from there on."""
    parts = [at(side, 10, 0.5, trail_distance=5.0, trail_activation=20.0)]
    outcome = lived(side, parts, [(0, 16, 0, 15), (15, 20, 10, 18), (18, 18, 10, 12)], levels={"stop_distance": 40.0})
    assert stops(side, outcome) == [15.0]


@BOTH
def test_a_stop_beyond_the_price_acts_at_the_next_open(side: int) -> None:
    """The part puts the stop at 9, and the bar closes at 2: the rest goes at the open, at 2."""
    outcome = lived(side, [at(side, 10, 0.5, stop_price=9.0)], [(0, 12, 0, 2), (2, 9, 0, 5)])
    assert stops(side, outcome) == [9.0]
    assert closed(outcome) == [(0.5, 10.0, "target"), (0.5, 2.0, "stop")]


@BOTH
def test_a_part_that_waits_is_closed_by_its_order_and_moves_the_stop_at_that_close(side: int) -> None:
    """Decided at close 2 and filled at open 3, the part moves the stop at close 3; the rest goes there in bar 4."""
    bars: list[Bar] = [(0, 5, 0, 5), (6, 8, -1, 3), (3, 3, -1, 0)]
    closing = {2: [Close(more={"qty": 0.3, "part": 1})]}
    levels = {"stop_distance": 40.0}
    outcome = lived(side, [waiting(0.3, stop_distance=0.0)], bars, levels=levels, decisions=closing)
    assert stops(side, outcome) == [0.0]
    assert closed(outcome) == [(0.3, 6.0, "signal"), (0.7, 0.0, "stop")]


@BOTH
def test_the_last_part_at_a_price_leaves_what_an_order_is_to_close(side: int) -> None:
    """With two bars of delay the order for half is on its way when the target is reached: each closes its half."""
    parts = [waiting(0.5), at(side, 10, 0.5)]
    bars: list[Bar] = [STILL, (0, 0, 0, 0), (0, 12, 0, 12), (12, 12, 12, 12), (12, 12, 12, 12), (11, 11, 11, 11)]
    outcome = lived(
        side,
        parts,
        [*bars, STILL],
        qty=0.007,
        terms={"delay_bars": 2},
        decisions={3: [Close(more={"qty": 0.003, "part": 1})]},
    )
    # in at open 3; the target at 10 in bar 4 takes what the order leaves; that arrives at open 6
    assert closed(outcome) == [(0.004, 10.0, "target"), (0.003, 12.0, "signal")]


def test_a_part_below_one_step_is_told_and_left_to_the_last() -> None:
    """A tenth of 0.005 is no step: told at 10 and its stop not moved; the last part takes all."""
    parts = [at(1, 10, 0.1, stop_distance=0.0), at(1, 20, 0.9)]
    outcome = lived(1, parts, [(0, 15, 0, 5), (5, 25, -3, 5)], qty=0.005)
    (warned,) = named(outcome, "warned")
    assert warned.fields["code"] == "SHARE_BELOW_STEP"
    assert (warned.fields["have"], warned.fields["need"]) == (pytest.approx(0.0005), 0.001)
    assert not named(outcome, "stop_moved")
    assert closed(outcome) == [(0.005, 20.0, "target")]


def test_fills_of_one_entry_in_pieces_are_one_first_quantity() -> None:
    """A limit for 1 fills 0.4 and 0.6 as the volume lets it: half of it all, 0.5, goes at the part."""
    entry = {"type": "limit", "price": 995.0}
    bars: list[Bar] = [(0, 0, -6, -6), (-6, 0, -6, 0), (0, 12, 0, 0)]
    market = [*bars_of(1, [STILL, STILL]), *bars_of(1, bars)]
    for bar, volume in zip(market[2:], (4.0, 100.0, 100.0), strict=True):
        bar[4] = volume
    wish = Entry(0, 1, more={"targets": (at(1, 10, 0.5),), "parts": True, **entry})
    thin = FREE._replace(max_participation=0.1)
    outcome = run(Scenario([market], decisions={0: [wish]}, instruments=[thin], terms=TERMS))
    assert [event.fields["qty"] for event in named(outcome, "order_filled")][:3] == [0.4, 0.6, 0.5]


def test_a_position_that_is_new_knows_nothing_of_the_parts_before() -> None:
    """After a reversal the old parts are gone: at their price nothing fills, and no stop is moved."""
    parts = [at(1, 10, 0.5, stop_distance=0.0)]
    turn = {1: [Close(), Entry(0, -1)]}
    outcome = lived(1, parts, [STILL, (0, 15, -15, 0), STILL], decisions=turn)
    assert closed(outcome) == [(1.0, 0.0, "signal"), (1.0, 0.0, "end_of_data")]
    assert not named(outcome, "stop_moved")


def test_what_a_cut_leaves_goes_at_the_last_part() -> None:
    """A liquidation between parts takes all: the parts that are left do nothing more."""
    parts = [at(1, 10, 0.5, stop_distance=5.0), at(1, 20, 0.5)]
    bars: list[Bar] = [(0, 12, 0, 12), (-200, -200, -200, -200), STILL]
    outcome = lived(1, parts, bars, terms={"on_liquidation": "continue"}, instrument={"leverage": 10.0})
    assert [trade.exit_reason for trade in outcome.trades] == ["liquidation"]
    assert closed(outcome) == [(0.5, 10.0, "target")]


@pytest.mark.parametrize("cuts", [(), range(12), (3, 5)])
def test_parts_do_the_same_for_any_cutting(cuts: Any) -> None:
    """However the steps are cut, events, trades and the last state are the same."""
    parts = [at(1, 10, 0.3, trail_distance=4.0, trail_activation=12.0), waiting(0.3, stop_distance=2.0), at(1, 30, 0.4)]
    bars: list[Bar] = [(0, 11, 0, 8), (8, 14, 8, 12), (12, 12, 11, 12), (12, 20, 12, 18), (18, 32, 18, 20), STILL]
    closing = {4: [Close(more={"qty": 0.3, "part": 2})]}
    whole, cut = (lived(1, parts, bars, decisions=closing, cuts=each) for each in ((), cuts))
    assert (whole.events, whole.trades, whole.state_hash) == (cut.events, cut.trades, cut.state_hash)
    assert sum(qty for qty, _, _ in closed(whole)) == pytest.approx(1.0)
