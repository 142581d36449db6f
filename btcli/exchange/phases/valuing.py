"""What a position and an account are worth now, written into their records."""

from __future__ import annotations

from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import (
    liquidation_price_of,
    maintenance_held,
    reserved,
    symbol_of,
    unrealized,
    unrealized_at,
    used_margin,
)
from btcli.exchange.formulas.cross import mark_now
from btcli.exchange.machine.compiled import compiled


@compiled
def refresh_liquidation_price(sym: Symbol) -> None:
    """Compute LP anew after the position or its margin changed; a cross position has none of its own."""
    position = sym.position
    if sym.terms["is_cross"] == 0:
        position["liquidation_price"] = liquidation_price_of(
            sym, position["side"], position["entry_price"], position["qty"], position["extra_margin_usdt"]
        )


@compiled
def note_excursion(position: Record, price: float) -> None:
    """Keep the largest unrealised loss and profit of the trade, and between which prices it was held."""
    profit = unrealized_at(position, price)
    position["highest"] = max(position["highest"], price)
    position["lowest"] = min(position["lowest"], price)
    position["mfe_usdt"] = max(position["mfe_usdt"], profit)
    position["mae_usdt"] = max(position["mae_usdt"], -profit)


@compiled
def revalue(book: Record) -> None:
    """Mark the account at the last marks: unrealised, equity, margins."""
    account = book["account"]
    maintenance = 0.0
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            maintenance += maintenance_held(symbol_of(book, s), book["positions"][s]["mark"])
    account["maintenance_usdt"] = maintenance
    account["unrealized_usdt"] = unrealized(book)
    account["equity_usdt"] = account["cash_usdt"] + account["unrealized_usdt"]
    account["used_usdt"] = used_margin(book)
    account["reserved_usdt"] = reserved(book)


@compiled
def mark_to(book: Record, leg: int, t: float) -> None:
    """Mark every position at this moment of the step: a cross account may spend what it would be worth now."""
    for s in range(book["n_symbols"]):
        book["positions"][s]["mark"] = mark_now(book, s, leg, t)
