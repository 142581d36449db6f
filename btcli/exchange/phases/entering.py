"""What becomes of an entry whose stop the liquidation would precede."""

from __future__ import annotations

from btcli.exchange.book.codes import NO_CAP, STOP_BEYOND_LIQUIDATION, WARNED
from btcli.exchange.book.given import NO_LEVEL, is_given
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.orders import reject
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import liquidation_price_of
from btcli.exchange.formulas.brackets import first_stop_of
from btcli.exchange.formulas.gates import before_liquidation
from btcli.exchange.machine.compiled import compiled

ALLOWED_WARN, ALLOWED_REJECT, ALLOWED_ADJUST = 0, 1, 2


@compiled
def accepts_stop(book: Record, sym: Symbol, order: Record, price: float, qty: float) -> bool:
    """A stop that the liquidation would precede: warn, refuse the entry, or move the stop before it."""
    inst = sym.inst
    side = order["side"]
    if sym.position["side"] == side:
        return True
    stop = first_stop_of(order, price, inst)
    liquidation = 0.0 if sym.terms["is_cross"] else liquidation_price_of(sym, side, price, qty, 0.0)
    is_possible = stop > 0.0 and (liquidation <= 0.0 or side * (stop - liquidation) > 0.0)
    if is_possible or not is_given(stop):
        return True
    mode = sym.terms["stop_vs_liquidation"]
    if mode == ALLOWED_REJECT:
        reject(book, order, STOP_BEYOND_LIQUIDATION, stop, liquidation, NO_CAP)
        return False
    event = book["events"][emit(book, WARNED, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["code"] = STOP_BEYOND_LIQUIDATION
    event["have"] = stop
    event["need"] = liquidation
    if mode == ALLOWED_ADJUST:
        near = before_liquidation(liquidation, side, inst)
        order["stop_price"] = near
        order["stop_distance"] = NO_LEVEL
        order["is_adjusted"] = 1
        event["stop_price"] = near
    return True
