"""Where the exits of a position lie: stop, targets, trailing stop, break-even. One position has one bracket."""

from __future__ import annotations

from btcli.exchange.book.codes import EXIT_STOP, EXIT_TRAILING_STOP
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL, is_given
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.rounding import multiple, round_against
from btcli.exchange.machine.compiled import compiled


@compiled
def stop_of(order: Record, entry: float, inst: Record) -> float:
    """Where the fixed stop of an entry lies once it filled at a price, or NO_LEVEL; it may lie below zero.

    Source: rulebook sections 1 and 3, B. From a fill at 100.03, 2 below and away from it to the tick.

    >>> order = {"side": 1, "stop_distance": 2.0, "stop_price": NO_LEVEL}
    >>> stop_of(order, 100.03, {"tick_k": 1, "tick_den": 10.0})
    98.0
    """
    side = order["side"]
    if is_given(order["stop_distance"]):
        return round_against(entry - side * order["stop_distance"], -side, inst["tick_k"], inst["tick_den"])
    return order["stop_price"]


@compiled
def target_of(order: Record, k: int, entry: float, inst: Record) -> float:
    """Where target k of an entry lies once it filled at a price, or NO_LEVEL; a short's may lie below zero.

    Source: rulebook sections 1 and 3, B. The first target of a short from a fill at 100.03, 2 below it.

    >>> order = {"side": -1, "target_distance": [2.0], "target_price": [NO_LEVEL]}
    >>> target_of(order, 0, 100.03, {"tick_k": 1, "tick_den": 10.0})
    98.0
    """
    side = order["side"]
    if is_given(order["target_distance"][k]):
        return round_against(entry + side * order["target_distance"][k], side, inst["tick_k"], inst["tick_den"])
    return order["target_price"][k]


@compiled
def activation_of(order: Record, entry: float) -> float:
    """The price that a trailing stop waits for once its entry filled, or NO_LEVEL: one that is not ahead is reached.

    Source: rulebook section 5.

    >>> order = {"side": 1, "trail_activation": 105.0}
    >>> activation_of(order, 100.0), activation_of(order, 106.0)
    (105.0, -inf)
    """
    activation = order["trail_activation"]
    return activation if order["side"] * (activation - entry) > 0.0 else NO_LEVEL


@compiled
def first_trail_of(order: Record, entry: float, inst: Record) -> float:
    """Where the trailing stop of an entry starts once it filled at a price; NO_LEVEL: it waits, or there is none.

    Source: rulebook sections 3, C and 5.

    >>> order = {"side": -1, "trail_distance": 2.0, "trail_activation": NO_LEVEL}
    >>> first_trail_of(order, 100.0, {"tick_k": 1, "tick_den": 10.0})
    102.0
    """
    if not is_given(order["trail_distance"]) or is_given(activation_of(order, entry)):
        return NO_LEVEL
    return trailed(entry, order["side"], order["trail_distance"], inst)


@compiled
def first_stop_of(order: Record, entry: float, inst: Record) -> float:
    """The stop that counts once an entry filled at a price, or NO_LEVEL."""
    return tighter(stop_of(order, entry, inst), first_trail_of(order, entry, inst), order["side"])


@compiled
def nearest_stop(order: Record, price: float) -> float:
    """Where the stop would lie if the entry filled at a price: the tighter of the fixed one and the trailing one.

    A trailing stop that waits for its activation counts when there is no other.

    Source: rulebook sections 3, C and 7.

    >>> order = {"side": 1, "stop_price": 95.0, "stop_distance": NO_LEVEL, "trail_distance": 2.0}
    >>> [nearest_stop({**order, "trail_activation": level}, 100.0) for level in (NO_LEVEL, 105.0)]
    [98.0, 95.0]
    """
    side, stop = order["side"], order["stop_price"]
    if is_given(order["stop_distance"]):
        stop = price - side * order["stop_distance"]
    if is_given(order["trail_distance"]) and not (is_given(order["trail_activation"]) and is_given(stop)):
        stop = tighter(stop, price - side * order["trail_distance"], side)
    return stop


@compiled
def trailed(extreme: float, side: int, distance: float, inst: Record) -> float:
    """The trailing stop that belongs to a favourable extreme, rounded away from it; it may lie below zero.

    Source: rulebook section 3, C.

    >>> inst = {"tick_k": 1, "tick_den": 10.0}
    >>> trailed(110.05, 1, 2.0, inst), trailed(90.05, -1, 2.0, inst)
    (108.0, 92.1)
    """
    return round_against(extreme - side * distance, -side, inst["tick_k"], inst["tick_den"])


@compiled
def tighter(a: float, b: float, side: int) -> float:
    """Of two stops, either of which may be NO_LEVEL, the one that acts first.

    >>> tighter(95.0, 98.0, 1), tighter(105.0, 102.0, -1), tighter(NO_LEVEL, 98.0, 1)
    (98.0, 102.0, 98.0)
    """
    if not is_given(a):
        return b
    if not is_given(b):
        return a
    return max(a, b) if side > 0 else min(a, b)


@compiled
def stop_that_can_be(level: float, side: int, inst: Record) -> float:
    """A level that a stop is moved to; a short's lies at one tick at least, where it acts at once.

    >>> inst = {"tick_k": 1, "tick_den": 10.0}
    >>> stop_that_can_be(-3.0, -1, inst), stop_that_can_be(97.5, -1, inst)
    (0.1, 97.5)
    """
    return level if side > 0 else max(level, multiple(1, inst["tick_k"], inst["tick_den"]))


@compiled
def stop_level(position: Record) -> float:
    """The stop that counts: the tighter of the fixed and the trailing one, or NO_LEVEL.

    >>> stop_level({"stop_price": 95.0, "trail_price": 98.0, "side": 1})
    98.0
    """
    return tighter(position["stop_price"], position["trail_price"], position["side"])


@compiled
def is_adjusted(position: Record) -> bool:
    """Whether the stop that counts is where it was put to come before the liquidation."""
    return position["adjusted_stop"] > 0.0 and stop_level(position) == position["adjusted_stop"]


@compiled
def first_target_of(position: Record) -> float:
    """The target that was asked for first; 0: none.

    >>> first_target_of({"target_price": [0.0, 105.0, 110.0, 0.0]})
    105.0
    """
    for k in range(MAX_TARGETS):
        if position["target_price"][k] > 0.0:
            return position["target_price"][k]
    return 0.0


@compiled
def nearest_target(position: Record) -> float:
    """The target in force that the position reaches first; 0: none.

    >>> nearest_target({"side": 1, "target_price": [110.0, 105.0, 0.0, 0.0]})
    105.0
    >>> nearest_target({"side": -1, "target_price": [90.0, 95.0, 0.0, 0.0]})
    95.0
    """
    nearest = 0.0
    for k in range(MAX_TARGETS):
        target = position["target_price"][k]
        if target > 0.0:
            nearest = target if nearest == 0.0 else tighter(nearest, target, -position["side"])
    return nearest


@compiled
def stop_reason(position: Record) -> int:
    """Which of the two stops counts, as the reason of an exit; the fixed one where they are equal."""
    if is_given(position["stop_price"]) and stop_level(position) == position["stop_price"]:
        return EXIT_STOP
    return EXIT_TRAILING_STOP


@compiled
def favourable_extreme(book: Record, sym: Symbol, prices: Record) -> float:
    """The best price of the bar in the series that triggers; the close alone on the bar of an entry inside it."""
    on_mark = sym.terms["trigger_by_mark"] == 1
    if sym.position["path_entry_step"] == book["account"]["step"]:
        return prices["mark_close"] if on_mark else prices["close"]
    if sym.position["side"] > 0:
        return prices["mark_high"] if on_mark else prices["high"]
    return prices["mark_low"] if on_mark else prices["low"]
