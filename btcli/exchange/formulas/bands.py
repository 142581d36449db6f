"""Between which prices nothing of a symbol acts: the levels of its position and orders, as bounds of both series."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.matching import (
    EXITS,
    LIQUIDATION,
    falls_to,
    is_on_mark,
    level_of,
    order_falls,
    order_level,
    order_on_mark,
)
from btcli.exchange.formulas.rounding import NUDGE
from btcli.exchange.machine.compiled import compiled

INFINITE = float("inf")
ROUNDINGS = 2.0**-48  # of a price: more than a sum or difference of two prices can lose


class Band(NamedTuple):
    """Nothing acts while the open and the extremes of every bar lie strictly inside, in either series."""

    last_floor: float
    last_ceiling: float
    mark_floor: float
    mark_ceiling: float


@compiled
def without(band: Band, level: float, falls: bool, is_of_mark: bool) -> Band:
    """The band without a level and what lies beyond it; `falls` says that it acts at prices at or below it.

    >>> band = without(Band(90.0, 110.0, 90.0, 110.0), 95.0, True, False)
    >>> without(band, 105.0, False, True)
    Band(last_floor=95.0, last_ceiling=110.0, mark_floor=90.0, mark_ceiling=105.0)
    """
    if is_of_mark and falls:
        return Band(band.last_floor, band.last_ceiling, max(band.mark_floor, level), band.mark_ceiling)
    if is_of_mark:
        return Band(band.last_floor, band.last_ceiling, band.mark_floor, min(band.mark_ceiling, level))
    if falls:
        return Band(max(band.last_floor, level), band.last_ceiling, band.mark_floor, band.mark_ceiling)
    return Band(band.last_floor, min(band.last_ceiling, level), band.mark_floor, band.mark_ceiling)


@compiled
def band_of(sym: Symbol) -> Band:
    """The band of a symbol's position: its liquidation price, stop and targets, and what its stop would follow."""
    band = Band(-INFINITE, INFINITE, -INFINITE, INFINITE)
    if sym.position["side"] == 0:
        return band
    for kind in range(LIQUIDATION, EXITS):
        level = level_of(sym.position, sym.terms, sym.inst, kind)
        if level > 0.0:
            band = without(band, level, falls_to(sym.position["side"], kind), is_on_mark(sym.terms, kind))
    return _without_followed(band, sym)


@compiled
def without_order(band: Band, order: Record, sym: Symbol) -> Band:
    """The band without the level at which a resting order acts."""
    level = order_level(order, sym.terms, sym.inst)
    return without(band, level, order_falls(order), order_on_mark(order, sym.terms))


@compiled
def _without_followed(band: Band, sym: Symbol) -> Band:
    """The band without the favourable extremes that a trailing stop or a break-even would answer."""
    side, on_mark = sym.position["side"], sym.terms["trigger_by_mark"] == 1
    if sym.position["trail_distance"] > 0.0:
        band = without(band, trail_reach(sym.position), side < 0, on_mark)
    if sym.position["break_even_distance"] > 0.0:
        band = without(band, break_even_reach(sym.position, sym.inst), side < 0, on_mark)
    return band


@compiled
def trail_reach(position: Record) -> float:
    """The favourable extreme up to which a trailing stop surely stays: its activation, or what it already follows.

    >>> trail_reach({"side": 1, "trail_activation": 105.0, "trail_distance": 2.0, "trail_price": float("-inf")})
    105.0
    """
    side, distance, trail = position["side"], position["trail_distance"], position["trail_price"]
    if is_given(position["trail_activation"]):
        return position["trail_activation"]
    return trail + side * (distance - (abs(trail) + distance) * ROUNDINGS)


@compiled
def break_even_reach(position: Record, inst: Record) -> float:
    """The favourable extreme up to which the stop surely does not move to the entry."""
    side, entry = position["side"], position["entry_price"]
    distance = position["break_even_distance"] - NUDGE * inst["tick_k"] / inst["tick_den"]
    return entry + side * (distance - (entry + abs(distance)) * ROUNDINGS)
