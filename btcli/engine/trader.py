"""One symbol's part in a run: what its strategy is shown, and what its answers become at the exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from btcli.engine.answers import (
    Action,
    action_for,
    action_name,
    close_fields,
    entry_fields,
    order_fields,
    signal_fields,
)
from btcli.engine.asked import Asked
from btcli.engine.asking import ask
from btcli.engine.looking import Look, Looks
from btcli.engine.result import FirstDecision
from btcli.engine.snapshots import SnapshotBuilder
from btcli.exchange.face.simulated import SimulatedExchange, StepResult
from btcli.market.series import Role
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import SymbolFeatures

Tell = Callable[[int, str, dict[str, Any], str], None]


class Trader:
    """Decides for one symbol; `place` is its number at the exchange, `tell` takes the engine's own events.

    `answers` by ts_close are used and kept where the strategy decides by the market alone; `asked` notes every
    question, and `looks` keeps some of what there was to see for a strategy that claims something of itself, at most
    `most_looks` of a kind.
    """

    def __init__(
        self,
        place: int,
        exchange: SimulatedExchange,
        builder: SnapshotBuilder,
        strategy: Strategy,
        *,
        on_opposite: str,
        max_bars: int | None,
        tell: Tell,
        answers: dict[int, Signal | None],
        asked: Asked | None,
        most_looks: int,
    ) -> None:
        self.symbol = exchange.symbols[place]
        self.builder = builder
        self._answers = answers if strategy.decides_by_market else None
        self._rests_in_position = not strategy.decides_in_position and on_opposite == "ignore"
        self._asked, self.looks = asked, Looks(strategy, self._rests_in_position, most_looks)
        self.decisions = self.ignored = 0
        self.first_decision: FirstDecision | None = None
        self._place, self._exchange, self._strategy, self._tell = place, exchange, strategy, tell
        self._on_opposite, self._max_bars = on_opposite, max_bars
        self._not_ready: tuple[str, ...] | None = None
        self._ltf_closes = self._opened_at = 0

    @property
    def rests(self) -> bool:
        """Whether it has a position, and its strategy nothing to say in one."""
        return self._rests_in_position and self._exchange.holds(self._place)

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing is to be said or looked at before its position has ended."""
        return self._not_ready == () and self._max_bars is None and self.rests

    def refresh(self, ts_close: int) -> tuple[Role, ...]:
        """Take in every bar that has closed by `ts_close`; the roles that have a new one, HTF first."""
        return self.builder.pass_over(ts_close) if self._is_quiet else self.builder.refresh(ts_close)

    def passes(self) -> bool:
        """Count an ltf close; whether there is nothing to decide at it."""
        self._ltf_closes += 1
        return self._is_quiet

    def opened(self) -> None:
        """Its position was opened since the last decision."""
        self._opened_at = self._ltf_closes

    def decide(self, exec_index: int, step: StepResult, others: Mapping[str, SymbolFeatures]) -> None:
        """At an ltf close: ask the strategy once everything is ready, and submit what follows."""
        if self._answers and step.ts_close in self._answers:
            self._repeat(step.ts_close, self._answers[step.ts_close])
            return
        self.builder.refresh(step.ts_close)
        not_ready = self.builder.not_ready
        self._tell_readiness(step.ts_close, not_ready)
        if self._closed_for_age() or not_ready:
            return
        if self.rests:
            return
        state = self._exchange.state(self._place)
        snapshot = self.builder.build(exec_index, step, state, others)
        self.decisions += 1
        signal = ask(self._strategy, snapshot)
        if self._asked is not None:
            self._asked.note(self._place, step.ts_close, snapshot.exchange, signal)
        if self.looks.keeps:
            self.looks.asked(self.decisions, snapshot, signal)
        if self._answers is not None:
            self._answers[step.ts_close] = signal
        if signal is not None:
            self._follow(step.ts_close, signal, state["side"])

    def look(self, place: int, exec_index: int, step: StepResult, others: Mapping[str, SymbolFeatures]) -> None:
        """Keep what its strategy could see at a close that it passes over; nobody is asked. `place` is the step's."""
        self.builder.refresh(step.ts_close)
        if not self.builder.not_ready:
            state = self._exchange.state(self._place)
            self.looks.passed.keep(place, Look(self.builder.build(exec_index, step, state, others)))

    def _repeat(self, ts_close: int, signal: Signal | None) -> None:
        """Follow an answer that an earlier pass was given."""
        if self._closed_for_age() or self.rests:
            return
        self.decisions += 1
        if signal is not None:
            self._follow(ts_close, signal, self._exchange.side(self._place))

    def _follow(self, ts_close: int, signal: Signal, side: int) -> None:
        """Tell a signal that leads to something, and submit what follows."""
        action = action_for(signal, side, self._on_opposite)
        if not any(action):
            self.ignored += 1
            return
        self._tell(ts_close, "signal", signal_fields(signal, action_name(action, signal, side)), self.symbol)
        self._submit(signal, action)

    def _tell_readiness(self, ts_close: int, not_ready: tuple[str, ...]) -> None:
        """Once when trading can begin, and again whenever that changes."""
        if self.first_decision is None and not not_ready:
            self.first_decision = FirstDecision(ts_close, self._exchange.counters().steps)
        if self._not_ready is None and not_ready:
            self._not_ready = not_ready
        elif self._not_ready is None or bool(not_ready) != bool(self._not_ready):
            self._not_ready = not_ready
            fields: dict[str, Any] = {"ready": not not_ready} | ({"reasons": list(not_ready)} if not_ready else {})
            self._tell(ts_close, "ready", fields, self.symbol)

    def _closed_for_age(self) -> bool:
        """Close a position that has seen `max_bars_in_trade` ltf closes; the strategy is not asked at that one."""
        if self._max_bars is None or self._ltf_closes - self._opened_at < self._max_bars:
            return False
        return self._exchange.submit_close(self._place, "timeout") != 0

    def _submit(self, signal: Signal, action: Action) -> None:
        exchange, place = self._exchange, self._place
        if signal.cancel:
            exchange.cancel_orders(place)
        if action.prepares and signal.add_margin_usdt is not None:
            exchange.add_margin(place, signal.add_margin_usdt)
        if action.closes and action.enters:
            exchange.submit_close(place, "signal", **order_fields(signal))
        elif action.closes:
            exchange.submit_close(place, "signal", **close_fields(signal))
        if action.enters:
            exchange.submit_entry(place, int(signal.direction), **entry_fields(signal))
