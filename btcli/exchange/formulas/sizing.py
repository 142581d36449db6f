"""The simulated risk manager: how large an entry becomes, or why there is none (rulebook section 7)."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.codes import (
    BELOW_MIN_NOTIONAL,
    BELOW_MIN_QTY,
    CAP_AVAILABLE,
    CAP_MAX_MARKET_QTY,
    CAP_MAX_NOTIONAL,
    CAP_MAX_QTY,
    LIMIT,
    MARGIN_PCT,
    NO_CAP,
    NO_CODE,
    NO_STOP_TO_SIZE_BY,
    NOTIONAL_PCT,
    NOTIONAL_USDT,
    QTY,
    RISK_PCT,
    STOP_LIMIT,
)
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.balances import free_margin, margin_held, symbol_of, taken_back
from btcli.exchange.formulas.costs import coin_cost, resting_price
from btcli.exchange.formulas.gates import Verdict
from btcli.exchange.formulas.rounding import round_down
from btcli.exchange.machine.compiled import compiled

UNLIMITED = 1e300  # coins: a stop at the reference price risks nothing, and the caps decide


class Size(NamedTuple):
    """A quantity in coins, not yet on the step, and the name of the last cap that made it smaller."""

    qty: float
    capped_by: int


@compiled
def reference_price(order: Record, last: float) -> float:
    """R: the close for market orders, the limit or the trigger otherwise."""
    if order["type"] in (LIMIT, STOP_LIMIT):
        return order["price"]
    return order["trigger_price"] if is_given(order["trigger_price"]) else last


@compiled
def costs_of_entering(price: float, inst: Record) -> float:
    """R*(f + slippage): what one coin's entry at market costs beside the margin."""
    return price * (inst["taker_fee_rate"] + inst["slippage"])


@compiled
def costs_of_being_stopped(stop: float, inst: Record) -> float:
    """stop*(f + stop_slippage): what one coin's exit at a stop costs."""
    return stop * (inst["taker_fee_rate"] + inst["stop_slippage"])


@compiled
def risk_per_coin(price: float, stop: float, terms: Record, inst: Record) -> float:
    """What one coin loses when it is stopped at its stop, costs included unless the config leaves them out."""
    risk = abs(price - stop)
    if terms["costs_in_risk"]:
        risk = risk + costs_of_entering(price, inst) + costs_of_being_stopped(stop, inst)
    return risk


@compiled
def share_of(equity: float, pct: float) -> float:
    """A percentage of the equity, USDT."""
    return equity * pct / 100.0


@compiled
def sizing_of(order: Record, terms: Record) -> tuple[int, float]:
    """The mode and the value that size an entry."""
    if order["sizing"] < 0:
        return terms["sizing"], terms["sizing_value"]
    return order["sizing"], order["sizing_value"]


@compiled
def wanted_qty(equity: float, price: float, stop: float, order: Record, terms: Record, inst: Record) -> float:
    """The quantity that the order's own sizing, or else the run's, asks for; 0 when it needs a stop and has none."""
    mode, value = sizing_of(order, terms)
    if mode == QTY:
        return value
    if mode == NOTIONAL_USDT:
        return value / price
    if mode == NOTIONAL_PCT:
        return share_of(equity, value) / price
    if mode == MARGIN_PCT:
        return share_of(equity, value) * inst["leverage"] / price
    if not is_given(stop):
        return 0.0
    risk = risk_per_coin(price, stop, terms, inst)
    if equity <= 0.0:
        return 0.0
    return share_of(equity, value) / risk if risk > 0.0 else UNLIMITED


@compiled
def affordable_qty(available: float, side: int, price: float, is_limit: bool, mark: float, inst: Record) -> float:
    """What an available balance pays for at R: slipped, but for limits where the order cost goes by the mark."""
    at = price * (1.0 + side * inst["slippage"])
    if is_limit and inst["order_cost_by_mark"]:
        at = resting_price(side, price, mark, inst)
    return available / coin_cost(side, at, mark, inst)


@compiled
def capped(qty: float, price: float, affordable: float, is_market: bool, terms: Record, inst: Record) -> Size:
    """The quantity after the caps in their order: notional, what is affordable, the venue's largest order."""
    cap = NO_CAP
    if terms["max_notional_usdt"] > 0.0 and qty > terms["max_notional_usdt"] / price:
        qty, cap = terms["max_notional_usdt"] / price, CAP_MAX_NOTIONAL
    if qty > affordable:
        qty, cap = affordable, CAP_AVAILABLE
    if is_market and qty > inst["max_market_qty"]:
        qty, cap = inst["max_market_qty"], CAP_MAX_MARKET_QTY
    if not is_market and qty > inst["max_qty"]:
        qty, cap = inst["max_qty"], CAP_MAX_QTY
    return Size(qty, cap)


@compiled
def size_entry(book: Record, order: Record, price: float, stop: float) -> Verdict:
    """The size of an entry at a decision, by the account as it was marked at this close.

    `price` is R of the rulebook, `stop` where the stop would lie then. The margin that the close of a
    reversal frees counts as available, and what orders taken back had reserved.
    """
    account, terms = book["account"], book["terms"]
    s, side = order["symbol"], order["side"]
    sym = symbol_of(book, s)
    inst = sym.inst
    wanted = wanted_qty(account["equity_usdt"], price, stop, order, terms, inst)
    if wanted <= 0.0:
        lacks_stop = sizing_of(order, terms)[0] == RISK_PCT and not is_given(stop) and account["equity_usdt"] > 0.0
        code = NO_STOP_TO_SIZE_BY if lacks_stop else BELOW_MIN_QTY
        return Verdict(0.0, NO_CAP, code, wanted, inst["min_qty"])
    available = free_margin(book) + taken_back(book) - account["committed_usdt"]
    if sym.position["side"] == -side:
        available += margin_held(sym)
    is_market = order["type"] != LIMIT and order["type"] != STOP_LIMIT
    affordable = affordable_qty(max(available, 0.0), side, price, not is_market, sym.position["mark"], inst)
    size = capped(wanted, price, affordable, is_market, terms, inst)
    qty = round_down(size.qty, inst["step_k"], inst["step_den"])
    if qty < inst["min_qty"]:
        return Verdict(qty, size.capped_by, BELOW_MIN_QTY, qty, inst["min_qty"])
    if qty * price < inst["min_notional_usdt"]:
        return Verdict(qty, size.capped_by, BELOW_MIN_NOTIONAL, qty * price, inst["min_notional_usdt"])
    return Verdict(qty, size.capped_by, NO_CODE, 0.0, 0.0)
