"""`A then B within N` minute by minute: evaluations, what uses an A up, and what is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from engine_worlds import candles, inputs_of, minutes_of, system_of
from test_engine_rule_keys import told_by_rules

FLAT = 40_000.0
KINDS = {"position_opened": "opened", "position_closed": "closed"}


def moves(rules: str, minutes: int, timeframes: str = "{ltf: 1m}", **more: Any) -> list[tuple[float, str]]:
    """When positions opened and closed; the same whether quiet steps are passed or run."""
    system = system_of(minutes, timeframes, **more)
    inputs = inputs_of(system, candles([FLAT] * minutes))
    told = told_by_rules(rules, system, inputs)
    assert told.all_events == told_by_rules(rules, system, inputs, is_quiet=False).all_events
    return [(minutes_of(e.ts), KINDS[e.name]) for e in told.all_events if e.name in KINDS]


@pytest.mark.parametrize(
    ("within", "after", "is_entered"),
    [(1, 1, True), (3, 3, True), (3, 4, False), (3, 0, False), (5_000, 9, True)],
)
def test_the_first_was_true_at_one_of_so_many_evaluations_before(within: int, after: int, is_entered: bool) -> None:
    """At minute 5 the first, and so many later the second: not at the same, and not later than within."""
    rules = f"long: {{enter: 'time.minute == 5 then time.minute == {5 + after} within {within}'}}"
    assert moves(rules, 20)[:1] == ([(5 + after, "opened")] if is_entered else [])


def test_it_counts_closes_of_ltf() -> None:
    """One evaluation before is five minutes before."""
    rules = "long: {enter: 'time.minute == 10 then time.minute == 15 within 1'}"
    assert moves(rules, 40, "{exec: 1m, ltf: 5m}")[:1] == [(15, "opened")]


def test_an_entry_uses_up_what_led_to_it() -> None:
    """A at minute 5 leads to the entry at 7, and to none at 12 though it is within ten; another A at 13 does."""
    first = "(time.minute == 5 or time.minute == 13)"
    second = "(time.minute == 7 or time.minute == 12 or time.minute == 14)"
    rules = f"long: {{enter: '{first} then {second} within 10', exit: position.bars >= 2}}"
    assert moves(rules, 20) == [(7, "opened"), (9, "closed"), (14, "opened"), (16, "closed")]


def test_an_entry_that_never_fills_uses_nothing_up() -> None:
    """A limit out of reach is asked for at 7 and replaced at 9, for the same A; that one is at the market's price."""
    first = "(time.minute == 5)"
    rules = (
        f"long: {{enter: '{first} then (time.minute == 7 or time.minute == 9) within 9', "
        "order: {limit: 'close - 900 * (9 - time.minute)'}}"
    )
    system = system_of(20, "{ltf: 1m}")
    told = told_by_rules(rules, system, inputs_of(system, candles([FLAT] * 9 + [FLAT - 10] * 11)))
    assert [minutes_of(e.ts) for e in told.named("signal")] == [7, 9]
    assert len(told.named("position_opened")) == 1


def test_an_entry_uses_up_what_was_before_its_decision_and_not_what_comes_while_it_waits() -> None:
    """An order asked for at 6 fills at 10, after another A at 8: that one is still there for the next entry."""
    first = "(time.minute == 5 or time.minute == 8)"
    second = "(time.minute == 6 or time.minute == 12)"
    rules = (
        f"long: {{enter: '{first} then {second} within 30', order: {{limit: close - 5}}, "
        "exit: time.minute == 11, target: 30000}"
    )
    system = system_of(20, "{ltf: 1m}")
    told = told_by_rules(rules, system, inputs_of(system, candles([FLAT] * 9 + [FLAT - 10] * 11)))
    assert [(minutes_of(e.ts), e.fields["direction"]) for e in told.named("signal")] == [
        (6, "long"), (11, "flat"), (12, "long"),
    ]  # fmt: skip


def test_entries_of_one_side_use_nothing_up_of_the_other() -> None:
    """Long entered at 6 for an A of 5, and short turns it at 8 for the same."""
    rules = (
        "long: {enter: 'time.minute == 5 then time.minute == 6 within 9'}, "
        "short: {enter: 'time.minute == 5 then time.minute == 8 within 9'}"
    )
    told = moves(rules, 12, risk=", on_opposite_signal: reverse")
    assert told == [(6, "opened"), (8, "closed"), (8, "opened"), (12, "closed")]


def test_nothing_is_used_up_outside_of_entries() -> None:
    """The exit's A of minute 4 lets it leave at 8 and at 12, whatever entered meanwhile."""
    rules = (
        "long: {enter: 'time.minute == 5 or time.minute == 9', "
        "exit: 'time.minute == 4 then (time.minute == 8 or time.minute == 12) within 9'}"
    )
    assert moves(rules, 20) == [(5, "opened"), (8, "closed"), (9, "opened"), (12, "closed")]


def test_what_is_remembered_may_be_unknown() -> None:
    """A that was unknown at minute 5 is neither: not entered, nor by the negation, until it is out of reach."""
    unknown = "1 / (time.minute - 5) > 9"
    assert moves(f"long: {{enter: '{unknown} then time.minute == 7 within 3'}}", 12) == []
    negated = f"long: {{enter: 'not ({unknown} then time.minute >= 7 within 3) and time.minute >= 7'}}"
    assert moves(negated, 12)[0] == (9, "opened")
    assert moves(f"long: {{enter: 'not ({unknown} then time.minute >= 7 within 3)'}}", 12)[0] == (1, "opened")


def test_what_is_remembered_may_be_of_the_position() -> None:
    """Having been held for three closes, and flat for two evaluations after."""
    rules = (
        "long: {enter: 'time.minute == 2', exit: position.bars >= 3}, "
        "short: {enter: 'position.bars >= 3 then account.open_positions == 0 within 3'}"
    )
    assert moves(rules, 12)[:3] == [(2, "opened"), (5, "closed"), (6, "opened")]


def test_one_may_stand_inside_another() -> None:
    """Three things in their order."""
    rules = "long: {enter: '(time.minute == 3 then time.minute == 5 within 2) then time.minute == 9 within 4'}"
    assert moves(rules, 12)[:1] == [(9, "opened")]
    other = rules.replace("within 2", "within 1")
    assert moves(other, 12) == []


@pytest.mark.parametrize(("most", "is_entered"), [(3, True), (30, True)])
def test_a_close_at_which_a_position_was_too_old_is_an_evaluation(most: int, is_entered: bool) -> None:
    """What is true at the close at which the age of a position ends it is remembered all the same."""
    rules = (
        "long: {enter: time.minute == 2, exit: time.minute == 8}, "
        "short: {enter: 'time.minute == 5 then time.minute == 10 within 5'}"
    )
    told = moves(rules, 14, risk=f", max_bars_in_trade: {most}")
    assert ((10, "opened") in told) == is_entered
