"""Sums, spreads and powers that give the same bits on every machine, and values that do not exist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple

# The C library's pow may differ in its last digit between processors; decimal arithmetic does not.
_POWER = Context(prec=34, Emax=999_999, Emin=-999_999)


class Undefined(NamedTuple):
    """A value that does not exist, and why."""

    reason: str


Metric = float | Undefined


def total(values: Sequence[float]) -> float:
    """The sum, rounded once: it does not depend on the order of the values."""
    return math.fsum(values)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean of at least one value."""
    return math.fsum(values) / len(values)


def sample_deviation(values: Sequence[float]) -> float:
    """The sample standard deviation (n - 1) of at least two values; exactly 0.0 when all are equal."""
    if min(values) == max(values):
        return 0.0
    centre = mean(values)
    return math.sqrt(math.fsum((value - centre) * (value - centre) for value in values) / (len(values) - 1))


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
