"""What was told and not yet handed on, in the order of time."""

from __future__ import annotations

from typing import Any

from btcli.exchange.face.events import Event
from btcli.exchange.face.simulated import SimulatedExchange


class Journal:
    """The events of an exchange with the engine's own between them.

    Whoever tells something holds this and not the run: an exchange that hung in a circle would stay in memory with
    its 40 MB until the collector looks, which in a large process is after hundreds of runs.
    """

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._told: list[Event] = []

    def tell(self, ts: int, name: str, fields: dict[str, Any], symbol: str | None = None) -> None:
        """An event of the engine's own, after everything the exchange has told so far."""
        self.take_in()
        self._told.append(Event(ts, name, symbol, fields))

    def take_in(self) -> None:
        """What the exchange has told so far."""
        self._told += self._exchange.drain_events()

    def emptied(self) -> list[Event]:
        """Everything, the exchange's last events too; from now on it is empty."""
        self.take_in()
        told, self._told = self._told, []
        return told
