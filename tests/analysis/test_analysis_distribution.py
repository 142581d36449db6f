"""How results are put in bins."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.analysis.distribution import Bin, bins_of, round_step


def test_bins_have_round_borders_and_end_at_zero() -> None:
    """From -3 to 4 in at most five bins: the width is 2, empty bins are told."""
    assert bins_of([-3.0, -1.0, 0.0, 4.0], most=5) == (
        Bin(-4.0, -2.0, 1),
        Bin(-2.0, 0.0, 1),
        Bin(0.0, 2.0, 1),
        Bin(2.0, 4.0, 0),
        Bin(4.0, 6.0, 1),
    )


def test_a_value_on_a_border_belongs_to_the_bin_above_it() -> None:
    """Also where a division rounds: 0.3 / 0.1 is less than 3."""
    assert bins_of([0.0, 0.3], most=4) == (Bin(0.0, 0.1, 1), Bin(0.1, 0.2, 0), Bin(0.2, 0.3, 0), Bin(0.3, 0.4, 1))


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, 1.0), (7.0, 0.0, 10.0), (-7.0, -10.0, 0.0)])
def test_one_value_has_one_bin(value: float, low: float, high: float) -> None:
    """All values equal: a bin that is as wide as they are large."""
    assert bins_of([value, value]) == (Bin(low, high, 2),)


def test_no_values_have_no_bins() -> None:
    """There is nothing to spread."""
    assert bins_of([]) == ()


@pytest.mark.parametrize(
    ("least", "step"), [(1.0, 1.0), (1.1, 2.0), (2.0, 2.0), (2.1, 5.0), (5.1, 10.0), (0.03, 0.05), (1e-7, 1e-7)]
)
def test_steps_are_round(least: float, step: float) -> None:
    """1, 2 or 5 times a power of ten, the next one up."""
    assert round_step(least).times(1) == step


@given(st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=50))
def test_every_value_is_in_its_bin_and_none_is_lost(values: list[float]) -> None:
    """Neighbouring bins touch, 0 is inside none, and each value is counted where it belongs."""
    bins = bins_of(values)
    assert len(bins) <= 41
    assert sum(each.values for each in bins) == len(values)
    assert all(first.high == second.low for first, second in itertools.pairwise(bins))
    assert not any(each.low < 0.0 < each.high for each in bins)
    for each in bins:
        assert each.values == sum(each.low <= value < each.high for value in values)
        assert math.isfinite(each.low)
