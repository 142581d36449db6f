"""How the position and the account stand, as rules read it inside the loop, by hand and reckoned from what is told."""

from __future__ import annotations

import math
import os
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from exchange_quiet import quiet_end
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, exchange_of
from exchange_standing import RECKONED, Reckoner
from test_exchange_ruled import (
    CODE,
    EXIT_ROW,
    LONG_ROW,
    NAN,
    READS,
    SHORT_ROW,
    Ruled,
    calm,
    random_row,
    random_ruled,
    rules_of,
)

from btcli.exchange.book.codes import ASK, DONE, ENDED, FULL, NOTE_READINESS, NOTED
from btcli.exchange.book.states import STATES, memory_state
from btcli.exchange.driver.opcodes import AND, CONST, END, GE, GT, LE, LOAD, NOT, STATE
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.ruling import Rules
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.formulas.choosing import (
    ALWAYS_MATTERS,
    FIRST_GROUP,
    LONG_MATTERS,
    LOOKED_AHEAD,
    SHORT_MATTERS,
)
from btcli.strategies import Direction, Signal

SCRATCH = 100
OF_POSITION = sum(name.startswith("position.") for name in RECKONED)  # these come first
LOOKS = np.array([(STATE, SCRATCH, state, 0) for state in range(len(STATES))], np.int32)


def looking(ruled: Ruled) -> Ruled:
    """The same rules that also look at everything."""
    code = np.concatenate([CODE, LOOKS])
    return ruled._replace(rules=tuple(each._replace(code=code) for each in ruled.rules))


def noted(ruled: Ruled, *, quiet: bool = True, pieces: int = 0) -> tuple[SimulatedExchange, list[Any]]:
    """The exchange after a run that noted how all stood at each close, and its events."""
    with patch.dict(os.environ, {"BTCLI_QUIET": "1" if quiet else "0"}):
        exchange = exchange_of(ruled.scenario, ruled.calendar)
    for index, rules in enumerate(ruled.rules):
        exchange.deciders.rule(index, rules, int(ruled.calendar.deciding[index].sum()))
    events, until = [], 0
    while (why := exchange.drive(until)) != ENDED:
        events += exchange.drain_events()
        if why == DONE:
            until = min(until + (pieces or exchange.steps), exchange.steps)
    return exchange, events + exchange.drain_events()


def named(exchange: SimulatedExchange, close: int) -> dict[str, float]:
    """How all stood at one close."""
    return dict(zip(STATES, exchange.deciders.standing(0)[close].tolist(), strict=True))


def moved(ruled: Ruled, bars: dict[int, tuple[float, float, float, float]]) -> Ruled:
    """Other candles at some steps."""
    last = [list(bar) for bar in ruled.scenario.last[0]]
    for step, prices in bars.items():
        last[step][:4] = prices
    return ruled._replace(scenario=ruled.scenario._replace(last=[last]))


def test_all_is_unknown_of_a_position_that_is_not_there() -> None:
    """While flat; what is of the account is known."""
    exchange, _ = noted(looking(calm({9: LONG_ROW})))
    flat = named(exchange, 9)
    assert all(math.isnan(value) for name, value in flat.items() if name.startswith("position."))
    assert {name: value for name, value in flat.items() if name.startswith("account.")} == {
        "account.equity_usdt": 10_000.0,
        "account.available_usdt": 10_000.0,
        "account.drawdown_pct": 0.0,
        "account.day_pnl_pct": 0.0,
        "account.losses_in_a_row": 0.0,
        "account.open_positions": 0.0,
    }


@pytest.mark.parametrize("quiet", [True, False])
def test_a_long_stands_as_it_is_worked_out_by_hand(quiet: bool) -> None:
    """1 coin bought at 1001 with tenfold leverage, fees of 0.1 %: after the first bar, and 40 bars later.

    Its margin is 100.1 and the fee to close at the price of its takeover, 0.9009.
    """
    exchange, _ = noted(looking(moved(calm({9: LONG_ROW}), {30: (1000.0, 1050.0, 985.0, 1020.0)})), quiet=quiet)
    first, later = named(exchange, 10), named(exchange, 30)
    assert first == pytest.approx(
        {
            "position.side": 1.0,
            "position.qty": 1.0,
            "position.entry_price": 1001.0,
            "position.bars": 1.0,
            "position.unrealized_pct": -1.0 / 101.0009 * 100,
            "position.move_pct": -1.0 / 1001 * 100,
            "position.mfe_pct": 9.0 / 1001 * 100,
            "position.mae_pct": 11.0 / 1001 * 100,
            "position.stop_price": 901.0,
            "position.adds": 0.0,
            "position.exits_done": 0.0,
            "account.equity_usdt": 10_000 - 1.001 - 1.0,
            "account.available_usdt": 10_000 - 1.001 - 101.0009,
            "account.drawdown_pct": 2.001 / 100,
            "account.day_pnl_pct": -2.001 / 100,
            "account.losses_in_a_row": 0.0,
            "account.open_positions": 1.0,
        },
        rel=1e-12,
    )
    assert later["position.bars"] == 21.0
    assert later["position.move_pct"] == pytest.approx(19.0 / 1001 * 100, rel=1e-12)
    assert later["position.mfe_pct"] == pytest.approx(49.0 / 1001 * 100, rel=1e-12)
    assert later["position.mae_pct"] == pytest.approx(16.0 / 1001 * 100, rel=1e-12)
    assert later["position.unrealized_pct"] == pytest.approx(19.0 / 101.0009 * 100, rel=1e-12)
    assert later["account.drawdown_pct"] == 0.0
    assert named(exchange, 31)["account.drawdown_pct"] == pytest.approx(20.0 / 10_017.999 * 100, rel=1e-9)


def test_a_short_stands_the_other_way_round() -> None:
    """Sold at 999: below it lies what is in its favour, and it has no stop."""
    exchange, _ = noted(looking(calm({9: SHORT_ROW})))
    held = named(exchange, 12)
    assert (held["position.side"], held["position.bars"]) == (-1.0, 3.0)
    assert held["position.move_pct"] == pytest.approx(-1.0 / 999 * 100, rel=1e-12)
    assert held["position.mfe_pct"] == pytest.approx(9.0 / 999 * 100, rel=1e-12)
    assert held["position.mae_pct"] == pytest.approx(11.0 / 999 * 100, rel=1e-12)
    assert math.isnan(held["position.stop_price"])


def test_losses_in_a_row_end_with_a_trade_that_is_none() -> None:
    """Two trades lose their costs, the third gains 100 a coin; the day's profit counts from its first close."""
    rows = {9: LONG_ROW, 19: EXIT_ROW, 29: SHORT_ROW, 39: EXIT_ROW, 49: LONG_ROW, 69: EXIT_ROW}
    ruled = moved(calm(rows), dict.fromkeys(range(60, 200), (1100.0, 1110.0, 1090.0, 1100.0)))
    exchange, _ = noted(looking(ruled))
    counts = [named(exchange, close)["account.losses_in_a_row"] for close in (19, 20, 39, 40, 69, 70)]
    assert counts == [0.0, 1.0, 1.0, 2.0, 2.0, 0.0]


def test_the_day_begins_anew_at_midnight() -> None:
    """Bars of five minutes from midnight on: the close of step 287 ends the day, which had lost 2.001."""
    exchange, _ = noted(looking(calm({9: LONG_ROW}, 400)))
    assert named(exchange, 287)["account.day_pnl_pct"] == pytest.approx(-2.001 / 100, rel=1e-9)
    assert named(exchange, 288)["account.day_pnl_pct"] == 0.0
    assert named(exchange, 288)["position.bars"] == 279.0


def test_orders_that_add_are_counted_once_each() -> None:
    """A second order adds, however many fills it takes; what the first one goes on to fill is no addition."""
    ruled = looking(calm({}))
    instrument = INSTRUMENT._replace(max_participation=0.1)  # of 5 coins a bar
    exchange = exchange_of(ruled.scenario._replace(instruments=[instrument]), ruled.calendar)
    exchange.deciders.rule(0, ruled.rules[0], 200)
    for first, qty in ((0, 1.0), (10, 1.2)):
        exchange.advance(first, first + 10)
        exchange.submit_entry(0, 1, type="limit", price=995.0, sizing="qty", sizing_value=qty)
    exchange.advance(20, 40)
    held = [named(exchange, close) for close in (10, 11, 19, 20, 21, 22, 30)]
    assert [each["position.qty"] for each in held] == [0.5, 1.0, 1.0, 1.5, 2.0, 2.2, 2.2]
    assert [each["position.adds"] for each in held] == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("first", [0, 30, 60])
def test_what_is_noted_is_the_same_in_full_and_by_stretches(first: int) -> None:
    """On random markets, in pieces of any length: how all stood at each close, to the last bit."""
    known = 0
    for seed in range(first, first + 30):
        ruled = looking(random_ruled(seed))
        whole, _ = noted(ruled)
        for other, _ in (noted(ruled, quiet=False), noted(ruled, pieces=[1, 7, 50][seed % 3])):
            for index in range(len(ruled.rules)):
                assert whole.deciders.standing(index).tobytes() == other.deciders.standing(index).tobytes(), seed
        known += sum(int(np.isfinite(whole.deciders.standing(index)[:, 0]).sum()) for index in range(len(ruled.rules)))
    assert known > 20


def stateful(seed: int) -> tuple[Ruled, list[list[tuple[int, int, bool, bool]]]]:
    """Random rules of which each condition also compares a state with a number of its row, some of them negated.

    By symbol and condition: the state, its column, whether it is to be above, and whether that is negated.
    """
    ruled, rng = random_ruled(seed), np.random.default_rng(seed + 1_000_000)
    made, drawn = [], []
    for deciding in ruled.calendar.deciding:
        rules = rules_of({step: random_row(rng) for step in np.flatnonzero(deciding).tolist()})
        values = rules.values.reshape(-1, READS)
        values[:, :4] = rng.choice([1.0, 1.0, 1.0, 0.0, NAN], (len(values), 4))
        extra = rng.choice([-1.0, 0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 900.0, 5000.0, NAN], (len(values), 4))
        own = []
        for condition in range(4):
            names = RECKONED[:OF_POSITION] if condition > 1 and seed % 2 else RECKONED
            state, flags = STATES.index(str(rng.choice(names))), rng.integers(0, 2, 2).tolist()
            own.append((state, READS + condition, bool(flags[0]), bool(flags[1])))
        made.append(in_groups(own, rules.steps, np.concatenate([values, extra], axis=1), rng))
        drawn.append(own)
    return ruled._replace(rules=tuple(made)), drawn


def in_groups(
    drawn: list[tuple[int, int, bool, bool]], steps: Any, values: np.ndarray[Any, Any], rng: np.random.Generator
) -> Rules:
    """Entries in one group that runs at some rows, elsewhere the values say there is none; exits in another at all.

    Rows of exits alone are looked at ahead where these hang on the position.
    """
    compared = [
        [
            (STATE, SCRATCH, state, 0),
            (LOAD, SCRATCH + 1, column, 0),
            (GT if is_above else LE, SCRATCH + 2, SCRATCH, SCRATCH + 1),
            *([(NOT, SCRATCH + 2, SCRATCH + 2, 0)] if negates else []),
            (AND, condition, condition, SCRATCH + 2),
        ]
        for condition, (state, column, is_above, negates) in enumerate(drawn)
    ]
    loads = [(LOAD, register, register, 0) for register in range(READS)]
    entering = [*loads[:2], *loads[4:], *compared[0], *compared[1], (END, 0, 0, 0)]
    leaving = [*loads[2:4], *compared[2], *compared[3], (END, 0, 0, 0)]
    enters = rng.random(len(steps)) < 0.4
    values[~enters, :2] = 0.0
    of_position = all(STATES[state].startswith("position.") for state, *_ in drawn[2:])
    alone = LONG_MATTERS | SHORT_MATTERS | FIRST_GROUP << 1 | (LOOKED_AHEAD if of_position else 0)
    kinds = np.where(enters, ALWAYS_MATTERS | 3 * FIRST_GROUP, alone).astype(np.int32)
    width = values.shape[1]
    widths = np.where(enters, 2 * width, width)
    flat = [number for row, twice in zip(values.tolist(), enters, strict=True) for number in row * (2 if twice else 1)]
    code, first = np.array([*entering, *leaving], np.int32), np.array([0, len(entering)])
    starts, reads = np.cumsum(widths) - widths, np.array([width, width])
    return Rules(code, np.empty(0), first, reads, steps, kinds, starts, np.array(flat, np.float64))


def rows_of(rules: Rules) -> dict[int, list[float]]:
    """By step what each row reads."""
    width = int(rules.n_reads[0])
    places = zip(rules.steps.tolist(), rules.starts.tolist(), strict=True)
    return {step: rules.values[start : start + width].tolist() for step, start in places}


WORDS = ("stop_distance", "target_distance", "stop_price", "target_price")
WORDS = (*WORDS, "trail_distance", "trail_activation", "break_even_distance")


def answer_of(row: list[float], drawn: list[tuple[int, int, bool, bool]], standing: dict[str, float]) -> Signal | None:
    """What a row asks for while all stands so: a condition is true where its own and its comparison is."""
    said = []
    for condition, (state, column, is_above, negates) in enumerate(drawn):
        value, level = standing[STATES[state]], row[column]
        is_known = not (math.isnan(value) or math.isnan(level))
        said.append(row[condition] == 1.0 and is_known and ((value > level) == is_above) != negates)
    side = standing["position.side"]
    if (side == 1.0 and said[2]) or (side == -1.0 and said[3]):
        return Signal(Direction.FLAT)
    if said[0] == said[1]:
        return None
    which = 0 if said[0] else 1
    levels = {word: float(level) for word, level in zip(WORDS, row[4 + which : 18 : 2], strict=True)}
    return Signal(
        Direction.LONG if said[0] else Direction.SHORT,
        **{word: level for word, level in levels.items() if not math.isnan(level)},
    )


def told_by_rules(ruled: Ruled, *, quiet: bool, pieces: int = 0) -> tuple[list[Any], str]:
    exchange, events = noted(ruled, quiet=quiet, pieces=pieces)
    return events, exchange.state_hash()


def told_by_answers(ruled: Ruled, drawn: list[list[tuple[int, int, bool, bool]]]) -> tuple[list[Any], str]:
    """The same decided from outside, by how all stands as it is reckoned from what was told."""
    exchange = exchange_of(ruled.scenario, ruled.calendar)
    reckoner, deciding = Reckoner(exchange, ruled.scenario), ruled.calendar.deciding
    rows, until = [rows_of(each) for each in ruled.rules], 0
    while (why := exchange.drive(until)) != ENDED:
        reckoner.take()
        if why == DONE:
            for index in range(len(rows)):
                if until and deciding[index][until - 1]:
                    reckoner.close(index)
            until += 1
        elif why == ASK:
            step, index = until - 2, exchange.asked  # before the step that it was to run next
            if (row := rows[index].get(step)) is not None:
                signal = answer_of(row, drawn[index], reckoner.at(index, step))
                if signal is not None:
                    exchange.answer(signal)
        else:
            assert why == FULL
    reckoner.take()
    return reckoner.events, exchange.state_hash()


def compare(seeds: range) -> int:
    """Hold rules that read how all stands against answers by a reckoning from outside; how often one entered."""
    opened = 0
    for seed in seeds:
        ruled, drawn = stateful(seed)
        asked = told_by_answers(ruled, drawn)
        assert told_by_rules(ruled, quiet=True) == asked, seed
        assert told_by_rules(ruled, quiet=False, pieces=[1, 7, 50][seed % 3]) == asked, seed
        opened += sum(event.name == "position_opened" for event in asked[0])
    return opened


def test_rules_read_how_all_stands_as_it_is_reckoned_from_what_is_told() -> None:
    """On 60 random markets of one to three symbols, with holes, delistings, reversals and liquidations."""
    assert compare(range(60)) > 40


def test_an_exit_that_hangs_on_the_position_ends_a_stretch_only_where_it_is_true() -> None:
    """Filled at step 10 and old enough at the 20th close from there, step 29: until then nobody has to look."""
    code = [(CONST, 2, 0, 0), (STATE, SCRATCH, STATES.index("position.bars"), 0), (CONST, SCRATCH + 1, 0, 0)]
    code += [(GE, 2, SCRATCH, SCRATCH + 1), (END, 0, 0, 0)]
    enter = [(CONST, 0, 1, 0), (END, 0, 0, 0)]
    kinds = np.full(199, LONG_MATTERS | LOOKED_AHEAD | FIRST_GROUP, np.int32)
    kinds[9] = ALWAYS_MATTERS | 3 * FIRST_GROUP
    of_groups = np.array([0, len(code)]), np.zeros(2, np.int64)
    steps, nothing = np.arange(199), np.zeros(199, np.int64)
    rules = Rules(
        np.array(code + enter, np.int32), np.array([20.0, 1.0]), *of_groups, steps, kinds, nothing, np.empty(0)
    )
    ruled = calm({})._replace(rules=(rules,))
    exchange = exchange_of(ruled.scenario, ruled.calendar)
    exchange.deciders.rule(0, rules)
    exchange.drive(12)
    assert quiet_end(exchange, 12, exchange.steps) == 30 + 1  # the close of step 11 is still to be counted
    _, events = noted(ruled)
    moves = [(event.ts - START_MS) // STEP_MS for event in events if event.name.startswith("position_")]
    assert moves == [10, 30]


@pytest.mark.parametrize(("bars", "is_entered"), [(1, True), (2, True), (3, True)])
def test_closes_at_which_nothing_was_ready_are_no_evaluations(bars: int, is_entered: bool) -> None:
    """What was true at step 5 was true one evaluation before step 9, as 6 to 8 were not ready; at 10 it is two."""
    told = noted(remembering(bars, at=9))[1]
    assert any(event.name == "position_opened" for event in told) == is_entered
    told = noted(remembering(bars, at=10))[1]
    assert any(event.name == "position_opened" for event in told) == (bars > 1)


def remembering(bars: int, at: int) -> Ruled:
    """Enters long at a step where what holds at step 5 was so many evaluations before; nothing is ready from 6 to 8."""
    code = [(STATE, 0, memory_state(0, bars, 1), 0), (END, 0, 0, 0), (CONST, 0, 0, 0), (END, 0, 0, 0)]
    kinds = np.array([ALWAYS_MATTERS | FIRST_GROUP << 1, ALWAYS_MATTERS | FIRST_GROUP], np.int32)
    none = np.zeros(2, np.int64)
    steps, first = np.array([5, at]), np.array([0, 2])
    rules = Rules(np.array(code, np.int32), np.ones(1), first, none, steps, kinds, none, np.empty(0), memories=1)
    ruled = calm({})
    flags = ruled.calendar.flags.copy()
    flags[[6, 9]] |= NOTED
    notes = np.array([(6, NOTE_READINESS, 0, 1, 0, 0), (9, NOTE_READINESS, 0, 0, 0, 0)], np.int64)
    calendar = Calendar(flags, ruled.calendar.deciding, notes, ("", "late"))
    return ruled._replace(rules=(rules,), calendar=calendar)


@pytest.mark.long
def test_rules_read_how_all_stands_on_many_markets() -> None:
    """The same on 2,000 markets."""
    assert compare(range(5_000, 7_000)) > 2_000
