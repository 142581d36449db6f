"""Orders that somebody takes back: the cancellation travels as long as an order does."""

from __future__ import annotations

from btcli.exchange.book.codes import MARKET
from btcli.exchange.book.records import BOOK, Record
from btcli.exchange.formulas.arriving import arrival
from btcli.exchange.formulas.choosing import BOTH_SIDES, NO_ENTRY
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import record_at


@entry
def cancel_orders(book_at: int, s: int) -> int:
    """Ask for every order of a symbol to be taken back."""
    cancel_of(record_at(book_at, BOOK), s)
    return 0


@compiled
def cancel_of(book: Record, s: int) -> None:
    """Ask for every order of a symbol to be taken back; the cancellation travels as long as an order does."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if order["symbol"] == s and order["cancelled_at"] == 0:
            order["cancelled_at"] = arrival(book)


@compiled
def take_back(book: Record, s: int, withdraws: int) -> None:
    """Ask for a symbol's waiting entries of a side to be taken back, of both (BOTH_SIDES), or for all its orders."""
    if withdraws == NO_ENTRY:
        cancel_of(book, s)
        return
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if waits_to_enter(order, s) and withdraws in (order["side"], BOTH_SIDES):
            order["cancelled_at"] = arrival(book)


@compiled
def waits_to_enter(order: Record, s: int) -> bool:
    """Whether an order of a symbol waits at a price of its own, and nobody has taken it back yet.

    It enters, or closes what stands in the way of an entry of its side: rules leave at the market alone.
    """
    return bool(order["symbol"] == s and order["type"] != MARKET and order["cancelled_at"] == 0)
