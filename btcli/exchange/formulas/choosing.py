"""Which way rules wish to go, from what their program left in its registers."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAT, LONG, SHORT
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Floats
from btcli.exchange.machine.compiled import compiled

# Registers of a program that say what it wishes: truth values, distances in USDT a coin, prices and sizes; NaN is
# unknown, or none. Of each pair the first is for long.
ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT = range(4)
STOP_LONG, STOP_SHORT, TARGET_LONG, TARGET_SHORT = range(4, 8)
STOP_PRICE_LONG, STOP_PRICE_SHORT, TARGET_PRICE_LONG, TARGET_PRICE_SHORT = range(8, 12)
TRAIL_LONG, TRAIL_SHORT, TRAIL_FROM_LONG, TRAIL_FROM_SHORT, BREAK_EVEN_LONG, BREAK_EVEN_SHORT = range(12, 18)
LIMIT_LONG, LIMIT_SHORT, TRIGGER_LONG, TRIGGER_SHORT, CANCEL_WHEN_LONG, CANCEL_WHEN_SHORT = range(18, 24)
SIZE_LONG, SIZE_SHORT, SESSION_LONG, SESSION_SHORT, FALSE_MS_LONG, FALSE_MS_SHORT = range(24, 30)
# Of each part of its exits a pair, MAX_TARGETS of them: where it leaves, what becomes of the stop, and when it leaves.
PART_AT, PART_PRICE, PART_STOP, PART_STOP_PRICE, PART_TRAIL, PART_TRAIL_FROM, PART_WHEN = range(30, 86, 8)
AGED_TARGET = 86  # of each age a pair, MOST_AGES of them
ADD_WHEN, ADD_APART, STOP_FOLLOW = 102, 104, 106
OUTPUTS = 108

# When a row of rules matters, as bits of its kinds; above them a bit for each group of the code that runs there.
FLAT_MATTERS, LONG_MATTERS, SHORT_MATTERS, WAITING_FLAT, WAITING_HELD = 1, 2, 4, 8, 16
LOOKED_AHEAD = 32  # of a row whose groups are evaluated over the steps to come; see driver.ahead
ALWAYS_MATTERS = FLAT_MATTERS | LONG_MATTERS | SHORT_MATTERS
FIRST_GROUP = 64

INFINITE = float("inf")
NOTHING, CONFLICT = 2, 3  # beside the sides
PART_OF_LONG = 2  # from one part to the next
NO_ENTRY, BOTH_SIDES = 0, 2  # beside the sides whose waiting entries are taken back


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
def place_of(side: int) -> int:
    """Where the numbers of a side stand in a pair of them.

    >>> place_of(1), place_of(-1)
    (0, 1)
    """
    return 0 if side == LONG else 1


@compiled
def of_side(of_long: int, side: int) -> int:
    """The register of a side, `of_long` being that of long.

    >>> of_side(EXIT_LONG, -1) == EXIT_SHORT
    True
    """
    return of_long + place_of(side)


@compiled
def level_of(registers: Floats, of_long: int, side: int) -> float:
    """The distance or price of a side, USDT per coin, `of_long` being the register of long; NO_LEVEL for none.

    >>> nan = float("nan")
    >>> level_of([1.0, 0.0, 0.0, 0.0, 5.0, nan, nan, nan], STOP_LONG, 1)
    5.0
    >>> level_of([1.0, 0.0, 0.0, 0.0, 5.0, nan, nan, nan], TARGET_LONG, 1) == NO_LEVEL
    True
    """
    level = registers[of_side(of_long, side)]
    return level if -INFINITE < level < INFINITE else NO_LEVEL


@compiled
def matters_now(held: int, waits: bool) -> int:
    """The bits of rows that matter while a side is held (+1 long, -1 short, 0 flat), and orders wait or none does.

    >>> matters_now(0, False) == FLAT_MATTERS, matters_now(-1, True) == SHORT_MATTERS | WAITING_HELD
    (True, True)
    """
    if held == FLAT:
        return FLAT_MATTERS | (WAITING_FLAT if waits else 0)
    return (LONG_MATTERS if held == LONG else SHORT_MATTERS) | (WAITING_HELD if waits else 0)


@compiled
def taken_back(before: int, side: int) -> int:
    """Whose waiting entries are taken back once those of a side are too.

    >>> taken_back(NO_ENTRY, -1), taken_back(-1, -1), taken_back(-1, 1) == BOTH_SIDES, taken_back(BOTH_SIDES, 1)
    (-1, -1, True, 2)
    """
    return side if before in (NO_ENTRY, side) else BOTH_SIDES
