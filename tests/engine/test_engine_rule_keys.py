"""Each key of rules does what a strategy in Python asks for by the same name, and another value does another thing."""

from __future__ import annotations

import os
from typing import Any, NoReturn
from unittest.mock import patch

import pytest
from engine_rule_twins import FEATURES, KEYS, TWINS, WAITING, Twin, Waiting, Words
from engine_worlds import MINUTE, START, Told, inputs_of, minutes_of, run, system_of, walk

from btcli.config.loading import parse_system
from btcli.config.rules import EXPRESSIONS, SETTINGS
from btcli.config.specs.instruments import load_instruments
from btcli.engine.loop import Pass, simulate
from btcli.engine.world import world_of
from btcli.features.plan import plan_features
from btcli.simulation.ruled import ruled_strategy

NAMES = ("levels", "trailing", "even", "percent", "ranges", "sized", "even alone", "of htf")
TIMEFRAMES = ("{ltf: 1m, mtf: 5m, htf: 15m}", "{exec: 1m, ltf: 3m, mtf: 15m, htf: 1h}")
HEAD = """\
system: ruled
venue: sample
symbols: [BTCUSDT]
timeframes: {{exec: {0.exec}, ltf: {0.ltf}, mtf: {0.mtf}, htf: {0.htf}}}
risk: {{sizing: {{qty: 0.01}}}}
"""


def small(timeframes: str = TIMEFRAMES[0]) -> tuple[Any, Any]:
    """A system that turns with the opposite side, and half a day of candles with history."""
    system = system_of(720, timeframes, features=FEATURES, risk=", on_opposite_signal: reverse")
    settled = dict.fromkeys((START + hour * 60 * MINUTE for hour in range(-8, 13, 2)), 0.0001)
    return system, inputs_of(system, walk(720, history=5_000), funding=settled)


def _nobody() -> NoReturn:
    raise AssertionError("rules are asked nothing")


def told_by_rules(rules: str, system: Any, inputs: Any, *, is_quiet: bool = True) -> Told:
    """What happens under rules."""
    written = parse_system(
        f"{HEAD.format(system.timeframes)}features: {FEATURES}\nstrategy:\n  rules: {{{rules}}}\n", "rules.yml"
    )
    assembled = ruled_strategy(written, written.strategy, written.where).assembled
    assert assembled is not None
    told = Told()
    with patch.dict(os.environ, {"BTCLI_QUIET": "1" if is_quiet else "0"}):
        plans = [plan_features(system.features)]
        world = world_of(system, inputs, load_instruments(system), plans, programs=[assembled.program])
        simulate(world, Pass([_nobody]), told)
    return told


@pytest.mark.parametrize(("rules", "words"), TWINS, ids=NAMES)
@pytest.mark.parametrize("timeframes", TIMEFRAMES)
def test_rules_do_what_the_same_strategy_in_python_does(rules: str, words: Words, timeframes: str) -> None:
    """Events, trades and equity of half a day are the same, with quiet steps passed and with each of them run."""
    system, inputs = small(timeframes)
    _, asked = run(system, inputs, Twin(words))
    assert len(asked.all_trades) > 5
    for is_quiet in (True, False):
        told = told_by_rules(rules, system, inputs, is_quiet=is_quiet)
        assert told.all_events == asked.all_events
        assert (told.all_trades, told.rows) == (asked.all_trades, asked.rows)


@pytest.mark.parametrize(
    ("rules", "words"), WAITING, ids=["limit", "stop", "stop and limit", "limit for bars", "stop for a time"]
)
@pytest.mark.parametrize("timeframes", TIMEFRAMES)
def test_orders_wait_as_those_of_the_same_strategy_in_python(rules: str, words: Words, timeframes: str) -> None:
    """They are replaced where it enters again, taken back where it cancels, and filled at the same prices."""
    system, inputs = small(timeframes)
    _, asked = run(system, inputs, Waiting(words))
    assert {event.fields["code"] for event in asked.named("order_cancelled")}
    assert len(asked.all_trades) > 1
    for is_quiet in (True, False):
        told = told_by_rules(rules, system, inputs, is_quiet=is_quiet)
        assert told.all_events == asked.all_events
        assert (told.all_trades, told.rows) == (asked.all_trades, asked.rows)


@pytest.mark.parametrize("key", [*EXPRESSIONS, *SETTINGS])
def test_another_value_of_a_key_changes_what_happens(key: str) -> None:
    """No key of rules does nothing: with what it depends on, its value is seen in the events."""
    beside, value, other = KEYS[key]
    system, inputs = small()
    told = [told_by_rules(f"{beside}, {each}", system, inputs).all_events for each in (value, other)]
    assert told[0] != told[1]


@pytest.mark.parametrize("opposite", ["reverse", "close"])
@pytest.mark.parametrize("order", ["{limit: 2 * close}", "{stop: 0.5 * close}", "{limit: 2 * close, for: 20m}"])
def test_what_closes_for_an_entry_that_waits_goes_with_it(opposite: str, order: str) -> None:
    """An order to turn, or to close by the other side's entry, is replaced and taken back whole: none is left behind.

    Between 02:00 and 04:00 each close asks for it again, at a price that is never reached; at 05:00 it is taken back.
    """
    system = system_of(720, TIMEFRAMES[1], features=FEATURES, risk=f", on_opposite_signal: {opposite}")
    inputs = inputs_of(system, walk(720, history=5_000))
    told = told_by_rules(
        f"long: {{enter: time.hour == 1}}, short: {{enter: 2 <= time.hour < 4, order: {order},"
        " cancel_when: time.hour == 5}",
        system,
        inputs,
    )
    waiting = [event.fields["order_id"] for event in told.named("order_submitted") if event.fields["type"] != "market"]
    assert len(waiting) == (80 if opposite == "reverse" else 40)  # 40 closes of three minutes
    assert sorted(event.fields["order_id"] for event in told.named("order_cancelled")) == waiting
    codes = {event.fields["code"] for event in told.named("order_cancelled")}
    assert codes == {"CANCELLED_BY_STRATEGY"} | ({"EXPIRED"} if "for" in order else set())
    assert [event.fields.get("exit_reason") for event in told.named("order_filled")] == [None, "end_of_data"]


@pytest.mark.parametrize("opposite", ["reverse", "close"])
def test_what_waits_is_taken_back_where_the_held_side_would_enter(opposite: str) -> None:
    """An enter that does nothing, as its side is held, does not hide that the other's order is to be taken back."""
    system = system_of(720, TIMEFRAMES[1], features=FEATURES, risk=f", on_opposite_signal: {opposite}")
    inputs = inputs_of(system, walk(720, history=5_000))
    told = told_by_rules(
        "long: {enter: time.hour == 1 or time.hour == 5}, short: {enter: time.hour == 2 and time.minute == 0,"
        " order: {limit: 2 * close}, cancel_when: time.hour == 5}, stop: 4000",
        system,
        inputs,
    )
    waiting = [event.fields["order_id"] for event in told.named("order_submitted") if event.fields["type"] != "market"]
    gone = [(event.fields["order_id"], minutes_of(event.ts)) for event in told.named("order_cancelled")]
    assert gone == [(order, 300) for order in waiting]
    assert len(waiting) == (2 if opposite == "reverse" else 1)
    last = told.named("signal")[-1].fields
    assert (last["action"], last["cancel"], "stop_distance" in last) == ("prepare", True, False)
