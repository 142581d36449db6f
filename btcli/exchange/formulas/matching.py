"""When prices reach levels. Decides only: nothing here changes anything.

A level falls when it acts at prices at or below it (a long's stop and liquidation, a short's target);
otherwise it rises. Times are fractions of a leg of the path.
"""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.codes import LIMIT
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.brackets import stop_level
from btcli.exchange.formulas.pricing import last_point, mark_point
from btcli.exchange.formulas.rounding import tick_beyond
from btcli.exchange.machine.compiled import compiled

NEVER = 2.0
AT_OPEN = -1  # the leg before the first: both ends are the open

# What a hit is, in the order in which equal times act.
# Targets have the kinds TARGET, TARGET + 1, ...; orders come after the last of them.
LIQUIDATION, STOP, TARGET = 0, 1, 2
EXITS = TARGET + MAX_TARGETS
ORDER_HIT = EXITS


class Leg(NamedTuple):
    """One leg of the path: from a to b in both series."""

    last_a: float
    last_b: float
    mark_a: float
    mark_b: float


class Hit(NamedTuple):
    """The next thing that happens on a leg; `t` is NEVER when nothing does."""

    t: float
    kind: int
    symbol: int  # -1: the account, a cross liquidation
    order: int  # index among the orders, for ORDER_HIT


@compiled
def leg_of(prices: Record, high_first: int, leg: int) -> Leg:
    """The ends of a leg (0 to 2), or the open twice."""
    a = max(leg, 0)
    b = leg + 1
    return Leg(
        last_point(prices, high_first, a),
        last_point(prices, high_first, b),
        mark_point(prices, high_first, a),
        mark_point(prices, high_first, b),
    )


@compiled
def time_of(level: float, falls: bool, a: float, b: float) -> float:
    """The fraction of the leg at which it reaches a level that it runs toward, or NEVER.

    Source: rulebook section 3, C: t = (level - a) / (b - a), of a leg that runs toward the level.

    >>> time_of(97.5, True, 100.0, 90.0), time_of(97.5, False, 90.0, 100.0), time_of(97.5, False, 100.0, 90.0)
    (0.25, 0.75, 2.0)
    """
    if falls:
        if b < a and b <= level <= a:
            return (level - a) / (b - a)
        return NEVER
    if b > a and a <= level <= b:
        return (level - a) / (b - a)
    return NEVER


@compiled
def has_reached(level: float, falls: bool, a: float, b: float, t: float) -> bool:
    """Whether the series is at or beyond a level at fraction t, compared by t so that nothing is rounded.

    Source: rulebook section 3, C.

    >>> has_reached(97.5, True, 100.0, 90.0, 0.2), has_reached(97.5, True, 100.0, 90.0, 0.25)
    (False, True)
    """
    if a == b:
        return a <= level if falls else a >= level
    at = (level - a) / (b - a)
    runs_toward = (b < a) == falls
    return at <= t if runs_toward else at >= t


@compiled
def level_of(position: Record, terms: Record, inst: Record, kind: int) -> float:
    """The price at which an exit of a position acts, none if not above 0; a limit's level is the tick that fills it.

    Source: rulebook section 3, C. The limit target of a long fills one tick beyond, where it has to be traded through.

    >>> terms, inst = {"target_is_limit": 1, "trade_through": 1}, {"tick_k": 1, "tick_den": 10.0}
    >>> level_of({"side": 1, "target_price": [105.0]}, terms, inst, TARGET)
    105.1
    """
    if kind == LIQUIDATION:
        return position["liquidation_price"]
    if kind == STOP:
        return stop_level(position)
    level = position["target_price"][kind - TARGET]
    if level > 0.0 and terms["target_is_limit"] and terms["trade_through"]:
        return tick_beyond(level, position["side"], inst["tick_k"], inst["tick_den"])
    return level


@compiled
def is_on_mark(terms: Record, kind: int) -> bool:
    """Whether an exit watches the mark: liquidations always, limit targets never, the rest by `trigger_by`.

    Source: rulebook section 3, C.

    >>> terms = {"target_is_limit": 1, "trigger_by_mark": 0}
    >>> is_on_mark(terms, LIQUIDATION), is_on_mark(terms, STOP), is_on_mark({**terms, "trigger_by_mark": 1}, TARGET)
    (True, False, False)
    """
    if kind == LIQUIDATION:
        return True
    if kind >= TARGET and terms["target_is_limit"]:
        return False
    return terms["trigger_by_mark"] == 1


@compiled
def falls_to(side: int, kind: int) -> bool:
    """Whether an exit of a position acts on falling prices.

    >>> falls_to(1, STOP), falls_to(1, TARGET), falls_to(-1, LIQUIDATION), falls_to(-1, TARGET)
    (True, False, False, True)
    """
    return (side > 0) != (kind >= TARGET)


@compiled
def exit_time(sym: Symbol, kind: int, leg: Leg) -> float:
    """When a leg reaches one exit level of the position ."""
    position = sym.position
    level = level_of(position, sym.terms, sym.inst, kind)
    if level <= 0.0:
        return NEVER
    falls = falls_to(position["side"], kind)
    if is_on_mark(sym.terms, kind):
        return time_of(level, falls, leg.mark_a, leg.mark_b)
    return time_of(level, falls, leg.last_a, leg.last_b)


@compiled
def is_exit_reached(sym: Symbol, kind: int, leg: Leg, t: float) -> bool:
    """Whether one exit level of the position is already reached at fraction t."""
    position = sym.position
    level = level_of(position, sym.terms, sym.inst, kind)
    if level <= 0.0:
        return False
    falls = falls_to(position["side"], kind)
    if is_on_mark(sym.terms, kind):
        return has_reached(level, falls, leg.mark_a, leg.mark_b, t)
    return has_reached(level, falls, leg.last_a, leg.last_b, t)


@compiled
def is_target_marketable(sym: Symbol, kind: int, leg: Leg, t: float) -> bool:
    """Whether the last price is at or through a limit target at fraction t, so that it need not rest."""
    level = sym.position["target_price"][kind - TARGET]
    if level <= 0.0:
        return False
    return has_reached(level, falls_to(sym.position["side"], kind), leg.last_a, leg.last_b, t)


@compiled
def is_in_bar(sym: Symbol, kind: int, prices: Record) -> bool:
    """Whether an exit level lies within the range of its series' bar."""
    position = sym.position
    level = level_of(position, sym.terms, sym.inst, kind)
    if level <= 0.0:
        return False
    if is_on_mark(sym.terms, kind):
        return prices["mark_low"] <= level <= prices["mark_high"]
    return prices["low"] <= level <= prices["high"]


@compiled
def has_exit_in_bar(sym: Symbol, prices: Record) -> bool:
    """Whether any exit level lies within the range of its series' bar; a cross account has its own test."""
    for kind in range(LIQUIDATION, EXITS):
        if is_in_bar(sym, kind, prices):
            return True
    return False


@compiled
def is_limit(order: Record) -> bool:
    """Whether an order rests at a limit: a limit order, or a stop-limit order once it has triggered.

    >>> is_limit({"type": LIMIT}), is_limit({"type": 3, "price": 99.0, "trigger_price": float("-inf")})
    (True, True)
    """
    return order["type"] == LIMIT or (is_given(order["price"]) and not is_given(order["trigger_price"]))


@compiled
def order_level(order: Record, terms: Record, inst: Record) -> float:
    """The price at which a resting order acts: its trigger, its limit, or the tick beyond that.

    Source: rulebook section 3, C. A buy at 99 fills one tick below, where it has to be traded through.

    >>> order, inst = {"side": 1, "price": 99.0, "trigger_price": float("-inf")}, {"tick_k": 1, "tick_den": 10.0}
    >>> order_level(order, {"trade_through": 1}, inst), order_level(order, {"trade_through": 0}, inst)
    (98.9, 99.0)
    """
    if is_given(order["trigger_price"]):
        return order["trigger_price"]
    if terms["trade_through"]:
        return tick_beyond(order["price"], -order["side"], inst["tick_k"], inst["tick_den"])
    return order["price"]


@compiled
def order_falls(order: Record) -> bool:
    """Whether a resting order acts on falling prices: limit buys and stop sells.

    >>> order_falls({"side": 1, "trigger_price": float("-inf")}), order_falls({"side": 1, "trigger_price": 101.0})
    (True, False)
    """
    return (order["side"] > 0) != is_given(order["trigger_price"])


@compiled
def order_on_mark(order: Record, terms: Record) -> bool:
    """Whether a resting order watches the mark: stops by `trigger_by`, limits never."""
    return is_given(order["trigger_price"]) and terms["trigger_by_mark"] == 1


@compiled
def order_time(order: Record, sym: Symbol, leg: Leg) -> float:
    """When a leg reaches a resting order."""
    level = order_level(order, sym.terms, sym.inst)
    if order_on_mark(order, sym.terms):
        return time_of(level, order_falls(order), leg.mark_a, leg.mark_b)
    return time_of(level, order_falls(order), leg.last_a, leg.last_b)


@compiled
def is_order_reached(order: Record, sym: Symbol, leg: Leg, t: float) -> bool:
    """Whether a resting order's level is already reached at fraction t."""
    level = order_level(order, sym.terms, sym.inst)
    if order_on_mark(order, sym.terms):
        return has_reached(level, order_falls(order), leg.mark_a, leg.mark_b, t)
    return has_reached(level, order_falls(order), leg.last_a, leg.last_b, t)


@compiled
def is_order_in_bar(order: Record, sym: Symbol, prices: Record) -> bool:
    """Whether a resting order's level lies within the range of its series' bar."""
    level = order_level(order, sym.terms, sym.inst)
    if order_on_mark(order, sym.terms):
        return prices["mark_low"] <= level <= prices["mark_high"]
    return prices["low"] <= level <= prices["high"]
