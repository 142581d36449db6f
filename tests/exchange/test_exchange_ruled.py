"""Rules inside the loop give the bytes of the same answers given one by one, and end a quiet stretch only where needed.

The answers that rules stand for are worked out here from the rows of their wish table, as the rules language says it.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
from exchange_markets import random_scenario
from exchange_quiet import quiet_end
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, TERMS, Scenario, exchange_of

from btcli.exchange.book.codes import ASK, DECIDES, DONE, ENDED, NOTE_READINESS, NOTED
from btcli.exchange.driver.opcodes import LOAD
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.ruling import Rules, rules_of_rows
from btcli.exchange.face.score import begin_score
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.strategies import Direction, Signal

# Of each long and short: enter, exit, stop, target, stop price, target price, trail, from where, break even.
READS = 24
WORDS = ("stop_distance", "target_distance", "stop_price", "target_price")
WORDS = (*WORDS, "trail_distance", "trail_activation", "break_even_distance")
NAN = float("nan")
CODE = np.array([(LOAD, register, register, 0) for register in range(READS)], np.int32)


class Ruled(NamedTuple):
    """A market, when its symbols may decide, and the rows of each symbol's rules."""

    scenario: Scenario
    calendar: Calendar
    rules: tuple[Rules, ...]


def rules_of(rows: dict[int, list[float]]) -> Rules:
    """Rules whose program says at each step what stands in its row; the end of a short one is unknown."""
    filled = [rows[step] + [NAN] * (READS - len(rows[step])) for step in sorted(rows)]
    values = np.array(filled, np.float64).reshape(-1, READS)
    return rules_of_rows(CODE, np.empty(0), np.array(sorted(rows), np.int64), values)


def random_row(rng: np.random.Generator) -> list[float]:
    """Each condition true, false or unknown; each level some number, nothing, or one that cannot be."""
    conditions = rng.choice([1.0, 0.0, 0.0, NAN], 4).tolist()
    distances = rng.choice([NAN, 5.0, 20.0, 60.0, 0.0, -3.0], 4, p=[0.2, 0.25, 0.25, 0.2, 0.05, 0.05]).tolist()
    prices = [
        rng.choice([NAN, NAN, NAN, NAN, 900.0, 990.0, 1010.0, 1100.0]) if np.isnan(each) else NAN for each in distances
    ]
    trails = rng.choice([NAN, NAN, 6.0, 30.0, 0.0], 2).tolist()
    froms = [NAN if np.isnan(each) else rng.choice([NAN, 980.0, 1000.0, 1020.0]) for each in trails]
    return [*conditions, *distances, *prices, *trails, *froms, *rng.choice([NAN, NAN, 4.0, 25.0], 2).tolist()]


def random_ruled(seed: int) -> Ruled:
    """A random market of one to three symbols; closes at which each may decide, gaps in readiness, and rows."""
    rng = np.random.default_rng(seed)
    symbols = int(rng.integers(1, 4))
    drawn = random_scenario(seed, symbols=symbols)
    terms = drawn.terms._replace(
        on_opposite_signal=str(rng.choice(["ignore", "close", "reverse"])),
        max_bars_in_trade=[None, None, None, 5][int(rng.integers(0, 4))],
        sizing="qty",
        sizing_value=float(rng.choice([0.05, 1.0, 30.0])),
    )
    steps = drawn.steps
    every = int(rng.choice([1, 1, 3]))
    deciding = np.zeros((symbols, steps), np.uint8)
    deciding[:, every - 1 :: every] = 1
    if drawn.has_bar is not None:
        deciding &= np.array(drawn.has_bar, np.uint8)
    notes = [
        (step, NOTE_READINESS, symbol, int(rng.integers(0, 2)), 0, 0)
        for step in sorted(rng.choice(steps, min(steps, 4), replace=False).tolist())
        for symbol in range(symbols)
    ]
    flags = np.where(deciding.any(axis=0), DECIDES, 0).astype(np.uint8)
    flags[[note[0] for note in notes]] |= NOTED
    share = float(rng.choice([0.02, 0.1, 0.5]))
    rules = tuple(
        rules_of({step: random_row(rng) for step in np.flatnonzero(deciding[n]).tolist() if rng.random() < share})
        for n in range(symbols)
    )
    calendar = Calendar(flags, deciding, np.array(notes, np.int64), ("", "late"))
    return Ruled(drawn._replace(decisions={}, terms=terms), calendar, rules)


def answer_to(row: list[float], side: int) -> Signal | None:
    """What a row asks for while a side is held: leaving first, and nothing where both sides would enter."""
    enters = {1: row[0] == 1.0, -1: row[1] == 1.0}
    leaves = {1: row[2] == 1.0, -1: row[3] == 1.0, 0: False}
    if leaves[side]:
        return Signal(Direction.FLAT)
    if enters[1] == enters[-1]:
        return None
    which = 0 if enters[1] else 1
    said = dict(zip(WORDS, row[4 + which : 18 : 2], strict=True))
    levels = {word: float(level) for word, level in said.items() if not np.isnan(level)}
    return Signal(Direction.LONG if enters[1] else Direction.SHORT, **levels)


def told_of(exchange: SimulatedExchange, ruled: Ruled, pieces: int = 0) -> dict[str, Any]:
    """Run to the end, so many steps a call (0: all); what it told, and how it ended."""
    rows = [
        dict(zip(each.steps.tolist(), each.values.reshape(-1, READS).tolist(), strict=True)) for each in ruled.rules
    ]
    events, trades, until = [], [], 0
    while (why := exchange.drive(until)) != ENDED:
        if why == ASK:
            seen = exchange.seen()
            row = rows[exchange.asked].get(int(seen[20]))
            signal = None if row is None else answer_to(row, int(seen[8]))
            if signal is not None:
                exchange.answer(signal)
        elif why == DONE:
            until = min(until + (pieces or exchange.steps), exchange.steps)
        events += exchange.drain_events()
        trades += exchange.drain_trades()
    ts, equity = exchange.drain_equity()
    return {
        "events": events + exchange.drain_events(),
        "trades": trades + exchange.drain_trades(),
        "equity": (ts.tolist(), equity.tolist()),
        "counters": exchange.counters(),
        "decided": [exchange.deciders.decided(n) for n in range(len(ruled.rules))],
        "status": exchange.status,
        "state": exchange.state_hash(),
    }


def told_by_rules(ruled: Ruled, pieces: int = 0, *, quiet: bool = True) -> dict[str, Any]:
    with patch.dict(os.environ, {"BTCLI_QUIET": "1" if quiet else "0"}):
        exchange = exchange_of(ruled.scenario, ruled.calendar)
    for index, rules in enumerate(ruled.rules):
        exchange.deciders.rule(index, rules)
    return told_of(exchange, ruled, pieces)


def compare(seeds: range) -> int:
    """Hold rules against answers on random markets, in full and by stretches, in pieces; how many trades there were."""
    trades = 0
    for seed in seeds:
        ruled = random_ruled(seed)
        asked = told_of(exchange_of(ruled.scenario, ruled.calendar), ruled)
        for told in (
            told_by_rules(ruled),
            told_by_rules(ruled, quiet=False),
            told_by_rules(ruled, pieces=[1, 7, 50][seed % 3]),
        ):
            assert told == asked, seed
        trades += len(asked["trades"])
    return trades


def test_rules_give_what_the_same_answers_give() -> None:
    """On 60 random markets events, trades, rows, counts and the last state are those of a strategy that is asked."""
    assert compare(range(60)) > 50


@pytest.mark.long
def test_rules_give_what_the_same_answers_give_on_many_markets() -> None:
    """The same on 3,000 markets."""
    assert compare(range(1000, 4000)) > 3000


def calm(rows: dict[int, list[float]], steps: int = 200, **terms: Any) -> Ruled:
    """Bars at 1000 that all may decide at."""
    bars = [[1000.0, 1010.0, 990.0, 1000.0, 5.0]] * steps
    calendar = Calendar(np.full(steps, DECIDES, np.uint8), np.ones((1, steps), np.uint8), np.zeros((0, 6), np.int64))
    scenario = Scenario([bars], terms=TERMS._replace(**terms), instruments=[INSTRUMENT], start_ms=START_MS)
    return Ruled(scenario, calendar, (rules_of(rows),))


LONG_ROW = [1.0, 0.0, 0.0, 0.0, 100.0, NAN, 200.0, NAN]
SHORT_ROW = [0.0, 1.0, 0.0, 0.0, NAN, NAN, NAN, NAN]
BOTH_ROW = [1.0, 1.0, 0.0, 0.0, NAN, NAN, NAN, NAN]
EXIT_ROW = [NAN, 0.0, 1.0, 1.0, NAN, NAN, NAN, NAN]


def moves(told: dict[str, Any]) -> list[tuple[int, str]]:
    """When positions opened and closed, in steps."""
    kinds = ("position_opened", "position_closed")
    return [((event.ts - START_MS) // STEP_MS, event.name) for event in told["events"] if event.name in kinds]


def test_a_wish_is_filled_at_the_next_open() -> None:
    """Entered at the close of step 9, in the market at the open of step 10; left by the exit at 19 at that of 20."""
    told = told_by_rules(calm({9: LONG_ROW, 19: EXIT_ROW}))
    assert moves(told) == [(10, "position_opened"), (20, "position_closed")]
    opened = next(event for event in told["events"] if event.name == "order_filled")
    assert opened.fields["side"] == "buy"


def test_a_score_takes_any_number_of_wishes() -> None:
    """Rules that wish something at each of 1,500 closes are followed to the end, though no buffer holds so many."""
    ruled = calm(
        {step: SHORT_ROW if step % 2 else LONG_ROW for step in range(1500)}, 1501, on_opposite_signal="reverse"
    )
    exchange = exchange_of(ruled.scenario, ruled.calendar)
    exchange.deciders.rule(0, ruled.rules[0])
    begin_score(exchange._book, START_MS, START_MS + 1501 * STEP_MS)
    assert exchange.drive(1501) == ENDED
    assert (exchange.counters().entry_attempts, len(exchange.drain_trades())) == (1500, 1500)
    assert (exchange._book["account"]["n_events"], exchange._book["cursor"]["n_wishes"]) == (0, 0)


def test_both_sides_at_once_enter_neither_and_are_counted() -> None:
    """A close at which both conditions hold is a conflict, flat or held."""
    ruled = calm({9: BOTH_ROW, 19: LONG_ROW, 29: BOTH_ROW})
    exchange = exchange_of(ruled.scenario, ruled.calendar)
    exchange.deciders.rule(0, ruled.rules[0])
    assert moves(told_of(exchange, ruled))[:1] == [(20, "position_opened")]
    assert exchange.deciders.conflicts(0) == 2


def test_leaving_comes_before_entering() -> None:
    """Where the exit of a long holds at the close at which short would enter, the long is left and nothing entered."""
    told = told_by_rules(
        calm({9: LONG_ROW, 19: [0.0, 1.0, 1.0, 0.0, NAN, NAN, NAN, NAN]}, on_opposite_signal="reverse")
    )
    assert moves(told) == [(10, "position_opened"), (20, "position_closed")]


def test_every_close_that_was_ready_counts_as_a_decision() -> None:
    """Of 200 steps the closes of 199 can be decided at, whether the rules wish anything there or not."""
    ruled = calm({9: LONG_ROW, 19: SHORT_ROW})
    assert (
        told_by_rules(ruled)["decided"][0].decisions == told_by_rules(ruled, quiet=False)["decided"][0].decisions == 199
    )


def test_rules_end_a_quiet_stretch_only_where_they_could_wish_something() -> None:
    """The stretch ends at the close of the next row, or where so many steps were looked at; every close may decide."""
    for rows, end in (({9: LONG_ROW, 150: EXIT_ROW}, 10), ({150: EXIT_ROW}, 2 + 128)):
        ruled = calm(rows)
        exchange = exchange_of(ruled.scenario, ruled.calendar)
        exchange.deciders.rule(0, ruled.rules[0])
        exchange.drive(1)
        exchange.drive(2)  # the first close has been looked at: all is ready
        assert quiet_end(exchange, 2, exchange.steps) == end


def test_nothing_is_wished_before_all_is_ready() -> None:
    """A row at a close at which a role is not ready is passed over, and counts as no decision."""
    base = calm({4: LONG_ROW, 9: LONG_ROW})
    flags = base.calendar.flags.copy()
    flags[[0, 6]] |= NOTED
    notes = np.array([(0, NOTE_READINESS, 0, 1, 0, 0), (6, NOTE_READINESS, 0, 0, 0, 0)], np.int64)
    ruled = base._replace(calendar=Calendar(flags, base.calendar.deciding, notes, ("", "no htf bar")))
    for told in (told_by_rules(ruled), told_by_rules(ruled, quiet=False)):
        assert moves(told)[:1] == [(10, "position_opened")]
        assert told["decided"][0].decisions == 199 - 6
        assert told["decided"][0].first_ts == START_MS + 7 * STEP_MS


def test_terms_that_count_closes_are_kept() -> None:
    """A position is left after five ltf closes whoever decides, and nothing is wished at that close."""
    told = told_by_rules(calm({9: LONG_ROW, 14: SHORT_ROW}, max_bars_in_trade=5))
    assert moves(told) == [(10, "position_opened"), (15, "position_closed")]
