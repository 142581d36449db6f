"""Phase B: the open of a bar. Orders of the last decision arrive; what closes goes before what opens."""

from __future__ import annotations

from btcli.exchange.account import available_balance, desk_of
from btcli.exchange.codes import (
    DATA_GAP,
    EXPIRED,
    FLAG_AFTER_GAP,
    FLAG_ZERO_VOLUME,
    FOK,
    FOK_UNFILLED,
    GTC,
    IOC_UNFILLED,
    MARKET,
    NO_CODE,
    NOTHING_TO_REDUCE,
    ORDER_TRIGGERED,
    POST_ONLY_WOULD_TAKE,
    STOP_LIMIT,
)
from btcli.exchange.compiled import compiled
from btcli.exchange.entries import cost_of, judge_entry
from btcli.exchange.exits import fire_exit, fire_reached
from btcli.exchange.filling import fill_as_taker, fill_at_limit, fillable, taker_price
from btcli.exchange.ledger import emit, journal_of
from btcli.exchange.matching import (
    AT_OPEN,
    EXITS,
    STOP,
    is_exit_reached,
    is_limit,
    is_order_reached,
    leg_of,
)
from btcli.exchange.orders import cancel, drop_done, is_due, reject
from btcli.exchange.pricing import PriceModel, prices_of
from btcli.exchange.values import Record, World

CLOSING_ORDER = EXITS  # beside the exits of matching.py


@compiled
def is_after_gap(position: Record, ts_open: int) -> bool:
    """Whether this bar's open is not the close of the symbol's bar before it."""
    closed_at = position["closed_at"]
    return closed_at != 0 and closed_at != ts_open


@compiled
def open_flags(position: Record, ts_open: int, volume: float) -> int:
    """What a fill at this open has to say about its circumstances."""
    flags = 0
    if is_after_gap(position, ts_open):
        flags |= FLAG_AFTER_GAP
    if volume <= 0.0:
        flags |= FLAG_ZERO_VOLUME
    return flags


@compiled
def cancel_outdated(w: World, i: int) -> None:
    """Cancel what has expired, and what was left resting to reduce a position that is gone."""
    j = journal_of(w)
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        s = order["symbol"]
        if not is_due(order, i, w.has_bar[s, i]):
            continue
        if order["expires_after"] > 0 and i >= order["arrives_at"] + order["expires_after"]:
            cancel(j, order, EXPIRED)
        elif order["is_resting"] and order["reduce_only"] and w.positions[s]["side"] != -order["side"]:
            cancel(j, order, NOTHING_TO_REDUCE)


@compiled
def fill_closes(w: World, i: int) -> None:
    """Stops and targets that the open jumped over and orders that close, by order id across the symbols."""
    last_id = 0
    while w.account[0]["is_halted"] == 0:
        order_id, s, kind, n = _next_close(w, i, last_id)
        if order_id == 0:
            return
        last_id = order_id
        prices = prices_of(w, s, i)
        flags = open_flags(w.positions[s], w.ts_open[i], prices.volume)
        if kind == CLOSING_ORDER:
            _fill_now(w, n, prices, flags)
        else:
            fire_exit(journal_of(w), desk_of(w, s), kind, prices, leg_of(prices, 0, AT_OPEN), 0.0, True, flags)


@compiled
def _next_close(w: World, i: int, last_id: int) -> tuple[int, int, int, int]:
    """The close with the lowest id above `last_id`: (id, symbol, kind, index among the orders); id 0 when none."""
    best, symbol, what, index = 0, 0, 0, 0
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] == 0 or w.has_bar[s, i] == 0:
            continue
        leg = leg_of(prices_of(w, s, i), 0, AT_OPEN)
        for kind in range(STOP, EXITS):
            order_id = position["stop_id"] + kind - STOP
            if last_id < order_id and (best == 0 or order_id < best):
                if is_exit_reached(desk_of(w, s), kind, leg, 0.0):
                    best, symbol, what = order_id, s, kind
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        order_id = order["order_id"]
        if order["reduce_only"] and last_id < order_id and (best == 0 or order_id < best):
            if _acts_at_market(w, n, i):
                best, symbol, what, index = order_id, order["symbol"], CLOSING_ORDER, n
    return best, symbol, what, index


@compiled
def _acts_at_market(w: World, n: int, i: int) -> bool:
    """Whether an order fills at this open at market: a market order, or a stop the open has reached."""
    order = w.orders[n]
    s = order["symbol"]
    if not is_due(order, i, w.has_bar[s, i]) or is_limit(order):
        return False
    if order["trigger_price"] <= 0.0:
        return True
    return is_order_reached(order, desk_of(w, s), leg_of(prices_of(w, s, i), 0, AT_OPEN), 0.0)


@compiled
def _fill_now(w: World, n: int, prices: PriceModel, flags: int) -> bool:
    """Fill a market order or a reached stop at the open; a stop-limit becomes a limit order instead."""
    order = w.orders[n]
    inst = w.instruments[order["symbol"]]
    if order["type"] == STOP_LIMIT:
        trigger(w, order)
        return False
    slippage = inst["slippage"] if order["type"] == MARKET else inst["stop_slippage"]
    return fill_as_taker(w, order, prices.open, slippage, prices, flags)


@compiled
def trigger(w: World, order: Record) -> None:
    """Turn a stop-limit order into the limit order that it asks for."""
    j = journal_of(w)
    event = j.events[emit(j, ORDER_TRIGGERED, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["side"] = order["side"]
    event["qty"] = order["qty"]
    event["order_type"] = order["type"]
    event["price"] = order["trigger_price"]
    order["trigger_price"] = 0.0
    order["is_resting"] = 0


@compiled
def fill_entries(w: World, i: int) -> None:
    """Market and reached stop entries by order id; each may be closed at once by what its bracket has reached."""
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        if w.account[0]["is_halted"] or order["reduce_only"] or not _acts_at_market(w, n, i):
            continue
        s = order["symbol"]
        if order["type"] == MARKET and is_after_gap(w.positions[s], w.ts_open[i]):
            cancel(journal_of(w), order, DATA_GAP)
            continue
        prices = prices_of(w, s, i)
        flags = open_flags(w.positions[s], w.ts_open[i], prices.volume)
        if _fill_now(w, n, prices, flags):
            fire_reached(journal_of(w), desk_of(w, s), prices, leg_of(prices, 0, AT_OPEN), 0.0, flags)


@compiled
def fill_limits(w: World, i: int) -> None:
    """Limit orders by id: marketable on arrival as taker, gapped through as maker at the limit, the rest rests."""
    for n in range(w.account[0]["n_orders"]):
        order = w.orders[n]
        s = order["symbol"]
        if w.account[0]["is_halted"] or not is_due(order, i, w.has_bar[s, i]) or not is_limit(order):
            continue
        prices = prices_of(w, s, i)
        leg = leg_of(prices, 0, AT_OPEN)
        flags = open_flags(w.positions[s], w.ts_open[i], prices.volume)
        opened = False
        if order["is_resting"] == 0:
            opened = arrive(w, n, prices.open, prices, flags)
        elif is_order_reached(order, desk_of(w, s), leg, 0.0):
            opened = fill_at_limit(w, order, order["price"], prices, True, flags)
        if opened:
            fire_reached(journal_of(w), desk_of(w, s), prices, leg, 0.0, flags)


@compiled
def arrive(w: World, n: int, value: float, prices: PriceModel, flags: int) -> bool:
    """Test a limit order as it arrives at a price, then fill it as taker or let it rest with its cost reserved.

    Returns whether it opened or added to a position.
    """
    order = w.orders[n]
    j, desk = journal_of(w), desk_of(w, order["symbol"])
    would_take = order["side"] * (order["price"] - value) >= 0.0
    if would_take and order["post_only"]:
        cancel(j, order, POST_ONLY_WOULD_TAKE)
        return False
    if not order["reduce_only"] and desk.position["side"] != -order["side"]:
        price = taker_price(order, value, desk.inst) if would_take else order["price"]
        verdict = judge_entry(desk, order, order["qty"], price, available_balance(w), False)
        if verdict.code != NO_CODE:
            reject(j, order, verdict.code, verdict.have, verdict.need, verdict.capped_by)
            return False
        order["reserved_usdt"] = cost_of(order["side"], order["price"], order["qty"], desk.inst)
    order["is_resting"] = 1
    if order["time_in_force"] == FOK and (not would_take or fillable(desk, order, prices) < order["qty"]):
        cancel(j, order, FOK_UNFILLED)
        return False
    opened = False
    if would_take:
        opened = fill_at_limit(w, order, taker_price(order, value, desk.inst), prices, False, flags)
    if order["order_id"] != 0 and order["time_in_force"] != GTC:
        cancel(j, order, IOC_UNFILLED)
    return opened


@compiled
def open_bar(w: World, i: int) -> None:
    """Phase B of one step, for all symbols."""
    has_orders = w.account[0]["n_orders"] > 0
    if has_orders:
        cancel_outdated(w, i)
    fill_closes(w, i)
    if has_orders:
        fill_entries(w, i)
        fill_limits(w, i)
        drop_done(w)
