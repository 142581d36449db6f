"""What a stretch of steps has led to, for who runs them without being asked."""

from __future__ import annotations

from typing import NamedTuple

from btcli.exchange.face.events import Event, Trade


class StepResult(NamedTuple):
    """The close of the last step that was run, and what happened since the call before."""

    ts_close: int
    mark_price: float
    mark_price_source: str
    events: list[Event]
    closed_trades: list[Trade]

    @property
    def fills(self) -> list[Event]:
        """The fills among the events."""
        return [event for event in self.events if event.name == "order_filled"]

    @property
    def funding(self) -> list[Event]:
        """The settlements among the events."""
        return [event for event in self.events if event.name == "funding_settled"]

    @property
    def liquidations(self) -> list[Event]:
        """The liquidations among the events."""
        return [event for event in self.events if event.name == "liquidated"]
