"""Settlements of funding: what a position pays or receives, and out of what (rulebook section 3, A1)."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAG_MARK_FALLBACK, FLAG_OPENED_AT_SETTLEMENT, FUNDING_SETTLED, OPEN
from btcli.exchange.book.ledger import book_funding, emit
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.balances import available_balance, symbol_of
from btcli.exchange.formulas.margin import funding_of
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.valuing import refresh_liquidation_price


@compiled
def settle(book: Record, s: int, qty: float, funding_ts: int, rate: float, mark: float, flags: int) -> None:
    """Settle a quantity of a position: from the balance first, or where the venue has it so from the margin alone."""
    sym = symbol_of(book, s)
    position = sym.position
    payment = funding_of(position["side"], qty, mark, rate)
    available = available_balance(book)
    event = book["events"][emit(book, FUNDING_SETTLED, s)]
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = qty
    event["mark_price"] = mark
    event["rate"] = rate
    event["funding_ts"] = funding_ts
    event["flags"] = flags
    book_funding(book["account"], event, position, payment)
    if sym.terms["is_cross"] == 0:
        if sym.inst["funding_from_margin"]:
            charge_margin(sym, payment)
        elif payment > available:
            charge_margin(sym, payment - available)
    event["liquidation_price"] = position["liquidation_price"]


@compiled
def charge_margin(sym: Symbol, amount: float) -> None:
    """Take an amount out of the position's margin (X -= amount; negative adds); moves LP."""
    position = sym.position
    position["extra_margin_usdt"] = position["extra_margin_usdt"] - amount
    refresh_liquidation_price(sym)


@compiled
def note_settlement(position: Record, funding_ts: int, rate: float, mark: float) -> None:
    """Keep a settlement at a step's open for the fills that open there; a mark of 0 is not known."""
    position["settled_ts"] = funding_ts
    position["settled_rate"] = rate
    position["settled_mark"] = mark


@compiled
def settle_at_entry(book: Record, s: int, qty: float) -> None:
    """Where the venue has it so, what a fill at an open opened settles with the settlement of that very moment."""
    account, position = book["account"], book["positions"][s]
    if book["instruments"][s]["funding_at_entry"] == 0 or account["phase"] != OPEN:
        return
    funding_ts, mark, flags = position["settled_ts"], position["settled_mark"], FLAG_OPENED_AT_SETTLEMENT
    if funding_ts == 0 or funding_ts != account["ts_open"]:
        return
    if mark <= 0.0:
        mark, flags = book["prices"][s]["mark_open"], flags | FLAG_MARK_FALLBACK
    settle(book, s, qty, funding_ts, position["settled_rate"], mark, flags)
