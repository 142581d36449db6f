"""The list of live orders: ascending by id, without holes between phases."""

from __future__ import annotations

from btcli.exchange.book.codes import GTC, MARKET, NO_CAP, ORDER_CANCELLED, ORDER_REJECTED
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.records import Record
from btcli.exchange.machine.compiled import compiled

DONE = 0  # the id of an order that has left the list


@compiled
def drop_done(book: Record) -> None:
    """Close the gaps that filled, refused and cancelled orders left; the others keep their order."""
    account = book["account"]
    kept = 0
    for n in range(account["n_orders"]):
        if book["orders"][n]["order_id"] != DONE:
            if kept != n:
                book["orders"][kept] = book["orders"][n]
            kept += 1
    account["n_orders"] = kept


@compiled
def is_live(order: Record, symbol: int) -> bool:
    """Whether an order of a symbol is still in the list."""
    return order["order_id"] != DONE and order["symbol"] == symbol


@compiled
def count_live(book: Record, symbol: int) -> int:
    """How many orders of a symbol rest or are on their way, but for those that were taken back."""
    count = 0
    for n in range(book["account"]["n_orders"]):
        if is_live(book["orders"][n], symbol) and book["orders"][n]["cancelled_at"] == 0:
            count += 1
    return count


@compiled
def is_due(book: Record, order: Record) -> bool:
    """Whether an order has reached the exchange and its symbol trades at this step."""
    if order["order_id"] == DONE or order["arrives_at"] > book["account"]["step"]:
        return False
    return book["prices"][order["symbol"]]["has_bar"] == 1


@compiled
def expires_by(order: Record, ts_open: int) -> bool:
    """Whether the time that an order was given is over at an open, in milliseconds UTC.

    Source: rulebook section 5, which counts time from the arrival: a hole in the data does not lengthen it.

    >>> expires_by({"expires_at": 1000}, 999), expires_by({"expires_at": 1000}, 1000), expires_by({"expires_at": 0}, 1)
    (False, True, False)
    """
    return 0 < order["expires_at"] <= ts_open


@compiled
def finish(order: Record) -> None:
    """Take a filled order off the list."""
    order["order_id"] = DONE
    order["reserved_usdt"] = 0.0


@compiled
def _leave(book: Record, kind: int, order: Record, code: int, have: float, need: float, capped_by: int) -> None:
    event = book["events"][emit(book, kind, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["order_type"] = order["type"]
    event["side"] = order["side"]
    event["qty"] = order["qty"]
    event["code"] = code
    event["have"] = have
    event["need"] = need
    event["capped_by"] = capped_by
    finish(order)


@compiled
def reject(book: Record, order: Record, code: int, have: float, need: float, capped_by: int) -> None:
    """Refuse an order: an event with the code and the two numbers compared, and one more in the count."""
    book["refusals"][code] += 1
    _leave(book, ORDER_REJECTED, order, code, have, need, capped_by)


@compiled
def cancel(book: Record, order: Record, code: int) -> None:
    """Take an order back, with the reason."""
    _leave(book, ORDER_CANCELLED, order, code, 0.0, 0.0, NO_CAP)


@compiled
def cancel_all(book: Record, symbol: int, code: int) -> None:
    """Take every live order of a symbol back."""
    for n in range(book["account"]["n_orders"]):
        if is_live(book["orders"][n], symbol):
            cancel(book, book["orders"][n], code)


@compiled
def forget_bracket(order: Record) -> None:
    """Leave nothing of a request but the order itself: no size of an entry, no stop, no targets."""
    order["sizing"] = -1
    order["sizing_value"] = 0.0
    order["stop_price"] = NO_LEVEL
    order["stop_distance"] = NO_LEVEL
    order["trail_distance"] = NO_LEVEL
    order["trail_activation"] = NO_LEVEL
    order["break_even_distance"] = NO_LEVEL
    for n in range(MAX_TARGETS):
        order["target_price"][n] = NO_LEVEL
        order["target_distance"][n] = NO_LEVEL
        order["target_share"][n] = 0.0
        order["then_stop_price"][n] = NO_LEVEL
        order["then_stop_distance"][n] = NO_LEVEL
        order["then_trail_distance"][n] = NO_LEVEL
        order["then_trail_activation"][n] = NO_LEVEL
    order["n_parts"] = 0
    order["n_ages"] = 0
    order["target_ids"] = 0


@compiled
def forget_order(order: Record, symbol: int) -> None:
    """Make a request one of a market order of a symbol, which names no quantity."""
    order["order_id"] = 0
    order["symbol"] = symbol
    order["side"] = 0
    order["type"] = MARKET
    order["qty"] = NO_LEVEL
    order["price"] = NO_LEVEL
    order["trigger_price"] = NO_LEVEL
    order["time_in_force"] = GTC
    order["post_only"] = 0
    order["reduce_only"] = 0
    order["exit_reason"] = 0
    order["trade_id"] = 0
    order["decided_at"] = 0
    order["arrives_at"] = 0
    order["expires_after_ms"] = 0
    order["expires_at"] = 0
    order["cancelled_at"] = 0
    order["is_resting"] = 0
    order["reserved_usdt"] = 0.0
    order["evaluation"] = 0
    order["counted_trade_id"] = 0
    order["is_adjusted"] = 0
    order["part"] = 0
    forget_bracket(order)
