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
    """R: the close for market orders, the limit or the trigger otherwise.

    Source: rulebook section 7.

    >>> reference_price({"type": LIMIT, "price": 99.0, "trigger_price": float("-inf")}, 100.0)
    99.0
    """
    if order["type"] in (LIMIT, STOP_LIMIT):
        return order["price"]
    return order["trigger_price"] if is_given(order["trigger_price"]) else last


@compiled
def costs_of_entering(price: float, inst: Record) -> float:
    """R*(f + slippage): what one coin's entry at market costs beside the margin.

    Source: rulebook section 7. 7.5 bps of 40,000.

    >>> inst = {"leverage": 5.0, "taker_fee_rate": 0.00055, "slippage": 0.0002, "stop_slippage": 0.0005}
    >>> round(costs_of_entering(40_000.0, inst), 8)
    30.0
    """
    return price * (inst["taker_fee_rate"] + inst["slippage"])


@compiled
def costs_of_being_stopped(stop: float, inst: Record) -> float:
    """stop*(f + stop_slippage): what one coin's exit at a stop costs.

    Source: rulebook section 7. 10.5 bps of 39,600.

    >>> inst = {"leverage": 5.0, "taker_fee_rate": 0.00055, "slippage": 0.0002, "stop_slippage": 0.0005}
    >>> round(costs_of_being_stopped(39_600.0, inst), 8)
    41.58
    """
    return stop * (inst["taker_fee_rate"] + inst["stop_slippage"])


@compiled
def risk_per_coin(price: float, stop: float, terms: Record, inst: Record) -> float:
    """What one coin loses when it is stopped at its stop, costs included unless the config leaves them out.

    Source: rulebook section 7. 400 apart, 30 of entering and 41.58 of being stopped.

    >>> inst = {"leverage": 5.0, "taker_fee_rate": 0.00055, "slippage": 0.0002, "stop_slippage": 0.0005}
    >>> [round(risk_per_coin(40_000.0, 39_600.0, {"costs_in_risk": counts}, inst), 8) for counts in (1, 0)]
    [471.58, 400.0]
    """
    risk = abs(price - stop)
    if terms["costs_in_risk"]:
        risk = risk + costs_of_entering(price, inst) + costs_of_being_stopped(stop, inst)
    return risk


@compiled
def share_of(equity: float, pct: float) -> float:
    """A percentage of the equity, USDT.

    >>> share_of(10_000.0, 1.5)
    150.0
    """
    return equity * pct / 100.0


@compiled
def sizing_of(order: Record, terms: Record) -> tuple[int, float]:
    """The mode and the value that size an entry.

    >>> run = {"sizing": QTY, "sizing_value": 0.5}
    >>> sizing_of({"sizing": -1, "sizing_value": 0.0}, run), sizing_of({"sizing": RISK_PCT, "sizing_value": 1.0}, run)
    ((0, 0.5), (4, 1.0))
    """
    if order["sizing"] < 0:
        return terms["sizing"], terms["sizing_value"]
    return order["sizing"], order["sizing_value"]


@compiled
def wanted_qty(equity: float, price: float, stop: float, order: Record, terms: Record, inst: Record) -> float:
    """The quantity that the order's own sizing, or else the run's, asks for; 0 when it needs a stop and has none.

    Source: rulebook section 7. At 40,000: 2,000 of margin with 5x carry 0.25 coins; 100 at risk over 400 are 0.25.

    >>> terms, inst = {"costs_in_risk": 0}, {"leverage": 5.0}
    >>> by_margin, by_risk = ({"sizing": MARGIN_PCT, "sizing_value": 20.0}, {"sizing": RISK_PCT, "sizing_value": 1.0})
    >>> [wanted_qty(10_000.0, 40_000.0, 39_600.0, order, terms, inst) for order in (by_margin, by_risk)]
    [0.25, 0.25]
    """
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
    """What an available balance pays for at R: slipped, but for limits where the order cost goes by the mark.

    Source: rulebook sections 7 and 10. A coin at 100, slipped to 101, costs a tenth of that and its loss of 1.

    >>> inst = {"leverage": 10.0, "slippage": 0.01, "order_cost_by_mark": 1}
    >>> round(affordable_qty(1110.0, 1, 100.0, False, 100.0, inst), 8)
    100.0
    """
    at = price * (1.0 + side * inst["slippage"])
    if is_limit and inst["order_cost_by_mark"]:
        at = resting_price(side, price, mark, inst)
    return available / coin_cost(side, at, mark, inst)


@compiled
def capped(qty: float, price: float, affordable: float, is_market: bool, terms: Record, inst: Record) -> Size:
    """The quantity after the caps in their order: notional, what is affordable, the venue's largest order.

    Source: rulebook section 7. Wanted 5 at 100: 300 USDT allow 3, the account affords 2, the venue takes 1.

    >>> terms, inst = {"max_notional_usdt": 300.0}, {"max_market_qty": 1.0, "max_qty": 9.0}
    >>> capped(5.0, 100.0, 2.0, True, terms, inst), capped(5.0, 100.0, 2.0, False, terms, inst)
    (Size(qty=1.0, capped_by=4), Size(qty=2.0, capped_by=2))
    """
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
