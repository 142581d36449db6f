"""The fold over equity rows."""

from __future__ import annotations

import numpy as np
import pytest
from analysis_examples import DAY, HOUR, equity_by_hand, facts_of, moment, rows_of
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.equity import EquityFold

STEPS = st.lists(st.integers(90, 110).map(float), min_size=1, max_size=40)


@pytest.mark.parametrize("cut", range(1, 19))
def test_cutting_into_chunks_changes_nothing(cut: int) -> None:
    """Facts do not depend on how the rows arrive."""
    ts, rows = equity_by_hand()
    whole, parts = (EquityFold(10_000.0, moment("2024-01-30T00:00")) for _ in range(2))
    whole.add(ts, rows)
    for first in range(0, len(ts), cut):
        parts.add(ts[first : first + cut], rows[first : first + cut])
    assert parts.facts() == whole.facts()


def test_midnight_belongs_to_the_day_that_ends() -> None:
    """The step that closes at 00:00 is the daily close of the day before."""
    facts = facts_of([101.0, 102.0, 103.0, 104.0], step_ms=12 * HOUR, initial=100.0)
    assert facts.daily == (102.0, 104.0)


def test_days_without_a_step_carry_the_last_close() -> None:
    """A hole in the data is days on which equity did not move."""
    fold = EquityFold(100.0, 0)
    fold.add(np.array([4 * DAY, 5 * DAY]), rows_of([110.0, 111.0]))
    assert fold.facts().daily == (100.0, 100.0, 100.0, 110.0, 111.0)


def test_an_unfinished_last_day_counts() -> None:
    """The last close stands for the day in which the run ends."""
    assert facts_of([101.0, 102.0, 103.0], step_ms=12 * HOUR, initial=100.0).daily == (102.0, 103.0)


def test_the_initial_equity_is_a_peak() -> None:
    """A run that only falls has its drawdown from the start of the window."""
    facts = facts_of([90.0, 80.0], initial=100.0)
    assert facts.drawdown is not None
    assert (facts.drawdown.pct, facts.drawdown.start_ms, facts.drawdown.trough_ms) == (20.0, 0, 2 * DAY)
    assert facts.drawdown.recovery_ms is None


def test_the_start_is_the_last_moment_at_the_peak() -> None:
    """A peak that is reached twice starts the fall the second time."""
    facts = facts_of([110.0, 105.0, 110.0, 99.0, 110.0, 120.0], initial=100.0)
    assert facts.drawdown is not None
    assert (facts.drawdown.start_ms, facts.drawdown.trough_ms, facts.drawdown.recovery_ms) == (
        3 * DAY,
        4 * DAY,
        5 * DAY,
    )


def test_of_equal_falls_the_first_counts() -> None:
    """Ties go to the earlier fall."""
    facts = facts_of([100.0, 90.0, 100.0, 90.0], initial=100.0)
    assert facts.drawdown is not None
    assert (facts.drawdown.trough_ms, facts.drawdown.recovery_ms) == (2 * DAY, 3 * DAY)


def test_the_greatest_fall_in_money_may_be_another_one() -> None:
    """10 of 20 is deeper in percent than 40 of 200, which is more money."""
    facts = facts_of([20.0, 10.0, 200.0, 160.0], initial=20.0)
    assert facts.drawdown is not None
    assert (facts.drawdown.pct, facts.max_drawdown_usdt) == (50.0, 40.0)


def test_a_curve_that_only_rises_has_no_drawdown() -> None:
    """There is none, rather than one of depth 0."""
    facts = facts_of([100.0, 101.0], initial=100.0)
    assert facts.drawdown is None
    assert facts.max_drawdown_usdt == 0.0


@given(STEPS, st.integers(1, 7))
def test_drawdown_agrees_with_the_definition(curve: list[float], cut: int) -> None:
    """Against the plain definition, row by row, the fold finds the same depth, start, trough and recovery."""
    fold = EquityFold(100.0, 0)
    ts = DAY * np.arange(1, len(curve) + 1, dtype=np.int64)
    for first in range(0, len(curve), cut):
        fold.add(ts[first : first + cut], rows_of(curve[first : first + cut]))
    found = fold.facts().drawdown
    points = [(0, 100.0), *zip(ts.tolist(), curve, strict=True)]
    falls = [(max(value for _, value in points[: at + 1]), at) for at in range(len(points))]
    depths = [(peak - points[at][1]) / peak * 100.0 for peak, at in falls]
    deepest = max(depths)
    if deepest == 0.0:
        assert found is None
        return
    trough = depths.index(deepest)
    peak = falls[trough][0]
    assert found is not None
    assert (found.pct, found.trough_ms) == (deepest, points[trough][0])
    assert found.start_ms == max(at for at, value in points[:trough] if value == peak)
    assert found.recovery_ms == next((at for at, value in points[trough:] if value >= peak), None)
