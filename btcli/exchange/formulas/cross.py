"""Cross margin: one equity for all positions, and the first moment at which it no longer carries them."""

from __future__ import annotations

from btcli.exchange.book.records import Record
from btcli.exchange.formulas.balances import is_flat, maintenance_held, symbol_of, unrealized_at
from btcli.exchange.formulas.margin import LIMIT, MAINTENANCE, tier_index
from btcli.exchange.formulas.matching import NEVER, leg_of
from btcli.exchange.formulas.pricing import on_leg
from btcli.exchange.machine.compiled import compiled

CROSS = -1  # the symbol of a hit that concerns the account


@compiled
def carried_at(book: Record, s: int, mark: float) -> float:
    """What a position adds to equity less maintenance at a mark.

    Source: rulebook section 4. A short coin of 100 won 10 at 90, of whose value 1 % is to be kept.

    >>> import numpy as np
    >>> position = {"side": -1, "qty": 1.0, "entry_price": 100.0}
    >>> inst = {"leverage": 10.0, "close_fee_rate": 0.0, "tiers": np.array([[1e6, 0.01, 0.02, 50.0, 0.0]])}
    >>> book = {"positions": [position], "instruments": [inst], "terms": {"maintains_by_entry": 0}}
    >>> round(float(carried_at(book, 0, 90.0)), 8)
    9.1
    """
    return unrealized_at(book["positions"][s], mark) - maintenance_held(symbol_of(book, s), mark)


@compiled
def mark_now(book: Record, s: int, leg: int, t: float) -> float:
    """The mark of a symbol at fraction t of a leg; without a bar at this step, the last one."""
    if book["prices"][s]["has_bar"] == 0:
        return book["positions"][s]["mark"]
    prices = book["prices"][s]
    ends = leg_of(prices, book["positions"][s]["high_first"], leg)
    return on_leg(ends.mark_a, ends.mark_b, t)


@compiled
def margin_left(book: Record, leg: int, t: float) -> float:
    """Equity less the sum of the maintenance margins at fraction t of a leg; liquidated at zero or below."""
    left = book["account"]["cash_usdt"]
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            left += carried_at(book, s, mark_now(book, s, leg, t))
    return left


@compiled
def can_cross_fail(book: Record) -> bool:
    """Whether equity could fail to carry the positions if every mark were at its worst extreme at once."""
    left = book["account"]["cash_usdt"]
    is_held = False
    for s in range(book["n_symbols"]):
        side = book["positions"][s]["side"]
        if side == 0:
            continue
        is_held = True
        if book["prices"][s]["has_bar"]:
            prices = book["prices"][s]
            left += carried_at(book, s, prices["mark_low"] if side > 0 else prices["mark_high"])
        else:
            left += carried_at(book, s, book["positions"][s]["mark"])
    return is_held and left <= 0.0


@compiled
def _value_on(book: Record, s: int, leg: int) -> tuple[float, float]:
    """The value of a position at its mark where a leg begins, and by how much it grows on it; 0 and 0 when it rests."""
    position = book["positions"][s]
    if position["side"] == 0 or book["prices"][s]["has_bar"] == 0:
        return 0.0, 0.0
    ends = leg_of(book["prices"][s], position["high_first"], leg)
    return ends.mark_a * position["qty"], (ends.mark_b - ends.mark_a) * position["qty"]


@compiled
def _slope(book: Record, leg: int, t: float) -> float:
    """How fast the margin left changes per unit of t, in the tiers of the moment t; valued at entry MM stands still."""
    slope = 0.0
    for s in range(book["n_symbols"]):
        value, growth = _value_on(book, s, leg)
        if growth == 0.0:
            continue
        rate = 0.0
        if book["terms"]["maintains_by_entry"] == 0:
            tier = tier_index(value + t * growth, book["instruments"][s]["tiers"])
            rate = book["instruments"][s]["tiers"][tier, MAINTENANCE]
        slope += book["positions"][s]["side"] * growth - growth * rate
    return slope


@compiled
def _next_border(book: Record, leg: int, t: float) -> float:
    """The next fraction after t at which some position's value crosses a tier border, at most 1."""
    border = 1.0
    if book["terms"]["maintains_by_entry"]:
        return border
    for s in range(book["n_symbols"]):
        value, growth = _value_on(book, s, leg)
        if growth == 0.0:
            continue
        tiers = book["instruments"][s]["tiers"]
        for tier in range(len(tiers) - 1):
            at = (tiers[tier, LIMIT] - value) / growth
            if t < at < border:
                border = at
    return border


@compiled
def cross_time(book: Record, leg: int, t_now: float) -> float:
    """The first fraction from t_now on at which equity <= sum MM, or NEVER; nobody to liquidate is NEVER too.

    Between two tier borders the margin left is linear in t, so each piece has at most one root.
    """
    if is_flat(book):
        return NEVER
    t = t_now
    left = margin_left(book, leg, t)
    while True:
        if left <= 0.0:
            return t
        if t >= 1.0:
            return NEVER
        border = _next_border(book, leg, t)
        slope = _slope(book, leg, 0.5 * (t + border))
        if slope < 0.0:
            root = t - left / slope
            if root <= border:
                return max(root, t)
        t = border
        left = margin_left(book, leg, t)
