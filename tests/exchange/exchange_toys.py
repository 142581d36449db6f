"""Small entries for the tests of machine code: they compile in a moment."""

from __future__ import annotations

import itertools

import numpy as np

from btcli.exchange.machine.compiled import compiled, entry, proved_by
from btcli.exchange.machine.views import floats_at, integers_at

_turn = itertools.count()


@compiled
def doubled(value: float) -> float:
    """Twice the value."""
    return 2.0 * value


@entry
def add_up(at: int, count: int) -> int:
    """Write twice the sum of the first floats behind them; returns how many they are."""
    values = floats_at(at, count + 1)
    total = 0.0
    for n in range(count):
        total += values[n]
    values[count] = doubled(total)
    return count


@entry
def wander(steps: int) -> int:
    """Take a while: some nanoseconds a step."""
    value = 0.5
    for _ in range(steps):
        value = 3.7 * value * (1.0 - value)
    return int(value * 1e9)


@entry
def collatz(n: int) -> int:
    """The steps from n to 1; raises for what has none."""
    steps = 0
    if n < 1:
        raise ValueError("only from 1 on")
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@entry
def allocating(count: int) -> int:
    """The sum of an array that is made here, which no rule of the exchange may do."""
    return int(np.ones(count).sum())


@entry
def moody(n: int) -> int:
    """The number itself; its proof says something else each time."""
    return n


def of_add_up() -> str:
    """What is written for ten numbers."""
    return str(sum_of(range(10)))


def of_moody() -> str:
    """Something else each time."""
    return f"{moody(1)} {next(_turn)}"


def sum_of(numbers: range) -> float:
    """Twice the sum, by the entry."""
    values = np.array([*numbers, 0.0])
    if add_up(values.ctypes.data, len(numbers)) != len(numbers):
        raise AssertionError
    return float(values[-1])


@entry
def first_of(at: int) -> int:
    """The integer at an address; there is none at 0, where its proof looks."""
    return integers_at(at, 1)[0]


def of_first_of() -> str:
    """Crash."""
    return str(first_of(0))


proved_by(add_up, "exchange_toys:of_add_up")
proved_by(moody, "exchange_toys:of_moody")
proved_by(first_of, "exchange_toys:of_first_of")
