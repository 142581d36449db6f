"""When the end of a trade hangs on an order of events that its bar does not show (rulebook section 3, C)."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAG_AMBIGUOUS, NO_FLAGS, PATH
from btcli.exchange.book.orders import is_due
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import symbol_of
from btcli.exchange.formulas.brackets import is_adjusted
from btcli.exchange.formulas.cross import can_cross_fail, margin_left
from btcli.exchange.formulas.matching import (
    EXITS,
    LIQUIDATION,
    STOP,
    TARGET,
    has_exit_in_bar,
    is_in_bar,
    is_order_in_bar,
    order_falls,
)
from btcli.exchange.machine.compiled import compiled

LAST_LEG = 2
BY_BRACKET = 0  # in place of the id of the order that ends a trade


@compiled
def may_be_liquidated(book: Record, sym: Symbol, prices: Record) -> bool:
    """Whether this bar could liquidate a position: its own LP lies in the bar, or the account could fail in it."""
    if sym.terms["is_cross"]:
        return can_cross_fail(book)
    return is_in_bar(sym, LIQUIDATION, prices)


@compiled
def _has_target_in_bar(sym: Symbol, prices: Record) -> bool:
    for kind in range(TARGET, EXITS):
        if is_in_bar(sym, kind, prices):
            return True
    return False


@compiled
def _has_closing_order_in_bar(book: Record, sym: Symbol, prices: Record, own_id: int) -> bool:
    """Whether an order against the position lies in the bar; beside an order, one that acts the other way."""
    position = sym.position
    own_falls = False
    for n in range(book["account"]["n_orders"]):
        if book["orders"][n]["order_id"] == own_id:
            own_falls = order_falls(book["orders"][n])
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if order["symbol"] != position["symbol"] or order["side"] != -position["side"] or order["order_id"] == own_id:
            continue
        if is_due(book, order) and is_order_in_bar(order, sym, prices):
            if own_id == BY_BRACKET or order_falls(order) != own_falls:
                return True
    return False


@compiled
def has_certain_order(sym: Symbol) -> bool:
    """Whether stop and liquidation price are met in a known order: the stop was put before it, in the same prices."""
    return sym.terms["is_cross"] == 0 and sym.terms["has_one_series"] == 1 and is_adjusted(sym.position)


@compiled
def exit_flags(book: Record, sym: Symbol, kind: int, prices: Record) -> int:
    """FLAG_AMBIGUOUS for an exit of the bracket, or a liquidation, in the path of a bar that held another end."""
    if book["account"]["phase"] != PATH:
        return NO_FLAGS
    hangs = _has_closing_order_in_bar(book, sym, prices, BY_BRACKET)
    is_certain = kind < TARGET and has_certain_order(sym)
    hangs = hangs or (kind != STOP and not is_certain and is_in_bar(sym, STOP, prices))
    hangs = hangs or (kind != LIQUIDATION and not is_certain and may_be_liquidated(book, sym, prices))
    hangs = hangs or (kind < TARGET and _has_target_in_bar(sym, prices))
    return FLAG_AMBIGUOUS if hangs else NO_FLAGS


@compiled
def closing_flags(book: Record, sym: Symbol, order: Record, prices: Record) -> int:
    """FLAG_AMBIGUOUS for an order that reduces on the path of a bar that held another end of the trade."""
    if book["account"]["phase"] != PATH:
        return NO_FLAGS
    hangs = has_exit_in_bar(sym, prices) or may_be_liquidated(book, sym, prices)
    hangs = hangs or _has_closing_order_in_bar(book, sym, prices, order["order_id"])
    return FLAG_AMBIGUOUS if hangs else NO_FLAGS


@compiled
def mark_entry(book: Record, sym: Symbol, prices: Record) -> None:
    """Mark a trade that was entered, or added to, on the path of a bar that holds one of its ends."""
    if book["account"]["phase"] == PATH:
        if has_exit_in_bar(sym, prices) or may_be_liquidated(book, sym, prices):
            sym.position["is_ambiguous"] = 1


@compiled
def mark_triggered(sym: Symbol, order: Record, prices: Record) -> None:
    """Mark the trade that a stop-limit would close when its trigger and its limit lie in one bar."""
    if order["side"] == -sym.position["side"] and is_order_in_bar(order, sym, prices):
        sym.position["is_ambiguous"] = 1


@compiled
def mark_hanging(book: Record) -> None:
    """Mark the trades of an account whose end in this bar hangs on how the bars of several symbols ran together.

    It does when the account could fail in the bar, unless it fails at the closes anyway and nothing ends before.
    """
    moving, has_exit = 0, False
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0 and book["prices"][s]["has_bar"]:
            moving += 1
            has_exit = has_exit or has_exit_in_bar(symbol_of(book, s), book["prices"][s])
    if moving < 2 or not can_cross_fail(book) or (margin_left(book, LAST_LEG, 1.0) <= 0.0 and not has_exit):
        return
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            book["positions"][s]["is_ambiguous"] = 1
