"""Sums, spreads and powers that give the same bits on every machine, and values that do not exist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple

import numpy as np

from btcli.market.series import Floats

# The C library's pow may differ in its last digit between processors; decimal arithmetic does not.
_POWER = Context(prec=34, Emax=999_999, Emin=-999_999)


# A double's bits: its sign, its exponent, and the fraction below the leading one; the least of them is 2**-LEAST.
FRACTION_BITS, HALF_BITS, EXPONENTS, LEAST = 52, 26, 0x7FF, 1074
HALF = np.uint64((1 << HALF_BITS) - 1)


class Undefined(NamedTuple):
    """A value that does not exist, and why."""

    reason: str


Metric = float | Undefined


def total(values: Sequence[float]) -> float:
    """The sum, rounded once: it does not depend on the order of the values."""
    return math.fsum(values)


def units_by_sign(values: Floats) -> tuple[int, int]:
    """The sums of the finite values above zero and of those below it without their sign, exact, in units of 2**-1074.

    Doubles of one exponent are whole numbers of one unit: halves of their fractions add up without rounding, as long
    as there are fewer than 2**26 of them.
    """
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
    keys = (bits >> np.uint64(FRACTION_BITS)).astype(np.int64)  # sign and exponent
    highs, lows = np.bincount(keys, (bits >> np.uint64(HALF_BITS)) & HALF), np.bincount(keys, bits & HALF)
    counts = np.bincount(keys)
    above = below = 0
    for key in np.flatnonzero(counts).tolist():
        exponent = key & EXPONENTS
        fractions = (int(highs[key]) << HALF_BITS) + int(lows[key])
        leading = int(counts[key]) << FRACTION_BITS if exponent else 0
        units = (fractions + leading) << max(exponent - 1, 0)
        above, below = (above + units, below) if key <= EXPONENTS else (above, below + units)
    return above, below


def rounded(units: int) -> float:
    """The double nearest to so many units of 2**-1074, as `total` rounds; raises OverflowError where there is none."""
    return units / (1 << LEAST)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean of at least one value."""
    return math.fsum(values) / len(values)


def sample_deviation(values: Sequence[float]) -> float:
    """The sample standard deviation (n - 1) of at least two values; exactly 0.0 when all are equal."""
    if min(values) == max(values):
        return 0.0
    with np.errstate(over="ignore"):  # a square may be infinite, and so is the deviation
        apart = np.square(np.asarray(values, np.float64) - mean(values))
    return math.sqrt(math.fsum(apart.tolist()) / (len(values) - 1))


def power(base: float, exponent: float) -> float:
    """`base ** exponent` for a positive base, rounded once; infinity when no double is large enough."""
    return float(_POWER.power(Decimal(base), Decimal(exponent)))


def ratio(numerator: Metric, denominator: Metric, reason: str) -> Metric:
    """The quotient; undefined as its parts are, or with `reason` when the denominator is 0."""
    if isinstance(numerator, Undefined):
        return numerator
    if isinstance(denominator, Undefined):
        return denominator
    return Undefined(reason) if denominator == 0.0 else numerator / denominator
