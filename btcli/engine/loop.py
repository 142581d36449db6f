"""The run: step the exchange to each close, ask the strategy, submit what follows from its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from btcli.engine.answers import NOTHING, Action, action_for, signal_fields
from btcli.engine.asking import ask
from btcli.engine.result import Checkpoint, EngineResult
from btcli.engine.setup import exchange_for
from btcli.engine.sink import EventSink
from btcli.engine.snapshots import SnapshotBuilder
from btcli.engine.timeline import CHECKPOINT_STEPS, Timeline, timeline
from btcli.errors import StrategyError
from btcli.exchange.events import Event
from btcli.exchange.simulated import SimulatedExchange, StepResult
from btcli.features.compute import compute_features
from btcli.features.plan import FeaturePlan
from btcli.market.loader import RunInputs
from btcli.market.series import ROLES, Role
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.config.instruments import InstrumentRules
    from btcli.config.model import System

FLUSH_STEPS = 4096
RUNNING = "RUNNING"
NO_STEP = StepResult(0, 0.0, "", [], [])
Progress = Callable[[int, int], None]

__all__ = ["EngineResult", "simulate"]


def simulate(
    system: System,
    inputs: RunInputs,
    instruments: Mapping[str, InstrumentRules],
    strategy_factory: Callable[[], Strategy],
    plan: FeaturePlan,
    sink: EventSink,
    path: str | None = None,
    progress: Progress | None = None,
    checkpoint_steps: int = CHECKPOINT_STEPS,
) -> EngineResult:
    """Run a system over its inputs and tell the sink everything while it goes on.

    `path` replaces `fills.path`; `progress` is called with steps done and steps in all. The state is hashed
    every `checkpoint_steps` steps.
    Raises StrategyError when the strategy raises or answers nonsense, UnhealthyData for impossible prices.
    """
    symbol = inputs.symbols[0]
    start_ms, end_ms = inputs.window.start_ms, inputs.window.end_ms
    every_step = system.output.events == "full"
    line = timeline(symbol.bars, start_ms, end_ms, checkpoint_steps=checkpoint_steps, every_step=every_step)
    exchange = exchange_for(system, symbol, instruments[symbol.symbol], line, path)
    timeframes = {role: system.timeframes.of(role) for role in ROLES}
    columns = compute_features(plan, symbol.bars, timeframes, start_ms)
    labels = {role: timeframe.label for role, timeframe in timeframes.items()}
    builder = SnapshotBuilder(symbol.symbol, symbol.bars, labels, columns)
    builder.refresh(start_ms)
    run = Run(system, line, exchange, builder, strategy_factory(), sink, progress or _nobody)
    run.tell(start_ms, "run_started", _opening(system, path, start_ms, end_ms, line))
    return run.to_the_end()


class Run:
    """One pass over a timeline; everything that changes while it goes on is here or in the exchange."""

    def __init__(
        self,
        system: System,
        line: Timeline,
        exchange: SimulatedExchange,
        builder: SnapshotBuilder,
        strategy: Strategy,
        sink: EventSink,
        progress: Progress,
    ) -> None:
        self._line, self._exchange, self._builder, self._strategy = line, exchange, builder, strategy
        self._sink, self._progress = sink, progress
        self._symbol = exchange.symbols[0]
        self._on_opposite = system.risk.on_opposite_signal
        self._max_bars = system.risk.max_bars_in_trade
        self._is_full = system.output.events == "full"
        self._told_roles: tuple[Role, ...] = ("htf", "mtf", "ltf") if self._is_full else ("htf", "mtf")
        self._labels = {role: system.timeframes.of(role).label for role in ROLES}
        self._told: list[Event] = []
        self._checkpoints: list[Checkpoint] = []
        self._not_ready: tuple[str, ...] | None = None
        self._done = self._flushed = self._ltf_closes = self._entered_at = self._decisions = self._ignored = 0

    def tell(self, ts: int, name: str, fields: dict[str, Any], symbol: str | None = None) -> None:
        """An event of the engine's own, after everything the exchange has told so far."""
        self._told += self._exchange.drain_events()
        self._told.append(Event(ts, name, symbol, fields))

    def to_the_end(self) -> EngineResult:
        """Run until the exchange ends the run, at the last step or before; after that nobody decides.

        What was told before a StrategyError reaches the sink.
        """
        step = NO_STEP
        for stop, decides in zip(self._line.stops, self._line.decides, strict=True):
            step = self._reach(stop)
            self._after(stop, step)
            if self._exchange.status != RUNNING:
                break
            if decides:
                try:
                    self._decide(stop, step)
                except StrategyError:
                    self._flush()
                    raise
        return self._finished(step)

    def _reach(self, stop: int) -> StepResult:
        """Run all steps up to this one, in pieces; less when the run ends on the way."""
        step = NO_STEP
        while self._done <= stop:
            until = min(stop + 1, self._done + FLUSH_STEPS)
            step = self._exchange.advance(self._done, until)
            self._done = until
            if until - self._flushed >= FLUSH_STEPS:
                self._flush()
        return step

    def _after(self, stop: int, step: StepResult) -> None:
        """What is to be told at a stop before anyone decides."""
        if self._is_full:
            state = self._exchange.state(0)
            self.tell(
                step.ts_close,
                "step",
                {"mark_price": step.mark_price, "equity_usdt": state["equity_usdt"]},
                self._symbol,
            )
        closed = self._builder.refresh(step.ts_close)
        for role in closed:
            if role in self._told_roles:
                fields = {"role": role, "timeframe": self._labels[role], "bar_ts_close": self._builder[role].ts_close}
                self.tell(step.ts_close, "tf_closed", fields, self._symbol)
        if (stop + 1) % self._line.checkpoint_steps == 0 and step.ts_close == self._line.ts_close.item(stop):
            self._checkpoints.append(Checkpoint(stop + 1, step.ts_close, self._exchange.state_hash()))

    def _decide(self, stop: int, step: StepResult) -> None:
        self._ltf_closes += 1
        not_ready = self._builder.not_ready
        self._tell_readiness(step.ts_close, not_ready)
        if self._closed_for_age() or not_ready:
            return
        state = self._exchange.state(0)
        snapshot = self._builder.build(self._line.first + stop, step, state)
        self._decisions += 1
        signal = ask(self._strategy, snapshot)
        if signal is None:
            return
        action = action_for(signal.direction, state["side"], self._on_opposite)
        if action == NOTHING:
            self._ignored += 1
            return
        self.tell(step.ts_close, "signal", signal_fields(signal, action), self._symbol)
        self._submit(signal, action)

    def _tell_readiness(self, ts_close: int, not_ready: tuple[str, ...]) -> None:
        """Once when trading can begin, and again whenever that changes."""
        if self._not_ready is None and not_ready:
            self._not_ready = not_ready
        elif self._not_ready is None or bool(not_ready) != bool(self._not_ready):
            self._not_ready = not_ready
            fields: dict[str, Any] = {"ready": not not_ready} | ({"reasons": list(not_ready)} if not_ready else {})
            self.tell(ts_close, "ready", fields, self._symbol)

    def _closed_for_age(self) -> bool:
        """Close a position that has seen `max_bars_in_trade` ltf closes; the strategy is not asked at that one."""
        if self._max_bars is None or self._ltf_closes - self._entered_at < self._max_bars:
            return False
        return self._exchange.submit_close(0, "timeout") != 0

    def _submit(self, signal: Signal, action: Action) -> None:
        if action.closes:
            self._exchange.submit_close(0, "signal")
        if action.enters:
            self._entered_at = self._ltf_closes
            self._exchange.submit_entry(
                0,
                int(signal.direction),
                stop_price=signal.stop_price or 0.0,
                stop_distance=signal.stop_distance or 0.0,
                target_price=signal.target_price or 0.0,
                target_distance=signal.target_distance or 0.0,
            )

    def _flush(self) -> None:
        self._flushed = self._done
        self._told += self._exchange.drain_events()
        told, self._told = self._told, []
        if told:
            self._sink.events(told)
        trades = self._exchange.drain_trades()
        if trades:
            self._sink.trades(trades)
        self._sink.equity(*self._exchange.drain_equity())
        self._progress(self._done, self._line.steps)

    def _finished(self, step: StepResult) -> EngineResult:
        counters = self._exchange.counters()
        equity = float(self._exchange.state(0)["equity_usdt"])
        status = self._exchange.status
        fields = {"status": status, "steps": counters.steps, "decisions": self._decisions, "final_equity_usdt": equity}
        self.tell(step.ts_close, "run_finished", fields)
        self._done = counters.steps
        self._flush()
        proof = self._exchange.state_hash(), tuple(self._checkpoints)
        return EngineResult(status, counters, equity, *proof, counters.steps, self._decisions, self._ignored)


def _opening(system: System, path: str | None, start_ms: int, end_ms: int, line: Timeline) -> dict[str, Any]:
    return {
        "venue": system.venue,
        "symbols": list(system.symbols),
        "timeframes": {role: system.timeframes.of(role).label for role in ROLES},
        "start": utc_text(start_ms),
        "end": utc_text(end_ms),
        "path": path or system.fills.path,
        "initial_equity_usdt": system.account.initial_equity_usdt,
        "steps": line.steps,
    }


def _nobody(done: int, steps: int) -> None:
    """Progress that nobody watches."""
