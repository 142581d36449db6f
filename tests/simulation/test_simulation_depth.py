"""Where a function that calls itself comes to Python's limit hangs on nothing but the function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import pytest

from btcli.simulation.depth import at_one_depth


def calls_itself(done: list[int]) -> None:
    """Count calls until Python allows no more."""
    done[0] += 1
    calls_itself(done)


def room() -> int:
    """How many calls a function had for itself."""
    done = [0]
    with pytest.raises(RecursionError):
        calls_itself(done)
    return done[0]


def below(calls: int, work: Callable[[], int]) -> int:
    """The same from so many calls farther down."""
    return work() if calls == 0 else below(calls - 1, work)


def test_the_room_is_the_same_from_any_depth() -> None:
    """As long as less than a hundred calls are open; without it each of them is one less."""
    assert below(1, room) - below(7, room) == 6
    assert len({below(calls, partial(at_one_depth, room)) for calls in (0, 1, 7)}) == 1


def test_nearly_all_of_the_limit_is_left() -> None:
    """A hundred calls are taken of a thousand, and no more where more were open before."""
    assert 850 < at_one_depth(room) < 900
    assert below(200, partial(at_one_depth, room)) < 800


def test_a_limit_that_was_raised_far_is_not_counted_to_its_end() -> None:
    """Work is done where it is; what it gives is given."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        assert at_one_depth(lambda: 17) == 17
    finally:
        sys.setrecursionlimit(limit)
