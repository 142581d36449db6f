"""When prices reach levels. Decides only: nothing here changes anything.

A level falls when it acts at prices at or below it (a long's stop and liquidation, a short's target);
otherwise it rises. Times are fractions of a leg of the path.
"""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.codes import EXIT_STOP, EXIT_TARGET
from btcli.exchange.compiled import compiled
from btcli.exchange.pricing import PriceModel, last_point, mark_point
from btcli.exchange.rounding import tick_beyond
from btcli.exchange.values import Desk, Record

NEVER = 2.0
AT_OPEN = -1  # the leg before the first: both ends are the open

# What a hit is, in the order in which equal times act.
LIQUIDATION, STOP, TARGET = 0, 1, 2


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
    symbol: int


@compiled
def leg_of(prices: PriceModel, high_first: int, leg: int) -> Leg:
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
    """The fraction of the leg at which it reaches a level that it runs toward, or NEVER."""
    if falls:
        if b < a and b <= level <= a:
            return (level - a) / (b - a)
        return NEVER
    if b > a and a <= level <= b:
        return (level - a) / (b - a)
    return NEVER


@compiled
def has_reached(level: float, falls: bool, a: float, b: float, t: float) -> bool:
    """Whether the series is at or beyond a level at fraction t, compared by t so that nothing is rounded."""
    if a == b:
        return a <= level if falls else a >= level
    at = (level - a) / (b - a)
    runs_toward = (b < a) == falls
    return at <= t if runs_toward else at >= t


@compiled
def level_of(position: Record, rules: Record, inst: Record, kind: int) -> float:
    """The price at which an exit of a position acts, 0 for none; a limit's level is the tick that fills it."""
    if kind == LIQUIDATION:
        return position["liquidation_price"]
    if kind == STOP:
        return position["stop_price"]
    level = position["target_price"]
    if level > 0.0 and rules["target_is_limit"] and rules["trade_through"]:
        return tick_beyond(level, position["side"], inst["tick_k"], inst["tick_den"])
    return level


@compiled
def is_on_mark(rules: Record, kind: int) -> bool:
    """Whether an exit watches the mark: liquidations always, limit targets never, the rest by `trigger_by`."""
    if kind == LIQUIDATION:
        return True
    if kind == TARGET and rules["target_is_limit"]:
        return False
    return rules["trigger_by_mark"] == 1


@compiled
def falls_to(side: int, kind: int) -> bool:
    """Whether an exit of a position acts on falling prices."""
    return (side > 0) != (kind == TARGET)


@compiled
def exit_time(desk: Desk, kind: int, leg: Leg) -> float:
    """When a leg reaches one exit level of the position ."""
    position = desk.position
    level = level_of(position, desk.rules, desk.inst, kind)
    if level <= 0.0:
        return NEVER
    falls = falls_to(position["side"], kind)
    if is_on_mark(desk.rules, kind):
        return time_of(level, falls, leg.mark_a, leg.mark_b)
    return time_of(level, falls, leg.last_a, leg.last_b)


@compiled
def is_exit_reached(desk: Desk, kind: int, leg: Leg, t: float) -> bool:
    """Whether one exit level of the position is already reached at fraction t."""
    position = desk.position
    level = level_of(position, desk.rules, desk.inst, kind)
    if level <= 0.0:
        return False
    falls = falls_to(position["side"], kind)
    if is_on_mark(desk.rules, kind):
        return has_reached(level, falls, leg.mark_a, leg.mark_b, t)
    return has_reached(level, falls, leg.last_a, leg.last_b, t)


@compiled
def is_in_bar(desk: Desk, kind: int, prices: PriceModel) -> bool:
    """Whether an exit level lies within the range of its series' bar."""
    position = desk.position
    level = level_of(position, desk.rules, desk.inst, kind)
    if level <= 0.0:
        return False
    if is_on_mark(desk.rules, kind):
        return prices.mark_low <= level <= prices.mark_high
    return prices.low <= level <= prices.high


@compiled
def has_exit_in_bar(desk: Desk, prices: PriceModel) -> bool:
    """Whether any exit level lies within the range of its series' bar."""
    for kind in range(LIQUIDATION, TARGET + 1):
        if is_in_bar(desk, kind, prices):
            return True
    return False


@compiled
def is_ambiguous_exit(desk: Desk, kind: int, prices: PriceModel) -> bool:
    """Whether the bar also held an exit on the other side, or both the stop and the liquidation."""
    if kind == TARGET:
        return is_in_bar(desk, STOP, prices) or is_in_bar(desk, LIQUIDATION, prices)
    other = LIQUIDATION if kind == STOP else STOP
    return is_in_bar(desk, TARGET, prices) or is_in_bar(desk, other, prices)


@compiled
def exit_reason_of(kind: int) -> int:
    """The name a trade gives to its end."""
    return EXIT_STOP if kind == STOP else EXIT_TARGET
