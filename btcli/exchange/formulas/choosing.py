"""Which way rules wish to go, from what their program left in its registers."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAT, LONG, SHORT
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Floats
from btcli.exchange.machine.compiled import compiled

# Registers of a program that say what it wishes: truth values, and distances in USDT a coin; NaN is unknown, or none.
ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, STOP_LONG, STOP_SHORT, TARGET_LONG, TARGET_SHORT = range(8)
OUTPUTS = 8

INFINITE = float("inf")
NOTHING, CONFLICT = 2, 3  # beside the sides


@compiled
def side_of(registers: Floats, held: int) -> int:
    """The side that rules wish while `held` is held (+1 long, -1 short, 0 flat): FLAT leaves.

    Leaving comes first. Where both sides would enter, neither does: CONFLICT. Only what is true counts, 1.

    Source: the rules language, sections 2 and 3.

    >>> side_of([1.0, 0.0, 0.0, 0.0], 0), side_of([1.0, 0.0, 0.0, 0.0], -1), side_of([0.0, 1.0, 1.0, 0.0], 1)
    (1, 1, 0)
    >>> side_of([1.0, 1.0, 0.0, 0.0], 0) == CONFLICT, side_of([float("nan"), 0.0, 1.0, 1.0], 0) == NOTHING
    (True, True)
    """
    if (held == LONG and registers[EXIT_LONG] == 1.0) or (held == SHORT and registers[EXIT_SHORT] == 1.0):
        return FLAT
    enters_long, enters_short = registers[ENTER_LONG] == 1.0, registers[ENTER_SHORT] == 1.0
    if enters_long and enters_short:
        return CONFLICT
    if enters_long:
        return LONG
    return SHORT if enters_short else NOTHING


@compiled
def distance_of(registers: Floats, side: int, is_target: bool) -> float:
    """The distance of a side's stop or target from the fill, USDT per coin; NO_LEVEL for none.

    >>> nan = float("nan")
    >>> distance_of([1.0, 0.0, 0.0, 0.0, 5.0, nan, nan, nan], 1, False)
    5.0
    >>> distance_of([1.0, 0.0, 0.0, 0.0, 5.0, nan, nan, nan], 1, True) == NO_LEVEL
    True
    """
    register = (TARGET_LONG if is_target else STOP_LONG) + (0 if side == LONG else 1)
    distance = registers[register]
    return distance if -INFINITE < distance < INFINITE else NO_LEVEL
