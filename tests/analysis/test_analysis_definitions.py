"""Definitions at their edges: what does not exist, and what is exact."""

from __future__ import annotations

import math

import pytest
from analysis_examples import HOUR, facts_of
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis import definitions as define
from btcli.analysis.numbers import Undefined, power, sample_deviation, total


@pytest.mark.parametrize(
    ("final", "days", "expected"),
    [(200.0, 365, 100.0), (400.0, 730, 100.0), (121.0, 730, 10.0), (50.0, 365, -50.0), (100.0, 10, 0.0)],
)
def test_cagr_of_round_years(final: float, days: int, expected: float) -> None:
    """Doubling in a year is 100 %, four times in two years too, 1.1 * 1.1 is 10 %, half is -50 %, nothing is 0."""
    facts = facts_of([100.0] * (days - 1) + [final], initial=100.0)
    assert define.cagr_pct(facts) == pytest.approx(expected, rel=1e-13, abs=1e-13)


def test_cagr_that_is_beyond_numbers_does_not_exist() -> None:
    """Growth that no double can hold over a year is undefined, not infinite and not capped."""
    assert define.cagr_pct(facts_of([1000.0], initial=100.0)) == Undefined("a year of such growth is beyond numbers")
    assert define.cagr_pct(facts_of([-1.0], initial=100.0)) == Undefined("the final equity is not positive")
    assert define.cagr_pct(facts_of([101.0], initial=100.0, step_ms=HOUR)) == Undefined(
        "the run covers less than a day"
    )


def test_equal_returns_have_no_sharpe() -> None:
    """Returns without spread have no Sharpe ratio, though rounding alone would have given an absurd one."""
    assert define.sharpe([0.1, 0.1, 0.1]) == Undefined("the daily returns do not vary")
    assert sample_deviation([0.1] * 3) == 0.0
    assert define.sqn([0.1, 0.1, 0.1]) == Undefined("the trades' results do not vary")


def test_sortino_needs_a_negative_day() -> None:
    """Without a loss there is no downside to divide by."""
    assert define.sortino([0.01, 0.02]) == Undefined("no daily return is negative")


def test_a_day_without_equity_has_no_return() -> None:
    """Nothing is divided by an equity of zero or less."""
    assert define.daily_returns(facts_of([50.0, 0.0, 0.0], initial=100.0)) == [-0.5, -1.0]
    assert define.monthly_returns_pct(facts_of([50.0], initial=100.0)) == {"1970-01": -50.0}


def test_years_are_told_as_months_are() -> None:
    """One day of 1970 ends at 110, after 365 more the year 1971 ends at 99: 10 percent up, then 10 percent down."""
    equity = facts_of([105.0] * 364 + [110.0] + [120.0] * 364 + [99.0], initial=100.0)
    assert define.yearly_returns_pct(equity) == {"1970": 10.0, "1971": -10.0}


def test_a_daily_return_has_its_day() -> None:
    """The second day begins without equity and has none."""
    assert define.dated_returns(facts_of([0.0, 5.0, 10.0], initial=100.0)) == {0: -1.0, 2: 1.0}


def test_a_result_of_zero_is_neither_won_nor_lost() -> None:
    """It counts as a trade and ends both streaks."""
    results = [1.0, 0.0, 1.0, -1.0, 0.0, -1.0]
    assert define.win_rate_pct(define.sums_of(results)) == pytest.approx(100 / 3)
    assert define.longest_streak(results, won=True) == 1
    assert define.longest_streak(results, won=False) == 1
    assert define.longest_streak([], won=True) == 0


@given(
    st.lists(st.floats(-1e6, 1e6), max_size=30).flatmap(
        lambda values: st.tuples(st.just(values), st.permutations(values))
    )
)
def test_sums_do_not_depend_on_order(both: tuple[list[float], list[float]]) -> None:
    """The same numbers in any order have the same sum, to the last bit."""
    assert total(both[0]) == total(both[1])


@given(st.lists(st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 2.0**-1022]), max_size=40))
def test_results_are_summed_as_the_standard_library_sums(results: list[float]) -> None:
    """All trades, the winning and the losing ones sum up as `math.fsum` does, rounded once, whatever their sizes."""
    sums = define.sums_of(results)
    won, lost = [each for each in results if each > 0.0], [each for each in results if each < 0.0]
    assert (sums.net_usdt, sums.won_usdt, sums.lost_usdt) == (math.fsum(results), math.fsum(won), math.fsum(lost))
    assert (sums.trades, sums.won, sums.lost) == (len(results), len(won), len(lost))


def test_a_sum_beyond_numbers_is_no_result() -> None:
    """Results whose sum no double holds raise, as `math.fsum` does."""
    with pytest.raises(OverflowError):
        define.sums_of([1.7e308, 1.7e308])


def test_power_is_rounded_once() -> None:
    """Whole powers are exact, and a root of two is the double nearest to it (OEIS A002193)."""
    assert power(1.5, 2.0) == 2.25
    assert power(2.0, 0.5) == 1.4142135623730951
    assert power(10.0, 400.0) == math.inf
