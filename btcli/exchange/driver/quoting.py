"""The price model: the prices of a step, made once for every symbol. Nothing else in the exchange makes a price."""

from __future__ import annotations

from btcli.exchange.book.records import C, H, L, O, Record, V
from btcli.exchange.book.tape import last_of, mark_of, presence_of
from btcli.exchange.machine.compiled import compiled


@compiled
def quote(book: Record, tape: Record, i: int) -> None:
    """The price model: the prices of every symbol at step i. Without a bar the old ones stay.

    The mark bar is the last-price bar when the run has no mark series.
    """
    for s in range(book["n_symbols"]):
        prices = book["prices"][s]
        prices["has_bar"] = presence_of(tape, s)[i]
        if prices["has_bar"] == 0:
            continue
        prices["open"] = last_of(tape, s, O)[i]
        prices["high"] = last_of(tape, s, H)[i]
        prices["low"] = last_of(tape, s, L)[i]
        prices["close"] = last_of(tape, s, C)[i]
        prices["volume"] = last_of(tape, s, V)[i]
        prices["mark_open"] = mark_of(tape, s, O)[i]
        prices["mark_high"] = mark_of(tape, s, H)[i]
        prices["mark_low"] = mark_of(tape, s, L)[i]
        prices["mark_close"] = mark_of(tape, s, C)[i]
