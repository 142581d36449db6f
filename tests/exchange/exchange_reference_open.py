"""Phases A and B of the second reading: the boundary and the open (section 3)."""

from __future__ import annotations

import itertools

from exchange_reference_filling import (
    arrive_limit,
    fill_limit,
    fill_market_close,
    fill_market_entry,
    fire_goal,
    fire_stop,
    forced_now,
    is_live,
    lots_of_limit,
    stop_reached,
)
from exchange_reference_forced import liquidate, liquidate_all
from exchange_reference_funding import settle_at_open
from exchange_reference_levels import goal_level
from exchange_reference_moment import opening
from exchange_reference_values import Order
from exchange_reference_world import World


def present(w: World) -> list[int]:
    """The symbols with a bar at this step."""
    return [s for s in w.symbols if w.has_bar(s, w.step)]


def halted(w: World) -> bool:
    """Whether nothing fills any more in this step."""
    return bool(w.liquidated) and w.terms.on_liquidation == "stop"


def has_hole_since(w: World, s: int, decided: int) -> bool:
    """Whether a symbol's bars from the one after a decision to this one have a hole before or between them."""
    steps = [i for i in range(w.step + 1) if w.has_bar(s, i)]
    pairs = [(one, two) for one, two in itertools.pairwise(steps) if two > decided]
    return any(w.times[two] != w.times[one] + w.market.step_ms for one, two in pairs)


# A


def boundary(w: World) -> None:
    """Settlements, then the test of liquidation at the mark's open."""
    w.now = opening([(s, w.bar(s)[0], w.mark_bar(s)[0]) for s in present(w)])
    for s in present(w):
        w.marks[s], w.lasts[s] = w.mark_bar(s)[0], w.bar(s)[0]
    note_dates(w)
    for s in present(w):
        settle_at_open(w, s)
    if w.is_cross:
        test_cross(w)
        return
    for s in present(w):
        if forced_now(w, s):
            liquidate(w, s)


def note_dates(w: World) -> None:
    """Count the positions that are judged by their entry, and those that begin to be judged by their mark."""
    was = w.step > 0 and w.times[w.step - 1] < w.terms.maintenance_by_entry_until_ms
    for p in w.held:
        if p and (w.by_entry or was):
            w.note("held before the day" if w.by_entry else f"held over the day, {w.terms.margin_mode}")


def test_cross(w: World) -> None:
    """A cross account that its equity no longer carries closes everything."""
    if any(w.held) and w.cash + w.unrealized <= w.maintenance:
        liquidate_all(w, w.marks)


# B


def open_bar(w: World) -> None:
    """Everything that reaches the exchange at the open."""
    with_bar = set(present(w))
    if halted(w):
        return
    take_back(w, with_bar)
    new = {order.id for order in w.orders if order.symbol in with_bar and order.arrives <= w.step and order.arrived < 0}
    for order in w.orders:
        if order.id in new:
            order.arrived = w.step
    closing_orders(w, with_bar, new)
    for group in (enter_at_market, enter_by_limit):
        for order in [order for order in w.orders if order.symbol in with_bar and not order.reduces]:
            if halted(w):
                return
            if is_live(w, order) and order.arrived >= 0:
                group(w, order, order.id in new)


def take_back(w: World, with_bar: set[int]) -> None:
    """B1: cancellations and expiries."""
    for order in list(w.orders):
        if order.symbol not in with_bar:
            continue
        is_over = order.expires_at is not None and w.times[w.step] >= order.expires_at
        expired = is_over and w.step >= order.arrives
        taken_back = 0 <= order.cancel_at <= w.step
        if taken_back or expired:
            w.cancel(order, "CANCELLED_BY_STRATEGY" if taken_back else "EXPIRED")


def closing_orders(w: World, with_bar: set[int], new: set[int]) -> None:
    """B2: what reduces or closes, by order id, with the stops and targets of open positions."""
    acts: list[tuple[int, int, Order | None]] = []
    for order in w.orders:
        if order.reduces and order.arrived >= 0 and order.symbol in with_bar:
            acts.append((order.id, order.symbol, order))
    for s in sorted(with_bar):
        p = w.held[s]
        if p:
            acts.append((p.order_id + 1, s, None))
            acts += [(goal.id, s, None) for goal in p.goals]
    for act_id, s, one in sorted(acts, key=lambda act: act[0]):
        if halted(w):
            return
        if one is not None:
            if is_live(w, one):
                close_at_open(w, one, one.id in new)
        else:
            fire_own(w, s, act_id)
        after_reduction(w, s)


def after_reduction(w: World, s: int) -> None:
    """What a smaller position's levels have already reached fires at once."""
    if w.held[s] and forced_now(w, s):
        liquidate(w, s)


def fire_own(w: World, s: int, act_id: int) -> None:
    """The stop or one target of a position, if its series opens at or beyond it."""
    p = w.held[s]
    if p is None:
        return
    if act_id == p.order_id + 1:
        if stop_reached(w, s):
            fire_stop(w, s, w.now.value(s, "last"))
        return
    for n, goal in enumerate(p.goals):
        if goal.id == act_id:
            series, level = goal_level(w, s, p, n)
            if w.now.has_reached(s, series, level, p.side):
                fire_goal(w, s, n, w.now.value(s, "last"))
            return


def is_triggered(w: World, order: Order) -> bool:
    """Whether the trigger series opens at or beyond an order's trigger."""
    assert order.trigger is not None
    return w.now.has_reached(order.symbol, w.trigger_series, order.trigger, order.side)


def is_idle(w: World, order: Order) -> bool:
    """Whether a market order is cancelled because its bar has no volume."""
    return w.terms.zero_volume == "cancel" and w.bar(order.symbol)[4] == 0


def close_at_open(w: World, order: Order, is_new: bool) -> None:
    """One order that reduces, at the open."""
    s = order.symbol
    last = w.now.value(s, "last")
    if not lots_of_limit(w, order):
        w.cancel(order, "REDUCE_ONLY_NOTHING_TO_REDUCE")
    elif order.type == "market":
        if is_idle(w, order):
            w.cancel(order, "ZERO_VOLUME")
        else:
            fill_market_close(w, order, last, w.slip[s])
    elif order.type == "stop_market":
        if is_triggered(w, order):
            if is_idle(w, order):
                w.cancel(order, "ZERO_VOLUME")
            else:
                fill_market_close(w, order, last, w.stop_slip[s])
    else:
        limit_at_open(w, order, is_new)


def limit_at_open(w: World, order: Order, is_new: bool) -> None:
    """A limit that arrives, is triggered, or is gapped through."""
    s = order.symbol
    last = w.now.value(s, "last")
    if order.rests:
        assert order.price is not None
        level = w.level_of_limit(s, order.side, order.price)
        if w.now.has_reached(s, "last", level, -order.side):
            fill_limit(w, order, order.price, w.sums[s].maker)
    elif order.type == "limit":
        if is_new or order.triggered == w.step:
            arrive_limit(w, order, last)
    elif is_triggered(w, order):
        trigger(w, order)
        arrive_limit(w, order, last)


def trigger(w: World, order: Order) -> None:
    """A stop-limit becomes a limit."""
    w.tell("triggered", order.symbol, order.id)
    order.type = "limit"


def enter_at_market(w: World, order: Order, _: bool) -> None:
    """B3: market entries, and stop entries that the bar gaps."""
    s = order.symbol
    last = w.now.value(s, "last")
    if order.type == "market":
        if has_hole_since(w, s, order.decided):
            w.cancel(order, "DATA_GAP")
        elif is_idle(w, order):
            w.cancel(order, "ZERO_VOLUME")
        else:
            fill_market_entry(w, order, last, w.slip[s])
    elif order.type == "stop_market" and is_triggered(w, order):
        if is_idle(w, order):
            w.cancel(order, "ZERO_VOLUME")
            return
        fill_market_entry(w, order, last, w.stop_slip[s])
    elif order.type == "stop_limit" and is_triggered(w, order):
        trigger(w, order)
        order.triggered = w.step


def enter_by_limit(w: World, order: Order, is_new: bool) -> None:
    """B4: limit entries."""
    if order.type in ("limit", "stop_limit"):
        limit_at_open(w, order, is_new)
