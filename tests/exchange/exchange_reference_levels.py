"""Levels of the second reading: where a bracket puts them, which cannot be, and which lie beyond LP (section 3, C)."""

from __future__ import annotations

from collections.abc import Iterator

from exchange_reference_values import Goal, Held, Order, Refusal
from exchange_reference_world import World

# What a fill gives


def fresh(w: World, order: Order, lots: int, price: float) -> Held:
    """A new position with the bracket of its entry."""
    s, side, bracket = order.symbol, order.side, order.bracket
    tick = w.sums[s].tick
    new = Held(side, lots, price, w.ts, order.id, whole=lots, break_even=bracket.break_even)
    new.stop = fixed_stop(w, order, price) if order.adjusted is None else order.adjusted
    new.adjusted = order.adjusted
    shares = [share for _, _, share in bracket.targets]
    new.first, new.parts = lots, tuple(zip(shares, bracket.parts or (), strict=False))
    new.trail_distance, new.trail_activation = bracket.trail_distance, bracket.trail_activation
    at_once = new.trail_activation is None or side * (price - new.trail_activation) >= 0
    if new.trail_distance is not None and at_once:
        new.trail = tick.toward(price - side * new.trail_distance, -side)
    for n, (level, share) in enumerate(target_levels(w, order, price)):
        if level is not None:
            new.goals.append(Goal(order.id + 2 + n, level, share, n))
    new.shares = sum(shares)
    new.on_path = w.step if w.now.in_path else -1
    return new


def fixed_stop(w: World, order: Order, price: float) -> float | None:
    """The fixed stop of an entry that fills at a price."""
    bracket, tick = order.bracket, w.sums[order.symbol].tick
    if bracket.stop_distance is not None:
        return tick.toward(price - order.side * bracket.stop_distance, -order.side)
    return bracket.stop_price


def target_levels(w: World, order: Order, price: float) -> Iterator[tuple[float | None, float]]:
    """Level and share of each target of an entry that fills at a price; a part that waits for an order has none."""
    side, tick = order.side, w.sums[order.symbol].tick
    for at, distance, share in order.bracket.targets:
        yield (at if distance is None else tick.toward(price + side * distance, side)), share


def goal_level(w: World, s: int, p: Held, n: int) -> tuple[str, float]:
    """The series and the level of a target."""
    price = p.goals[n].price
    return ("last", w.level_of_limit(s, -p.side, price)) if w.by_limit else (w.trigger_series, price)


# What cannot be


def refused_levels(w: World, order: Order, reference: float) -> Refusal | None:
    """The first level of an entry that cannot be, judged at the decision."""
    side, tick = order.side, w.sums[order.symbol].tick
    for level in (order.price, order.trigger):
        if level is not None and tick.nearest(level) < 1:
            return Refusal("PRICE_BELOW_TICK", level, tick.multiple(1))
    for stop in judged_stops(order, reference):
        if side * (reference - stop) <= 0:
            return Refusal("STOP_BEYOND_FILL", stop, reference)
    prices = [at for at, _, _ in order.bracket.targets if at is not None]
    for target in judged_targets(order, reference):
        if side * (target - reference) <= 0:
            return Refusal("TARGET_BEHIND_PRICE", target, reference)
    return next((Refusal("TARGET_BELOW_ZERO", at, 0.0) for at in prices if side < 0 and at <= 0), None)


def judged_stops(order: Order, reference: float) -> Iterator[float]:
    """The stops of an entry that the decision can judge: prices, and distances that are none."""
    bracket = order.bracket
    if bracket.stop_price is not None:
        yield bracket.stop_price
    trails = [then.trail_distance for then in bracket.parts or ()]
    for distance in (bracket.stop_distance, bracket.trail_distance, bracket.break_even, *trails):
        if distance is not None and distance <= 0:
            yield reference


def judged_targets(order: Order, reference: float) -> Iterator[float]:
    """The same of its targets."""
    for at, distance, _ in order.bracket.targets:
        if at is not None:
            yield at
        elif distance is not None and distance <= 0:
            yield reference


def target_below_zero(w: World, order: Order, price: float) -> Refusal | None:
    """A short's target that its distance puts at or below zero, judged at the fill."""
    levels = [level for level, _ in target_levels(w, order, price)]
    return next((Refusal("TARGET_BELOW_ZERO", at, 0.0) for at in levels if at is not None and at <= 0), None)


# Beside the liquidation price


def lp_of(w: World, s: int, p: Held) -> float:
    """LP of a position that may not be open yet, 0 where there is none."""
    return 0.0 if w.is_cross else w.sums[s].liquidation_price(p, by_entry=w.by_entry)


def is_beyond_liquidation(w: World, s: int, p: Held) -> bool:
    """Whether a position's stop lies at or beyond LP, as every stop at or below zero does."""
    stop, price = p.stop_now, lp_of(w, s, p)
    if stop is None:
        return False
    return stop <= 0 or (price > 0 and p.side * (stop - one_tick_before(w, s, p)) < -1e-12)


def stop_beyond_liquidation(w: World, order: Order, lots: int, price: float, *, rests: bool) -> Refusal | None:
    """The last test of an entry that opens: its stop beside LP, where the rules refuse or tell it."""
    s = order.symbol
    p = w.held[s]
    if p and p.side == order.side:
        return None
    new = fresh(w, order, lots, price)
    if not is_beyond_liquidation(w, s, new):
        return None
    if new.stop_now is not None and new.stop_now <= 0:
        w.note(f"a stop below zero, {w.terms.stop_vs_liquidation}, {w.terms.margin_mode}")
    if w.terms.stop_vs_liquidation == "reject":
        w.note("a stop beyond LP, reject, a limit that rests" if rests else "a stop beyond LP, reject, a fill")
        return Refusal("STOP_BEYOND_LIQUIDATION", new.stop_now, lp_of(w, s, new))
    if w.terms.stop_vs_liquidation == "adjust":
        w.note("an adjusted stop")
        order.adjusted = one_tick_before(w, s, new)
    w.tell("warned", s, order.id, new.stop_now, lp_of(w, s, new), order.adjusted or 0.0)
    return None


def one_tick_before(w: World, s: int, p: Held) -> float:
    """One tick before LP, and never below one tick."""
    tick, price = w.sums[s].tick, lp_of(w, s, p)
    return tick.multiple(max(1, tick.down(price) + 1 if p.side > 0 else tick.up(price) - 1))
