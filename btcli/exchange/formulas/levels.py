"""Levels that cannot be: what an entry may not ask for, as far as its decision shows it (rulebook section 3, C)."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    FLAT,
    NO_CAP,
    NO_CODE,
    PRICE_BELOW_TICK,
    STOP_BEYOND_FILL,
    TARGET_BEHIND_PRICE,
    TARGET_BELOW_ZERO,
)
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.gates import Verdict
from btcli.exchange.formulas.rounding import multiple
from btcli.exchange.machine.compiled import compiled


@compiled
def _refusal(code: int, level: float, against: float) -> Verdict:
    return Verdict(0.0, NO_CAP, code, level, against)


@compiled
def _is_at_reference(distance: float) -> bool:
    """Whether a distance is none: it leads to the reference price itself, or to its other side."""
    return is_given(distance) and distance <= 0.0


@compiled
def judge_levels(order: Record, price: float, inst: Record) -> Verdict:
    """The first level that cannot be, with what it was held against, or NO_CODE.

    `price` is R of the rulebook. What a distance above zero gives is judged where it is set, at the fill.

    Source: rulebook section 3, C. A long at 100 whose stop lies at 101.

    >>> order = {"side": 1, "price": float("-inf"), "trigger_price": float("-inf"), "stop_price": 101.0}
    >>> verdict = judge_levels(order, 100.0, {"tick_k": 1, "tick_den": 10.0})
    >>> verdict.code == STOP_BEYOND_FILL, verdict.have, verdict.need
    (True, 101.0, 100.0)
    """
    tick = multiple(1, inst["tick_k"], inst["tick_den"])
    if is_given(order["price"]) and order["price"] < tick:
        return _refusal(PRICE_BELOW_TICK, order["price"], tick)
    if is_given(order["trigger_price"]) and order["trigger_price"] < tick:
        return _refusal(PRICE_BELOW_TICK, order["trigger_price"], tick)
    side = order["side"]
    stop = order["stop_price"]
    if is_given(stop) and side * (price - stop) <= 0.0:
        return _refusal(STOP_BEYOND_FILL, stop, price)
    if _is_at_reference(order["stop_distance"]) or _is_at_reference(order["trail_distance"]):
        return _refusal(STOP_BEYOND_FILL, price, price)
    if _is_at_reference(order["break_even_distance"]):
        return _refusal(STOP_BEYOND_FILL, price, price)
    for n in range(order["n_parts"]):
        if _is_at_reference(order["then_trail_distance"][n]):
            return _refusal(STOP_BEYOND_FILL, price, price)
    return _judge_targets(order, price)


@compiled
def _judge_targets(order: Record, price: float) -> Verdict:
    side = order["side"]
    for n in range(MAX_TARGETS):
        target = order["target_price"][n]
        if is_given(target) and side * (target - price) <= 0.0:
            return _refusal(TARGET_BEHIND_PRICE, target, price)
        if _is_at_reference(order["target_distance"][n]):
            return _refusal(TARGET_BEHIND_PRICE, price, price)
    for n in range(MAX_TARGETS):
        target = order["target_price"][n]
        if is_given(target) and target <= 0.0:
            return _refusal(TARGET_BELOW_ZERO, target, 0.0)
    return _refusal(NO_CODE, 0.0, 0.0)


@compiled
def is_of_levels(code: int) -> bool:
    """Whether a refusal at the decision is one of a level that cannot be.

    >>> is_of_levels(TARGET_BELOW_ZERO), is_of_levels(NO_CODE)
    (True, False)
    """
    return code in (PRICE_BELOW_TICK, STOP_BEYOND_FILL, TARGET_BEHIND_PRICE, TARGET_BELOW_ZERO)


@compiled
def closes_first(book: Record, order: Record) -> float:
    """How much of the position an entry would close: what this decision's orders to close leave of it, if any."""
    position = book["positions"][order["symbol"]]
    if position["side"] == FLAT or position["side"] == order["side"]:
        return 0.0
    left = position["qty"]
    for n in range(book["account"]["n_orders"]):
        other = book["orders"][n]
        is_here = other["symbol"] == order["symbol"] and other["decided_at"] == book["account"]["step"]
        if is_here and other["reduce_only"] and other["cancelled_at"] == 0:
            left -= other["qty"]
    return max(left, 0.0)
