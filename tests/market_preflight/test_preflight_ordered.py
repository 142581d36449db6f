"""What arrays say once they are ordered."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.ordered import distinct, median

WHOLE = st.lists(st.integers(-(2**62), 2**62) | st.integers(-3, 3), max_size=40)
NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("values", "found"), [([], []), ([5], [5]), ([3, 1, 3, 2, 1], [1, 2, 3]), ([-1, -1], [-1]), ([2, 1, 0], [0, 1, 2])]
)
def test_distinct_values_come_once_and_ascending(values: list[int], found: list[int]) -> None:
    """Of none there are none; their type stays."""
    result = distinct(np.array(values, np.int32))
    assert (result.tolist(), result.dtype) == (found, np.int32)


@given(values=WHOLE)
def test_distinct_values_are_those_of_numpy(values: list[int]) -> None:
    """Of any whole numbers they are what numpy finds."""
    given_values = np.array(values, np.int64)
    assert distinct(given_values).tolist() == np.unique(given_values).tolist()
    assert given_values.tolist() == values


@pytest.mark.parametrize(
    ("values", "middle"), [([7.0], 7.0), ([3.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 2.0, 3.0], 2.5), ([0.1, 0.1], 0.1)]
)
def test_the_median_is_the_middle_one_or_the_mean_of_both(values: list[float], middle: float) -> None:
    """Of an odd number the one in the middle, of an even one halfway between the two."""
    assert median(np.array(values)) == middle
    assert median(np.array([28_800_000, 3_600_000], np.int64)) == 16_200_000.0


@given(values=NUMBERS)
def test_the_median_is_that_of_numpy(values: list[float]) -> None:
    """To the last bit, where the sum of two does not exceed what a number can be."""
    numbers = np.array(values) / 4
    assert median(numbers) == np.median(numbers)
