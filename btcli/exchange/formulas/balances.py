"""Balances and margins derived from cash and positions."""

from __future__ import annotations

from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.margin import (
    fee_to_close_of,
    liquidation_by_entry,
    liquidation_of,
    maintenance_of,
    margin_at_mark,
    position_margin,
    profit_of,
    takeover_price,
)
from btcli.exchange.machine.compiled import compiled, inlined


@inlined
def symbol_of(book: Record, s: int) -> Symbol:
    """Everything about one symbol."""
    return Symbol(book["positions"][s], book["instruments"][s], book["terms"])


@compiled
def valued_at(sym: Symbol, mark: float) -> float:
    """The price at which a position is valued for its maintenance margin and tier: the mark, or once its entry."""
    return sym.position["entry_price"] if sym.terms["maintains_by_entry"] else mark


@compiled
def margin_held(sym: Symbol) -> float:
    """PM of an isolated position; its value / L + FTC of a cross one; 0 when flat.

    Source: Bybit help, Liquidation Price Calculation under Isolated Mode.
    In cross the value at the mark counts, 41,000 / 50.

    >>> position = {"side": 1, "entry_price": 40_000.0, "qty": 1.0, "extra_margin_usdt": 0.0, "mark": 41_000.0}
    >>> inst = {"leverage": 50.0, "close_fee_rate": 0.00055}
    >>> terms = [{"is_cross": cross, "maintains_by_entry": 0} for cross in (0, 1)]
    >>> [round(margin_held(Symbol(position, inst, each)), 8) for each in terms]
    [821.56, 841.56]
    """
    return margin_held_at(sym, sym.position["mark"])


@compiled
def margin_held_at(sym: Symbol, mark: float) -> float:
    """What `margin_held` would be at a mark."""
    position, inst = sym.position, sym.inst
    if position["side"] == 0:
        return 0.0
    side, entry, qty = position["side"], position["entry_price"], position["qty"]
    leverage, close_fee = inst["leverage"], inst["close_fee_rate"]
    if sym.terms["is_cross"]:
        value = valued_at(sym, mark) * qty
        return value / leverage + fee_to_close_of(side, entry, qty, leverage, close_fee)
    return position_margin(side, entry, qty, leverage, position["extra_margin_usdt"], close_fee)


@compiled
def takeover_of(position: Record, inst: Record) -> float:
    """B of an open position."""
    return takeover_price(
        position["side"],
        position["entry_price"],
        inst["leverage"],
        position["extra_margin_usdt"],
        position["qty"],
        inst["close_fee_rate"],
    )


@compiled
def liquidation_price_of(sym: Symbol, side: int, entry: float, qty: float, extra: float) -> float:
    """LP of a position of this symbol, by the formula of this step; 0: none."""
    leverage, close_fee, tiers = sym.inst["leverage"], sym.inst["close_fee_rate"], sym.inst["tiers"]
    if sym.terms["maintains_by_entry"]:
        return liquidation_by_entry(side, entry, qty, leverage, extra, close_fee, tiers)
    return liquidation_of(side, entry, qty, leverage, extra, close_fee, tiers)


@compiled
def margin_left_at(sym: Symbol, mark: float) -> float:
    """What is left of the margin of an isolated position at a mark."""
    position = sym.position
    return margin_at_mark(
        position["side"],
        position["entry_price"],
        position["qty"],
        sym.inst["leverage"],
        position["extra_margin_usdt"],
        sym.inst["close_fee_rate"],
        mark,
    )


@compiled
def is_liquidated_at(sym: Symbol, mark: float) -> bool:
    """The liquidation condition of a position at a mark."""
    return margin_left_at(sym, mark) <= maintenance_of(valued_at(sym, mark), sym.position["qty"], sym.inst["tiers"])


@compiled
def is_flat(book: Record) -> bool:
    """Whether no symbol has a position."""
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            return False
    return True


@compiled
def count_open(book: Record) -> int:
    """How many symbols have a position."""
    count = 0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            count += 1
    return count


@compiled
def free_of(cash: float, equity: float, used: float, reserved: float, terms: Record) -> float:
    """The free margin of an account that was marked."""
    balance = equity if terms["is_cross"] else cash
    return balance - used - reserved


@compiled
def drawdown_pct(account: Record) -> float:
    """How far equity lies below its peak, in percent of it.

    >>> drawdown_pct({"peak_equity_usdt": 8000.0, "equity_usdt": 7000.0})
    12.5
    """
    return (account["peak_equity_usdt"] - account["equity_usdt"]) / account["peak_equity_usdt"] * 100.0


@compiled
def used_margin(book: Record) -> float:
    """The sum of the margins of the positions, in the order of the symbols."""
    used = 0.0
    for s in range(book["n_symbols"]):
        used += margin_held(symbol_of(book, s))
    return used


@compiled
def unrealized(book: Record) -> float:
    """The sum of s * Q * (mark - E) at the last marks, in the order of the symbols."""
    total = 0.0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            total += unrealized_at(book["positions"][s], book["positions"][s]["mark"])
    return total


@compiled
def reserved(book: Record) -> float:
    """The order cost of the resting limit entries, in the order of their ids."""
    total = 0.0
    for n in range(book["account"]["n_orders"]):
        total += book["orders"][n]["reserved_usdt"]
    return total


@compiled
def taken_back(book: Record) -> float:
    """The part of the reserves whose orders the strategy has taken back: free again before its next order arrives."""
    total = 0.0
    for n in range(book["account"]["n_orders"]):
        if book["orders"][n]["cancelled_at"] > 0:
            total += book["orders"][n]["reserved_usdt"]
    return total


@compiled
def free_margin(book: Record) -> float:
    """Isolated: cash less margins and reserves, unrealised profit cannot be spent. Cross: equity less the same."""
    account = book["account"]
    balance = account["cash_usdt"]
    if book["terms"]["is_cross"]:
        balance = balance + unrealized(book)
    return balance - used_margin(book) - reserved(book)


@compiled
def available_balance(book: Record) -> float:
    """What new orders may use."""
    return max(0.0, free_margin(book))


@compiled
def maintenance_held(sym: Symbol, mark: float) -> float:
    """MM of an open position, with the fee to close."""
    return maintenance_of(valued_at(sym, mark), sym.position["qty"], sym.inst["tiers"]) + fee_to_close_held(sym)


@compiled
def fee_to_close_held(sym: Symbol) -> float:
    """FTC of an open position."""
    position, inst = sym.position, sym.inst
    return fee_to_close_of(
        position["side"], position["entry_price"], position["qty"], inst["leverage"], inst["close_fee_rate"]
    )


@compiled
def is_after_gap(position: Record, ts_open: int) -> bool:
    """Whether this bar's open is not the close of the symbol's bar before it.

    Source: rulebook section 3, B3. The symbol's first bar follows no hole.

    >>> [is_after_gap({"closed_at": closed_at}, 600_000) for closed_at in (600_000, 300_000, 0)]
    [False, True, False]
    """
    closed_at = position["closed_at"]
    return closed_at != 0 and closed_at != ts_open


@compiled
def unrealized_at(position: Record, price: float) -> float:
    """s * Q * (price - E).

    Source: rulebook section 2.

    >>> unrealized_at({"side": -1, "qty": 0.2, "entry_price": 7500.0}, 7000.0)
    100.0
    """
    return profit_of(position["side"], position["qty"], position["entry_price"], price)
