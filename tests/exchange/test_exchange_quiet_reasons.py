"""Each reason that ends a stretch of quiet steps, in a market where nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from exchange_quiet import Market, quiet_end, stands_at, stretch_end, told
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, TERMS, Cancel, Close, Entry, Scenario

from btcli.exchange.book.codes import DECIDES, NOT_READY, NOTED, READY, STEP_TOLD

STEPS = 40
ENTERED = 3  # the first step at which what was decided at the close of step 1 has filled, and a step has passed
AT = 20  # where the bar comes that a market is about
DAY_STEPS = 288  # steps of five minutes
CALM = (1000.0, 1000.5, 999.5, 1000.0, 50.0)
LONG = Entry(side=1)


def market(bar: Sequence[float] = CALM, **changes: Any) -> Scenario:
    """Calm bars with another one at step AT, and what is to differ."""
    bars = [list(CALM) for _ in range(STEPS)]
    bars[AT] = list(bar)
    return Scenario(last=[bars])._replace(**changes)


def marked(bar: Sequence[float], **changes: Any) -> Scenario:
    """Calm bars of the last price, and another mark bar at step AT."""
    marks = [list(CALM[:4]) for _ in range(STEPS)]
    marks[AT] = list(bar[:4])
    return market(mark=[marks], **changes)


def entered(entry: Entry = LONG, bar: Sequence[float] = CALM, **changes: Any) -> Scenario:
    """The same with an entry that fills at step 2."""
    return market(bar, decisions={1: [entry]}, **changes)


def to(price: float) -> tuple[float, ...]:
    """A calm bar whose wick reaches a price."""
    return (1000.0, max(1000.5, price), min(999.5, price), 1000.0, 50.0)


def of(**terms: Any) -> dict[str, Any]:
    """Other terms of the run."""
    return {"terms": TERMS._replace(**terms)}


def listed(**fields: Any) -> dict[str, Any]:
    """Another instrument."""
    return {"instruments": [INSTRUMENT._replace(**fields)]}


def two(has_bar: Sequence[Sequence[bool]], **changes: Any) -> Scenario:
    """Two symbols, of which either may lack bars."""
    bars = [list(CALM) for _ in range(STEPS)]
    pair = [INSTRUMENT, INSTRUMENT._replace(symbol="B")]
    return Scenario(last=[bars, bars], instruments=pair, has_bar=has_bar)._replace(**changes)


ALL, UNTIL, SINCE = [True] * STEPS, [n <= AT for n in range(STEPS)], [n >= AT for n in range(STEPS)]
TREND = "trail_distance"

QUIET = {  # the reasons do not hold, or not for what is held: the last step alone ends the stretch
    "flat": market(),
    "flat, whatever the prices": market((1000.0, 1500.0, 500.0, 1000.0, 50.0)),
    "held": entered(),
    "held short": entered(Entry(side=-1)),
    "levels out of reach": entered(Entry(side=1, stop_price=990.0, target_price=1010.0), to(991.0)),
    "a trailing stop that stays": entered(Entry(side=1, more={TREND: 20.0}), to(985.0)),
    "a limit out of reach": entered(Entry(more={"type": "limit", "price": 990.0}), to(991.0)),
    "cross that can carry it": entered(LONG, to(920.0), **of(margin_mode="cross")),
    "an order that waits for a bar": two([ALL, [n not in range(2, STEPS - 1) for n in range(STEPS)]])._replace(
        decisions={1: [Entry(symbol=1)]}
    ),
    "a drawdown that is not reached": entered(LONG, (1000.0, 1001.0, 920.0, 920.0, 50.0), **of(max_drawdown_pct=2.0)),
}


@pytest.mark.parametrize("name", QUIET)
def test_the_last_step_ends_every_stretch(name: str) -> None:
    """Where nothing happens the steps are quiet up to the last of the tape, which ends the run."""
    assert stretch_end(QUIET[name], ENTERED) == STEPS - 1


SHORT = Entry(side=-1)
ROW_OF = {"type": "limit", "price": 990.0}
# name: the market, the first step of the stretch, the step that ends it
ENDS: dict[str, tuple[Scenario, int, int]] = {
    "a settlement at an open": (market(funding=[[(START_MS + AT * STEP_MS, 1e-4, 0.0)]]), ENTERED, AT),
    "a settlement inside a bar": (market(funding=[[(START_MS + AT * STEP_MS - 1, 1e-4, 0.0)]]), ENTERED, AT),
    "another UTC day": (market(start_ms=START_MS + (DAY_STEPS - AT) * STEP_MS), ENTERED, AT),
    "the other formula": (market(**of(maintenance_by_entry_until_ms=START_MS + AT * STEP_MS)), ENTERED, AT),
    "a hole": (market(grid=[n + (n >= AT) for n in range(STEPS)]), ENTERED, AT),
    "a symbol that has no bar": (two([ALL, [n != AT for n in range(STEPS)]]), ENTERED, AT),
    "a symbol that is listed": (two([ALL, SINCE]), ENTERED, AT),
    "the last bar of a symbol": (two([ALL, UNTIL]), ENTERED, AT),
    "an order at market": (market(decisions={ENTERED - 1: [LONG]}), ENTERED, ENTERED),
    "a limit that arrives": (market(decisions={ENTERED - 1: [Entry(more=ROW_OF)]}), ENTERED, ENTERED),
    "an order that is on its way": (market(decisions={1: [SHORT]}, **of(delay_bars=AT - 2)), ENTERED, AT),
    "an order that expires": (
        entered(Entry(more={**ROW_OF, "expires_after_ms": (AT - 2) * STEP_MS - 1})),
        ENTERED,
        AT,
    ),
    "an order that is taken back": (
        market(decisions={1: [Entry(more=ROW_OF)], 22: [Cancel()]}, **of(delay_bars=5)),
        23,
        28,
    ),
    "a close whose trade has ended": (
        market(decisions={1: [LONG], 3: [Close(more={"type": "limit", "price": 1010.0}), Close()]}),
        5,
        5,
    ),
    "a limit buy": (entered(Entry(more=ROW_OF), to(989.9)), ENTERED, AT),
    "a limit sell that touches": (
        entered(Entry(side=-1, more={"type": "limit", "price": 1010.0}), to(1010.0), **of(limit_rule="touch")),
        ENTERED,
        AT,
    ),
    "a stop that enters": (
        entered(Entry(more={"type": "stop_market", "trigger_price": 1010.0}), to(1010.0)),
        ENTERED,
        AT,
    ),
    "a stop that enters by the mark": (
        marked(
            to(1010.0),
            decisions={1: [Entry(more={"type": "stop_market", "trigger_price": 1010.0})]},
            **of(trigger_by="mark"),
        ),
        ENTERED,
        AT,
    ),
    "a stop of a long": (entered(Entry(side=1, stop_price=990.0), to(990.0)), ENTERED, AT),
    "a stop of a short": (entered(Entry(side=-1, stop_price=1010.0), to(1010.0)), ENTERED, AT),
    "a stop by the mark": (
        marked(to(990.0), decisions={1: [Entry(side=1, stop_price=990.0)]}, **of(trigger_by="mark")),
        ENTERED,
        AT,
    ),
    "a target of a long": (entered(Entry(side=1, target_price=1010.0), to(1010.0)), ENTERED, AT),
    "a target of a short": (entered(Entry(side=-1, target_price=990.0), to(990.0)), ENTERED, AT),
    "a target that rests, one tick beyond": (
        entered(Entry(side=1, target_price=1010.0), to(1010.1), **of(take_profit_order="limit")),
        ENTERED,
        AT,
    ),
    "an open beyond a stop": (
        entered(Entry(side=1, stop_price=990.0), (980.0, 980.0, 980.0, 980.0, 50.0)),
        ENTERED,
        AT,
    ),
    "an open above its own bar": (
        entered(Entry(side=1, target_price=1010.0), (1010.0, 1000.5, 999.5, 1000.0, 50.0)),
        ENTERED,
        AT,
    ),
    "an open below its own bar": (
        entered(Entry(side=-1, target_price=990.0), (990.0, 1000.5, 999.5, 1000.0, 50.0)),
        ENTERED,
        AT,
    ),
    "a mark that opens above its own bar": (
        marked(
            (1010.0, 1000.5, 999.5, 1000.0),
            decisions={1: [Entry(side=1, target_price=1010.0)]},
            **of(trigger_by="mark"),
        ),
        ENTERED,
        AT,
    ),
    "a mark that opens below its own bar": (
        marked(
            (990.0, 1000.5, 999.5, 1000.0),
            decisions={1: [Entry(side=-1, target_price=990.0)]},
            **of(trigger_by="mark"),
        ),
        ENTERED,
        AT,
    ),
    "a liquidation price of a long": (marked(to(905.0), decisions={1: [LONG]}), ENTERED, AT),
    "a liquidation price of a short": (marked(to(1095.0), decisions={1: [SHORT]}), ENTERED, AT),
    "a trailing stop that follows": (entered(Entry(side=1, more={TREND: 20.0}), to(1002.0)), ENTERED, AT),
    "a trailing stop of a short": (entered(Entry(side=-1, more={TREND: 20.0}), to(998.0)), ENTERED, AT),
    "an activation": (
        entered(Entry(side=1, more={TREND: 20.0, "trail_activation": 1010.0}), to(1010.0)),
        ENTERED,
        AT,
    ),
    "an activation of a short by the mark": (
        marked(
            to(990.0),
            decisions={1: [Entry(side=-1, more={TREND: 20.0, "trail_activation": 990.0})]},
            **of(trigger_by="mark"),
        ),
        ENTERED,
        AT,
    ),
    "a stop that moves to the entry": (
        entered(Entry(side=1, stop_price=950.0, more={"break_even_distance": 10.0}), to(1011.0)),
        ENTERED,
        AT,
    ),
    "a stop of a short that moves to the entry": (
        entered(Entry(side=-1, stop_price=1050.0, more={"break_even_distance": 10.0}), to(989.0)),
        ENTERED,
        AT,
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_each_reason_ends_a_stretch(name: str) -> None:
    """A stretch ends before the step at which something happens, and passing it changes no byte."""
    scenario, first, end = ENDS[name]
    assert stretch_end(scenario, first) == end
    assert told(Market(name, scenario, False), passes=True) == told(Market(name, scenario, False), passes=False)


@pytest.mark.parametrize("flag", [DECIDES, NOTED, STEP_TOLD])
def test_a_close_at_which_somebody_decides_or_something_is_told_is_the_last_of_a_stretch(flag: int) -> None:
    """The step itself may be quiet: what its close brings comes after it."""
    exchange: Any = stands_at(market(), ENTERED)
    exchange._tape.flags[AT] = flag
    assert quiet_end(exchange, ENTERED, STEPS) == AT + 1


def test_a_driver_told_to_run_in_full_passes_nothing() -> None:
    """With BTCLI_QUIET=0 every step needs the full rules."""
    exchange: Any = stands_at(market(), ENTERED)
    assert quiet_end(exchange, ENTERED, STEPS) == STEPS - 1
    assert quiet_end(exchange, ENTERED, STEPS, in_full=True) == ENTERED


def resting(scenario: Scenario) -> Any:
    """The exchange of a market before the step ENTERED, whose strategy has nothing to say in a position."""
    exchange: Any = stands_at(scenario, ENTERED)
    exchange.deciders.rest(0)
    exchange.deciders.look_from(0, STEPS)
    exchange._book["deciders"][0]["readiness"] = READY
    exchange._tape.flags[AT] = exchange._tape.flags[AT + 5] = DECIDES
    return exchange


def test_closes_at_which_nobody_is_asked_end_no_stretch() -> None:
    """A strategy that rests in its position is passed over, up to where it may look."""
    exchange = resting(entered())
    assert quiet_end(exchange, ENTERED, STEPS) == STEPS - 1
    exchange._book["deciders"][0]["look_from"] = AT + 1
    assert quiet_end(exchange, ENTERED, STEPS) == AT + 6


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [("positions", "side", 0), ("deciders", "readiness", NOT_READY), ("deciders", "rests", 0)],
)
def test_a_strategy_that_may_be_asked_ends_a_stretch(group: str, name: str, value: int) -> None:
    """One that is flat, not ready yet, or that decides in its positions has its close."""
    exchange = resting(entered())
    exchange._book[group][0][name] = value
    assert quiet_end(exchange, ENTERED, STEPS) == AT + 1


def test_a_position_whose_age_counts_has_its_closes() -> None:
    """Every ltf close makes a position older that is to be closed for its age."""
    exchange = resting(entered())
    exchange._book["terms"]["max_bars_in_trade"] = 100
    assert quiet_end(exchange, ENTERED, STEPS) == AT + 1
