"""One symbol's part in a run: what its strategy is shown, and its answers handed to the exchange."""

from __future__ import annotations

from btcli.engine.asked import Asked
from btcli.engine.asking import ask
from btcli.engine.looking import Look, Looks
from btcli.engine.said import Said
from btcli.engine.snapshots import SnapshotBuilder
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal


class Trader:
    """Decides for one symbol, by its index at the exchange, whenever that asks.

    `said` is used and filled where the strategy decides by the market alone; `asked` notes every question, and
    `looks` keeps some of what there was to see for a strategy that claims something of itself, at most `most_looks`
    of a kind.
    """

    def __init__(
        self,
        index: int,
        exchange: SimulatedExchange,
        builder: SnapshotBuilder,
        strategy: Strategy,
        *,
        rests: bool,
        said: Said | None,
        asked: Asked | None,
        most_looks: int,
    ) -> None:
        self.symbol = exchange.symbols[index]
        self.builder = builder
        self._index, self._exchange, self._strategy = index, exchange, strategy
        self._said = said if strategy.decides_by_market else None
        self._asked, self.looks = asked, Looks(strategy, rests, most_looks)
        self._keeps_looks = self.looks.keeps
        self._ts_close = builder.ts_close
        if rests:
            exchange.deciders.rest(index)
            exchange.deciders.look_from(index, self.looks.passed.due)

    def decide(self, step: int, seen: bytes) -> Signal | None:
        """What the strategy says, asked unless its answer is known; `seen` is what the exchange wrote down for it."""
        said = self._said
        if said is not None and said.is_known[step]:
            return said.signals.get(step)
        snapshot = self.builder.build(step, seen)
        signal = ask(self._strategy, snapshot)
        if self._asked is not None:
            self._asked.note(self._index, self._ts_close[step], seen, signal)
        if self._keeps_looks:
            self.looks.asked(snapshot, signal)
        if said is not None:
            said.note(step, signal)
        return signal

    def look(self, step: int, seen: bytes) -> None:
        """Keep what its strategy could see at a close that it is passed over at; nobody is asked."""
        snapshot = self.builder.build(step, seen)
        if snapshot.ready:
            self.looks.passed.keep(step, Look(snapshot))
            self._exchange.deciders.look_from(self._index, self.looks.passed.due)
