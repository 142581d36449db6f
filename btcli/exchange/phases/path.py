"""Phase C: the walk along the path inside the bar. All symbols walk together."""

from __future__ import annotations

from btcli.exchange.book.codes import ADAPTIVE, OPTIMISTIC, PATH, STOP_LIMIT
from btcli.exchange.book.given import is_given
from btcli.exchange.book.ledger import place
from btcli.exchange.book.orders import drop_done, is_due
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.balances import symbol_of
from btcli.exchange.formulas.cross import CROSS, can_cross_fail, cross_time
from btcli.exchange.formulas.matching import (
    EXITS,
    LIQUIDATION,
    NEVER,
    ORDER_HIT,
    Hit,
    exit_time,
    has_exit_in_bar,
    is_limit,
    is_order_in_bar,
    leg_of,
    order_level,
    order_on_mark,
    order_time,
)
from btcli.exchange.formulas.pricing import is_high_first_for_position, last_point, on_leg
from btcli.exchange.formulas.rounding import ticks_between
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.ambiguity import mark_hanging, mark_triggered
from btcli.exchange.phases.exits import AT_LEVEL, fire_exit, fire_reached, liquidate_all
from btcli.exchange.phases.filling import fill_as_taker, fill_at_limit, fillable
from btcli.exchange.phases.opening import arrive, trigger, volume_flags
from btcli.exchange.phases.valuing import mark_to, note_excursion

LEGS = 3
NOBODY = -1
NONE_NEAR = -1


@compiled
def choose_paths(book: Record) -> int:
    """Choose the path of every symbol that has a level within its bar, once; returns how many those are.

    Where no level lies within the bar the order of the extremes means nothing, and nobody walks.
    """
    if not _find_walkers(book):
        return 0
    _find_nearest_entries(book)
    walking = 0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["walks"]:
            walking += 1
            book["positions"][s]["high_first"] = 1 if _is_high_first(book, s, book["prices"][s]) else 0
    return walking


@compiled
def _find_walkers(book: Record) -> bool:
    """Mark the symbols that have a level within their bar; a position that does not walk has seen its extremes.

    A cross account needs all of its positions on the path once anything may act: one event may end them all.
    """
    may_act = _mark_levels_in_bars(book)
    all_walk = book["terms"]["is_cross"] == 1 and (may_act or can_cross_fail(book))
    for s in range(book["n_symbols"]):
        position, prices = book["positions"][s], book["prices"][s]
        if position["side"] == 0 or prices["has_bar"] == 0:
            continue
        note_excursion(position, prices["open"])
        if all_walk:
            position["walks"] = 1
        elif position["walks"] == 0:
            note_excursion(position, prices["high"])
            note_excursion(position, prices["low"])
    return may_act or all_walk


@compiled
def _mark_levels_in_bars(book: Record) -> bool:
    may_act = False
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        position["walks"] = 0
        if position["side"] != 0 and book["prices"][s]["has_bar"]:
            if has_exit_in_bar(symbol_of(book, s), book["prices"][s]):
                position["walks"] = 1
                may_act = True
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        s = order["symbol"]
        if is_due(book, order) and is_order_in_bar(order, symbol_of(book, s), book["prices"][s]):
            book["positions"][s]["walks"] = 1
            may_act = True
    return may_act


@compiled
def _find_nearest_entries(book: Record) -> None:
    """Note the side of the resting entry nearest to the open, in ticks, then by id, for each symbol that is flat."""
    for s in range(book["n_symbols"]):
        book["positions"][s]["nearest_ticks"] = NONE_NEAR
        book["positions"][s]["nearest_side"] = 1
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        s = order["symbol"]
        position, inst = book["positions"][s], book["instruments"][s]
        if position["walks"] == 0 or position["side"] != 0 or order["reduce_only"] or not is_due(book, order):
            continue
        level = order_level(order, book["terms"], inst)
        ticks = ticks_between(level, book["prices"][s]["open"], inst["tick_k"], inst["tick_den"])
        if position["nearest_ticks"] == NONE_NEAR or ticks < position["nearest_ticks"]:
            position["nearest_ticks"] = ticks
            position["nearest_side"] = order["side"]


@compiled
def _is_high_first(book: Record, s: int, prices: Record) -> bool:
    """Against an open position; when flat, so that what follows the fill of the nearest resting entry is against it."""
    position, inst, path = book["positions"][s], book["instruments"][s], book["terms"]["path"]
    if position["side"] != 0:
        return is_high_first_for_position(prices, position["side"], path, inst)
    buys_first = position["nearest_side"] > 0
    if path == ADAPTIVE:
        up = ticks_between(prices["high"], prices["open"], inst["tick_k"], inst["tick_den"])
        down = ticks_between(prices["open"], prices["low"], inst["tick_k"], inst["tick_den"])
        return buys_first if up == down else up < down
    return buys_first != (path == OPTIMISTIC)


@compiled
def is_held(book: Record, s: int) -> bool:
    """Whether symbol s walks and has a position."""
    return book["positions"][s]["walks"] == 1 and book["positions"][s]["side"] != 0


@compiled
def _is_sooner(t: float, kind: int, s: int, t_now: float, is_fresh: bool, best: Hit) -> bool:
    """Whether a hit counts and comes before the best so far: by t, then kind, then symbol (the caller's order)."""
    if t < t_now or (is_fresh and t == t_now) or t > 1.0:
        return False
    if t != best.t:
        return t < best.t
    return kind < best.kind or (kind == best.kind and s < best.symbol)


@compiled
def next_hit(book: Record, leg: int, t_now: float, fresh: int, fresh_order: int) -> Hit:
    """The earliest level from t_now on; levels that the last event made count only later than it."""
    best = Hit(NEVER, 0, 0, 0)
    if book["terms"]["is_cross"]:
        t = cross_time(book, leg, t_now)
        if t <= 1.0:
            best = Hit(t, LIQUIDATION, CROSS, 0)
    for s in range(book["n_symbols"]):
        if not is_held(book, s):
            continue
        ends = leg_of(book["prices"][s], book["positions"][s]["high_first"], leg)
        for kind in range(LIQUIDATION, EXITS):
            t = exit_time(symbol_of(book, s), kind, ends)
            if _is_sooner(t, kind, s, t_now, fresh == s, best):
                best = Hit(t, kind, s, 0)
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        s = order["symbol"]
        if book["positions"][s]["walks"] == 0 or not is_due(book, order):
            continue
        prices = book["prices"][s]
        if is_limit(order) and fillable(symbol_of(book, s), order, prices) <= 0.0:
            continue  # the bar's volume is used up: it would be hit again and again without a fill
        ends = leg_of(prices, book["positions"][s]["high_first"], leg)
        t = order_time(order, symbol_of(book, s), ends)
        if _is_sooner(t, ORDER_HIT, s, t_now, fresh_order == order["order_id"], best):
            best = Hit(t, ORDER_HIT, s, n)
    return best


@compiled
def walk_leg(book: Record, leg: int) -> None:
    """Carry out what the leg reaches, in order of time; the rest of the leg goes on from there."""
    t_now = 0.0
    fresh = NOBODY
    fresh_order = 0
    while True:
        hit = next_hit(book, leg, t_now, fresh, fresh_order)
        if hit.t > 1.0:
            return
        t_now = hit.t
        place(book["account"], PATH, leg, t_now, book["account"]["ts_open"])
        fresh, fresh_order = NOBODY, 0
        if hit.symbol == CROSS:
            liquidate_all(book, leg, t_now)
        elif hit.kind == ORDER_HIT:
            fresh_order = book["orders"][hit.order]["order_id"]
            if book["terms"]["is_cross"]:
                mark_to(book, leg, t_now)
            if _fill_order(book, leg, t_now, hit.order):
                fresh = hit.symbol
        else:
            s = hit.symbol
            prices = book["prices"][s]
            ends = leg_of(prices, book["positions"][s]["high_first"], leg)
            fire_exit(book, symbol_of(book, s), hit.kind, prices, ends, t_now, AT_LEVEL, volume_flags(prices["volume"]))


@compiled
def _fill_order(book: Record, leg: int, t: float, n: int) -> bool:
    """Fill or trigger a resting order at fraction t of a leg; returns whether it opened or added to a position."""
    order = book["orders"][n]
    s = order["symbol"]
    prices = book["prices"][s]
    ends = leg_of(prices, book["positions"][s]["high_first"], leg)
    last = on_leg(ends.last_a, ends.last_b, t)
    flags = volume_flags(prices["volume"])
    trade_id = book["positions"][s]["trade_id"]
    if not is_given(order["trigger_price"]):
        opened = fill_at_limit(book, order, order["price"], prices, True, flags)
    elif order["type"] == STOP_LIMIT:
        trigger(book, order)
        mark_triggered(symbol_of(book, s), order, prices)
        opened = arrive(book, n, last, prices, flags)
    else:
        reference = last if order_on_mark(order, book["terms"]) else order["trigger_price"]
        opened = fill_as_taker(book, order, reference, book["instruments"][s]["stop_slippage"], prices, flags)
    if opened:
        is_new = book["positions"][s]["trade_id"] != trade_id
        fire_reached(book, symbol_of(book, s), prices, ends, t, is_new, flags)
    return opened


@compiled
def walk(book: Record) -> None:
    """Phase C of one step, for all symbols."""
    if choose_paths(book) == 0:
        return
    if book["terms"]["is_cross"]:
        mark_hanging(book)
    for leg in range(LEGS):
        walk_leg(book, leg)
        for s in range(book["n_symbols"]):
            if is_held(book, s):
                prices = book["prices"][s]
                note_excursion(book["positions"][s], last_point(prices, book["positions"][s]["high_first"], leg + 1))
    if book["account"]["n_orders"] > 0:
        drop_done(book)
