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
from btcli.exchange.ledger import emit
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
from btcli.exchange.values import Record

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
def cancel_outdated(book: Record) -> None:
    """Cancel what has expired, and what was left resting to reduce a position that is gone."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        s = order["symbol"]
        if not is_due(book, order):
            continue
        if order["expires_after"] > 0 and book["account"]["step"] >= order["arrives_at"] + order["expires_after"]:
            cancel(book, order, EXPIRED)
        elif order["is_resting"] and order["reduce_only"] and book["positions"][s]["side"] != -order["side"]:
            cancel(book, order, NOTHING_TO_REDUCE)


@compiled
def fill_closes(book: Record) -> None:
    """Stops and targets that the open jumped over and orders that close, by order id across the symbols."""
    last_id = 0
    while book["account"]["is_halted"] == 0:
        order_id, s, kind, n = _next_close(book, last_id)
        if order_id == 0:
            return
        last_id = order_id
        prices = book["prices"][s]
        flags = open_flags(book["positions"][s], book["account"]["ts_open"], prices["volume"])
        if kind == CLOSING_ORDER:
            _fill_now(book, n, prices, flags)
        else:
            fire_exit(book, desk_of(book, s), kind, prices, leg_of(prices, 0, AT_OPEN), 0.0, True, flags)


@compiled
def _next_close(book: Record, last_id: int) -> tuple[int, int, int, int]:
    """The close with the lowest id above `last_id`: (id, symbol, kind, index among the orders); id 0 when none."""
    best, symbol, what, index = 0, 0, 0, 0
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["side"] == 0 or book["prices"][s]["has_bar"] == 0:
            continue
        leg = leg_of(book["prices"][s], 0, AT_OPEN)
        for kind in range(STOP, EXITS):
            order_id = position["stop_id"] + kind - STOP
            if last_id < order_id and (best == 0 or order_id < best):
                if is_exit_reached(desk_of(book, s), kind, leg, 0.0):
                    best, symbol, what = order_id, s, kind
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        order_id = order["order_id"]
        if order["reduce_only"] and last_id < order_id and (best == 0 or order_id < best):
            if _acts_at_market(book, n):
                best, symbol, what, index = order_id, order["symbol"], CLOSING_ORDER, n
    return best, symbol, what, index


@compiled
def _acts_at_market(book: Record, n: int) -> bool:
    """Whether an order fills at this open at market: a market order, or a stop the open has reached."""
    order = book["orders"][n]
    s = order["symbol"]
    if not is_due(book, order) or is_limit(order):
        return False
    if order["trigger_price"] <= 0.0:
        return True
    return is_order_reached(order, desk_of(book, s), leg_of(book["prices"][s], 0, AT_OPEN), 0.0)


@compiled
def _fill_now(book: Record, n: int, prices: Record, flags: int) -> bool:
    """Fill a market order or a reached stop at the open; a stop-limit becomes a limit order instead."""
    order = book["orders"][n]
    inst = book["instruments"][order["symbol"]]
    if order["type"] == STOP_LIMIT:
        trigger(book, order)
        return False
    slippage = inst["slippage"] if order["type"] == MARKET else inst["stop_slippage"]
    return fill_as_taker(book, order, prices["open"], slippage, prices, flags)


@compiled
def trigger(book: Record, order: Record) -> None:
    """Turn a stop-limit order into the limit order that it asks for."""
    event = book["events"][emit(book, ORDER_TRIGGERED, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["side"] = order["side"]
    event["qty"] = order["qty"]
    event["order_type"] = order["type"]
    event["price"] = order["trigger_price"]
    order["trigger_price"] = 0.0
    order["is_resting"] = 0


@compiled
def fill_entries(book: Record) -> None:
    """Market and reached stop entries by order id; each may be closed at once by what its bracket has reached."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if book["account"]["is_halted"] or order["reduce_only"] or not _acts_at_market(book, n):
            continue
        s = order["symbol"]
        if order["type"] == MARKET and is_after_gap(book["positions"][s], book["account"]["ts_open"]):
            cancel(book, order, DATA_GAP)
            continue
        prices = book["prices"][s]
        flags = open_flags(book["positions"][s], book["account"]["ts_open"], prices["volume"])
        if _fill_now(book, n, prices, flags):
            fire_reached(book, desk_of(book, s), prices, leg_of(prices, 0, AT_OPEN), 0.0, flags)


@compiled
def fill_limits(book: Record) -> None:
    """Limit orders by id: marketable on arrival as taker, gapped through as maker at the limit, the rest rests."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        s = order["symbol"]
        if book["account"]["is_halted"] or not is_due(book, order) or not is_limit(order):
            continue
        prices = book["prices"][s]
        leg = leg_of(prices, 0, AT_OPEN)
        flags = open_flags(book["positions"][s], book["account"]["ts_open"], prices["volume"])
        opened = False
        if order["is_resting"] == 0:
            opened = arrive(book, n, prices["open"], prices, flags)
        elif is_order_reached(order, desk_of(book, s), leg, 0.0):
            opened = fill_at_limit(book, order, order["price"], prices, True, flags)
        if opened:
            fire_reached(book, desk_of(book, s), prices, leg, 0.0, flags)


@compiled
def arrive(book: Record, n: int, value: float, prices: Record, flags: int) -> bool:
    """Test a limit order as it arrives at a price, then fill it as taker or let it rest with its cost reserved.

    Returns whether it opened or added to a position.
    """
    order = book["orders"][n]
    desk = desk_of(book, order["symbol"])
    would_take = order["side"] * (order["price"] - value) >= 0.0
    if would_take and order["post_only"]:
        cancel(book, order, POST_ONLY_WOULD_TAKE)
        return False
    if not order["reduce_only"] and desk.position["side"] != -order["side"]:
        price = taker_price(order, value, desk.inst) if would_take else order["price"]
        verdict = judge_entry(desk, order, order["qty"], price, available_balance(book), False)
        if verdict.code != NO_CODE:
            reject(book, order, verdict.code, verdict.have, verdict.need, verdict.capped_by)
            return False
        order["reserved_usdt"] = cost_of(order["side"], order["price"], order["qty"], desk.inst)
    order["is_resting"] = 1
    if order["time_in_force"] == FOK and (not would_take or fillable(desk, order, prices) < order["qty"]):
        cancel(book, order, FOK_UNFILLED)
        return False
    opened = False
    if would_take:
        opened = fill_at_limit(book, order, taker_price(order, value, desk.inst), prices, False, flags)
    if order["order_id"] != 0 and order["time_in_force"] != GTC:
        cancel(book, order, IOC_UNFILLED)
    return opened


@compiled
def open_bar(book: Record) -> None:
    """Phase B of one step, for all symbols."""
    has_orders = book["account"]["n_orders"] > 0
    if has_orders:
        cancel_outdated(book)
    fill_closes(book)
    if has_orders:
        fill_entries(book)
        fill_limits(book)
        drop_done(book)
