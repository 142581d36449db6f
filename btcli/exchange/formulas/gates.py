"""Whether an order may open or add to a position: the gates in their order."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.codes import (
    ABOVE_RISK_LIMIT,
    BELOW_MIN_NOTIONAL,
    BELOW_MIN_QTY,
    CAP_AVAILABLE,
    INSUFFICIENT_ENTRY_GATE,
    LEVERAGE_ABOVE_TIER,
    NO_CAP,
    NO_CODE,
    STOP_BEYOND_FILL,
    TARGET_BELOW_ZERO,
)
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import available_balance
from btcli.exchange.formulas.brackets import first_stop_of, target_of
from btcli.exchange.formulas.costs import coin_cost, cost_of, mark_of_moment, resting_price
from btcli.exchange.formulas.margin import MAX_LEVERAGE, tier_index
from btcli.exchange.formulas.rounding import multiple, round_against, tick_beyond, whole_steps
from btcli.exchange.machine.compiled import compiled


class Verdict(NamedTuple):
    """A quantity that may fill, or the code that refuses it with the two numbers compared."""

    qty: float
    capped_by: int
    code: int
    have: float
    need: float


@compiled
def largest_affordable(side: int, price: float, mark: float, available: float, inst: Record) -> float:
    """The largest quantity on the step whose order cost at a price the available balance covers.

    Source: rulebook section 3, B. 100 USDT pay for 9.09 coins of which each costs 11: 9.0 on a step of 0.5.

    >>> inst = {"step_k": 5, "step_den": 10.0, "leverage": 10.0, "order_cost_by_mark": 1}
    >>> largest_affordable(1, 100.0, 99.0, 100.0, inst)
    9.0
    """
    steps = whole_steps(available / coin_cost(side, price, mark, inst), inst["step_k"], inst["step_den"])
    qty = multiple(steps, inst["step_k"], inst["step_den"])
    if steps > 0 and cost_of(side, price, qty, mark, inst) > available:
        qty = multiple(steps - 1, inst["step_k"], inst["step_den"])
    return qty


@compiled
def judge_entry(
    book: Record, sym: Symbol, order: Record, qty: float, price: float, rests: bool, may_shrink: bool
) -> Verdict:
    """The tests of an entry of a quantity at a price, at which it fills or rests; the first that fails refuses it.

    A market entry that costs more than is available is first reduced to what that covers.
    """
    inst, side = sym.inst, order["side"]
    available, mark = available_balance(book), mark_of_moment(book, order["symbol"])
    cap = NO_CAP
    if may_shrink and cost_of(side, price, qty, mark, inst) > available:
        qty, cap = largest_affordable(side, price, mark, available, inst), CAP_AVAILABLE
    if qty < inst["min_qty"]:
        return Verdict(qty, cap, BELOW_MIN_QTY, qty, inst["min_qty"])
    if price * qty < inst["min_notional_usdt"]:
        return Verdict(qty, cap, BELOW_MIN_NOTIONAL, price * qty, inst["min_notional_usdt"])
    held = sym.position["qty"] if sym.position["side"] == side else 0.0
    value = price * (qty + held)
    largest = inst["risk_limit_usdt"]
    if value > largest:
        return Verdict(qty, cap, ABOVE_RISK_LIMIT, value, largest)
    highest = sym.inst["tiers"][tier_index(value, sym.inst["tiers"]), MAX_LEVERAGE]
    if inst["leverage"] > highest:
        return Verdict(qty, cap, LEVERAGE_ABOVE_TIER, inst["leverage"], highest)
    stop = first_stop_of(order, price, inst)
    if is_given(stop) and side * (price - stop) <= 0.0:
        return Verdict(qty, cap, STOP_BEYOND_FILL, stop, price)
    for k in range(MAX_TARGETS):
        target = target_of(order, k, price, inst)
        if is_given(target) and target <= 0.0:
            return Verdict(qty, cap, TARGET_BELOW_ZERO, target, 0.0)
    cost = cost_of(side, resting_price(side, price, mark, inst) if rests else price, qty, mark, inst)
    if cost > available:
        return Verdict(qty, cap, INSUFFICIENT_ENTRY_GATE, available, cost)
    return Verdict(qty, cap, NO_CODE, 0.0, 0.0)


@compiled
def before_liquidation(liquidation: float, side: int, inst: Record) -> float:
    """The tick nearest to a liquidation price strictly on the side of the entry, never below one tick.

    Source: rulebook section 3, B. One tick on the entry's side, also of a price that lies on a tick itself.

    >>> inst = {"tick_k": 1, "tick_den": 10.0}
    >>> before_liquidation(90.04, 1, inst), before_liquidation(90.0, 1, inst), before_liquidation(110.0, -1, inst)
    (90.1, 90.1, 109.9)
    """
    k, den = inst["tick_k"], inst["tick_den"]
    near = round_against(liquidation, side, k, den)
    if near == round_against(liquidation, -side, k, den):  # it lies on a tick itself
        near = tick_beyond(near, side, k, den)
    return max(near, multiple(1, k, den))
