"""Ticks and steps: multiples of decimals, and numbers that are one but for their last digits."""

from __future__ import annotations

import pytest

from btcli.exchange.face.instrument import decimal_parts
from btcli.exchange.formulas.rounding import on_step, round_down, round_up, tick_beyond, ticks_between
from btcli.exchange.machine.compiled import entry


@entry
def beside(value: float, k: int, den: float) -> tuple[float, float]:
    """The multiples below and above; the rules themselves have no way in from Python."""
    return round_down(value, k, den), round_up(value, k, den)


@entry
def beyond(value: float, k: int, den: float) -> tuple[float, int, float]:
    """The tick above a value, the ticks to its mirror image, and the value on its step."""
    return tick_beyond(value, 1, k, den), ticks_between(value, -value, k, den), on_step(value, k, den)


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
    assert beside(value, k, den) == (down, up)


def test_beyond_the_grid_nothing_wraps() -> None:
    """Next ticks, distances and sums of prices that no integer counts keep their sign and size."""
    k, den = decimal_parts("0.1")
    assert beyond(1e300, k, den) == (1e300, 2**52, 2**52 / 10)
