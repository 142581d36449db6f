"""What a decision hands over in the second reading: sizes, caps and refusals of section 7."""

from __future__ import annotations

import math
from typing import Any

from exchange_reference_levels import refused_levels
from exchange_reference_margins import Grid
from exchange_reference_values import Bracket, Order, Refusal, Then, tighter
from exchange_reference_world import World
from exchange_scenarios import AddMargin, Cancel, Close, Decision, Entry

from btcli.exchange.face.request import Target


def decide(w: World, decisions: list[Decision], *, only_when_flat: bool) -> None:
    """Submit what one close decides."""
    spoken_for = 0.0
    for wish in decisions:
        held = w.held[wish.symbol] is not None
        if isinstance(wish, Cancel):
            for order in w.orders:
                if order.symbol == wish.symbol and order.cancel_at < 0:
                    order.cancel_at = w.step + 1 + w.terms.delay_bars
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


def rounded_level(tick: Grid, level: float | None, sign: int) -> float | None:
    """A level of a request on the tick; None where there is none."""
    return None if level is None else tick.toward(level, sign)


def rounded(w: World, s: int, side: int, more: Any) -> dict[str, Any]:
    """What the order itself asks for, its prices on the tick."""
    tick = w.sums[s].tick
    return {
        "type": more.get("type", "market"),
        "price": rounded_level(tick, more.get("price"), -side),
        "trigger": rounded_level(tick, more.get("trigger_price"), side),
        "tif": more.get("time_in_force", "GTC"),
        "post_only": bool(more.get("post_only", False)),
        "expires_at": expiry(w, int(more.get("expires_after_ms", 0))),
        "decided": w.step,
        "arrives": w.step + 1 + w.terms.delay_bars,
    }


def expiry(w: World, after_ms: int) -> int | None:
    """The moment from which on an order is no more: counted from its arrival, as if no bar were missing."""
    arrival = w.times[w.step] + (1 + w.terms.delay_bars) * w.market.step_ms
    return arrival + max(after_ms, 0) if after_ms else None


def submit_close(w: World, wish: Close) -> None:
    """An order that reduces what is held now."""
    p, s = w.held[wish.symbol], wish.symbol
    assert p is not None
    wanted_qty = wish.more.get("qty")
    lots = p.lots if wanted_qty is None else w.sums[s].lot.down(wanted_qty)
    if lots > 0:
        asked = rounded(w, s, -p.side, wish.more)
        part = wish.more.get("part", 0)
        w.orders.append(Order(w.next_id, s, -p.side, lots=lots, reduces=True, reason=wish.reason, part=part, **asked))
    else:
        w.refuse(w.next_id, s, Refusal("BELOW_MIN_QTY", wanted_qty, w.sums[s].lot.multiple(1)))
    w.next_id += 1


def bracket_of(w: World, wish: Entry) -> Bracket:
    """The bracket of an entry, prices away from the entry."""
    tick, side, more = w.sums[wish.symbol].tick, wish.side, wish.more
    targets: tuple[Target, ...] = more.get("targets", ())
    parts = tuple(then_of(tick, side, one) for one in targets) if more.get("parts") else None
    if wish.target_price is not None or wish.target_distance is not None:
        targets = (*targets, Target(wish.target_price, wish.target_distance, 0.0 if targets else 1.0))
    return Bracket(
        rounded_level(tick, wish.stop_price, -side),
        wish.stop_distance,
        more.get("trail_distance"),
        more.get("trail_activation"),
        more.get("break_even_distance"),
        tuple((rounded_level(tick, one.price, side), one.distance, one.share) for one in targets),
        parts,
    )


def then_of(tick: Grid, side: int, part: Target) -> Then:
    """What a part makes of the stop, its price away from the entry."""
    then = part.then
    price = rounded_level(tick, then.stop_price, -side)
    return Then(price, then.stop_distance, then.trail_distance, then.trail_activation)


def ids_of(bracket: Bracket) -> int:
    """How many ids an entry takes: one for the stop and for every target up to the last that has a level."""
    levels = [n for n, (at, distance, _) in enumerate(bracket.targets) if (at, distance) != (None, None)]
    return 2 + max([0, *levels]) + 1 if bracket.exists else 1


def submit_entry(w: World, wish: Entry, spoken_for: float) -> float:
    """Size an entry and put it in the way of its open, or refuse it; returns what it may need."""
    s, side = wish.symbol, wish.side
    if w.disabled:
        w.refusals["ENTRIES_DISABLED"] += 1
        return 0.0
    bracket, asked = bracket_of(w, wish), rounded(w, s, side, wish.more)
    order = Order(w.next_id, s, side, lots=0, reduces=False, bracket=bracket, **asked)
    w.next_id += ids_of(bracket)
    reference = reference_of(w, order)
    against = still_held_against(w, order)
    refusal, wrong = unlisted(w, s), refused_levels(w, order, reference)
    if wrong and not refusal and not against:
        note_levels(w, wish, wrong)
    refusal = refusal or (None if against else wrong)
    unsized = size(w, order, wish, max(reference, w.sums[s].tick.multiple(1)), spoken_for)
    refusal = refusal or (unsized and (wrong or unsized))
    opens = not refusal and wrong is not None and order.lots > against
    small = too_small(w, order, max(reference, w.sums[s].tick.multiple(1)))
    refusal = refusal or (wrong if opens else small and (wrong or small))
    if refusal:
        w.refuse(order.id, s, refusal)
    if refusal and not opens:
        return 0.0
    if wrong:
        w.note("an order that turns is cut to what closes" if opens else "an order that turns opens nothing")
        order.lots, order.reduces = min(order.lots, against), True
    w.orders.append(order)
    if not order.reduces:
        w.tell("submitted", s, order.id, side, w.sums[s].lot.multiple(order.lots))
    cost = w.sums[s].cost(side, reference, w.sums[s].lot.multiple(order.lots), w.marks[s])
    return 0.0 if order.reduces else cost


def note_levels(w: World, wish: Entry, wrong: Refusal) -> None:
    """Count an entry that is refused for its levels."""
    p = w.held[wish.symbol]
    w.note(wrong.code)
    w.note(f"levels, {wish.more.get('sizing') or w.terms.sizing}")
    w.note(f"levels, {wish.more.get('type', 'market')}")
    if p:
        w.note("levels of an added entry" if p.side == wish.side else "levels of a reversing entry")
    if wrong.have == wrong.need:
        w.note("a level at the price")


def still_held_against(w: World, order: Order) -> int:
    """Steps of quantity that an order closes before it opens, after the closes of the same decision."""
    p = w.held[order.symbol]
    if p is None or p.side == order.side:
        return 0
    closes = [other for other in w.orders if other.symbol == order.symbol and other.reduces]
    return max(0, p.lots - sum(other.lots for other in closes if other.decided == w.step))


def reference_of(w: World, order: Order) -> float:
    """The price R that an entry is sized and judged by."""
    if order.price is not None:
        return order.price
    return w.market.last[order.symbol][w.step][3] if order.trigger is None else order.trigger


def unlisted(w: World, s: int) -> Refusal | None:
    """Why a symbol takes no entries: its first bar is still to come, or its last one was this."""
    if not any(w.has_bar(s, i) for i in range(w.step + 1)):
        return Refusal("NOT_LISTED")
    goes_on = w.step == w.market.steps - 1 or any(w.has_bar(s, i) for i in range(w.step + 1, w.market.steps))
    return None if goes_on else Refusal("DELISTED")


def size(w: World, order: Order, wish: Entry, price: float, spoken_for: float) -> Refusal | None:
    """The quantity of an entry after all caps; a refusal when it fails."""
    s, side, sums, inst = order.symbol, order.side, w.sums[order.symbol], w.instruments[order.symbol]
    mode = wish.more.get("sizing") or w.terms.sizing
    value = float(wish.more["sizing_value"]) if wish.more.get("sizing") else w.terms.sizing_value
    stop = stop_to_size_by(order, price)
    if mode == "risk_pct" and stop is None:
        return Refusal("NO_STOP_TO_SIZE_BY")
    p = w.held[s]
    leaving = sum(w.cost_of(other) for other in w.orders if other.is_reserved and other.cancel_at >= 0)
    available = w.free + leaving - spoken_for + (w.margin_of(s) if p and p.side != side else 0.0)
    if spoken_for:
        w.note_cost("same decision", s)
    caps = [wanted(w, s, mode, value, price, stop), max(0.0, available) / unit_cost(w, order, price)]
    is_market = order.type in ("market", "stop_market")
    caps.append(inst.max_market_qty if is_market else inst.max_qty)
    if w.terms.max_notional_usdt:
        caps.append(w.terms.max_notional_usdt / price)
    order.lots = sums.lot.down(min(caps))
    return None


def too_small(w: World, order: Order, reference: float) -> Refusal | None:
    """The smallest sizes that a symbol takes."""
    inst, qty = w.instruments[order.symbol], w.sums[order.symbol].lot.multiple(order.lots)
    if qty < inst.min_qty:
        return Refusal("BELOW_MIN_QTY", qty, inst.min_qty)
    value = qty * reference
    return Refusal("BELOW_MIN_NOTIONAL", value, inst.min_notional_usdt) if value < inst.min_notional_usdt else None


def unit_cost(w: World, order: Order, reference: float) -> float:
    """What one coin of an entry costs at most, as far as the decision knows."""
    s, side, sums = order.symbol, order.side, w.sums[order.symbol]
    slipped = reference * (1 + side * w.slip[s])
    if order.price is not None and w.instruments[s].order_cost_by_mark:
        return sums.cost(side, reference, 1.0, w.marks[s], rests=True)
    return sums.cost(side, slipped, 1.0, w.marks[s])


def stop_to_size_by(order: Order, price: float) -> float | None:
    """Where the stop would lie if the entry filled at a price."""
    bracket, side = order.bracket, order.side
    fixed = bracket.stop_price if bracket.stop_distance is None else price - side * bracket.stop_distance
    trails = bracket.trail_distance is not None and (bracket.trail_activation is None or fixed is None)
    return tighter(side, fixed, price - side * (bracket.trail_distance or 0.0) if trails else None)


def wanted(w: World, s: int, mode: str, value: float, price: float, stop: float | None) -> float:
    """The size before any cap."""
    share = w.equity * value / 100
    if mode == "risk_pct" and stop is not None:
        taker = w.sums[s].taker
        costs = price * (taker + w.slip[s]) + stop * (taker + w.stop_slip[s])
        away = abs(price - stop) + (costs if w.terms.costs_in_risk else 0.0)
        return share / away if away else math.inf
    sizes = {
        "qty": value,
        "notional_usdt": value / price,
        "notional_pct": share / price,
        "margin_pct": share * w.sums[s].lev / price,
    }
    return sizes[mode]
