"""The price model: the prices of a step, made once for every symbol. Nothing else in the exchange makes a price."""

from __future__ import annotations

from btcli.exchange.book.records import C, Floats, H, L, O, Presence, Record, V
from btcli.exchange.machine.compiled import compiled


@compiled
def quote(book: Record, last: Floats, mark: Floats, has_bar: Presence, i: int) -> None:
    """The price model: the prices of every symbol at step i. Without a bar the old ones stay.

    The mark bar is the last-price bar when the run has no mark series.
    """
    for s in range(book["n_symbols"]):
        prices = book["prices"][s]
        prices["has_bar"] = has_bar[s, i]
        if has_bar[s, i] == 0:
            continue
        prices["open"] = last[s, i, O]
        prices["high"] = last[s, i, H]
        prices["low"] = last[s, i, L]
        prices["close"] = last[s, i, C]
        prices["volume"] = last[s, i, V]
        prices["mark_open"] = mark[s, i, O]
        prices["mark_high"] = mark[s, i, H]
        prices["mark_low"] = mark[s, i, L]
        prices["mark_close"] = mark[s, i, C]
