"""Section 4 of the second reading: cuts of the ladder, takeovers, and a cross account that fails."""

from __future__ import annotations

from exchange_reference_margins import ceil8
from exchange_reference_values import Held
from exchange_reference_world import World


def liquidate(w: World, s: int) -> None:
    """What reaching LP does: cuts down the ladder, or the takeover."""
    p, sums = w.held[s], w.sums[s]
    assert p is not None
    while w.terms.liquidation == "ladder":
        mark = w.now.value(s, "mark")
        price = sums.judged_by(p, mark, by_entry=w.by_entry)
        tier = sums.tier(price * sums.qty(p))
        if tier == 0:
            break
        note_cut_orders(w, s)
        cancel_all(w, s)
        keep = sums.lot.down(sums.tiers[tier - 1][0] / price)
        if keep <= 0 or keep >= p.lots:
            break
        w.note("a cut by the value at entry" if w.by_entry else "a cut by the value at the mark")
        cut_down(w, s, p, p.lots - keep)
        if w.held[s] is not p or not sums.is_beyond(p, mark, by_entry=w.by_entry):
            return
    take_over(w, s)


def cancel_all(w: World, s: int) -> None:
    """A symbol that is liquidated, in parts or as a whole, loses its orders, those on their way included."""
    for order in [order for order in w.orders if order.symbol == s]:
        w.cancel(order, "LIQUIDATED")


def note_cut_orders(w: World, s: int) -> None:
    """Count what a cut is about to cancel."""
    for order in w.orders:
        if order.symbol == s:
            w.note("a cut cancels what has arrived" if order.arrived >= 0 else "a cut cancels what is on its way")


def cut_down(w: World, s: int, p: Held, lots: int) -> None:
    """One cut of the ladder."""
    price = w.taker_price(s, -p.side, w.now.value(s, "last"), w.slip[s], lots)
    if w.now.in_path:
        p.parted.append((w.step, -p.side, True))
    w.reduce(s, w.take_id(), lots, price, w.sums[s].taker, "liquidation")


def take_over(w: World, s: int) -> None:
    """A full liquidation: the margin is lost exactly."""
    p, sums = w.held[s], w.sums[s]
    assert p is not None
    w.liquidated.add(s)
    w.note("a takeover by the value at entry" if w.by_entry else "a takeover")
    cancel_all(w, s)
    price, qty = sums.bankruptcy(p), sums.qty(p)
    book_loss(w, s, price, qty * price * sums.close_rate)


def book_loss(w: World, s: int, price: float, fee: float) -> None:
    """The end of a position at a price that no market made."""
    p, qty = w.held[s], w.sums[s].qty(w.held[s])  # type: ignore[arg-type]
    assert p is not None
    gross = p.side * qty * (price - p.entry)
    w.cash += gross
    w.cash -= fee
    p.gross += gross
    p.fees += fee
    w.tell("liquidated", s, qty, price, fee, w.cash)
    w.insure()
    w.end(s, "liquidation")


def liquidate_all(w: World, marks: list[float]) -> None:
    """A cross account that fails: every position closes at its mark of that moment."""
    lost = [s for s in w.symbols if w.held[s]]
    w.liquidated.update(lost)
    w.note("a cross account fails by values at entry" if w.by_entry else "a cross account fails")
    for order in list(w.orders):
        w.cancel(order, "LIQUIDATED")
    for s in lost:
        p, sums = w.held[s], w.sums[s]
        assert p is not None
        qty = sums.qty(p)
        gross, fee = p.side * qty * (marks[s] - p.entry), ceil8(qty * marks[s] * sums.taker)
        left = w.cash + gross - fee
        fee += max(0.0, min(qty * marks[s] * w.instruments[s].liquidation_fee_rate, left))
        book_loss(w, s, marks[s], fee)
