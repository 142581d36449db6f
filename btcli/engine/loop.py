"""The run: step the exchange to each close, ask the strategy, submit what follows from its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from btcli.engine.asked import Asked
from btcli.engine.collecting import seldom_collected
from btcli.engine.looking import Looks, most_of
from btcli.engine.result import Checkpoint, EngineResult, FirstDecision
from btcli.engine.said import Said
from btcli.engine.setup import terms_for
from btcli.engine.sink import EventSink
from btcli.engine.snapshots import SnapshotBuilder, see_each_other
from btcli.engine.trader import Trader
from btcli.engine.world import World
from btcli.errors import StrategyError
from btcli.exchange.book.codes import ASK, DONE, ENDED, FULL
from btcli.exchange.face.deciding import Decided
from btcli.exchange.face.events import Event
from btcli.exchange.face.simulated import SimulatedExchange
from btcli.frozen import frozen
from btcli.strategies.guarding import visiting
from btcli.strategies.interface import Strategy
from btcli.timeframe import utc_text

FLUSH_STEPS = 8192
RUNNING = "RUNNING"
CHECKPOINT_STEPS = 10_000
Progress = Callable[[int, int], None]
Answers = dict[str, Said]  # by symbol
AllLooks = dict[str, Looks]  # by symbol


@frozen
class Pass:
    """What one run over a world has of its own.

    `makers` make the strategy of each symbol that the world has no rules for; `path` replaces `fills.path`. `answers`
    are handed from pass to pass over the same world: what strategies that decide by the market said. `asked` notes
    every question, and ends the pass early when it has enough; `looks` gets by symbol what there was to see for
    strategies that claim something of themselves. `progress` is called with steps done and steps in all, first with
    0 before the first step; `started` once that is done: what came before was setting up. The state is hashed every
    `checkpoint_steps` steps. With `notes_standing` the result says what of the position and the account the rules of
    each symbol read at every close of ltf: float64[closes, states].
    """

    makers: Sequence[Callable[[], Strategy]]
    path: str | None = None
    answers: Answers | None = None
    asked: Asked | None = None
    looks: AllLooks | None = None
    progress: Progress | None = None
    started: Callable[[], None] | None = None
    checkpoint_steps: int = CHECKPOINT_STEPS
    notes_standing: bool = False


@visiting()
def simulate(world: World, one: Pass, sink: EventSink) -> EngineResult:
    """Run a world once and tell the sink everything while it goes on.

    Raises StrategyError when a strategy raises or answers nonsense.
    """
    system, symbols = world.system, world.inputs.symbols
    terms = terms_for(system, one.path)
    exchange = SimulatedExchange(world.market, world.instruments, terms, system.account.initial_equity_usdt)
    run = Run(world, exchange, sink, one)
    for index, (symbol, make) in enumerate(zip(symbols, one.makers, strict=True)):
        rules = world.rules[index]
        if rules is not None:
            exchange.deciders.rule(index, rules, int(world.calendar.deciding[index].sum()) if one.notes_standing else 0)
            continue
        said = None if one.answers is None else one.answers.setdefault(symbol.symbol, Said(world.line.steps))
        most_looks = 0 if one.looks is None else most_of(len(symbols))
        seen = run.admit(index, make(), said, most_looks)
        if one.looks is not None:
            one.looks[symbol.symbol] = seen
    run.tell(world.line.start_ms, "run_started", _opening(world, terms.path))
    with seldom_collected():
        return run.to_the_end(one.started or _nothing)


class Run:
    """One pass over a timeline; everything that changes while it goes on is here, at the traders or in the exchange."""

    def __init__(self, world: World, exchange: SimulatedExchange, sink: EventSink, one: Pass) -> None:
        self._world, self._line, self._exchange = world, world.line, exchange
        self._sink, self._progress = sink, one.progress or _nobody
        self._asked, self._checkpoint_steps = one.asked, one.checkpoint_steps
        self._is_limited = one.asked is not None and one.asked.most is not None
        self._traders: dict[int, Trader] = {}
        self._checkpoints: list[Checkpoint] = []
        self._sees_others = False
        self._flushed = 0

    def admit(self, index: int, strategy: Strategy, said: Said | None, most_looks: int) -> Looks:
        """Let a strategy decide for a symbol; what there will be to see."""
        rests = not strategy.decides_in_position and self._world.system.risk.on_opposite_signal == "ignore"
        trader = Trader(
            index,
            self._exchange,
            self._world.snapshots_of(index),
            strategy,
            rests=rests,
            said=said,
            asked=self._asked,
            most_looks=most_looks,
        )
        self._traders[index] = trader
        self._sees_others |= strategy.sees_others
        return trader.looks

    def tell(self, ts: int, name: str, fields: dict[str, Any]) -> None:
        """An event of the run itself, after everything the exchange has told so far."""
        for told in self._exchange.told():
            self._sink.events(told)
        self._sink.events([Event(ts, name, None, fields)])

    def to_the_end(self, started: Callable[[], None]) -> EngineResult:
        """Run until the exchange ends the run, at the last step or before; after that nobody decides.

        What was told before a StrategyError reaches the sink.
        """
        self._progress(0, self._line.steps)
        if self._sees_others:
            see_each_other(self._builders())
        until = min(1, self._line.steps)
        why = self._exchange.drive(until)
        started()
        while until and why != ENDED and not self._knows_enough:
            if why == ASK:
                why = self._decided(until)
                continue
            if why == DONE:
                self._pause(until)
                until = self._next_pause(until)
            elif why == FULL:
                self._flush(self._exchange.done)
            else:
                self._look()
            why = self._exchange.drive(until)
        return self._finished()

    def _builders(self) -> dict[str, SnapshotBuilder]:
        """What makes the snapshots of every symbol, also of those that rules decide for."""
        traders, symbols = self._traders, self._exchange.symbols
        return {
            symbol: traders[index].builder if index in traders else self._world.snapshots_of(index)
            for index, symbol in enumerate(symbols)
        }

    @property
    def _knows_enough(self) -> bool:
        return self._asked is not None and self._asked.is_enough

    def _next_pause(self, done: int) -> int:
        """The next step before which the state is hashed, or what was told is handed on."""
        checkpoint = done - done % self._checkpoint_steps + self._checkpoint_steps
        return min(self._line.steps, checkpoint, self._flushed + FLUSH_STEPS)

    def _pause(self, done: int) -> None:
        """After so many steps, before anyone decides at the last of them."""
        self._note_state(done)
        if done - self._flushed >= FLUSH_STEPS:
            self._flush(done)

    def _note_state(self, done: int) -> None:
        if done and done % self._checkpoint_steps == 0:
            ts_close = self._line.ts_close.item(done - 1)
            self._checkpoints.append(Checkpoint(done, ts_close, self._exchange.state_hash()))

    def _decided(self, until: int) -> int:
        """Ask the strategies of the symbols that the exchange names, as long as it asks; why it came back then."""
        exchange, traders, is_limited = self._exchange, self._traders, self._is_limited
        why = ASK
        try:
            while why == ASK:
                step, index, seen = exchange.question()
                signal = traders[index].decide(step, seen)
                if signal is not None:
                    exchange.answer(signal)
                why = exchange.drive(until)
                if is_limited and self._knows_enough:
                    break
        except StrategyError:
            self._flush(exchange.done)
            raise
        return why

    def _look(self) -> None:
        """Let the strategy that is passed over at this close be shown what it could see."""
        step, index, seen = self._exchange.question()
        self._traders[index].look(step, seen)

    def _flush(self, done: int) -> None:
        self._flushed = done
        for told in self._exchange.told():
            self._sink.events(told)
        trades = self._exchange.ended_trades()
        if trades:
            self._sink.trades(trades)
        self._sink.equity(*self._exchange.drain_equity())
        self._progress(done, self._line.steps)

    def _finished(self) -> EngineResult:
        exchange = self._exchange
        counters, status, state = exchange.counters(), exchange.status, exchange.state(0)
        if status != RUNNING:
            self._note_state(counters.steps)
        decided = {symbol: exchange.deciders.decided(index) for index, symbol in enumerate(exchange.symbols)}
        decisions, ignored = (sum(column) for column in list(zip(*decided.values(), strict=True))[:2])
        equity = float(state["equity_usdt"])
        fields = {"status": status, "steps": counters.steps, "decisions": decisions, "final_equity_usdt": equity}
        self.tell(exchange.ts_close, "run_finished", fields)
        self._flush(counters.steps)
        proof = exchange.state_hash(), tuple(self._checkpoints)
        first = {symbol: _first_decision(each) for symbol, each in decided.items()}
        not_ready = {symbol: exchange.deciders.reasons(index) for index, symbol in enumerate(exchange.symbols)}
        ruled = [index for index, rules in enumerate(self._world.rules) if rules is not None]
        standing = {exchange.symbols[index]: exchange.deciders.standing(index) for index in ruled}
        held_back = {symbol: exchange.deciders.held_back(index) for index, symbol in enumerate(exchange.symbols)}
        sums = counters.steps, decisions, ignored
        return EngineResult(status, counters, equity, *proof, *sums, first, not_ready, standing, held_back)


def _first_decision(decided: Decided) -> FirstDecision | None:
    return FirstDecision(decided.first_ts, decided.first_steps) if decided.first_ts else None


def _opening(world: World, path: str) -> dict[str, Any]:
    system, line = world.system, world.line
    return {
        "venue": system.venue,
        "symbols": list(system.symbols),
        "timeframes": dict(world.labels),
        "start": utc_text(line.start_ms),
        "end": utc_text(line.end_ms),
        "path": path,
        "initial_equity_usdt": system.account.initial_equity_usdt,
        "steps": line.steps,
    }


def _nobody(done: int, steps: int) -> None:
    """Progress that nobody watches."""


def _nothing() -> None:
    """A start that nobody waits for."""
