"""What an account could come to over several steps at the worst of their marks: bounds that hold at each of them.

Sums are taken in the order of the full rules. Rounding keeps order, so that a sum of the worst terms is below each sum.
"""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.book.codes import DAILY_LOSS_REACHED, NO_CODE, STARVED
from btcli.exchange.book.records import C, Record, Symbol
from btcli.exchange.book.tape import presence_of
from btcli.exchange.driver.reach import measure
from btcli.exchange.formulas.balances import (
    available_balance,
    maintenance_held,
    margin_left_at,
    symbol_of,
    unrealized_at,
    valued_at,
)
from btcli.exchange.formulas.costs import least_smallest_cost, most_smallest_cost
from btcli.exchange.formulas.margin import maintenance_of, tier_index
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.extremes import extremes_at


class Span(NamedTuple):
    """The lowest and the highest of some prices."""

    lowest: float
    highest: float


@compiled
def marks_of(book: Record, tape: Record, s: int, i: int, k: int) -> Span:
    """Between which prices the mark of a symbol stays over steps i to k - 1."""
    if presence_of(tape, s)[i] == 0:
        return Span(book["positions"][s]["mark"], book["positions"][s]["mark"])
    measure(book, tape, s, i, k)
    reach = book["reaches"][s]
    return Span(min(reach["mark_low"], reach["mark_close_low"]), max(reach["mark_high"], reach["mark_close_high"]))


@compiled
def prices_of(book: Record, tape: Record, s: int, i: int, k: int) -> Span:
    """Between which prices the closes of a symbol stay over steps i to k - 1."""
    if presence_of(tape, s)[i] == 0:
        return Span(book["positions"][s]["last"], book["positions"][s]["last"])
    closes = tape["last"][s, C]
    lowest, highest = extremes_at(closes, closes, closes, i, k)
    return Span(lowest, highest)


@compiled
def is_calm(book: Record, tape: Record, i: int, k: int) -> bool:
    """Whether no position or account is liquidated, no run ends and entries stay as they are over steps i to k - 1."""
    cash = book["account"]["cash_usdt"]
    worst, best, left, is_held = 0.0, 0.0, cash, False
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if position["side"] == 0:
            continue
        is_held = True
        marks = marks_of(book, tape, s, i, k)
        if not keeps_tier(symbol_of(book, s), marks) or may_be_liquidated(symbol_of(book, s), marks):
            return False
        against = marks.lowest if position["side"] > 0 else marks.highest
        worst += unrealized_at(position, against)
        best += unrealized_at(position, marks.highest if position["side"] > 0 else marks.lowest)
        left += unrealized_at(position, against) - maintenance_held(symbol_of(book, s), marks.highest)
    if is_held and book["terms"]["is_cross"] and left <= 0.0:
        return False
    if not goes_on(book, cash + worst, cash + best) or not keeps_daily_loss(book, cash + worst, cash + best):
        return False
    is_in_the_market = is_held or book["account"]["n_orders"] > 0  # then nothing counts as starved
    return is_in_the_market or keeps_starved(book, tape, i, k)


@compiled
def keeps_tier(sym: Symbol, marks: Span) -> bool:
    """Whether the value of a position stays in one tier, within which maintenance grows with the mark."""
    qty, tiers = sym.position["qty"], sym.inst["tiers"]
    lowest, highest = valued_at(sym, marks.lowest), valued_at(sym, marks.highest)
    return tier_index(lowest * qty, tiers) == tier_index(highest * qty, tiers)


@compiled
def may_be_liquidated(sym: Symbol, marks: Span) -> bool:
    """Whether an isolated position could meet its condition at an open, or pass its liquidation price."""
    if sym.terms["is_cross"]:
        return False
    if marks.lowest <= sym.position["liquidation_price"] <= marks.highest:
        return True
    against = marks.lowest if sym.position["side"] > 0 else marks.highest
    highest = valued_at(sym, marks.highest)
    return margin_left_at(sym, against) <= maintenance_of(highest, sym.position["qty"], sym.inst["tiers"])


@compiled
def goes_on(book: Record, worst_usdt: float, best_usdt: float) -> bool:
    """Whether neither the floor nor the drawdown ends a run whose equity stays between two amounts."""
    account, terms = book["account"], book["terms"]
    if worst_usdt <= terms["stop_equity_usdt"]:
        return False
    deepest_usdt = max(account["peak_equity_usdt"], best_usdt) - worst_usdt
    deepest_pct = deepest_usdt / account["peak_equity_usdt"] * 100.0
    return terms["max_drawdown_pct"] <= 0.0 or deepest_pct < terms["max_drawdown_pct"]


@compiled
def keeps_daily_loss(book: Record, worst_usdt: float, best_usdt: float) -> bool:
    """Whether the day's loss keeps entries disabled throughout, or at no close, as it is now."""
    account, limit = book["account"], book["terms"]["daily_loss_pct"]
    is_disabled = account["entries_disabled"] == DAILY_LOSS_REACHED
    if limit <= 0.0:
        return not is_disabled
    day_start = account["day_start_equity_usdt"]
    if is_disabled:
        return day_start - best_usdt >= day_start * limit / 100.0
    return day_start - worst_usdt < day_start * limit / 100.0


@compiled
def keeps_starved(book: Record, tape: Record, i: int, k: int) -> bool:
    """Whether a flat account can pay the smallest order at every close, or at none, as it is now."""
    have, code = available_balance(book), book["account"]["entries_disabled"]
    if code == DAILY_LOSS_REACHED:
        return True
    some_trades, can_pay = False, False
    for s in range(book["n_symbols"]):
        inst = book["instruments"][s]
        closes = prices_of(book, tape, s, i, k)
        if closes.lowest <= 0.0 or inst["last_step"] <= i:
            continue
        some_trades = True
        if code == NO_CODE and have >= most_smallest_cost(closes.highest, inst):
            return True
        if have >= least_smallest_cost(closes.lowest, inst):
            can_pay = True
    if code == STARVED:
        return some_trades and not can_pay
    return not some_trades
