"""Figures over a moving window of days."""

import math

import pytest

from btcli.analysis.definitions import sharpe
from btcli.analysis.numbers import Undefined
from btcli.analysis.rolling import rolling_sharpe, window_days

GAINS = [0.01, 0.03, 0.01, 0.01]


def test_one_figure_for_each_full_window() -> None:
    """Returns of 1, 3 and 1 percent: mean 5/3, deviation sqrt(4/3), a year of 365 days."""
    found = rolling_sharpe(GAINS[:3], 3)
    assert found == [pytest.approx((5.0 / 3.0) / math.sqrt(4.0 / 3.0) * math.sqrt(365.0))]


def test_a_window_as_long_as_the_run_is_its_sharpe_ratio() -> None:
    """To the last bit: it has the same definition."""
    assert rolling_sharpe(GAINS, 4) == [sharpe(GAINS)]


def test_a_window_without_a_move_has_no_ratio() -> None:
    """Two equal returns do not vary."""
    assert rolling_sharpe(GAINS, 2)[2] == Undefined("the daily returns do not vary")


def test_fewer_days_than_the_window_have_no_figure() -> None:
    """Nothing is taken over half a window."""
    assert rolling_sharpe(GAINS, 5) == []


@pytest.mark.parametrize(("days", "window"), [(1, 30), (364, 30), (365, 90), (2000, 90)])
def test_the_window_is_a_month_and_from_a_year_on_a_quarter(days: int, window: int) -> None:
    """So that a short run has a curve and a long one a quiet one."""
    assert window_days(days) == window
