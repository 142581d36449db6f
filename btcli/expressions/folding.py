"""Working out at once what hangs on numbers alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, mul, neg, sub

from btcli.expressions.tree import Node, Number, Operation


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


_ARITHMETIC: Mapping[str, Callable[..., float]] = {
    "ADD": add,
    "SUB": sub,
    "MUL": mul,
    "DIV": _divided,
    "NEG": neg,
    "ABS": abs,
    "MIN": min,
    "MAX": max,
}


def folded(made: Operation) -> Node:
    """The number that an operation on numbers gives, NaN for a division by zero; any other one as it is.

    Zero has no sign, here and in what the machine makes of it.
    """
    values = [operand.value for operand in made.operands if isinstance(operand, Number)]
    compute = _ARITHMETIC.get(made.op)
    if compute is None or len(values) < len(made.operands):
        return made
    if len(values) == 1:
        return Number(compute(values[0]) + 0.0)
    return Number(reduce(compute, values) + 0.0)
