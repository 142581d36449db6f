"""The run: step the exchange to each close, ask the strategy, submit what follows from its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from btcli.engine.asked import Asked
from btcli.engine.collecting import seldom_collected
from btcli.engine.journal import Journal
from btcli.engine.looking import Looks, most_of
from btcli.engine.result import Checkpoint, EngineResult
from btcli.engine.setup import exchange_for
from btcli.engine.sink import EventSink
from btcli.engine.snapshots import NOBODY, SnapshotBuilder
from btcli.engine.timeline import CHECKPOINT_STEPS, Stop, Timeline, timeline
from btcli.engine.trader import Trader
from btcli.errors import StrategyError
from btcli.exchange.face.simulated import SimulatedExchange, StepResult
from btcli.features.compute import compute_features
from btcli.features.plan import FeaturePlan
from btcli.market.loader import RunInputs, SymbolInputs
from btcli.market.series import ROLES, Role
from btcli.strategies.guarding import visiting
from btcli.strategies.interface import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import Others
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.config.instruments import InstrumentRules
    from btcli.config.model import System

FLUSH_STEPS = 4096
RUNNING = "RUNNING"
NO_STEP = StepResult(0, 0.0, "", [], [])
Progress = Callable[[int, int], None]
Player = tuple[Callable[[], Strategy], FeaturePlan]
Answers = dict[str, dict[int, Signal | None]]  # by symbol and ts_close
AllLooks = dict[str, Looks]  # by symbol

__all__ = ["EngineResult", "simulate"]


@visiting()
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
    started: Callable[[], None] | None = None,
    answers: Answers | None = None,
    own: Mapping[str, Player] | None = None,
    asked: Asked | None = None,
    looks: AllLooks | None = None,
) -> EngineResult:
    """Run a system over its inputs and tell the sink everything while it goes on.

    Each symbol gets a strategy from the factory, computed by the plan; those in `own` have another of both.

    `path` replaces `fills.path`; `progress` is called with steps done and steps in all, first with 0 before the
    first step; `started` once that is done: what came before was setting up. The state is hashed every
    `checkpoint_steps` steps. `answers` are handed from pass to pass over the same inputs: what strategies that
    decide by the market said. `asked` notes every question, and ends the pass early when it has enough; `looks` gets
    by symbol what there was to see for strategies that claim something of themselves.
    Raises StrategyError when the strategy raises or answers nonsense, UnhealthyData for impossible prices.
    """
    start_ms, end_ms = inputs.window.start_ms, inputs.window.end_ms
    every_step = system.output.events == "full"
    bars = [symbol.bars for symbol in inputs.symbols]
    line = timeline(bars, start_ms, end_ms, checkpoint_steps=checkpoint_steps, every_step=every_step)
    exchange = exchange_for(system, inputs.symbols, instruments, line, path)
    run = Run(system, line, exchange, sink, progress or _nobody, asked)
    for symbol in inputs.symbols:
        make, planned = (own or {}).get(symbol.symbol, (strategy_factory, plan))
        builder = _builder(system, symbol, planned, start_ms)
        shared = {} if answers is None else answers.setdefault(symbol.symbol, {})
        seen = run.admit(builder, make(), shared, 0 if looks is None else most_of(len(inputs.symbols)))
        if looks is not None:
            looks[symbol.symbol] = seen
    run.journal.tell(start_ms, "run_started", _opening(system, path, start_ms, end_ms, line))
    with seldom_collected():
        return run.to_the_end(started or _nothing)


def _builder(system: System, symbol: SymbolInputs, plan: FeaturePlan, start_ms: int) -> SnapshotBuilder:
    timeframes = {role: system.timeframes.of(role) for role in ROLES}
    columns = compute_features(plan, symbol.bars, timeframes, start_ms)
    labels = {role: timeframe.label for role, timeframe in timeframes.items()}
    builder = SnapshotBuilder(symbol.symbol, symbol.bars, labels, columns)
    builder.refresh(start_ms)
    return builder


class Run:
    """One pass over a timeline; everything that changes while it goes on is here, at the traders or in the exchange."""

    def __init__(
        self,
        system: System,
        line: Timeline,
        exchange: SimulatedExchange,
        sink: EventSink,
        progress: Progress,
        asked: Asked | None,
    ) -> None:
        self._system, self._line, self._exchange, self._asked = system, line, exchange, asked
        self._sink, self._progress = sink, progress
        self._traders: list[Trader] = []
        self._is_full = system.output.events == "full"
        self._told_roles: tuple[Role, ...] = ("htf", "mtf", "ltf") if self._is_full else ("htf", "mtf")
        self._labels = {role: system.timeframes.of(role).label for role in ROLES}
        self.journal = Journal(exchange)
        self._checkpoints: list[Checkpoint] = []
        self._watches_age = system.risk.max_bars_in_trade is not None
        self._sees_others = False
        self._done = self._flushed = 0

    def admit(
        self, builder: SnapshotBuilder, strategy: Strategy, answers: dict[int, Signal | None], most_looks: int
    ) -> Looks:
        """Let the next symbol of the exchange take part; what there will be to see."""
        risk = self._system.risk
        trader = Trader(
            len(self._traders),
            self._exchange,
            builder,
            strategy,
            on_opposite=risk.on_opposite_signal,
            max_bars=risk.max_bars_in_trade,
            tell=self.journal.tell,
            answers=answers,
            asked=self._asked,
            most_looks=most_looks,
        )
        self._traders.append(trader)
        self._sees_others |= strategy.sees_others
        return trader.looks

    def to_the_end(self, started: Callable[[], None]) -> EngineResult:
        """Run until the exchange ends the run, at the last step or before; after that nobody decides.

        What was told before a StrategyError reaches the sink.
        """
        step = NO_STEP
        self._progress(0, self._line.steps)
        if self._line.steps:
            step = self._reach(0)
        started()
        for stop in self._line.stops:
            if stop.rests_until >= 0 and self._can_rest():
                step = self._rest(min(stop.rests_until, self._traders[0].looks.passed.due - 1), step)
            if stop.step < self._done - 1 or self._has_rested(stop):
                continue
            step = self._reach(stop.step) if stop.step >= self._done else step
            self._after(stop, step)
            if self._exchange.status != RUNNING or (self._asked is not None and self._asked.is_enough):
                break
            if stop.deciding:
                try:
                    self._decide(stop, step)
                except StrategyError:
                    self._flush()
                    raise
        return self._finished(step)

    def _reach(self, last: int) -> StepResult:
        """Run all steps up to this one, in pieces; less when the run ends on the way."""
        step = NO_STEP
        while self._done <= last:
            until = min(last + 1, self._done + FLUSH_STEPS)
            step = self._exchange.advance(self._done, until)
            self._done = until
            if self._watches_age:
                self._notice_openings(step)
            if until - self._flushed >= FLUSH_STEPS:
                self._flush()
        return step

    def _can_rest(self) -> bool:
        """Whether nothing is to be said or asked before the one position there is has ended."""
        return len(self._traders) == 1 and not self._watches_age and self._traders[0].rests

    def _has_rested(self, stop: Stop) -> bool:
        """Whether a stop that may be left out has been passed in a position that goes on."""
        return stop.rests_until >= 0 and stop.step < self._done and self._can_rest()

    def _rest(self, last: int, step: StepResult) -> StepResult:
        """Run up to this step, or to the one that ends the position."""
        if self._done <= last:
            step, self._done = self._exchange.advance_while_held(self._done, last + 1)
            if self._done - self._flushed >= FLUSH_STEPS:
                self._flush()
        return step

    def _notice_openings(self, step: StepResult) -> None:
        opened = {event.symbol for event in step.events if event.name == "position_opened"}
        for trader in self._traders:
            if trader.symbol in opened:
                trader.opened()

    def _after(self, stop: Stop, step: StepResult) -> None:
        """What is to be told at a stop before anyone decides; nothing closed when the run ended before it."""
        if step.ts_close != self._line.ts_close.item(stop.step):
            return
        if self._is_full:
            self._tell_step(stop.step, step)
        if stop.rests_until >= 0:
            return  # nothing to tell: a strategy that is asked has its snapshots refreshed then
        self.journal.take_in()
        for place in stop.closing:
            trader = self._traders[place]
            for role in trader.refresh(step.ts_close):
                if role in self._told_roles:
                    bar_ts_close = trader.builder.ts_close(role)
                    fields = {"role": role, "timeframe": self._labels[role], "bar_ts_close": bar_ts_close}
                    self.journal.tell(step.ts_close, "tf_closed", fields, trader.symbol)
        if (stop.step + 1) % self._line.checkpoint_steps == 0:
            self._checkpoints.append(Checkpoint(stop.step + 1, step.ts_close, self._exchange.state_hash()))

    def _tell_step(self, step_index: int, step: StepResult) -> None:
        """The mark of every symbol that has a bar at this step."""
        equity = self._exchange.state(0)["equity_usdt"]
        for place, trader in enumerate(self._traders):
            if self._line.lanes[place].has_bar[step_index]:
                mark = self._exchange.mark_price(place)
                self.journal.tell(step.ts_close, "step", {"mark_price": mark, "equity_usdt": equity}, trader.symbol)

    def _of_symbol(self, place: int, step: StepResult) -> StepResult:
        """A step's result as another symbol than the first sees it."""
        if place == 0:
            return step
        exchange = self._exchange
        return step._replace(mark_price=exchange.mark_price(place), mark_price_source=exchange.mark_price_source(place))

    def _decide(self, stop: Stop, step: StepResult) -> None:
        others = NOBODY
        if self._sees_others:
            for trader in self._traders:
                trader.builder.refresh(step.ts_close)
            others = MappingProxyType(Others({each.symbol: each.builder.features for each in self._traders}))
        for place in stop.deciding:
            trader = self._traders[place]
            passes, row = trader.passes(), self._line.lanes[place].row.item(stop.step)
            if not passes:
                trader.decide(row, self._of_symbol(place, step), others)
            elif stop.step >= trader.looks.passed.due:
                trader.look(stop.step, row, self._of_symbol(place, step), others)

    def _flush(self) -> None:
        self._flushed = self._done
        if told := self.journal.emptied():
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
        decisions = sum(trader.decisions for trader in self._traders)
        ignored = sum(trader.ignored for trader in self._traders)
        fields = {"status": status, "steps": counters.steps, "decisions": decisions, "final_equity_usdt": equity}
        self.journal.tell(step.ts_close, "run_finished", fields)
        self._done = counters.steps
        self._flush()
        proof = self._exchange.state_hash(), tuple(self._checkpoints)
        first = {trader.symbol: trader.first_decision for trader in self._traders}
        not_ready = {trader.symbol: trader.builder.not_ready for trader in self._traders}
        return EngineResult(status, counters, equity, *proof, counters.steps, decisions, ignored, first, not_ready)


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


def _nothing() -> None:
    """A start that nobody waits for."""
