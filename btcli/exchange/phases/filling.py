"""How an order fills: what reduces first, then what opens, with the gates between; taker or maker."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    BAR_HAS_ZERO_VOLUME,
    CAP_PARTICIPATION,
    EXIT_SIGNAL,
    FLAG_MAKER,
    FOK,
    FOK_UNFILLED,
    NO_CAP,
    NO_CODE,
    NOTHING_TO_REDUCE,
    OVER_PARTICIPATION,
    POSITION_IS_CLOSED,
    TOO_MANY_POSITIONS,
)
from btcli.exchange.book.orders import DONE, cancel, finish, reject
from btcli.exchange.book.records import Fill, Record, Symbol
from btcli.exchange.formulas.balances import count_open, symbol_of
from btcli.exchange.formulas.gates import judge_entry
from btcli.exchange.formulas.matching import is_limit
from btcli.exchange.formulas.pricing import impact_of, slipped
from btcli.exchange.formulas.rounding import on_step, round_against, round_down
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.ambiguity import closing_flags, mark_entry
from btcli.exchange.phases.bracket import note_part
from btcli.exchange.phases.entering import accepts_stop
from btcli.exchange.phases.position import increase_position, reduce_position


@compiled
def fillable(sym: Symbol, order: Record, prices: Record) -> float:
    """How much of an order this bar's volume lets through."""
    share = sym.inst["max_participation"]
    if share <= 0.0:
        return order["qty"]
    left = max(share * prices["volume"] - sym.position["volume_used"], 0.0)
    return min(order["qty"], round_down(left, sym.inst["step_k"], sym.inst["step_den"]))


@compiled
def fill_as_taker(book: Record, order: Record, reference: float, slippage: float, prices: Record, flags: int) -> bool:
    """Fill an order at market, slipped from a reference price; returns whether it opened or added to a position.

    What the bar's volume does not let through is cancelled.
    """
    sym = symbol_of(book, order["symbol"])
    if sym.terms["cancels_on_zero_volume"] and prices["volume"] <= 0.0:
        cancel(book, order, BAR_HAS_ZERO_VOLUME)
        return False
    if is_stale_close(sym, order):
        cancel(book, order, POSITION_IS_CLOSED)
        return False
    qty = fillable(sym, order, prices)
    if order["time_in_force"] == FOK and qty < order["qty"]:
        cancel(book, order, FOK_UNFILLED)
        return False
    if qty <= 0.0:
        cancel(book, order, OVER_PARTICIPATION)
        return False
    filling = min(qty, sym.position["qty"]) if order["reduce_only"] else qty
    impact = impact_of(filling, prices, sym.inst)
    price = slipped(reference, order["side"], slippage + impact, sym.inst)
    cap = CAP_PARTICIPATION if qty < order["qty"] else NO_CAP
    fee = sym.inst["taker_fee_rate"]
    fill = Fill(order["side"], qty, price, reference, impact, fee, order["order_id"], order["type"], 0, cap, flags)
    opened = apply_fill(book, order, fill, prices, True)
    if qty < order["qty"] and order["order_id"] != DONE:
        order["qty"] = on_step(order["qty"] - qty, sym.inst["step_k"], sym.inst["step_den"])
        cancel(book, order, OVER_PARTICIPATION)
    finish(order)
    return opened


@compiled
def fill_at_limit(book: Record, order: Record, price: float, prices: Record, is_maker: bool, flags: int) -> bool:
    """Fill an accepted limit order, at its limit as maker or at the price of the moment as taker.

    What the bar's volume does not let through keeps resting. Returns whether it opened or added to a position.
    """
    sym = symbol_of(book, order["symbol"])
    if is_stale_close(sym, order):
        cancel(book, order, stale_code(order))
        return False
    wanted = order["qty"]
    qty = fillable(sym, order, prices)
    if qty <= 0.0:
        return False
    fee = sym.inst["maker_fee_rate"] if is_maker else sym.inst["taker_fee_rate"]
    all_flags = flags | FLAG_MAKER if is_maker else flags
    cap = CAP_PARTICIPATION if qty < wanted else NO_CAP
    fill = Fill(order["side"], qty, price, price, 0.0, fee, order["order_id"], order["type"], 0, cap, all_flags)
    # one that arrived against a position was not tested then: what it opens is tested now
    is_untested = order["reserved_usdt"] <= 0.0
    order["reserved_usdt"] = order["reserved_usdt"] * ((wanted - qty) / wanted)
    opened = apply_fill(book, order, fill, prices, is_untested)
    order["qty"] = on_step(wanted - qty, sym.inst["step_k"], sym.inst["step_den"])
    if order["qty"] <= 0.0:
        finish(order)
    return opened


@compiled
def is_stale_close(sym: Symbol, order: Record) -> bool:
    """Whether the trade that an order reduces or adds to has ended: a later one is not its to change."""
    position, is_of_trade = sym.position, order["reduce_only"] == 1 or order["trade_id"] != 0
    return is_of_trade and (position["side"] == 0 or position["trade_id"] != order["trade_id"])


@compiled
def stale_code(order: Record) -> int:
    """Why an order whose trade has ended is cancelled where it waits at a price."""
    return NOTHING_TO_REDUCE if order["reduce_only"] else POSITION_IS_CLOSED


@compiled
def apply_fill(book: Record, order: Record, fill: Fill, prices: Record, is_tested: bool) -> bool:
    """Reduce what is held on the other side, then open or add with the rest; tested first unless it already was."""
    sym = symbol_of(book, order["symbol"])
    rest = fill.qty
    if sym.position["side"] == -fill.side:
        rest = _reduce(book, sym, order, fill, prices)
    return rest > 0.0 and _increase(book, sym, order, fill, rest, prices, is_tested)


@compiled
def _reduce(book: Record, sym: Symbol, order: Record, fill: Fill, prices: Record) -> float:
    """Let a fill reduce what is held on the other side; returns what is left over to open with."""
    position = sym.position
    part = min(fill.qty, position["qty"])
    reason = order["exit_reason"] if order["exit_reason"] else EXIT_SIGNAL
    flags = fill.flags | closing_flags(book, sym, order, prices)
    if order["part"] > 0:
        note_part(position, order["part"] - 1, part)
    reduce_position(book, sym, _with(fill, part, reason, fill.capped_by, flags))
    position["volume_used"] = position["volume_used"] + part
    if order["reduce_only"]:
        return 0.0
    return on_step(fill.qty - part, sym.inst["step_k"], sym.inst["step_den"])


@compiled
def _increase(
    book: Record, sym: Symbol, order: Record, fill: Fill, qty: float, prices: Record, is_tested: bool
) -> bool:
    """Open a position or add to it, if the gates let it; returns whether they did."""
    position, cap = sym.position, fill.capped_by
    if position["side"] == 0 and is_full(book):
        reject(book, order, TOO_MANY_POSITIONS, 1.0 * count_open(book), 1.0 * sym.terms["max_open_positions"], NO_CAP)
        return False
    if is_tested:
        verdict = judge_entry(book, sym, order, qty, fill.price, False, not is_limit(order))
        if verdict.code != NO_CODE:
            reject(book, order, verdict.code, verdict.have, verdict.need, verdict.capped_by)
            return False
        qty = verdict.qty
        cap = verdict.capped_by if verdict.capped_by else cap
        if not accepts_stop(book, sym, order, fill.price, qty):
            return False
    increase_position(book, sym, order, _with(fill, qty, 0, cap, fill.flags))
    position["volume_used"] = position["volume_used"] + qty
    mark_entry(book, sym, prices)
    return True


@compiled
def is_full(book: Record) -> bool:
    """Whether no further symbol may open a position."""
    most = book["terms"]["max_open_positions"]
    return most > 0 and count_open(book) >= most


@compiled
def _with(fill: Fill, qty: float, reason: int, cap: int, flags: int) -> Fill:
    return Fill(
        fill.side,
        qty,
        fill.price,
        fill.reference,
        fill.impact,
        fill.fee_rate,
        fill.order_id,
        fill.order_type,
        reason,
        cap,
        flags,
    )


@compiled
def taker_price(order: Record, value: float, inst: Record) -> float:
    """What a limit that is marketable on arrival pays: the price of the moment, on the tick, never past the limit."""
    price = round_against(value, order["side"], inst["tick_k"], inst["tick_den"])
    return min(price, order["price"]) if order["side"] > 0 else max(price, order["price"])
