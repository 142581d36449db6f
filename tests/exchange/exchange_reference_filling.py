"""How the second reading fills orders, tests entries and fires levels (section 3, phases B and C)."""

from __future__ import annotations

from exchange_reference_ambiguity import FORCED, STOP, TARGET, mark_ambiguous, mark_ambiguous_entry
from exchange_reference_booking import open_position
from exchange_reference_forced import liquidate
from exchange_reference_levels import (
    fixed_stop,
    goal_level,
    stop_beyond_liquidation,
    target_below_zero,
)
from exchange_reference_values import Held, Order, Refusal
from exchange_reference_world import World

# Tests of an entry


def first_refusal(w: World, order: Order, lots: int, price: float, *, rests: bool = False) -> Refusal | None:
    """The first test that an entry fails at a price: that of its fill, or the limit at which it rests."""
    s, side, inst = order.symbol, order.side, w.instruments[order.symbol]
    sums, p = w.sums[s], w.held[s]
    opens = qty = sums.lot.multiple(lots)
    held = sums.qty(p) if p and p.side == side else 0.0
    value = price * (opens + held)
    limit, _, max_leverage, _ = sums.tiers[sums.tier(value)]
    stop, below_zero = fixed_stop(w, order, price), target_below_zero(w, order, price)
    cost = sums.cost(side, price, opens, w.marks[s], rests=rests)
    tests = [
        (qty < inst.min_qty, Refusal("BELOW_MIN_QTY", qty, inst.min_qty)),
        (price * qty < inst.min_notional_usdt, Refusal("BELOW_MIN_NOTIONAL", price * qty, inst.min_notional_usdt)),
        (value > limit, Refusal("ABOVE_RISK_LIMIT", value, limit)),
        (sums.lev > max_leverage, Refusal("LEVERAGE_ABOVE_TIER", sums.lev, max_leverage)),
        (stop is not None and side * (price - stop) <= 0, Refusal("STOP_BEYOND_FILL", stop, price)),
        (below_zero is not None, below_zero),
        (cost > w.available * (1 + 1e-9), Refusal("INSUFFICIENT_ENTRY_GATE", w.available, cost)),
    ]
    failed = next((refusal for fails, refusal in tests if fails), None)
    if failed:
        note_refusal(w, order, failed)
    return failed or stop_beyond_liquidation(w, order, lots, price, rests=rests)


def note_refusal(w: World, order: Order, failed: Refusal) -> None:
    """Count a test of version 3 that an entry fails."""
    if failed.code == "TARGET_BELOW_ZERO":
        w.note("a target below zero at a fill")
    if failed.code == "INSUFFICIENT_ENTRY_GATE":
        w.note_cost("gate", order.symbol)


def is_one_too_many(w: World, s: int) -> bool:
    """Whether a new position would be more than the rules allow."""
    most = w.terms.max_open_positions
    return most is not None and w.held[s] is None and sum(other is not None for other in w.held) >= most


# Fills


def fill_entry(w: World, order: Order, lots: int, price: float, rate: float) -> None:
    """Book a fill of an entry that opens or adds."""
    s = order.symbol
    if is_one_too_many(w, s):
        w.refuse(order.id, s, Refusal("MAX_OPEN_POSITIONS"))
        return
    opens = w.held[s] is None
    w.filled[s] += lots
    order.lots -= lots
    if order.lots == 0:
        w.forget(order)
    open_position(w, order, lots, price, rate)
    if order.lots and order.tif == "IOC":
        w.cancel(order, "IOC_UNFILLED")
    mark_ambiguous_entry(w, s)
    if is_live(w, order) and not order.tested and order.type == "limit":
        try_to_rest(w, order)
    fire_reached(w, s, opens=opens)


def reduce_first(w: World, order: Order, price: float, rate: float) -> None:
    """What an entry fills against a position reduces it; what is left over is for the other way."""
    s, p, room = order.symbol, w.held[order.symbol], w.room(order.symbol)
    if p is None or p.side == order.side:
        return
    lots = min(order.lots, p.lots) if room is None else min(order.lots, p.lots, room)
    if not lots:
        return
    w.filled[s] += lots
    order.lots -= lots
    if order.lots == 0:
        w.forget(order)
    w.reduce(s, order.id, lots, price, rate, "signal")
    fire_reached(w, s)


def fill_market_entry(w: World, order: Order, raw: float, slip: float) -> None:
    """A market-type entry at a price of its moment: it reduces first, then opens what is left and covered."""
    s, sums = order.symbol, w.sums[order.symbol]
    room = w.room(s)
    if room is not None and room < order.lots and order.tif == "FOK":
        w.cancel(order, "FOK_UNFILLED")
        return
    asked = order.lots if room is None else min(room, order.lots)
    price = w.taker_price(s, order.side, raw, slip, asked)
    reduce_first(w, order, price, sums.taker)
    if not is_live(w, order):
        return
    room = w.room(s)
    if room is not None and room < order.lots:
        if room == 0:
            w.cancel(order, "PARTICIPATION")
            return
        w.tell("cancelled", s, order.id, "PARTICIPATION")
        order.lots = room
    lots = covered(w, order, price)
    refusal = Refusal("MAX_OPEN_POSITIONS") if is_one_too_many(w, s) else first_refusal(w, order, lots, price)
    if refusal:
        w.refuse(order.id, s, refusal)
        return
    order.lots = lots
    fill_entry(w, order, lots, price, sums.taker)


def covered(w: World, order: Order, price: float) -> int:
    """The largest quantity of an entry that the available balance covers at a price."""
    sums, mark = w.sums[order.symbol], w.marks[order.symbol]
    if sums.cost(order.side, price, sums.lot.multiple(order.lots), mark) <= w.available:
        return order.lots
    w.note_cost("cut", order.symbol)
    return sums.lot.down(w.available / sums.cost(order.side, price, 1.0, mark))


def fill_market_close(w: World, order: Order, raw: float, slip: float) -> None:
    """A market-type order that reduces."""
    s, p = order.symbol, w.held[order.symbol]
    if p is None or p.side == order.side:
        w.cancel(order, "REDUCE_ONLY_NOTHING_TO_REDUCE")
        return
    lots = min(order.lots, p.lots) if order.lots else p.lots
    room = w.room(s)
    part = lots if room is None else min(lots, room)
    if part < lots and (order.tif == "FOK" or part == 0):
        w.cancel(order, "FOK_UNFILLED" if order.tif == "FOK" else "PARTICIPATION")
        return
    if part < lots:
        w.tell("cancelled", s, order.id, "PARTICIPATION")
    price = w.taker_price(s, order.side, raw, slip, part)
    w.forget(order)
    w.filled[s] += part
    note_part(p, order.part - 1, part)
    w.reduce(s, order.id, part, price, w.sums[s].taker, order.reason)
    fire_reached(w, s)


def lots_of_limit(w: World, order: Order) -> int:
    """What a limit could fill now, before the bar's volume is asked."""
    p = w.held[order.symbol]
    if not order.reduces:
        return order.lots
    if p is None or p.side == order.side:
        return 0
    return min(order.lots, p.lots) if order.lots else p.lots


def fill_limit(w: World, order: Order, price: float, rate: float) -> int:
    """Fill what the volume gives of a limit at a price; returns the steps of quantity filled."""
    s, lots, room = order.symbol, lots_of_limit(w, order), w.room(order.symbol)
    part = lots if room is None else min(lots, room)
    if part <= 0:
        return 0
    if not order.reduces:
        fill_limit_entry(w, order, price, rate)
        return part
    w.filled[s] += part
    whole = order.lots == 0
    order.lots -= 0 if whole else part
    if (whole and part == lots) or (not whole and order.lots == 0):
        w.forget(order)
    note_part(w.held[s], order.part - 1, part)
    w.reduce(s, order.id, part, price, rate, order.reason)
    fire_reached(w, s)
    return part


def fill_limit_entry(w: World, order: Order, price: float, rate: float) -> None:
    """Fill what the volume gives of a limit entry; what was not tested on arrival is tested now."""
    s = order.symbol
    reduce_first(w, order, price, rate)
    p = w.held[s]
    if not is_live(w, order) or (p and p.side != order.side):
        return
    room = w.room(s)
    part = order.lots if room is None else min(order.lots, room)
    refusal = None if order.tested or not part else first_refusal(w, order, part, price)
    if refusal:
        w.refuse(order.id, s, refusal)
    elif part:
        fill_entry(w, order, part, price, rate)


def is_live(w: World, order: Order) -> bool:
    """Whether an order is still in the book."""
    return any(other is order for other in w.orders)


def arrive_limit(w: World, order: Order, raw: float) -> None:
    """A limit reaches the market at a price: it takes, rests, or is refused."""
    s, side = order.symbol, order.side
    if order.reduces and not lots_of_limit(w, order):
        w.cancel(order, "REDUCE_ONLY_NOTHING_TO_REDUCE")
        return
    assert order.price is not None
    takes = side * (order.price - raw) >= 0
    if takes and order.post_only:
        w.cancel(order, "POST_ONLY_WOULD_TAKE")
        return
    price = w.sums[s].tick.toward(raw, side) if takes else order.price
    p = w.held[s]
    order.tested = order.reduces or not (takes and p and p.side != side)
    order.mark = w.marks[s]
    is_tested_now = order.tested and not order.reduces
    refusal = first_refusal(w, order, order.lots, price, rests=not takes) if is_tested_now else None
    if refusal:
        w.refuse(order.id, s, refusal)
        return
    if not takes and order.tif in ("IOC", "FOK"):
        w.cancel(order, f"{order.tif}_UNFILLED")
        return
    room, lots = w.room(s), lots_of_limit(w, order)
    if takes and order.tif == "FOK" and room is not None and room < lots:
        w.cancel(order, "FOK_UNFILLED")
        return
    order.rests = True
    if not takes and not order.reduces:
        w.note_cost("reserve", s)
    if takes:
        fill_limit(w, order, price, w.sums[s].taker)
        if is_live(w, order):
            rest_after_taking(w, order)


def rest_after_taking(w: World, order: Order) -> None:
    """What the volume left of a limit that took: it goes, or is tested and rests."""
    if order.tif == "IOC":
        w.cancel(order, "IOC_UNFILLED")
    elif not order.tested:
        try_to_rest(w, order)


def try_to_rest(w: World, order: Order) -> None:
    """The tests of what is left of a limit that took and rests from now on."""
    assert order.price is not None
    refusal = first_refusal(w, order, order.lots, order.price, rests=True)
    order.tested = True
    if refusal:
        w.refuse(order.id, order.symbol, refusal)


# Levels of a position


def forced_now(w: World, s: int) -> bool:
    """Whether an isolated position stands at or beyond its LP."""
    p = w.held[s]
    if p is None or w.is_cross:
        return False
    if not w.now.in_path:
        return w.sums[s].is_beyond(p, w.now.value(s, "mark"), by_entry=w.by_entry)
    level = w.liquidation_price(s)
    return level > 0 and w.now.has_reached(s, "mark", level, -p.side)


def stop_reached(w: World, s: int) -> bool:
    """Whether the trigger series stands at or beyond the stop."""
    p = w.held[s]
    if p is None or p.stop_now is None:
        return False
    return w.now.has_reached(s, w.trigger_series, p.stop_now, -p.side)


def reached_goal(w: World, s: int, *, opens: bool) -> int | None:
    """The first target that its series has reached; one whose entry has just filled need not be traded through."""
    p = w.held[s]
    if p is None:
        return None
    for n, goal in enumerate(p.goals):
        series, level = goal_level(w, s, p, n)
        if w.now.has_reached(s, series, goal.price if opens and w.by_limit else level, p.side):
            return n
    return None


def fire_stop(w: World, s: int, raw: float) -> None:
    """Close by the stop at a price of its moment."""
    p = w.held[s]
    assert p is not None
    price = w.taker_price(s, -p.side, raw, w.stop_slip[s], p.lots)
    w.reduce(s, p.order_id + 1, p.lots, price, w.sums[s].taker, p.stop_reason)


def lots_of_goal(w: World, s: int, p: Held, n: int) -> int:
    """What a target closes: its share of the whole; the last of shares that make one closes the rest."""
    if p.parts:
        return lots_of_part(w, s, p, p.goals[n].place)
    if len(p.goals) == 1 and p.shares >= 1 - 1e-9:
        return p.lots
    grid = w.sums[s].lot
    return min(p.lots, grid.down(p.goals[n].share * grid.multiple(p.whole)))


def lots_of_part(w: World, s: int, p: Held, place: int) -> int:
    """What a part closes: its share of the first quantity; the last one what the shares come to and was not closed."""
    if place >= len(p.parts):
        return p.lots
    asked = [order for order in w.orders if order.symbol == s and 0 < order.part <= len(p.parts)]
    on_its_way = sum(order.lots for order in asked)
    free, grid = max(0, p.lots - on_its_way), w.sums[s].lot
    others = {*p.done, *(order.part - 1 for order in asked)} - {place}
    shares = sum(share for share, _ in p.parts)
    if others >= set(range(len(p.parts))) - {place}:
        w.note("a last part")
        together = grid.down(shares * grid.multiple(p.first))
        return free if shares >= 1 - 1e-9 else max(0, min(free, together - p.done_lots - on_its_way))
    return min(free, grid.down(p.parts[place][0] * grid.multiple(p.first)))


def note_part(p: Held | None, place: int, lots: int) -> None:
    """A part is done once; what closes something moves the stop when its bar closes."""
    if p is None or not 0 <= place < len(p.parts) or place in p.done:
        return
    p.done.append(place)
    p.done_lots += lots
    if lots:
        p.due.append(place)


def fire_goal(w: World, s: int, n: int, raw: float, *, opens: bool = False) -> None:
    """Close by a target: at its limit, or at a price of its moment where that is marketable or a market order."""
    p = w.held[s]
    assert p is not None
    lots, goal = lots_of_goal(w, s, p, n), p.goals[n]
    if lots:
        mark_ambiguous(w, s, TARGET)
    p.goals = [other for other in p.goals if other is not goal]
    note_part(p, goal.place, lots)
    if not lots:
        w.note("a share below one step")
        whole = p.first if goal.place < len(p.parts) else p.whole
        w.tell("share", s, goal.id, goal.share * w.sums[s].lot.multiple(whole), w.sums[s].lot.multiple(1))
        return
    if w.by_limit and opens:
        w.note(f"a limit target reached at the entry, {'path' if w.now.in_path else 'open'}")
        price, rate = w.sums[s].tick.toward(raw, -p.side), w.sums[s].taker
    elif w.by_limit:
        w.note("a limit target gapped through" if not w.now.in_path else "a limit target on the path")
        price, rate = goal.price, w.sums[s].maker
    else:
        price, rate = w.taker_price(s, -p.side, raw, w.slip[s], lots), w.sums[s].taker
    if w.now.in_path:
        p.parted.append((w.step, p.side, False))
    w.reduce(s, goal.id, lots, price, rate, "target")


def fire_reached(w: World, s: int, *, opens: bool = False) -> None:
    """After a fill: levels of the position that its series have reached fire at once."""
    while w.held[s] is not None:
        if forced_now(w, s):
            mark_ambiguous(w, s, FORCED)
            liquidate(w, s)
            if w.held[s] is not None and forced_now(w, s):
                return
        elif stop_reached(w, s):
            mark_ambiguous(w, s, STOP)
            fire_stop(w, s, w.now.value(s, "last"))
        else:
            n = reached_goal(w, s, opens=opens)
            if n is None:
                return
            fire_goal(w, s, n, w.now.value(s, "last"), opens=opens)
