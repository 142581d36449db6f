"""Phase C of the second reading: the common walk inside the bar."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

from exchange_reference_ambiguity import FORCED, ORDER, STOP, TARGET, mark_ambiguous, mark_ambiguous_order
from exchange_reference_filling import (
    arrive_limit,
    fill_limit,
    fill_market_close,
    fill_market_entry,
    fire_goal,
    fire_reached,
    fire_stop,
    lots_of_limit,
)
from exchange_reference_forced import liquidate, liquidate_all
from exchange_reference_levels import goal_level
from exchange_reference_moment import Moment
from exchange_reference_open import is_idle, present, trigger
from exchange_reference_values import Order
from exchange_reference_world import World


class Level(NamedTuple):
    """Something that happens when a series reaches a price."""

    kind: int
    symbol: int
    id: int
    series: str
    price: float
    direction: int
    sort: str


def walk(w: World) -> None:
    """The three legs, all symbols together."""
    here = present(w)
    points = {s: path_of(w, s) for s in here}
    done: set[int] = set()
    for leg in range(3):
        legs = {(s, name): points[s][name][leg : leg + 2] for s in here for name in ("last", "mark")}
        w.now = Moment({key: (ends[0], ends[1]) for key, ends in legs.items()}, 0.0, leg)
        walk_leg(w, here, done)
    for s in here:
        w.marks[s], w.lasts[s] = w.mark_bar(s)[3], w.bar(s)[3]


def path_of(w: World, s: int) -> dict[str, list[float]]:
    """The four points of both series, the same extreme first."""
    order = (0, 1, 2, 3) if is_high_first(w, s) else (0, 2, 1, 3)
    return {name: [w.series(s, name)[n] for n in order] for name in ("last", "mark")}


def is_high_first(w: World, s: int) -> bool:
    """Which extreme of the last series comes first."""
    p, bar, tick = w.held[s], w.bar(s), w.sums[s].tick
    if p:
        pessimistic = p.side < 0
    else:
        resting = [order for order in w.orders if order.symbol == s and order.arrived >= 0 and not order.reduces]
        if not resting:
            return True
        nearest = min(resting, key=lambda one: (abs(tick.nearest(waits_at(w, one)) - tick.nearest(bar[0])), one.id))
        pessimistic = nearest.side > 0
    if w.terms.path == "pessimistic":
        return pessimistic
    if w.terms.path == "optimistic":
        return not pessimistic
    up, down = tick.nearest(bar[1]) - tick.nearest(bar[0]), tick.nearest(bar[0]) - tick.nearest(bar[2])
    return pessimistic if up == down else up < down


def waits_at(w: World, order: Order) -> float:
    """The price that an order waits for: of a limit the tick that fills it."""
    if order.type == "limit" and order.price is not None:
        return w.level_of_limit(order.symbol, order.side, order.price)
    return order.trigger or 0.0


def levels_of(w: World, s: int) -> Iterator[Level]:
    """All levels of a symbol."""
    p = w.held[s]
    if p:
        price = w.liquidation_price(s)
        if price:
            yield Level(FORCED, s, 0, "mark", price, -p.side, "")
        if p.stop_now is not None:
            yield Level(STOP, s, p.order_id + 1, w.trigger_series, p.stop_now, -p.side, "")
        for n, goal in enumerate(p.goals):
            series, price = goal_level(w, s, p, n)
            yield Level(TARGET, s, goal.id, series, price, p.side, "")
    for order in w.orders:
        if order.symbol != s or order.arrived < 0:
            continue
        if order.rests and order.price is not None:
            room = w.room(s)
            if lots_of_limit(w, order) and (room is None or room > 0):
                price = w.level_of_limit(s, order.side, order.price)
                yield Level(ORDER, s, order.id, "last", price, -order.side, "limit")
        elif order.trigger is not None:
            yield Level(ORDER, s, order.id, w.trigger_series, order.trigger, order.side, order.type)


def walk_leg(w: World, here: list[int], done: set[int]) -> None:
    """Fire what the leg reaches, in order of t."""
    before = [level for s in here if s not in done for level in levels_of(w, s)]
    existed = set(before)
    while True:
        for s in w.liquidated:
            if w.terms.on_liquidation == "stop":
                done.add(s)
        levels = [level for s in here if s not in done for level in levels_of(w, s)]
        hits = []
        for level in levels:
            t = w.now.fraction(level.symbol, level.series, level.price, level.direction)
            if (t > w.now.t or (t == w.now.t and level in existed)) and t <= 1:
                hits.append((t, level.kind, level.symbol, level.id, level))
        hit = min(hits, key=lambda one: one[:4]) if hits else None
        lost = cross_fails_at(w, here)
        if lost <= 1 and (hit is None or lost <= hit[0]):
            w.now.t = lost
            liquidate_all(w, marks_now(w, here))
            existed = set(levels)
            continue
        if hit is None:
            break
        w.now.t = hit[0]
        existed = set(levels)
        for s in here:
            w.marks[s], w.lasts[s] = w.now.value(s, "mark"), w.now.value(s, "last")
        fire(w, hit[4])


def fire(w: World, level: Level) -> None:
    """What one reached level does."""
    s = level.symbol
    by_mark = level.series == "mark"
    raw = w.now.value(s, "last") if by_mark else level.price
    p = w.held[s]
    if level.kind == FORCED:
        mark_ambiguous(w, s, FORCED)
        liquidate(w, s)
    elif level.kind == STOP:
        mark_ambiguous(w, s, STOP)
        fire_stop(w, s, raw)
    elif level.kind == TARGET:
        assert p is not None
        n = next(n for n, goal in enumerate(p.goals) if goal.id == level.id)
        fire_goal(w, s, n, raw)
        fire_reached(w, s)
    else:
        fire_order(w, level, raw)


def fire_order(w: World, level: Level, raw: float) -> None:
    """An order whose level is reached."""
    order, s = next(order for order in w.orders if order.id == level.id), level.symbol
    if level.sort == "limit":
        mark_ambiguous_order(w, order, level.direction)
        fill_limit(w, order, order.price or 0.0, w.sums[s].maker)
    elif level.sort == "stop_market" and is_idle(w, order):
        w.cancel(order, "ZERO_VOLUME")
    elif level.sort == "stop_market":
        mark_ambiguous_order(w, order, level.direction)
        fill = fill_market_close if order.reduces else fill_market_entry
        fill(w, order, raw, w.stop_slip[s])
    else:
        trigger(w, order)
        if order.side * ((order.price or 0.0) - raw) >= 0:
            mark_ambiguous_order(w, order, level.direction)
        arrive_limit(w, order, raw)


# Cross


def marks_now(w: World, here: list[int]) -> list[float]:
    """All marks of this moment."""
    return [w.now.value(s, "mark") if s in here else w.marks[s] for s in w.symbols]


def cross_fails_at(w: World, here: list[int]) -> float:
    """The first fraction of the leg from now on at which equity no longer carries the maintenance margins."""
    if not w.is_cross or not any(w.held):
        return math.inf
    cuts = {w.now.t, 1.0}
    for s in here:
        p = w.held[s]
        if p:
            a, b = w.now.legs[s, "mark"]
            qty = w.sums[s].qty(p)
            for limit, *_ in w.sums[s].tiers:
                if a != b and w.now.t < (t := (limit / qty - a) / (b - a)) < 1:
                    cuts.add(t)
    places = sorted(cuts)
    if surplus(w, here, places[0]) <= 0:
        return places[0]
    for begin, end in itertools.pairwise(places):
        inside = (surplus(w, here, begin + (end - begin) / 3), surplus(w, here, begin + (end - begin) * 2 / 3))
        slope = inside[1] - inside[0]
        at_begin, at_end = inside[0] - slope, inside[1] + slope
        if at_begin <= 0:
            return begin
        if at_end <= 0:
            return begin + (end - begin) * at_begin / (at_begin - at_end)
        if surplus(w, here, end) <= 0:
            return end
    return math.inf


def surplus(w: World, here: list[int], t: float) -> float:
    """Equity less the maintenance margins at a fraction of the leg."""
    total = w.cash
    for s in w.symbols:
        p = w.held[s]
        if p:
            a, b = w.now.legs[s, "mark"] if s in here else (w.marks[s], w.marks[s])
            mark = b if t == 1 else a + t * (b - a)
            total += p.side * w.sums[s].qty(p) * (mark - p.entry) - w.sums[s].maintenance(p, mark, by_entry=w.by_entry)
    return total
