"""One symbol's part in a run: what its strategy is shown, and its answers handed to the exchange."""

from __future__ import annotations

from collections.abc import Mapping

from btcli.engine.asked import Asked
from btcli.engine.asking import ask
from btcli.engine.looking import Look, Looks
from btcli.engine.snapshots import Seen, SnapshotBuilder
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import SymbolFeatures


class Trader:
    """Decides for one symbol, by its index at the exchange, whenever that asks.

    `answers` by ts_close are used and kept where the strategy decides by the market alone; `asked` notes every
    question, and `looks` keeps some of what there was to see for a strategy that claims something of itself, at most
    `most_looks` of a kind.
    """

    def __init__(
        self,
        index: int,
        exchange: SimulatedExchange,
        builder: SnapshotBuilder,
        strategy: Strategy,
        *,
        rests: bool,
        answers: dict[int, Signal | None],
        asked: Asked | None,
        most_looks: int,
    ) -> None:
        self.symbol = exchange.symbols[index]
        self.builder = builder
        self._index, self._exchange, self._strategy = index, exchange, strategy
        self._answers = answers if strategy.decides_by_market else None
        self._asked, self.looks = asked, Looks(strategy, rests, most_looks)
        self._questions = 0
        if rests:
            exchange.rest(index)
            exchange.look_from(index, self.looks.passed.due)

    def decide(self, step: int, seen: Seen, others: Mapping[str, SymbolFeatures]) -> None:
        """Ask the strategy, unless its answer is known, and follow what it says."""
        self._questions += 1
        ts_close = seen.ts_close
        if self._answers and ts_close in self._answers:
            signal = self._answers[ts_close]
        else:
            signal = self._asked_at(step, seen, others)
        if signal is not None:
            self._exchange.answer(signal)

    def _asked_at(self, step: int, seen: Seen, others: Mapping[str, SymbolFeatures]) -> Signal | None:
        self.builder.refresh(seen.ts_close)
        snapshot = self.builder.build(step, seen, others)
        signal = ask(self._strategy, snapshot)
        if self._asked is not None:
            self._asked.note(self._index, seen.ts_close, snapshot.exchange, signal)
        if self.looks.keeps:
            self.looks.asked(self._questions, snapshot, signal)
        if self._answers is not None:
            self._answers[seen.ts_close] = signal
        return signal

    def look(self, step: int, seen: Seen, others: Mapping[str, SymbolFeatures]) -> None:
        """Keep what its strategy could see at a close that it is passed over at; nobody is asked."""
        self.builder.refresh(seen.ts_close)
        if not self.builder.not_ready:
            self.looks.passed.keep(step, Look(self.builder.build(step, seen, others)))
            self._exchange.look_from(self._index, self.looks.passed.due)
