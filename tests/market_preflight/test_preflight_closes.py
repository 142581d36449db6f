"""Closes: which bar is the last one at each step."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.closes import close_index, joined
from btcli.market.series import Millis


def closes(*minutes: int) -> Millis:
    return np.array(minutes, dtype=np.int64) * 60_000


def test_index_is_the_last_bar_closed_by_the_step() -> None:
    """A bar that closes with the step counts, a later one does not, and before the first there is none."""
    assert close_index(closes(5, 15, 20, 30, 90), closes(15, 30, 45)).tolist() == [-1, 0, 0, 1, 2]


def test_a_missing_exec_bar_loses_no_higher_close() -> None:
    """When the step that would end with the hour is missing, the hour is seen at the next step there is."""
    assert close_index(closes(50, 55, 65), closes(60)).tolist() == [-1, -1, 0]


@pytest.mark.parametrize("bars", [range(9), range(2, 9), range(3, 6), range(4, 5), range(6, 9), range(9, 12)])
def test_steps_may_be_a_stretch_of_the_bars_or_overlap_it(bars: range) -> None:
    """Bars of the steps' own length that begin or end before, with or after them."""
    due = [min(step, bars.stop - 1) - bars.start if step >= bars.start else -1 for step in (3, 4, 5)]
    assert close_index(closes(3, 4, 5), closes(*bars)).tolist() == due


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_empty_columns_have_no_closes(sizes: tuple[int, int]) -> None:
    """No steps give no indices; no bars give -1 for each step."""
    steps, bars = (closes(*range(1, size + 1)) for size in sizes)
    assert close_index(steps, bars).tolist() == [-1] * sizes[0]


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_the_index_is_what_bisection_finds(steps: set[int], bars: set[int]) -> None:
    """For any steps and bars it names the last bar that has closed by the step, as plain bisection does."""
    step_times, bar_times = closes(*sorted(steps)), closes(*sorted(bars))
    for step, index in zip(step_times.tolist(), close_index(step_times, bar_times).tolist(), strict=True):
        assert index == bisect_right(bar_times.tolist(), step) - 1


@given(st.lists(st.lists(st.integers(0, 50), unique=True), min_size=1, max_size=4))
def test_moments_of_several_columns_are_joined(drawn: list[list[int]]) -> None:
    """Every moment of any column once, ascending, as a set of them would give."""
    columns = [np.array(sorted(each), np.int64) for each in drawn]
    assert joined(columns).tolist() == sorted({moment for each in drawn for moment in each})
