"""Which rules of a system led to something in a run, heard from its signals; those that did not were never tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.config.rules import SIDES
from btcli.exchange.book import codes
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.market.series import Floats, Millis
from btcli.simulation.parts import Prepared

HEARD_KEYS: tuple[Literal["enter", "exit"], ...] = ("enter", "exit")
SIDE_OF = {name: side for side, name in codes.SIDE_NAMES.items()}


class Fired(NamedTuple):
    """A condition of one symbol that led to a signal."""

    symbol: str
    side: str
    key: str


class RulesHeard:
    """A sink that notes which entries and exits the rules wished; an exit is one of the side that was held."""

    def __init__(self) -> None:
        self.fired: set[Fired] = set()
        self._held: dict[str, int] = {}  # by symbol, the side of its last position

    def events(self, events: Sequence[Event]) -> None:
        if isinstance(events, Told):
            self._hear_columns(events)
            return
        for event in events:
            if event.name == "position_opened":
                self._held[str(event.symbol)] = SIDE_OF[event.fields["side"]]
            elif event.name == "signal":
                self._note(str(event.symbol), SIDE_OF[event.fields["direction"]])

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades do not say what ended them in so many words."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""

    def _hear_columns(self, told: Told) -> None:
        opened, signalled = told.where(codes.POSITION_OPENED), told.where(codes.SIGNALLED)
        symbols, sides = told.records["symbol"], told.records["side"]
        directions = told.wishes["direction"][told.records["order_id"][signalled]]
        for place in np.unique(symbols[np.concatenate([opened, signalled])]).tolist():
            name, openings = told.symbols[place], opened[symbols[opened] == place]
            mine = symbols[signalled] == place
            for direction in np.unique(directions[mine & (directions != codes.FLAT)]).tolist():
                self._note(name, direction)
            for held in self._held_at(signalled[mine & (directions == codes.FLAT)], openings, sides, name):
                self._held[name] = held
                self._note(name, codes.FLAT)
            if len(openings):
                self._held[name] = int(sides[openings[-1]])

    def _held_at(
        self, places: NDArray[np.int64], openings: NDArray[np.int64], sides: NDArray[np.int64], name: str
    ) -> list[int]:
        """The sides that were held at some of these places: that of the last opening before each."""
        before = np.searchsorted(openings, places)
        known = {int(side) for side in np.unique(sides[openings[before[before > 0] - 1]])}
        return sorted(known | ({self._held[name]} if (before == 0).any() and name in self._held else set()))

    def _note(self, symbol: str, direction: int) -> None:
        key = "exit" if direction == codes.FLAT else "enter"
        side = self._held.get(symbol) if direction == codes.FLAT else direction
        if side is not None:
            self.fired.add(Fired(symbol, codes.SIDE_NAMES[side], key))


def silent_rules(parts: Prepared, fired: set[Fired]) -> Iterator[str]:
    """The keys in the system file of conditions that led to nothing for any symbol.

    An exit is asked while its side is held: where that was never entered, only the entry is named.
    """
    rules = parts.system.strategy.rules
    if rules is None:
        return
    ruled = {symbol for symbol in parts.system.symbols if parts.system.strategy_of(symbol).rules is not None}
    led = {(each.side, each.key) for each in fired if each.symbol in ruled}
    asked: dict[str, bool] = {}
    for side in SIDES:
        for key in HEARD_KEYS:
            place = rules.place(side, key)
            if place is not None and (key == "enter" or (side, "enter") in led):
                name = ".".join(("strategy.rules", *map(str, place)))
                asked[name] = asked.get(name, False) or (side, key) in led
    yield from (name for name, has_led in asked.items() if not has_led)
