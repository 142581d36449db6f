"""Ticks and steps: multiples of decimals, and numbers that are one but for their last digits."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.exchange.face.instrument import decimal_parts
from btcli.exchange.formulas.rounding import on_step, round_down, round_up, tick_beyond, ticks_between
from btcli.exchange.machine.compiled import entry
from btcli.exchange.machine.views import floats_at


@entry
def write_rounded(at: int, k: int) -> int:
    """Of a value and a denominator: the multiples beside it, the tick above, that on its step, ticks to its mirror."""
    numbers = floats_at(at, 6)
    value, den = numbers[0], numbers[1]
    numbers[2], numbers[3] = round_down(value, k, den), round_up(value, k, den)
    numbers[4], numbers[5] = tick_beyond(value, 1, k, den), on_step(value, k, den)
    return ticks_between(value, -value, k, den)


def rounded(value: float, k: int, den: float) -> tuple[list[float], int]:
    """What that writes and returns; the rules themselves have no way in from Python but as they are written."""
    numbers = np.array([value, den, 0.0, 0.0, 0.0, 0.0])
    ticks = write_rounded(numbers.ctypes.data, k)
    return numbers[2:6].tolist(), ticks


@pytest.mark.parametrize(
    ("value", "step", "down", "up"),
    [
        (0.3, "0.1", 0.3, 0.3),
        (0.35, "0.1", 0.3, 0.4),
        (-0.35, "0.1", -0.4, -0.3),
        (0.04, "0.1", 0.0, 0.1),
        (-500.0, "0.1", -500.0, -500.0),
        (0.09270279999999991, "0.0000001", 0.0927028, 0.0927028),
        (1061.6702200000002, "0.00001", 1061.67022, 1061.67022),
        (123456789.00000003, "0.0001", 123456789.0, 123456789.0),  # 1.2e12 steps: 2^-50 of them is 1.1e-3
        (123456789.00005, "0.0001", 123456789.0, 123456789.0001),
        (1e300, "0.1", 1e300, 1e300),
        (-1e300, "0.1", -1e300, -1e300),
        (1.7976931348623157e308, "0.00001", 1.7976931348623157e308, 1.7976931348623157e308),
    ],
)
def test_a_number_goes_to_the_multiples_beside_it(value: float, step: str, down: float, up: float) -> None:
    """Down and up are the doubles nearest to the decimals; what lies beyond any grid stays."""
    k, den = decimal_parts(step)
    assert rounded(value, k, den)[0][:2] == [down, up]


def test_beyond_the_grid_nothing_wraps() -> None:
    """Next ticks, distances and sums of prices that no integer counts keep their sign and size."""
    k, den = decimal_parts("0.1")
    numbers, ticks = rounded(1e300, k, den)
    assert (numbers[2], ticks, numbers[3]) == (1e300, 2**52, 2**52 / 10)
