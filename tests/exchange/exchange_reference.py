"""A second, slow reading of the rulebook in plain Python, sharing nothing with the exchange.

It follows the page section by section and favours the page's own words over speed.
"""

from __future__ import annotations

from exchange_reference_funding import settle_last
from exchange_reference_open import boundary, halted, open_bar, present
from exchange_reference_path import walk
from exchange_reference_submit import decide
from exchange_reference_values import Held, tighter
from exchange_reference_world import World
from exchange_scenarios import Scenario

DAY_MS = 86_400_000


def reference(market: Scenario, *, only_when_flat: bool = False) -> World:
    """The outcome of a scenario by the second reading."""
    w = World(market)
    for i in range(market.steps):
        step(w, i)
        if w.status != "RUNNING":
            break
        decide(w, list(market.decisions.get(i, ())), only_when_flat=only_when_flat)
    return w


def step(w: World, i: int) -> None:
    """Phases A to E of one step."""
    w.step, w.ts = i, w.times[i]
    w.liquidated, w.filled = set(), [0 for _ in w.symbols]
    boundary(w)
    open_bar(w)
    if not halted(w):
        walk(w)
    w.ts = w.time_close()
    for s in present(w):
        w.marks[s], w.lasts[s] = w.mark_bar(s)[3], w.bar(s)[3]
        move_stops(w, s)
    delist(w)
    mark_to_market(w)
    stop_run(w)
    w.rows.append((w.equity, w.cash, w.used, w.free, w.maintenance))


# D


def move_stops(w: World, s: int) -> None:
    """Trailing and break-even, at the close."""
    p = w.held[s]
    if p is None:
        return
    bar, tick = w.series(s, w.trigger_series), w.sums[s].tick
    best = bar[3] if p.on_path == w.step else (bar[1] if p.side > 0 else bar[2])
    before = p.stop_now
    follow_parts(w, s, p)
    if p.trail_distance is not None:
        p.trail = tighter(p.side, p.trail, followed(w, s, p, best))
    if p.break_even is not None and p.side * (best - p.entry) >= p.break_even - 1e-9:
        p.break_even, p.stop = None, tighter(p.side, p.stop, tick.toward(p.entry, -p.side))  # once
    if p.stop_now != before:
        w.tell("stop_moved", s, p.stop_now)


def follow_parts(w: World, s: int, p: Held) -> None:
    """What the parts that filled in this bar make of the stop, in their order."""
    tick = w.sums[s].tick
    for place in sorted(p.due):
        then = p.parts[place][1]
        level = then.stop_price
        if then.stop_distance is not None:
            level = tick.toward(p.entry - p.side * then.stop_distance, -p.side)
        if level is not None and p.side < 0:
            level = max(level, tick.multiple(1))
        p.stop = tighter(p.side, p.stop, level)
        if then.trail_distance is not None:
            p.trail_distance, p.trail_activation = then.trail_distance, then.trail_activation
            w.note("a part makes the rest trail")
        elif level is not None:
            w.note("a part moves the stop of the rest")
    p.due.clear()


def followed(w: World, s: int, p: Held, best: float) -> float | None:
    """Where a trailing stop stands after the best price of a bar, were it not for the bars before."""
    waits = p.trail_activation is not None and p.side * (best - p.trail_activation) < 0
    if p.trail_distance is None or waits:
        return None
    p.trail_activation = None  # reached once
    return w.sums[s].tick.toward(best - p.side * p.trail_distance, -p.side)


def delist(w: World) -> None:
    """Close what a symbol holds at its last bar inside the window."""
    if w.step == w.market.steps - 1:
        return
    leaving = [s for s in present(w) if not any(w.has_bar(s, i) for i in range(w.step + 1, w.market.steps))]
    settle_last(w, leaving, "delisted")
    for s in leaving:
        for order in [order for order in w.orders if order.symbol == s]:
            w.cancel(order, "DELISTED")
        p = w.held[s]
        if p:
            w.reduce(s, w.take_id(), p.lots, w.marks[s], w.sums[s].taker, "delisted")


def mark_to_market(w: World) -> None:
    """Equity and peak at the close."""
    w.equity = w.cash + w.unrealized
    w.peak = max(w.peak, w.equity)


# E


def stop_run(w: World) -> None:
    """The stops of the run, in their order."""
    fallen = (w.peak - w.equity) / w.peak * 100 if w.peak > 0 else 0.0
    most = w.terms.max_drawdown_pct
    if halted(w):
        w.status = "LIQUIDATED"
    elif w.equity <= w.terms.stop_equity_usdt:
        w.status = "EQUITY_FLOOR_HIT"
    elif most is not None and fallen >= most:
        w.status = "MAX_DRAWDOWN_HIT"
    if w.status == "RUNNING":
        if w.step < w.market.steps - 1:
            disable(w)
        else:
            w.status = "END_OF_DATA"
            close_all(w, "end_of_data")
    else:
        close_all(w, "run_stopped")


def disable(w: World) -> None:
    """Entries stop while the account has starved or lost too much of the day."""
    day = (w.ts - 1) // DAY_MS
    if day != w.day:
        w.day, w.day_equity = day, w.last_equity
    w.last_equity = w.equity
    most = w.terms.daily_loss_pct
    code = ""
    if most is not None and w.equity <= w.day_equity * (1 - most / 100):
        code = "DAILY_LOSS"
    elif not any(w.held) and not w.orders and w.available < cheapest(w):
        code = "STRATEGY_STARVED"
        w.note_cost("starved", w.symbols[0])
    if code != w.disabled:
        w.tell("disabled", None, code)
    w.disabled = code


def cheapest(w: World) -> float:
    """The order cost of the smallest permitted order of all symbols."""
    costs = []
    for s in w.symbols:
        price, inst, sums = w.lasts[s], w.instruments[s], w.sums[s]
        if price and any(w.has_bar(s, i) for i in range(w.step + 1, w.market.steps)):
            qty = max(inst.min_qty, sums.lot.multiple(sums.lot.up(inst.min_notional_usdt / price)))
            costs.append(sums.cost(1, price, qty, w.marks[s]))
    return min(costs, default=0.0)


def close_all(w: World, reason: str) -> None:
    """Cancel everything and close every position at the close, with slippage."""
    settle_last(w, w.symbols, reason)
    for order in list(w.orders):
        w.cancel(order, "RUN_STOPPED")
    for s in w.symbols:
        p = w.held[s]
        if p:
            price = w.sums[s].tick.toward(w.lasts[s] * (1 - p.side * w.slip[s]), -p.side)
            w.reduce(s, w.take_id(), p.lots, price, w.sums[s].taker, reason)
    w.equity = w.cash
