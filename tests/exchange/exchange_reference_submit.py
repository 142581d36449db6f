"""What a decision hands over in the second reading: sizes, caps and refusals of section 7."""

from __future__ import annotations

import math
from typing import Any

from exchange_reference_values import Bracket, Order
from exchange_reference_world import World
from exchange_scenarios import AddMargin, Cancel, Close, Decision, Entry

from btcli.exchange.request import Target


def decide(w: World, decisions: list[Decision], *, only_when_flat: bool) -> None:
    """Submit what one close decides."""
    spoken_for = 0.0
    for wish in decisions:
        held = w.held[wish.symbol] is not None
        if isinstance(wish, Cancel):
            for order in w.orders:
                if order.symbol == wish.symbol and order.cancel_at < 0:
                    order.cancel_at = w.step + 1 + w.rules.delay_bars
        elif isinstance(wish, AddMargin):
            add_margin(w, wish)
        elif isinstance(wish, Close):
            if held:
                submit_close(w, wish)
        else:
            closing = any(isinstance(other, Close) and other.symbol == wish.symbol for other in decisions)
            if not (only_when_flat and held and not closing):
                spoken_for += submit_entry(w, wish, spoken_for)


def add_margin(w: World, wish: AddMargin) -> None:
    """Move what is available into the position."""
    p = w.held[wish.symbol]
    moved = min(wish.amount_usdt, w.available)
    if p and not w.is_cross and moved > 0:
        p.added += moved
        w.tell("margin", wish.symbol, moved)


def number(w: World, more: Any, key: str) -> float:
    """A number of a request."""
    return float(more.get(key, 0.0))


def rounded(w: World, s: int, side: int, more: Any) -> dict[str, Any]:
    """What the order itself asks for, its prices on the tick."""
    tick = w.sums[s].tick
    price, trigger = number(w, more, "price"), number(w, more, "trigger_price")
    return {
        "type": more.get("type", "market"),
        "price": tick.toward(price, -side) if price else 0.0,
        "trigger": tick.toward(trigger, side) if trigger else 0.0,
        "tif": more.get("time_in_force", "GTC"),
        "post_only": bool(more.get("post_only", False)),
        "expires_after": int(more.get("expires_after", 0)),
        "decided": w.step,
        "arrives": w.step + 1 + w.rules.delay_bars,
    }


def submit_close(w: World, wish: Close) -> None:
    """An order that reduces what is held now."""
    p, s = w.held[wish.symbol], wish.symbol
    assert p is not None
    wanted_qty = number(w, wish.more, "qty")
    lots = w.sums[s].lot.down(wanted_qty) if wanted_qty else p.lots
    if not lots:
        return
    asked = rounded(w, s, -p.side, wish.more)
    w.orders.append(Order(w.next_id, s, -p.side, lots=lots, reduces=True, reason=wish.reason, **asked))
    w.next_id += 1


def bracket_of(w: World, wish: Entry) -> Bracket:
    """The bracket of an entry, prices away from the entry."""
    tick, side, more = w.sums[wish.symbol].tick, wish.side, wish.more
    targets: tuple[Target, ...] = more.get("targets", ())
    if wish.target_price or wish.target_distance:
        targets = (Target(wish.target_price, wish.target_distance),)
    return Bracket(
        tick.toward(wish.stop_price, -side) if wish.stop_price else 0.0,
        wish.stop_distance,
        number(w, more, "trail_distance"),
        number(w, more, "trail_activation"),
        number(w, more, "break_even_distance"),
        tuple((tick.toward(one.price, side) if one.price else 0.0, one.distance, one.share) for one in targets),
    )


def submit_entry(w: World, wish: Entry, spoken_for: float) -> float:
    """Size an entry and put it in the way of its open, or refuse it; returns what it may need."""
    s, side = wish.symbol, wish.side
    if w.disabled:
        w.refusals["ENTRIES_DISABLED"] += 1
        return 0.0
    bracket, asked = bracket_of(w, wish), rounded(w, s, side, wish.more)
    order = Order(w.next_id, s, side, lots=0, reduces=False, bracket=bracket, **asked)
    w.next_id += 2 + max(1, len(bracket.targets)) if bracket.exists else 1
    reference = order.price or order.trigger or w.market.last[s][w.step][3]
    if order.type == "stop_limit":
        reference = order.price
    listed = any(w.has_bar(s, i) for i in range(w.step + 1, w.market.steps)) or w.step == w.market.steps - 1
    code = size(w, order, wish, reference, spoken_for) if listed else "DELISTED"
    if code:
        w.refuse(order.id, s, code)
        return 0.0
    w.orders.append(order)
    w.tell("submitted", s, order.id, side, w.sums[s].lot.multiple(order.lots))
    opens = order.lots
    return w.sums[s].cost(side, reference, w.sums[s].lot.multiple(opens))


def size(w: World, order: Order, wish: Entry, price: float, spoken_for: float) -> str:
    """The quantity of an entry after all caps; a code when it fails."""
    s, side, sums, inst = order.symbol, order.side, w.sums[order.symbol], w.instruments[order.symbol]
    mode = wish.more.get("sizing") or w.rules.sizing
    value = number(w, wish.more, "sizing_value") if wish.more.get("sizing") else w.rules.sizing_value
    stop = stop_to_size_by(w, order, price)
    if mode == "risk_pct" and not stop:
        return "NO_STOP_TO_SIZE_BY"
    p = w.held[s]
    leaving = sum(w.cost_of(other) for other in w.orders if other.is_reserved and other.cancel_at >= 0)
    available = w.free + leaving - spoken_for + (w.margin_of(s) if p and p.side != side else 0.0)
    unit = sums.cost(side, price * (1 + side * w.slip[s]), 1.0)
    is_market = order.type in ("market", "stop_market")
    caps = [wanted(w, s, mode, value, price, stop), max(0.0, available) / unit]
    caps.append(inst.max_market_qty if is_market else inst.max_qty)
    if w.rules.max_notional_usdt:
        caps.append(w.rules.max_notional_usdt / price)
    order.lots = sums.lot.down(min(caps))
    qty = sums.lot.multiple(order.lots)
    if qty < inst.min_qty:
        return "BELOW_MIN_QTY"
    return "BELOW_MIN_NOTIONAL" if qty * price < inst.min_notional_usdt else ""


def stop_to_size_by(w: World, order: Order, price: float) -> float:
    """Where the stop would lie if the entry filled at a price."""
    bracket, side = order.bracket, order.side
    stops = [bracket.stop_price] if bracket.stop_price else []
    if bracket.stop_distance:
        stops.append(price - side * bracket.stop_distance)
    if bracket.trail_distance and not (bracket.trail_activation and stops):
        stops.append(price - side * bracket.trail_distance)
    return 0.0 if not stops else (max(stops) if side > 0 else min(stops))


def wanted(w: World, s: int, mode: str, value: float, price: float, stop: float) -> float:
    """The size before any cap."""
    share = w.equity * value / 100
    if mode == "risk_pct":
        taker = w.sums[s].taker
        costs = price * (taker + w.slip[s]) + stop * (taker + w.stop_slip[s])
        away = abs(price - stop) + (costs if w.rules.costs_in_risk else 0.0)
        return share / away if away else math.inf
    sizes = {
        "qty": value,
        "notional_usdt": value / price,
        "notional_pct": share / price,
        "margin_pct": share * w.sums[s].lev / price,
    }
    return sizes[mode]
