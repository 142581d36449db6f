"""`btcli run`: preflight, load, simulate, seal."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from traceback import clear_frames
from types import TracebackType
from typing import Any, NamedTuple

from btcli.artifacts.comparison import Comparison
from btcli.artifacts.manifest import RunManifest, read_manifest
from btcli.artifacts.run_dir import PREFLIGHT, Completed, RunDir, start_run
from btcli.clock import now_ms, now_text
from btcli.config.leaving_out import left_out
from btcli.config.loading import load_system
from btcli.errors import AccessError, SourceError, UnhealthyData
from btcli.frozen import frozen
from btcli.market.loader import RunInputs
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store, Stores
from btcli.registry.asking import refusing, remember_seals, spans_loaded, unseen_elsewhere
from btcli.registry.counting import Count
from btcli.registry.records import AFTER_REVEAL, Registry
from btcli.registry.seals import Asked, Consent, asked_for, opened
from btcli.registry.tries import counted, damage_said, is_new_after_reveal, run_name
from btcli.simulation.decisions import undecided
from btcli.simulation.detail import Detailed, ToSettle, decide_in_detail, finer_timeframe
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.parts import Prepared, chosen_window, prepared
from btcli.simulation.passes import Progress
from btcli.simulation.recorded import Simulated, Timing, simulate_into
from btcli.timeframe import Timeframe
from btcli.workflows.advice.commands import Words
from btcli.workflows.advice.fitting import run_on_what_is_stored
from btcli.workflows.run.drift import ROW_MARKS, marks_of, without_marks
from btcli.workflows.run.preflight import UNASKED, Healing, PreflightOutcome, PreflightRequest, preflight_and_load
from btcli.workflows.run.stated import first_manifest, surroundings

SKIPPED = {"skipped": True}
SKIP_WARNING = "the data was not checked (--no-preflight): holes and nonsense in it go unnoticed"


@frozen
class RunRequest:
    """What to run, over which window, with which data, and where to keep it."""

    system: Path
    stores: Stores
    runs: Path
    window: str | None = None
    start: str | None = None
    end: str | None = None
    overrides: tuple[str, ...] = ()
    preflight: bool = True
    heal: bool = False
    healing: Healing = UNASKED
    pack: bool = False
    detail: str | None = None  # a timeframe of finer candles for what the bars leave in doubt
    consent: Consent = refusing  # asked before anything inside a sealed window is read


@frozen
class RunOutcome:
    """A complete run; `earlier` says how it compares with one of the same inputs that was there before.

    `timing` and `detailed` are of this process and stand in none of the run's files; `outline` is that of the
    equity curve, USDT.
    """

    run_dir: Path
    manifest: RunManifest
    metrics: Mapping[str, Any]
    earlier: Comparison | None
    warnings: tuple[str, ...]
    timing: Timing
    detailed: Detailed | None
    outline: tuple[float, ...]
    store: Store  # that was read
    rules: Mapping[str, Any]  # by symbol, as rules.json holds it
    undecided: tuple[str, ...] = ()  # a sentence for every symbol for which no decision was possible
    count: Count | None = None  # which of the results on this data it is; None where they cannot be counted


class _Decided(NamedTuple):
    """What is settled before anything is read or written."""

    parts: Prepared
    around: tuple[Path, ...]  # folders that tell of seals, and of what was seen before
    registry: Registry
    asked: Asked
    finer: Timeframe | None


def run_system(request: RunRequest, progress: Progress | None = None) -> RunOutcome:
    """Run a system and leave its folder behind: complete, or marked as failed or interrupted.

    Raises what each part raises: ConfigError, RequestError, UnhealthyData, AccessError, StrategyError, and
    ReplayDiffers when the same inputs gave something else before.
    """
    started_ms = now_ms()
    decided = _decided(request)
    parts, registry = decided.parts, decided.registry
    checked, inputs = _checked_inputs(request, parts)
    run = start_run(request.runs, first_manifest(parts, inputs, checked))
    with Marking(run):
        opened(registry, decided.asked, run_name(run.manifest), now_text())
        inputs = _with_marks_written(run, inputs, checked)
        simulated = _simulated(run, request, parts, inputs, progress)
        after_reveal = _is_after_reveal(run, decided, simulated.came_to, request.runs)
        around = surroundings(request.system, request.overrides, parts, started_ms, run.final)
        completed = _completed(run, simulated, around | ({AFTER_REVEAL: True} if after_reveal else {}))
    count, uncounted = _counted(request.runs, completed.manifest, simulated.came_to, after_reveal=after_reveal)
    return RunOutcome(
        run_dir=completed.path,
        manifest=completed.manifest,
        metrics=simulated.metrics,
        earlier=completed.earlier,
        warnings=(*_warnings(parts, checked, run.replaced), *simulated.warnings, *uncounted, *damage_said(registry)),
        count=count,
        store=request.stores.of(parts.system.env),
        undecided=tuple(undecided(simulated.result)),
        timing=simulated.timing,
        outline=simulated.outline,
        rules=simulated.rules,
        detailed=None if decided.finer is None else _detailed(request, decided.finer, parts, simulated),
    )


def _decided(request: RunRequest) -> _Decided:
    """Raises ConfigError, RequestError, AccessError and StrategyError."""
    system = load_system(request.system, request.overrides)
    parts = prepared(system, *chosen_window(system, request.window, request.start, request.end), request.system.parent)
    around = (request.stores.folder, request.system.parent)
    registry = remember_seals([system], around, request.runs)
    asked = asked_for(registry, spans_loaded(parts.spans), request.consent)
    finer = None if request.detail is None else finer_timeframe(request.detail, system.timeframes.exec)
    return _Decided(parts, around, registry, asked, finer)


def _with_marks_written(run: RunDir, inputs: RunInputs, checked: PreflightOutcome | None) -> RunInputs:
    """Record what was read; the inputs without the marks of their rows, which are large."""
    run.write_json(PREFLIGHT, checked.to_dict() if checked else SKIPPED)
    run.write(ROW_MARKS, marks_of(inputs))
    return without_marks(inputs)


def _simulated(
    run: RunDir, request: RunRequest, parts: Prepared, inputs: RunInputs, progress: Progress | None
) -> Simulated:
    """Write the files of a run, those that were asked for among them."""
    if request.pack:
        from btcli.simulation.packs import write_run_pack  # the shapes of packs, which few runs need

        write_run_pack(run.path, request.stores.of(parts.system.env), parts, inputs)
    simulated = simulate_into(run.path, parts, inputs, progress)
    if parts.system.output.parquet:
        _add_parquet(run)
    return simulated


def _completed(run: RunDir, simulated: Simulated, around: Mapping[str, Any]) -> Completed:
    """Seal it, with what it came to."""
    summary = {"status": simulated.result.status, "metrics": simulated.metrics}
    return run.complete(summary, around, simulated.result.state_hash, simulated.checkpoints, simulated.written)


def _is_after_reveal(run: RunDir, decided: _Decided, result: str, runs: Path) -> bool:
    """Whether this result was first come to when what had been sealed was open; one that lies there says it itself."""
    if run.final.exists():
        with suppress(AccessError):  # one that is damaged says nothing
            return read_manifest(run.final).environment.get(AFTER_REVEAL) is True
    inside = decided.asked.inside
    elsewhere = unseen_elsewhere(decided.registry, inside, (*decided.around, runs))
    return bool(inside) and is_new_after_reveal(decided.registry, run.manifest, result, elsewhere)


def _counted(
    runs: Path, manifest: RunManifest, result: str, *, after_reveal: bool
) -> tuple[Count | None, tuple[str, ...]]:
    """Which of the results on this data the run is; the run is made, and stays so where it cannot be counted."""
    try:
        return counted(runs, manifest.inputs, run_name(manifest), [result], after_reveal=after_reveal), ()
    except AccessError as error:
        return None, (f"the run is not counted among the trials on this data: {error}",)


def _add_parquet(run: RunDir) -> None:
    from btcli.artifacts.parquet import write_parquet  # polars, which few runs need

    write_parquet(run.path)


def _detailed(request: RunRequest, finer: Timeframe, parts: Prepared, simulated: Simulated) -> Detailed:
    """What finer candles settle; the store is held while they are read."""
    recorded = ToSettle(simulated.ambiguous, simulated.result.final_equity_usdt, simulated.asked)
    with open_store(request.stores.of(parts.system.env)) as reader:
        return decide_in_detail(parts, simulated.world, reader, finer, recorded)


class Marking:
    """Leaves a run marked `interrupted` or `failed` when its block ends by an exception."""

    def __init__(self, run: RunDir) -> None:
        self._run = run

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None or self._run.manifest.status != "started":
            return
        if isinstance(error, KeyboardInterrupt):
            self._run.stop("interrupted", "stopped by Ctrl-C")
        else:
            self._run.stop("failed", f"{type(error).__name__}: {error}")


def _checked_inputs(request: RunRequest, parts: Prepared) -> tuple[PreflightOutcome | None, RunInputs]:
    if request.preflight:
        words = Words(
            request.system, request.stores, request.overrides, request.window, request.start, request.end, request.runs
        )
        gate = PreflightRequest.of(parts, request.stores, heal=request.heal, healing=request.healing)
        try:
            return preflight_and_load(gate, words.repair(parts.system.venue), is_recorded=True)
        except (UnhealthyData, SourceError) as error:
            clear_frames(error.__traceback__)  # they hold the rows that did not pass; others are looked at now
            first, *more = error.problems
            steps = run_on_what_is_stored(parts, words)
            error.problems = (replace(first, steps=(*first.steps, *steps)), *more)
            raise
    with open_store(request.stores.of(parts.system.env)) as reader:
        return None, inputs_looked_at(reader, parts)


def _warnings(parts: Prepared, checked: PreflightOutcome | None, replaced: str | None) -> tuple[str, ...]:
    """What is to be said of the rules, of the data, and of an unfinished run before."""
    unchecked = [SKIP_WARNING, *left_out(parts.system.costs.funding)]
    said = [str(problem) for problem in checked.report.warnings] if checked else unchecked
    if replaced is not None:
        said.append(f"an unfinished run of the same inputs was replaced; it said {replaced}")
    return (*parts.warnings, *said)
