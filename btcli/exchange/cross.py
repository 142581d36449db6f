"""Cross margin: one equity for all positions, and the first moment at which it no longer carries them."""

from __future__ import annotations

from btcli.exchange.account import desk_of, maintenance_held, unrealized_at
from btcli.exchange.codes import NO_FLAGS, SYMBOL_LIQUIDATED
from btcli.exchange.compiled import compiled
from btcli.exchange.ledger import journal_of
from btcli.exchange.margin import LIMIT, MAINTENANCE, fee_of, tier_index
from btcli.exchange.matching import NEVER, leg_of
from btcli.exchange.orders import cancel_all
from btcli.exchange.position import liquidate_position
from btcli.exchange.pricing import on_leg, prices_of
from btcli.exchange.values import World

CROSS = -1  # the symbol of a hit that concerns the account


@compiled
def carried_at(w: World, s: int, mark: float) -> float:
    """What a position adds to equity less maintenance at a mark."""
    return unrealized_at(w.positions[s], mark) - maintenance_held(desk_of(w, s), mark)


@compiled
def mark_now(w: World, s: int, i: int, leg: int, t: float) -> float:
    """The mark of a symbol at fraction t of a leg; without a bar at this step, the last one."""
    if w.has_bar[s, i] == 0:
        return w.positions[s]["mark"]
    prices = prices_of(w, s, i)
    ends = leg_of(prices, w.positions[s]["high_first"], leg)
    return on_leg(ends.mark_a, ends.mark_b, t)


@compiled
def margin_left(w: World, i: int, leg: int, t: float) -> float:
    """Equity less the sum of the maintenance margins at fraction t of a leg; liquidated at zero or below."""
    left = w.account[0]["cash_usdt"]
    for s in range(len(w.positions)):
        if w.positions[s]["side"] != 0:
            left += carried_at(w, s, mark_now(w, s, i, leg, t))
    return left


@compiled
def can_cross_fail(w: World, i: int) -> bool:
    """Whether equity could fail to carry the positions if every mark were at its worst extreme at once."""
    left = w.account[0]["cash_usdt"]
    is_held = False
    for s in range(len(w.positions)):
        side = w.positions[s]["side"]
        if side == 0:
            continue
        is_held = True
        if w.has_bar[s, i]:
            prices = prices_of(w, s, i)
            left += carried_at(w, s, prices.mark_low if side > 0 else prices.mark_high)
        else:
            left += carried_at(w, s, w.positions[s]["mark"])
    return is_held and left <= 0.0


@compiled
def _slope(w: World, i: int, leg: int, t: float) -> float:
    """How fast the margin left changes per unit of t, in the tiers of this moment (of the side that t runs to)."""
    slope = 0.0
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] == 0 or w.has_bar[s, i] == 0:
            continue
        ends = leg_of(prices_of(w, s, i), position["high_first"], leg)
        change = (ends.mark_b - ends.mark_a) * position["qty"]
        desk = desk_of(w, s)
        tier = _tier_ahead(w, s, on_leg(ends.mark_a, ends.mark_b, t) * position["qty"], change)
        slope += position["side"] * change - change * desk.tiers[tier, MAINTENANCE]
    return slope


@compiled
def _tier_ahead(w: World, s: int, value: float, change: float) -> int:
    """The tier of a value, or the one it is about to enter when it lies on a border."""
    tiers = desk_of(w, s).tiers
    tier = tier_index(value, tiers)
    if change > 0.0 and value >= tiers[tier, LIMIT] and tier < len(tiers) - 1:
        return tier + 1
    return tier


@compiled
def _next_border(w: World, i: int, leg: int, t: float) -> float:
    """The next fraction after t at which some position's value crosses a tier border, at most 1."""
    border = 1.0
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] == 0 or w.has_bar[s, i] == 0:
            continue
        ends = leg_of(prices_of(w, s, i), position["high_first"], leg)
        change = (ends.mark_b - ends.mark_a) * position["qty"]
        if change == 0.0:
            continue
        tiers = desk_of(w, s).tiers
        for tier in range(len(tiers) - 1):
            at = (tiers[tier, LIMIT] - ends.mark_a * position["qty"]) / change
            if t < at < border:
                border = at
    return border


@compiled
def cross_time(w: World, i: int, leg: int, t_now: float) -> float:
    """The first fraction from t_now on at which equity <= sum MM, or NEVER.

    Between two tier borders the margin left is linear in t, so each piece has at most one root.
    """
    t = t_now
    left = margin_left(w, i, leg, t)
    while True:
        if left <= 0.0:
            return t
        if t >= 1.0:
            return NEVER
        border = _next_border(w, i, leg, t)
        slope = _slope(w, i, leg, t)
        if slope < 0.0:
            root = t - left / slope
            if root <= border:
                return max(root, t)
        t = border
        left = margin_left(w, i, leg, t)


@compiled
def liquidate_all(w: World, i: int, leg: int, t: float) -> None:
    """Close every position at its mark of this moment for the taker fee; resting orders are cancelled first."""
    j = journal_of(w)
    for s in range(len(w.positions)):
        cancel_all(j, s, SYMBOL_LIQUIDATED)
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] == 0:
            continue
        mark = mark_now(w, s, i, leg, t)
        last = position["last"]
        if w.has_bar[s, i]:
            prices = prices_of(w, s, i)
            ends = leg_of(prices, position["high_first"], leg)
            last = on_leg(ends.last_a, ends.last_b, t)
        fee = fee_of(position["qty"], mark, w.instruments[s]["taker_fee_rate"])
        liquidate_position(j, desk_of(w, s), mark, fee, mark, last, NO_FLAGS)
    if w.rules[0]["stop_on_liquidation"]:
        w.account[0]["is_halted"] = 1
