"""What becomes of wishes at the exchange: who is asked, what is told, and that texts and not their numbers count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from exchange_scenarios import INSTRUMENT, START_MS, STEP_MS, TERMS

from btcli.exchange.book.codes import (
    ASK,
    DECIDES,
    DONE,
    ENDED,
    FULL,
    LOOK,
    NOTE_CLOSE,
    NOTE_READINESS,
    NOTED,
    STEP_TOLD,
)
from btcli.exchange.book.terms import Terms
from btcli.exchange.face.calendar import Calendar
from btcli.exchange.face.events import Event
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.exchange.face.tape import market_of
from btcli.strategies import Direction, Signal

LONG, SHORT = Direction.LONG, Direction.SHORT
STEPS = 20
NOBODY_LATE = np.zeros((0, 6), np.int64)


def calm_exchange(
    notes: Any = NOBODY_LATE, texts: tuple[str, ...] = ("",), symbols: int = 1, **terms: Any
) -> SimulatedExchange:
    """Twenty bars at 1000 for each symbol; all of them may decide at every close."""
    flags = np.full(STEPS, DECIDES, np.uint8)
    rows = np.array(notes, np.int64).reshape(-1, 6)
    flags[rows[:, 0]] |= NOTED
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return SimulatedExchange(
        market_of(
            symbols=[f"S{n}" for n in range(symbols)],
            ts_open=START_MS + STEP_MS * np.arange(STEPS),
            step_ms=STEP_MS,
            last=[np.tile([1000.0, 1010.0, 990.0, 1000.0, 5.0], (STEPS, 1))] * symbols,
            mark=None,
            funding=[nothing] * symbols,
            calendar=Calendar(flags, np.ones((symbols, STEPS), np.uint8), rows, texts, STEP_MS),
        ),
        instruments=[INSTRUMENT._replace(symbol=f"S{n}") for n in range(symbols)],
        terms=Terms(**{**TERMS._asdict(), **terms}),
        initial_equity_usdt=10_000.0,
    )


def told_of(
    exchange: SimulatedExchange, answers: Mapping[tuple[int, int], Signal], pieces: int = STEPS
) -> tuple[list[Event], list[tuple[int, int]], str]:
    """Run to the end, `pieces` steps a call; the events, the questions as (step, symbol), and the last state."""
    asked, events, until = [], [], 0
    while (why := exchange.drive(until)) != ENDED:
        if why == ASK:
            at = (int(exchange.seen()[20]), exchange.asked)
            asked.append(at)
            if at in answers:
                exchange.answer(answers[at])
        elif why == DONE:
            events += exchange.drain_events()
            until = min(until + pieces, STEPS)
    return events + exchange.drain_events(), asked, exchange.state_hash()


TAGGED = {
    (1, 0): Signal(LONG, tag="first of all"),
    (4, 0): Signal(SHORT, stop_distance=50.0, tag='äöü, a longer text with "marks" and a \n in it' * 3),
    (6, 0): Signal(SHORT, tag="not heard"),
    (9, 0): Signal(Direction.FLAT, tag="first of all"),
}


@pytest.mark.parametrize("pieces", [1, 3, STEPS])
def test_tags_are_told_as_texts_for_any_cutting(pieces: int) -> None:
    """However the steps are cut, each signal is told with its own tag, and the state is the same."""
    whole, _, state = told_of(calm_exchange(on_opposite_signal="reverse"), TAGGED)
    events, _, same = told_of(calm_exchange(on_opposite_signal="reverse"), TAGGED, pieces)
    assert (events, same) == (whole, state)
    assert [event.fields["tag"] for event in events if event.name == "signal"] == [
        TAGGED[1, 0].tag, TAGGED[4, 0].tag, TAGGED[9, 0].tag
    ]  # fmt: skip


def test_the_order_in_which_texts_are_met_changes_no_state() -> None:
    """Two runs whose tables name the same reasons by other numbers tell the same and end in the same state."""
    lacks, early = "ltf has no fast yet", "no htf bar (1h) has closed yet"
    one = calm_exchange([(0, NOTE_READINESS, 0, 2, 0, 1)], ("", lacks, early))
    two = calm_exchange([(0, NOTE_READINESS, 0, 1, 0, 3)], ("", early, "unused", lacks))
    assert told_of(one, {}) == told_of(two, {})
    assert one.deciders.reasons(0) == two.deciders.reasons(0) == (early, lacks)


def test_other_reasons_are_another_state() -> None:
    """What keeps a symbol from deciding is part of the state, as a text."""
    one = calm_exchange([(0, NOTE_READINESS, 0, 1, 0, 0)], ("", "no htf bar (1h) has closed yet"))
    two = calm_exchange([(0, NOTE_READINESS, 0, 1, 0, 0)], ("", "no htf bar (4h) has closed yet"))
    assert told_of(one, {})[2] != told_of(two, {})[2]


def test_readiness_is_told_when_it_begins_and_whenever_it_changes() -> None:
    """Not ready at first is told to nobody; from step 3 on there are questions, in steps 6 and 7 there are none."""
    changes = [(0, NOTE_READINESS, 0, 1, 0, 0), (3, NOTE_READINESS, 0, 0, 0, 0)]
    changes += [(6, NOTE_READINESS, 0, 0, 0, 2), (7, NOTE_READINESS, 0, 1, 0, 2), (8, NOTE_READINESS, 0, 0, 0, 0)]
    exchange = calm_exchange(changes, ("", "early", "late"))
    events, asked, _ = told_of(exchange, {})
    ready = [(event.ts, event.fields) for event in events if event.name == "ready"]
    assert ready == [
        (START_MS + 4 * STEP_MS, {"ready": True}),
        (START_MS + 7 * STEP_MS, {"ready": False, "reasons": ["late"]}),
        (START_MS + 9 * STEP_MS, {"ready": True}),
    ]
    assert [step for step, _ in asked] == [3, 4, 5, *range(8, STEPS - 1)]
    assert exchange.deciders.decided(0) == (14, 0, START_MS + 4 * STEP_MS, 4)


def test_a_timeframe_that_closed_is_told_before_anyone_decides() -> None:
    """Of both symbols, in the order of the notes, with the moment at which the bar closed."""
    notes = [(2, NOTE_CLOSE, 0, 1, 2, 77), (2, NOTE_CLOSE, 1, 1, 2, 78)]
    events, _, _ = told_of(calm_exchange(notes, ("", "htf", "1h"), symbols=2), {(2, 0): Signal(LONG)})
    at = [event for event in events if event.ts == START_MS + 3 * STEP_MS][:4]
    assert [(event.name, event.symbol) for event in at] == [
        ("tf_closed", "S0"), ("tf_closed", "S1"), ("signal", "S0"), ("order_submitted", "S0")
    ]  # fmt: skip
    assert at[1].fields == {"role": "htf", "timeframe": "1h", "bar_ts_close": 78}


def test_symbols_are_asked_in_their_order_each_after_what_the_one_before_submitted() -> None:
    """At one close the first symbol's order is told before the second symbol's."""
    events, asked, _ = told_of(calm_exchange(symbols=2), {(3, 1): Signal(SHORT), (3, 0): Signal(LONG)})
    assert asked[:8] == [(step, symbol) for step in range(4) for symbol in (0, 1)]
    decided = [(event.name, event.symbol) for event in events if event.name in ("signal", "order_submitted")][:4]
    assert decided == [("signal", "S0"), ("order_submitted", "S0"), ("signal", "S1"), ("order_submitted", "S1")]


def test_a_position_leaves_after_the_closes_it_may_see_and_nobody_is_asked() -> None:
    """Filled at the open of step 2 and allowed three closes, it is closed at that of step 4, for its age."""
    events, asked, _ = told_of(calm_exchange(max_bars_in_trade=3), {(1, 0): Signal(LONG)})
    closes = [e for e in events if e.name == "order_submitted" and e.fields.get("exit_reason") == "timeout"]
    assert [(event.ts - START_MS) // STEP_MS - 1 for event in closes] == [4]
    assert 4 not in [step for step, _ in asked]


def test_the_age_begins_anew_with_the_position_that_a_reversal_opens() -> None:
    """Reversed at the close of step 3, the short is of age three closes after its own fill at step 4."""
    answers = {(1, 0): Signal(LONG), (3, 0): Signal(SHORT)}
    events, _, _ = told_of(calm_exchange(max_bars_in_trade=3, on_opposite_signal="reverse"), answers)
    closes = [e for e in events if e.name == "order_submitted" and e.fields.get("exit_reason") == "timeout"]
    assert [(event.ts - START_MS) // STEP_MS - 1 for event in closes] == [6]


def test_who_rests_is_passed_over_in_a_position_but_may_look() -> None:
    """From its fill at step 2 on nobody is asked; from step 5 on every close is a look."""
    exchange = calm_exchange()
    exchange.deciders.rest(0)
    exchange.deciders.look_from(0, 5)
    whys, until = [], STEPS
    while (why := exchange.drive(until)) != ENDED:
        step = int(exchange.seen()[20])
        whys.append((step, why))
        if step == 1:
            exchange.answer(Signal(LONG))
    assert whys == [(0, ASK), (1, ASK), *((step, LOOK) for step in range(5, STEPS - 1))]


def test_what_an_expiry_says_is_told_as_it_was_said() -> None:
    """No expiry is not told; none or fewer bars are, in milliseconds, and more than any run has up to 2**62."""
    answers = {
        (n, 0): Signal(LONG, order="limit", price=900.0, expires_after=value)
        for n, value in enumerate([None, 0, -7, 3, "20m", 10**30])
    }
    events, _, _ = told_of(calm_exchange(), answers)
    told = [e.fields.get("expires_after_ms") for e in events if e.name == "signal"]
    assert told == [None, 0, -7 * STEP_MS, 3 * STEP_MS, 1_200_000, 2**62]


def test_a_wish_without_effect_is_counted_and_not_told() -> None:
    """Against a long that ignores opposite wishes, a short is no event, no order, and one in the count."""
    exchange = calm_exchange()
    events, _, _ = told_of(exchange, {(1, 0): Signal(LONG), (4, 0): Signal(SHORT), (5, 0): Signal(LONG)})
    assert [event.name for event in events if event.name == "signal"] == ["signal"]
    assert exchange.deciders.decided(0).ignored == 2


def test_what_waits_to_be_told_is_handed_on_before_it_grows() -> None:
    """Of 19,200 events at most 8,192 and those of one step ever wait; they are told 4,096 at a time, in their order."""
    symbols, steps = 64, 300
    flags = np.full(steps, STEP_TOLD, np.uint8)
    nothing = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    names = [f"S{n}" for n in range(symbols)]
    market = market_of(
        symbols=names,
        ts_open=START_MS + STEP_MS * np.arange(steps),
        step_ms=STEP_MS,
        last=np.tile([1000.0, 1010.0, 990.0, 1000.0, 5.0], (symbols, steps, 1)),
        mark=None,
        funding=[nothing] * symbols,
        calendar=Calendar(flags, np.zeros((symbols, steps), np.uint8), NOBODY_LATE),
    )
    exchange = SimulatedExchange(market, [INSTRUMENT._replace(symbol=name) for name in names], TERMS, 10_000.0)
    told: list[Event] = []
    sums = []
    while (why := exchange.drive(steps)) != ENDED:
        assert why == FULL
        pieces = list(exchange.told())
        assert max(map(len, pieces)) <= 4096
        sums.append(sum(map(len, pieces)))
        told += [event for piece in pieces for event in piece]
    assert max(sums) <= 8192 + symbols
    told += exchange.drain_events()
    stepped = [(event.ts, event.symbol) for event in told if event.name == "step"]
    assert stepped == [(START_MS + STEP_MS * (step + 1), name) for step in range(steps) for name in names]
