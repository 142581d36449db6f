"""Ambiguity in the second reading: trades whose result hangs on an order of events that the bar does not show."""

from __future__ import annotations

from exchange_reference_levels import goal_level
from exchange_reference_values import Held, Order
from exchange_reference_world import World

FORCED, STOP, TARGET, ORDER = 0, 1, 2, 3


def exit_levels(w: World, s: int, p: Held) -> list[tuple[int, bool]]:
    """The exit levels in the range of this bar: the side of the trade on which each lies, and whether it is LP."""
    found: list[tuple[int, bool]] = []

    def see(series: str, level: float | None, side: int, *, forced: bool = False) -> None:
        _, high, low, *_ = w.series(s, series)
        if level and low <= level <= high:
            found.append((side, forced))

    see(w.trigger_series, p.stop_now, -p.side)
    see("mark", w.liquidation_price(s), -p.side, forced=True)
    for n in range(len(p.goals)):
        series, level = goal_level(w, s, p, n)
        see(series, level, p.side)
    return found


def is_order_certain(w: World, p: Held) -> bool:
    """Whether the rules put a stop before LP that is read from the same series."""
    return p.adjusted is not None and p.stop_now == p.adjusted and w.one_series


def mark_ambiguous(w: World, s: int, kind: int) -> None:
    """Mark a trade that this exit may end, when the order of events in the bar may have decided."""
    p = w.held[s]
    if p is None or not w.now.in_path:
        return
    levels = exit_levels(w, s, p) + [(side, forced) for step, side, forced in p.parted if step == w.step]
    against = {forced for side, forced in levels if side != p.side} | ({kind == FORCED} if kind != TARGET else set())
    other = len(against) > 0 if kind == TARGET else any(side == p.side for side, _ in levels)
    both = kind != TARGET and len(against) == 2
    if both and is_order_certain(w, p) and not other:
        w.note("an adjusted stop and LP in one bar are certain")
    elif other or both:
        p.ambiguous = True


def mark_ambiguous_order(w: World, order: Order, direction: int) -> None:
    """The same for an order that closes the position inside the bar; its level lies in a direction."""
    s, p = order.symbol, w.held[order.symbol]
    if p is None or p.side == order.side:
        return
    levels = exit_levels(w, s, p)
    forced = direction != p.side and any(forced for _, forced in levels)
    if forced or any(side != direction for side, _ in levels):
        p.ambiguous = True


def mark_ambiguous_entry(w: World, s: int) -> None:
    """Mark a trade whose entry filled inside a bar that also held one of its exit levels."""
    p = w.held[s]
    if p and w.now.in_path and exit_levels(w, s, p):
        p.ambiguous = True
