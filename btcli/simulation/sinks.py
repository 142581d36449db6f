"""Telling what a run tells to more than one."""

from __future__ import annotations

from collections.abc import Sequence

from btcli.engine.sink import EventSink
from btcli.exchange.face.events import Event, Trade
from btcli.market.series import Floats, Millis


class Both:
    """A sink that tells two others."""

    def __init__(self, one: EventSink, other: EventSink) -> None:
        self._sinks = (one, other)

    def events(self, events: Sequence[Event]) -> None:
        for sink in self._sinks:
            sink.events(events)

    def trades(self, trades: Sequence[Trade]) -> None:
        for sink in self._sinks:
            sink.trades(trades)

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        for sink in self._sinks:
            sink.equity(ts_close, rows)
