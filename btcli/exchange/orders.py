"""The list of live orders: ascending by id, without holes between phases."""

from __future__ import annotations

from btcli.exchange.codes import NO_CAP, ORDER_CANCELLED, ORDER_REJECTED
from btcli.exchange.compiled import compiled
from btcli.exchange.ledger import emit
from btcli.exchange.values import Journal, Record, World

DONE = 0  # the id of an order that has left the list


@compiled
def drop_done(w: World) -> None:
    """Close the gaps that filled, refused and cancelled orders left; the others keep their order."""
    account = w.account[0]
    kept = 0
    for n in range(account["n_orders"]):
        if w.orders[n]["order_id"] != DONE:
            if kept != n:
                w.orders[kept] = w.orders[n]
            kept += 1
    account["n_orders"] = kept


@compiled
def is_live(order: Record, symbol: int) -> bool:
    """Whether an order of a symbol is still in the list."""
    return order["order_id"] != DONE and order["symbol"] == symbol


@compiled
def is_due(order: Record, i: int, has_bar: int) -> bool:
    """Whether an order has reached the exchange and its symbol trades at this step."""
    return order["order_id"] != DONE and order["arrives_at"] <= i and has_bar == 1


@compiled
def finish(order: Record) -> None:
    """Take a filled order off the list."""
    order["order_id"] = DONE
    order["reserved_usdt"] = 0.0


@compiled
def _leave(j: Journal, kind: int, order: Record, code: int, have: float, need: float, capped_by: int) -> None:
    event = j.events[emit(j, kind, order["symbol"])]
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
def reject(j: Journal, order: Record, code: int, have: float, need: float, capped_by: int) -> None:
    """Refuse an order: an event with the code and the two numbers compared, and one more in the count."""
    j.refusals[code] += 1
    _leave(j, ORDER_REJECTED, order, code, have, need, capped_by)


@compiled
def cancel(j: Journal, order: Record, code: int) -> None:
    """Take an order back, with the reason."""
    _leave(j, ORDER_CANCELLED, order, code, 0.0, 0.0, NO_CAP)


@compiled
def cancel_all(j: Journal, symbol: int, code: int) -> None:
    """Take every live order of a symbol back."""
    for n in range(j.account["n_orders"]):
        if is_live(j.orders[n], symbol):
            cancel(j, j.orders[n], code)
