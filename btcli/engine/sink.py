"""Where a run tells what happens, while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from btcli.exchange.face.events import Event, Trade
from btcli.market.series import Floats, Millis


class EventSink(Protocol):
    """Takes what a run tells, in the order of time and in pieces of bounded size."""

    def events(self, events: Sequence[Event]) -> None:
        """Events, ascending in `ts`."""

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades in the order in which they ended."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """One row a step: ts_close int64[k], rows float64[k, len(EQUITY_COLUMNS)]."""
