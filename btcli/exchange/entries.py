"""Whether and how an entry fills: the gates in their order, then the fill."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.codes import (
    ABOVE_RISK_LIMIT,
    BELOW_MIN_NOTIONAL,
    BELOW_MIN_QTY,
    CAP_AVAILABLE,
    LEVERAGE_ABOVE_TIER,
    NO_CAP,
    NO_CODE,
    STOP_BEYOND_FILL,
    STOP_BEYOND_LIQUIDATION,
    WARNED,
)
from btcli.exchange.compiled import compiled
from btcli.exchange.ledger import emit
from btcli.exchange.margin import LIMIT, MAX_LEVERAGE, liquidation_of, order_cost_of, tier_index, unit_order_cost
from btcli.exchange.orders import DONE, reject
from btcli.exchange.position import open_position
from btcli.exchange.pricing import PriceModel, slipped
from btcli.exchange.rounding import multiple, round_against, tick_beyond, whole_steps
from btcli.exchange.values import Desk, Journal, Record

ALLOWED_WARN, ALLOWED_REJECT, ALLOWED_ADJUST = 0, 1, 2


class Verdict(NamedTuple):
    """A quantity that may fill, or the code that refuses it with the two numbers compared."""

    qty: float
    capped_by: int
    code: int
    have: float
    need: float


@compiled
def largest_affordable(side: int, price: float, available: float, inst: Record) -> float:
    """The largest quantity on the step whose order cost at a price the available balance covers."""
    leverage = inst["leverage"]
    taker = inst["taker_fee_rate"]
    close_fee = inst["close_fee_rate"]
    cost = price * unit_order_cost(side, leverage, taker, close_fee)
    steps = whole_steps(available / cost, inst["step_k"], inst["step_den"])
    qty = multiple(steps, inst["step_k"], inst["step_den"])
    if steps > 0 and order_cost_of(side, price, qty, leverage, taker, close_fee) > available:
        qty = multiple(steps - 1, inst["step_k"], inst["step_den"])
    return qty


@compiled
def judge_entry(desk: Desk, order: Record, price: float, available: float) -> Verdict:
    """The tests of an entry at its fill price; the first that fails refuses it."""
    inst = desk.inst
    qty, cap = order["qty"], NO_CAP
    cost = order_cost_of(order["side"], price, qty, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"])
    if cost > available:
        qty, cap = largest_affordable(order["side"], price, available, inst), CAP_AVAILABLE
    if qty < inst["min_qty"]:
        return Verdict(qty, cap, BELOW_MIN_QTY, qty, inst["min_qty"])
    value = price * qty
    if value < inst["min_notional_usdt"]:
        return Verdict(qty, cap, BELOW_MIN_NOTIONAL, value, inst["min_notional_usdt"])
    tiers = desk.tiers
    if value > tiers[len(tiers) - 1, LIMIT]:
        return Verdict(qty, cap, ABOVE_RISK_LIMIT, value, tiers[len(tiers) - 1, LIMIT])
    highest = tiers[tier_index(value, tiers), MAX_LEVERAGE]
    if inst["leverage"] > highest:
        return Verdict(qty, cap, LEVERAGE_ABOVE_TIER, inst["leverage"], highest)
    stop = order["stop_price"]
    if stop > 0.0 and order["side"] * (price - stop) <= 0.0:
        return Verdict(qty, cap, STOP_BEYOND_FILL, price, stop)
    return Verdict(qty, cap, NO_CODE, 0.0, 0.0)


@compiled
def fill_entry(j: Journal, desk: Desk, order: Record, prices: PriceModel, available: float, flags: int) -> bool:
    """Fill a market entry at the open, or refuse it; returns whether a position was opened."""
    inst = desk.inst
    price = slipped(prices.open, order["side"], inst["slippage"], inst)
    verdict = judge_entry(desk, order, price, available)
    if verdict.code != NO_CODE:
        reject(j, order, verdict.code, verdict.have, verdict.need, verdict.capped_by)
        return False
    if not settle_stop_beyond_liquidation(j, desk, order, price, verdict.qty):
        return False
    open_position(j, desk, order, verdict.qty, price, prices.open, verdict.capped_by, flags)
    order["order_id"] = DONE
    return True


@compiled
def _stop_at_fill(order: Record, price: float, inst: Record) -> float:
    """Where the stop of an entry will lie once it filled at a price; 0: none."""
    if order["stop_distance"] > 0.0:
        away = price - order["side"] * order["stop_distance"]
        return max(round_against(away, -order["side"], inst["tick_k"], inst["tick_den"]), 0.0)
    return order["stop_price"]


@compiled
def settle_stop_beyond_liquidation(j: Journal, desk: Desk, order: Record, price: float, qty: float) -> bool:
    """A stop that the liquidation would precede: warn, refuse the entry, or move the stop before it."""
    inst = desk.inst
    side = order["side"]
    stop = _stop_at_fill(order, price, inst)
    liquidation = liquidation_of(side, price, qty, inst["leverage"], 0.0, inst["close_fee_rate"], desk.tiers)
    if stop <= 0.0 or liquidation <= 0.0 or side * (stop - liquidation) > 0.0:
        return True
    mode = desk.rules["stop_vs_liquidation"]
    if mode == ALLOWED_REJECT:
        reject(j, order, STOP_BEYOND_LIQUIDATION, stop, liquidation, NO_CAP)
        return False
    event = j.events[emit(j, WARNED, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["code"] = STOP_BEYOND_LIQUIDATION
    event["have"] = stop
    event["need"] = liquidation
    if mode == ALLOWED_ADJUST:
        # the tick nearest to the liquidation price on the side of the entry, then one more where they coincide
        near = round_against(liquidation, side, inst["tick_k"], inst["tick_den"])
        if near == liquidation:
            near = tick_beyond(near, side, inst["tick_k"], inst["tick_den"])
        order["stop_price"] = near
        order["stop_distance"] = 0.0
        event["stop_price"] = near
    return True
