"""Closes: as-of indices, and the cache that carries a snapshot from one close to the next."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.closes import TimeframeCache, close_index
from btcli.market.series import Millis, Role

M5 = 300_000


class Built:
    """A snapshot that is only itself."""

    def __init__(self, role: Role, index: int) -> None:
        self.role, self.index = role, index


def closes(*minutes: int) -> Millis:
    return np.array(minutes, dtype=np.int64) * 60_000


def cache(built: list[tuple[Role, int]] | None = None) -> TimeframeCache[Built]:
    """An hour of ltf 15m, mtf 30m and htf 1h."""

    def build(role: Role, index: int) -> Built:
        if built is not None:
            built.append((role, index))
        return Built(role, index)

    times: dict[Role, Millis] = {"ltf": closes(15, 30, 45, 60, 75), "mtf": closes(30, 60), "htf": closes(60)}
    return TimeframeCache(times, build)


def test_index_is_the_last_bar_closed_by_the_step() -> None:
    """A bar that closes with the step counts, a later one does not, and before the first there is none."""
    assert close_index(closes(5, 15, 20, 30, 90), closes(15, 30, 45)).tolist() == [-1, 0, 0, 1, 2]


def test_a_missing_exec_bar_loses_no_higher_close() -> None:
    """When the step that would end with the hour is missing, the hour is seen at the next step there is."""
    assert close_index(closes(50, 55, 65), closes(60)).tolist() == [-1, -1, 0]
    snapshots = cache()
    assert snapshots.refresh(55 * 60_000) == ("mtf", "ltf")
    assert snapshots.refresh(65 * 60_000) == ("htf", "mtf", "ltf")


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_empty_columns_have_no_closes(sizes: tuple[int, int]) -> None:
    """No steps give no indices; no bars give -1 for each step."""
    steps, bars = (closes(*range(1, size + 1)) for size in sizes)
    assert close_index(steps, bars).tolist() == [-1] * sizes[0]


def test_placeholder_until_first_close() -> None:
    """Before the first close of a role the cache holds its placeholder, never None."""
    snapshots = cache()
    assert snapshots.refresh(5 * 60_000) == ()
    assert {role: snapshots[role].index for role in ("htf", "mtf", "ltf")} == {"htf": -1, "mtf": -1, "ltf": -1}


def test_cached_value_unchanged_between_closes() -> None:
    """Between two closes a role's snapshot is the same object, whatever the other roles do."""
    snapshots = cache()
    snapshots.refresh(30 * 60_000)
    held = snapshots["mtf"]
    for minutes in (35, 40, 45, 50, 55):
        snapshots.refresh(minutes * 60_000)
        assert snapshots["mtf"] is held
    snapshots.refresh(60 * 60_000)
    assert snapshots["mtf"] is not held


def test_cache_updates_at_close_only() -> None:
    """A snapshot is built once per close (and once as placeholder), never at the steps between."""
    built: list[tuple[Role, int]] = []
    snapshots = cache(built)
    for minutes in range(5, 65, 5):
        snapshots.refresh(minutes * 60_000)
    assert [index for role, index in built if role == "htf"] == [-1, 0]
    assert [index for role, index in built if role == "mtf"] == [-1, 0, 1]
    assert [index for role, index in built if role == "ltf"] == [-1, 0, 1, 2, 3]


def test_htf_updates_before_mtf_and_mtf_before_ltf() -> None:
    """Where several timeframes close in one step they are built from the highest to the lowest."""
    built: list[tuple[Role, int]] = []
    snapshots = cache(built)
    built.clear()
    assert snapshots.refresh(60 * 60_000) == ("htf", "mtf", "ltf")
    assert built == [("htf", 0), ("mtf", 1), ("ltf", 3)]


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_cache_and_index_see_the_same_closes(steps: set[int], bars: set[int]) -> None:
    """For any steps and bars the cache stands at the bar that the as-of index and plain bisection name."""
    step_times, bar_times = closes(*sorted(steps)), closes(*sorted(bars))
    snapshots = TimeframeCache({"htf": bar_times}, Built)
    indices = close_index(step_times, bar_times).tolist()
    for step, index in zip(step_times.tolist(), indices, strict=True):
        snapshots.refresh(step)
        assert snapshots.index("htf") == snapshots["htf"].index == index
        assert index == bisect_right(bar_times.tolist(), step) - 1
