"""One simulation into a folder: the recorded pass on the chosen path, the other paths beside it, and the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from btcli.analysis.costs import CostFold
from btcli.analysis.deviations import OrderKinds, Touch, deviations
from btcli.analysis.metrics import MetricsFold, MetricsInput, compute_metrics
from btcli.analysis.results import result_digest
from btcli.artifacts.manifest import Checkpoint, FileOutput
from btcli.artifacts.recorder import CurveRows
from btcli.artifacts.run_dir import METRICS, RESOLVED, RULES
from btcli.artifacts.text import json_bytes
from btcli.config.resolved import resolved_text
from btcli.engine.asked import Asked
from btcli.engine.loop import AllLooks, Answers
from btcli.engine.result import EngineResult
from btcli.engine.sink import EventSink
from btcli.engine.world import World
from btcli.exchange.book import codes
from btcli.exchange.book.codes import PATH_NAMES
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.frozen import frozen
from btcli.market.closes import joined
from btcli.market.loader import RunInputs
from btcli.market.series import Bars, Floats, Millis
from btcli.simulation.agreement import PathsSeen, Reason, may_part
from btcli.simulation.claims import check_claims
from btcli.simulation.decisions import deciding_of, without_features
from btcli.simulation.detail import AmbiguousTrades
from btcli.simulation.found import has_user_code
from btcli.simulation.other_paths import FirstPass, other_paths
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import Progress, fold_of, one_pass, outcome_of, world_for
from btcli.simulation.recording import recording
from btcli.simulation.reloading import passes_of
from btcli.simulation.reviewed import findings_of
from btcli.simulation.rules_counted import rules_of_run
from btcli.simulation.rules_heard import RulesHeard, awaited_of, silent_rules
from btcli.simulation.rules_told import RulesTold
from btcli.simulation.sinks import Both

Lap = tuple[float, float]  # seconds of wall and of all processors


@frozen
class Timing:
    """Wall seconds of the recorded pass: setting up to the end of the first step, the steps after it, all passes.

    `engine_cpu_s` is what the steps took of the processors: all that a busy machine leaves comparable.
    """

    setup_s: float
    engine_s: float
    engine_cpu_s: float
    passes_s: float
    passes: int


@frozen
class Simulated:
    """The recorded pass and its metrics, as they stand in metrics.json; timing and warnings stand in no artifact.

    `asked` is every question of the pass, to hold further passes against; None where no user code decides. `written`
    is what is known of the recorder's files.
    """

    world: World
    result: EngineResult
    metrics: dict[str, Any]
    timing: Timing
    ambiguous: tuple[Trade, ...]
    asked: Asked | None
    written: Mapping[str, FileOutput]
    outline: tuple[float, ...]  # of the equity curve, USDT
    rules: dict[str, Any]  # by symbol, as rules.json holds it; empty where none decide
    came_to: str  # the digest of its result
    warnings: tuple[str, ...] = ()

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The states on the way, as the manifest keeps them."""
        return tuple(Checkpoint(step=point.steps, state_hash=point.state_hash) for point in self.result.checkpoints)


class OrdersSeen:
    """A sink that counts cancelled orders by their code, and hears which kinds of orders there were."""

    def __init__(self) -> None:
        self.cancelled: dict[str, int] = {}
        self.kinds = OrderKinds()

    def events(self, events: Sequence[Event]) -> None:
        for event in _that_matter(events) if isinstance(events, Told) else events:
            self.kinds.hear(event)
            if event.name == "order_cancelled":
                code = event.fields["code"]
                self.cancelled[code] = self.cancelled.get(code, 0) + 1

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades say nothing of their orders."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""


def _that_matter(told: Told) -> Iterator[Event]:
    """Cancelled and cut orders, and of orders that rest and signals that name an activation one each."""
    yield from told.at(told.where(codes.ORDER_CANCELLED, codes.POSITION_CUT))
    submitted, signalled = told.where(codes.ORDER_SUBMITTED), told.where(codes.SIGNALLED)
    activations = told.wishes["order"]["trail_activation"][told.records["order_id"][signalled]]
    yield from told.at(submitted[told.records["order_type"][submitted] != codes.MARKET][:1])
    yield from told.at(signalled[activations != NO_LEVEL][:1])


def simulate_into(folder: Path, parts: Prepared, inputs: RunInputs, progress: Progress | None = None) -> Simulated:
    """Write everything that a replay must reproduce into `folder`.

    Raises StrategyError when the strategy raises or claims what is not true, AccessError when the folder refuses.
    """
    (folder / RESOLVED).write_bytes(resolved_text(parts.system).encode())
    with passes_of(parts):
        simulated = _simulated(folder, parts, inputs, progress)
    (folder / METRICS).write_bytes(json_bytes(simulated.metrics))
    if simulated.rules:
        (folder / RULES).write_bytes(json_bytes({"symbols": simulated.rules}))
    return simulated


class _Listeners(NamedTuple):
    """Who hears the recorded pass beside its files."""

    fold: MetricsFold
    costs: CostFold
    orders: OrdersSeen
    doubts: AmbiguousTrades
    paths: PathsSeen
    rules: RulesHeard
    told: RulesTold

    @property
    def sink(self) -> EventSink:
        """All of them but those of rules as one."""
        return Both(self.paths, Both(Both(self.fold, self.costs), Both(self.orders, self.doubts)))


def _listeners(parts: Prepared) -> _Listeners:
    rules = RulesHeard(awaited_of(parts.system))
    return _Listeners(fold_of(parts), CostFold(), OrdersSeen(), AmbiguousTrades(), PathsSeen(), rules, RulesTold())


def _simulated(folder: Path, parts: Prepared, inputs: RunInputs, progress: Progress | None) -> Simulated:
    """The recorded pass, the check of what its strategies claim, and the passes on the other paths."""
    chosen: str = parts.system.fills.path
    heard = _listeners(parts)
    asked, looks = (Asked(), AllLooks()) if has_user_code(parts.system) else (None, None)
    answers, laps = Answers(), [_lap()]
    world = world_for(parts, inputs)
    parts.resume()

    def walk(sink: EventSink) -> EngineResult:
        bar = _share(progress, 0)
        begun = (answers, lambda: laps.append(_lap()), asked, looks)
        return one_pass(parts, world, chosen, sink, bar, *begun, notes_standing=True)

    def again(sink: EventSink) -> EngineResult:
        return one_pass(parts, world, chosen, sink, None)

    sink = heard.sink if not parts.system.rules_in_use else Both(heard.sink, Both(heard.rules, heard.told))
    with recording(folder, world, walk, again, sink, lambda: _curve(parts, inputs)) as (result, files):
        laps.append(_lap())
        check_claims(parts, looks or {})
        measured = _measured(parts, inputs, result, heard)
        agree = reason_to_run_all(parts, result, heard.paths) is None
        first = FirstPass(chosen, outcome_of(result, measured), asked, answers, looks or {}, agree)
        others = other_paths(parts, world, first, (_share(progress, 1), _share(progress, 2)))
        laps.append(_lap())
        metrics = _metrics(parts, inputs, result, measured, heard, others.outcomes)
        came_to = result_digest(result.status, measured.equity.daily, measured.trades.net_pnl)
        rules = rules_of_run(parts.system, world, result, heard.told)
        written, outline, said = files()
    timing, doubtful = _timing(laps, 1 + others.passes), tuple(heard.doubts.trades_seen)
    said = (*said, *others.warnings, *without_features(world))
    return Simulated(world, result, metrics, timing, doubtful, asked, written, outline, rules, came_to, said)


def _measured(parts: Prepared, inputs: RunInputs, result: EngineResult, heard: _Listeners) -> MetricsInput:
    by_symbol, settles = heard.costs.by_symbol(parts.system.symbols), parts.system.costs.funding == "settled"
    deciding, prices = deciding_of(result, inputs), prices_of(inputs)
    return heard.fold.finished(result.counters, prices, by_symbol, deciding, settles_funding=settles)


def _metrics(
    parts: Prepared,
    inputs: RunInputs,
    result: EngineResult,
    measured: MetricsInput,
    heard: _Listeners,
    outcomes: Mapping[str, Any],
) -> dict[str, Any]:
    touched = deviations(_touch(parts), measured, heard.orders.kinds)
    return {
        "status": result.status,
        **compute_metrics(measured),
        "signals_ignored": result.signals_ignored,
        "cancellations_by_code": dict(sorted(heard.orders.cancelled.items())),
        "deviations": touched,
        "paths": outcomes,
        "findings": findings_of(
            parts, measured, outcomes, touched, silent_rules(parts.system, heard.rules.fired), inputs.odd
        ),
    }


def _touch(parts: Prepared) -> Touch:
    system, window = parts.system, parts.window
    slippage_bps = max(system.costs_of(symbol).slippage_bps for symbol in system.symbols)
    return Touch(system.venue, window.start_ms, window.end_ms, slippage_bps)


def _lap() -> Lap:
    return perf_counter(), process_time()


def _timing(laps: Sequence[Lap], passes: int) -> Timing:
    """The laps are those at the begin, after the first step, after the recorded pass, and after all of them."""
    (begun, _), (started, cpu), (ended, cpu_then), (done, _) = laps
    return Timing(started - begun, ended - started, cpu_then - cpu, done - begun, passes)


def reason_to_run_all(parts: Prepared, result: EngineResult, seen: PathsSeen) -> Reason | None:
    """Why the other paths may end otherwise, so that they have to be run; None when they cannot."""
    system = parts.system
    return may_part(system.account.margin_mode, system.fills.trigger_by, seen, result.counters.ambiguous_trades)


def prices_of(inputs: RunInputs) -> dict[str, tuple[float, float]]:
    """Each symbol's first open and last close in the window."""
    return {symbol.symbol: _first_and_last(symbol.bars["exec"], inputs) for symbol in inputs.symbols}


def _first_and_last(bars: Bars, inputs: RunInputs) -> tuple[float, float]:
    inside = np.flatnonzero((bars.ts_open >= inputs.window.start_ms) & (bars.ts_close <= inputs.window.end_ms))
    return float(bars.open[inside[0]]), float(bars.close[inside[-1]])


def _share(progress: Progress | None, place: int) -> Progress | None:
    """The progress of one pass out of as many as there are paths."""
    if progress is None:
        return None
    return lambda done, total: progress(place * total + done, len(PATH_NAMES) * total)


def _curve(parts: Prepared, inputs: RunInputs) -> CurveRows:
    if parts.system.output.equity == "exec":
        return CurveRows()
    closes = joined([symbol.bars["ltf"].ts_close for symbol in inputs.symbols])
    return CurveRows(closes, parts.window.start_ms)
