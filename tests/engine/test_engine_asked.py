"""Two passes are held against each other up to where their accounts part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from btcli.engine.asked import Asked, Moment, first_other_answer, same_answer
from btcli.strategies import Direction, Signal, Target

FLAT, POORER = (np.array([equity_usdt, 10_000.0, 0.0]).tobytes() for equity_usdt in (10_000.0, 9_999.0))
LONG, SHORT = Signal(Direction.LONG, stop_distance=1.0), Signal(Direction.SHORT, stop_distance=1.0)
Question = tuple[int, int, bytes, Signal | None]


def asked(*questions: Question) -> Asked:
    """A pass with these questions: index, close, account and answer."""
    found = Asked()
    for question in questions:
        found.note(*question)
    return found


SAME: tuple[Question, ...] = ((0, 60, FLAT, None), (1, 60, FLAT, LONG), (0, 120, FLAT, SHORT))


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (SAME, None),
        (SAME[:2], None),
        ((), None),
        ((SAME[0], (1, 60, FLAT, SHORT), SAME[2]), Moment(60, 1)),
        ((SAME[0], (1, 60, FLAT, None)), Moment(60, 1)),
        ((SAME[0], (1, 60, FLAT, replace(LONG, stop_distance=1.5))), Moment(60, 1)),
        ((SAME[0], SAME[1], (0, 120, FLAT, LONG)), Moment(120, 0)),
        ((SAME[0], SAME[1], (0, 120, POORER, LONG)), None),  # the account is another by then
        ((SAME[0], (1, 60, POORER, LONG), (0, 120, FLAT, LONG)), None),  # and stays one that is not compared
        ((SAME[0], SAME[1], (0, 180, FLAT, LONG)), None),  # only one of them was asked at 120
    ],
)
def test_the_first_other_answer_is_found(other: tuple[Question, ...], found: Moment | None) -> None:
    """At the same close with the same account another answer counts, and nothing after the accounts part."""
    assert first_other_answer(asked(*SAME), asked(*other)) == found
    assert first_other_answer(asked(*other), asked(*SAME)) == found


def test_what_is_not_to_be_compared_is_left_out() -> None:
    """Symbols that took the answers of the first pass, and closes after the first bar that was replaced."""
    other = asked(SAME[0], (0, 120, FLAT, SHORT))
    assert first_other_answer(asked(*SAME), other, without={1}) is None
    other = asked(*SAME[:2], (0, 120, FLAT, LONG))
    assert first_other_answer(asked(*SAME), other, before_ms=119) is None
    assert first_other_answer(asked(*SAME), other, before_ms=120) == Moment(120, 0)


def test_moments_of_today_are_kept_whole() -> None:
    """Milliseconds of this century, and as many symbols as there are."""
    last = (1_000_000, 4_102_444_800_000, FLAT, LONG)
    assert first_other_answer(asked(last), asked((*last[:3], None))) == Moment(4_102_444_800_000, 1_000_000)


def test_enough_is_enough() -> None:
    """A pass with a limit says when it is reached; without one it never is."""
    limited, unlimited = Asked(most=2), asked(*SAME)
    assert [limited.is_enough, unlimited.is_enough] == [False, False]
    limited.note(*SAME[0])
    limited.note(*SAME[1])
    assert (limited.is_enough, len(limited)) == (True, 2)


def test_answers_are_the_same_in_every_field() -> None:
    """None is like None alone, and one field apart is apart."""
    assert same_answer(None, None)
    assert same_answer(LONG, Signal(Direction.LONG, stop_distance=1.0))
    assert not same_answer(LONG, None)
    assert not same_answer(None, LONG)
    assert not same_answer(LONG, replace(LONG, tag="a"))
    targets = (Target(price=101.0),)
    assert not same_answer(Signal(Direction.LONG, targets=targets), Signal(Direction.LONG))
