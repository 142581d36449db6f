"""Phase B: the open of a bar. Orders of the last decision arrive; what closes goes before what opens."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    CANCELLED_BY_STRATEGY,
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
    NO_FLAGS,
    ORDER_TRIGGERED,
    POSITION_IS_CLOSED,
    POST_ONLY_WOULD_TAKE,
    STOP_LIMIT,
)
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.orders import DONE, cancel, drop_done, expires_by, is_due, reject
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import is_after_gap, symbol_of
from btcli.exchange.formulas.costs import cost_of, mark_of_moment, resting_price
from btcli.exchange.formulas.gates import judge_entry
from btcli.exchange.formulas.matching import (
    AT_OPEN,
    EXITS,
    STOP,
    TARGET,
    is_exit_reached,
    is_limit,
    is_order_reached,
    is_target_marketable,
    leg_of,
)
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.entering import accepts_stop
from btcli.exchange.phases.exits import ARRIVING, PASSED, fire_exit, fire_reached
from btcli.exchange.phases.filling import (
    fill_as_taker,
    fill_at_limit,
    fillable,
    is_stale_close,
    stale_code,
    taker_price,
)
from btcli.exchange.phases.moving import take_moves
from btcli.exchange.phases.valuing import mark_to

CLOSING_ORDER = EXITS  # beside the exits of matching.py


@compiled
def open_flags(position: Record, ts_open: int, volume: float) -> int:
    """What a fill at this open has to say about its circumstances."""
    flags = volume_flags(volume)
    if is_after_gap(position, ts_open):
        flags |= FLAG_AFTER_GAP
    return flags


@compiled
def volume_flags(volume: float) -> int:
    """Whether a fill happens on a bar in which nobody traded."""
    return FLAG_ZERO_VOLUME if volume <= 0.0 else NO_FLAGS


@compiled
def cancel_outdated(book: Record) -> None:
    """Cancel what the strategy took back, what has expired, and what is of a trade that has ended."""
    step = book["account"]["step"]
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if not is_due(book, order):
            continue
        if 0 < order["cancelled_at"] <= step:
            cancel(book, order, CANCELLED_BY_STRATEGY)
        elif expires_by(order, book["account"]["ts_open"]):
            cancel(book, order, EXPIRED)
        elif is_stale_close(symbol_of(book, order["symbol"]), order):
            cancel(book, order, stale_code(order))


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
            _act(book, n, prices, flags)
        else:
            manner = ARRIVING if _arrives(book, s, kind) else PASSED
            fire_exit(book, symbol_of(book, s), kind, prices, leg_of(prices, 0, AT_OPEN), 0.0, manner, flags)


@compiled
def _arrives(book: Record, s: int, kind: int) -> bool:
    """Whether an exit is a limit target that was moved since the last open: it takes what is there, or rests."""
    is_limit_target = kind >= TARGET and book["terms"]["target_is_limit"] == 1
    return bool(is_limit_target and book["positions"][s]["new_targets"] & 1 << (kind - TARGET) != 0)


@compiled
def _is_close_reached(book: Record, s: int, kind: int) -> bool:
    """Whether an exit of a position acts at this open."""
    leg = leg_of(book["prices"][s], 0, AT_OPEN)
    if _arrives(book, s, kind):
        return is_target_marketable(symbol_of(book, s), kind, leg, 0.0)
    return is_exit_reached(symbol_of(book, s), kind, leg, 0.0)


@compiled
def _next_close(book: Record, last_id: int) -> tuple[int, int, int, int]:
    """The close with the lowest id above `last_id`: (id, symbol, kind, index among the orders); id 0 when none."""
    best, symbol, what, index = 0, 0, 0, 0
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["side"] == 0 or book["prices"][s]["has_bar"] == 0:
            continue
        for kind in range(STOP, EXITS):
            order_id = position["stop_id"] + kind - STOP
            if last_id < order_id and (best == 0 or order_id < best):
                if _is_close_reached(book, s, kind):
                    best, symbol, what = order_id, s, kind
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        order_id = order["order_id"]
        if order["reduce_only"] and last_id < order_id and (best == 0 or order_id < best):
            if _acts_at_open(book, n):
                best, symbol, what, index = order_id, order["symbol"], CLOSING_ORDER, n
    return best, symbol, what, index


@compiled
def _acts_at_open(book: Record, n: int) -> bool:
    """Whether an order acts at this open: a market order, a limit that arrives, or a level the open has reached."""
    order = book["orders"][n]
    s = order["symbol"]
    if not is_due(book, order):
        return False
    if is_limit(order) and order["is_resting"] == 0:
        return True
    if order["type"] == MARKET:
        return True
    return is_order_reached(order, symbol_of(book, s), leg_of(book["prices"][s], 0, AT_OPEN), 0.0)


@compiled
def _act(book: Record, n: int, prices: Record, flags: int) -> bool:
    """Let an order act at the open; returns whether it opened or added to a position.

    A stop-limit becomes a limit order, which arrives in its own group.
    """
    order = book["orders"][n]
    inst = book["instruments"][order["symbol"]]
    if is_limit(order):
        if order["is_resting"] == 0:
            return arrive(book, n, prices["open"], prices, flags)
        return fill_at_limit(book, order, order["price"], prices, True, flags)
    if order["type"] == STOP_LIMIT:
        trigger(book, order)
        return arrive(book, n, prices["open"], prices, flags) if order["reduce_only"] else False
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
    order["trigger_price"] = NO_LEVEL
    order["is_resting"] = 0


@compiled
def fill_entries(book: Record, are_limits: bool) -> None:
    """Entries of one group by order id: market and reached stop entries, or limit entries.

    Each may be closed at once by what its bracket has reached. A market entry decided before a hole opens nothing.
    """
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if book["account"]["is_halted"] or order["reduce_only"] or is_limit(order) != are_limits:
            continue
        if not _acts_at_open(book, n):
            continue
        s = order["symbol"]
        position, prices = book["positions"][s], book["prices"][s]
        if order["type"] == MARKET and position["gap_step"] > order["decided_at"]:
            cancel(book, order, DATA_GAP)
            continue
        flags = open_flags(position, book["account"]["ts_open"], prices["volume"])
        trade_id = position["trade_id"]
        if _act(book, n, prices, flags):
            is_new = position["trade_id"] != trade_id
            fire_reached(book, symbol_of(book, s), prices, leg_of(prices, 0, AT_OPEN), 0.0, is_new, flags)


@compiled
def arrive(book: Record, n: int, value: float, prices: Record, flags: int) -> bool:
    """Test a limit order as it arrives at a price, then fill it as taker or let it rest with its cost reserved.

    Returns whether it opened or added to a position.
    """
    order = book["orders"][n]
    sym = symbol_of(book, order["symbol"])
    if not order["reduce_only"] and is_stale_close(sym, order):
        cancel(book, order, POSITION_IS_CLOSED)
        return False
    would_take = order["side"] * (order["price"] - value) >= 0.0
    if would_take and order["post_only"]:
        cancel(book, order, POST_ONLY_WOULD_TAKE)
        return False
    closes_at_once = would_take and sym.position["side"] == -order["side"]  # and is tested with what that frees
    if not order["reduce_only"] and not closes_at_once:
        price = taker_price(order, value, sym.inst) if would_take else order["price"]
        if not _reserve(book, sym, order, price, not would_take):
            return False
    order["is_resting"] = 1
    if order["time_in_force"] == FOK and (not would_take or fillable(sym, order, prices) < order["qty"]):
        cancel(book, order, FOK_UNFILLED)
        return False
    opened = False
    if would_take:
        opened = fill_at_limit(book, order, taker_price(order, value, sym.inst), prices, False, flags)
    if order["order_id"] != DONE and order["time_in_force"] != GTC:
        cancel(book, order, IOC_UNFILLED)
    elif order["order_id"] != DONE and closes_at_once and not order["reduce_only"]:
        _reserve(book, sym, order, order["price"], True)
    return opened


@compiled
def _reserve(book: Record, sym: Symbol, order: Record, price: float, rests: bool) -> bool:
    """Test a limit entry at a price, at which it takes or rests; reserve its cost at its limit, or refuse it.

    Returns whether it was accepted.
    """
    verdict = judge_entry(book, sym, order, order["qty"], price, rests, False)
    if verdict.code != NO_CODE:
        reject(book, order, verdict.code, verdict.have, verdict.need, verdict.capped_by)
        return False
    if not accepts_stop(book, sym, order, price, order["qty"]):
        return False
    mark = mark_of_moment(book, order["symbol"])
    limit = resting_price(order["side"], order["price"], mark, sym.inst)
    order["reserved_usdt"] = cost_of(order["side"], limit, order["qty"], mark, sym.inst)
    return True


@compiled
def let_targets_rest(book: Record) -> None:
    """A target that was moved rests once it has arrived at an open of its symbol."""
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"] == 1:
            book["positions"][s]["new_targets"] = 0


@compiled
def open_bar(book: Record) -> None:
    """Phase B of one step, for all symbols."""
    has_orders = book["account"]["n_orders"] > 0
    take_moves(book)
    if has_orders:
        if book["terms"]["is_cross"]:
            mark_to(book, AT_OPEN, 0.0)
        cancel_outdated(book)
    fill_closes(book)
    if has_orders:
        fill_entries(book, False)
        fill_entries(book, True)
        drop_done(book)
    let_targets_rest(book)
