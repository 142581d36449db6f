"""When what is decided at a close reaches the exchange: at the next open, or `delay_bars` later."""

from __future__ import annotations

from btcli.exchange.book.records import Record
from btcli.exchange.machine.compiled import compiled


@compiled
def arrival(book: Record) -> int:
    """The step at whose open a decision of this moment reaches the exchange.

    >>> arrival({"account": {"step": 7}, "terms": {"delay_bars": 2}})
    10
    """
    return book["account"]["step"] + 1 + book["terms"]["delay_bars"]


@compiled
def arrives_ms(book: Record) -> int:
    """When a decision of this moment reaches the exchange, milliseconds UTC: at this close, or so many bars later.

    >>> arrives_ms({"account": {"ts_open": 60_000, "ts_close": 120_000}, "terms": {"delay_bars": 2}})
    240000
    """
    account = book["account"]
    bar_ms = account["ts_close"] - account["ts_open"]
    return account["ts_close"] + book["terms"]["delay_bars"] * bar_ms
