"""Which rules of a system led to something in a run, heard from its signals; those that did not were never tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.config.findings import key_of
from btcli.config.model import System
from btcli.config.rules import SIDES, Side
from btcli.exchange.book import codes
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.market.ordered import distinct
from btcli.market.series import Floats, Millis

Key = Literal["enter", "exit"]
HEARD_KEYS: tuple[Key, ...] = ("enter", "exit")
SIDE_OF = {name: side for side, name in codes.SIDE_NAMES.items()}


class Fired(NamedTuple):
    """A condition of one symbol that led to a signal."""

    symbol: str
    side: Side
    key: Key


class RulesHeard:
    """A sink that notes which entries and exits the rules wished; an exit is one of the side that was held.

    Once all that is `awaited` has led to something, it listens no more.
    """

    def __init__(self, awaited: Iterable[Fired]) -> None:
        self.fired: set[Fired] = set()
        self._awaited = frozenset(awaited)
        self._held: dict[str, int] = {}  # by symbol, the side of its last position

    def events(self, events: Sequence[Event]) -> None:
        if self._awaited <= self.fired:
            return
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
        for place in distinct(symbols[np.concatenate([opened, signalled])]).tolist():
            name, openings = told.symbols[place], opened[symbols[opened] == place]
            mine = symbols[signalled] == place
            for direction in distinct(directions[mine & (directions != codes.FLAT)]).tolist():
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
        known = {int(side) for side in distinct(sides[openings[before[before > 0] - 1]])}
        return sorted(known | ({self._held[name]} if (before == 0).any() and name in self._held else set()))

    def _note(self, symbol: str, direction: int) -> None:
        key: Key = "exit" if direction == codes.FLAT else "enter"
        side = self._held.get(symbol) if direction == codes.FLAT else direction
        if side is not None:
            self.fired.add(Fired(symbol, "long" if side == codes.LONG else "short", key))


def awaited_of(system: System) -> Iterator[Fired]:
    """What of the rules could lead to something, for each symbol that they decide for."""
    for symbol in system.symbols:
        rules = system.strategy_of(symbol).rules
        if rules is not None:
            yield from (Fired(symbol, side, key) for side in SIDES for key in HEARD_KEYS if rules.place(side, key))


def silent_rules(system: System, fired: set[Fired]) -> Iterator[str]:
    """The keys in the system file of conditions that led to nothing for any symbol.

    An exit is asked while its side is held: where that was never entered, only the entry is named.
    """
    has_led: dict[str, bool] = {}
    for each in awaited_of(system):
        rules = system.strategy_of(each.symbol).rules
        place = rules and rules.place(each.side, each.key)
        if place and (each.key == "enter" or each._replace(key="enter") in fired):
            name = key_of((*system.rules_path(each.symbol), *place))
            has_led[name] = has_led.get(name, False) or each in fired
    yield from (name for name, has in has_led.items() if not has)
