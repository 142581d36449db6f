"""How the second reading books what an entry opens or adds (sections 2, 3 and 5)."""

from __future__ import annotations

from exchange_reference_funding import settle_at_entry
from exchange_reference_levels import fresh
from exchange_reference_margins import ceil8
from exchange_reference_values import Order
from exchange_reference_world import World


def open_position(w: World, order: Order, lots: int, price: float, rate: float) -> None:
    """Book a fill that opens or adds: its fee, then the settlement of its own moment."""
    s, sums = order.symbol, w.sums[order.symbol]
    qty, p = sums.lot.multiple(lots), w.held[order.symbol]
    opens = p is None
    fee = ceil8(qty * price * rate)
    w.cash -= fee
    if p is None:
        p = w.held[s] = fresh(w, order, lots, price)
    else:
        held = sums.qty(p)
        p.entry = (p.entry * held + price * qty) / (held + qty)
        p.lots += lots
        p.whole += lots
        p.first += lots if order.id == p.order_id else 0
    p.fees += fee
    w.fact_of_fill(s, order.id, order.side, lots, price, fee)
    w.insure()
    settle_at_entry(w, s, lots, adds=not opens)
    if opens:
        w.tell("opened", s, p.side, qty, price, w.liquidation_price(s), "none" if p.stop_now is None else p.stop_now)
