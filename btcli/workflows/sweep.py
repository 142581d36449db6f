"""`btcli sweep`: many runs of one system, in chunks that are kept as they are done."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from btcli.config.loading import load_system
from btcli.errors import AccessError, RequestError
from btcli.exchange.machine.sources import digest_of_sources, sources_below
from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.registry.asking import now_text, refusing, remember_seals, spans_loaded
from btcli.registry.records import Registry, Span
from btcli.registry.seals import Asked as AskedSeals
from btcli.registry.seals import Consent, asked_for, opened
from btcli.research.bench import Bench, Ground, Load
from btcli.research.changed import refuse_unfinished
from btcli.research.counted import CountedChunks, sweep_name
from btcli.research.figures import BY, require_figure
from btcli.research.folder import held
from btcli.research.needs import Part, require_runnable
from btcli.research.plan import REFUSALS, Asked, Plan, Source, written_sets
from btcli.research.rows import FIGURES
from btcli.research.running import Completed, Hearing, Work, complete
from btcli.research.space import space_of
from btcli.simulation.identity import PACKAGE, identity_of
from btcli.simulation.many import TOGETHER
from btcli.simulation.parts import Prepared, chosen_window
from btcli.timeframe import UNIT_MS
from btcli.workflows.advice.commands import Words
from btcli.workflows.preflight import UNASKED, Healing, PreflightOutcome, PreflightRequest, preflight_and_load

SWEEPS = Path("sweeps")
MOST_WORLDS = 200
RUNS = Path("runs")
COLUMN_BYTES, RETURN_BYTES, OTHER_COLUMNS = 8, 4, 14
TIMES_ON_DISK, TIMES_IN_MEMORY = 2, 3  # in the chunks and in the table; while the table is put together
PER_RSS = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class SweepRequest:
    """What to vary, over which window, with which data, and where to keep it."""

    system: Path
    stores: Stores
    asked: Asked
    sweeps: Path = SWEEPS
    window: str | None = None
    start: str | None = None
    end: str | None = None
    overrides: tuple[str, ...] = ()
    heal: bool = False
    healing: Healing = UNASKED
    anew: bool = False
    workers: int | None = None
    by: str = BY
    consent: Consent = refusing  # asked before anything inside a sealed window is read


class Estimate(NamedTuple):
    """What is still to be done, from a timed sample, and what it takes; `memory_bytes` is what is held by now."""

    trials: int
    left: int
    worlds: int
    workers: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    days: int


@dataclass(frozen=True)
class Watch:
    """`consent` sees what it will take and raises to refuse it; `progress` hears how far it is, from any thread."""

    consent: Callable[[Estimate], None] | None = None
    progress: Callable[[int, int, float | None], None] | None = None
    notice: Callable[[str], None] | None = None


@dataclass(frozen=True)
class SweepOutcome:
    """A sweep that is done: its folder and plan, and what its table came to.

    `told` holds the counts, `best` the row of the best trial by `by`, None where none has that figure. `found` of
    the `chunks` were there already.
    """

    folder: Path
    plan: Plan
    told: Mapping[str, Any]
    by: str
    best: Mapping[str, Any] | None
    found: int
    seconds: float
    warnings: tuple[str, ...] = ()
    on_this_data: int = 0  # distinct results so far, those of this sweep among them
    after_reveal: bool = False  # something that had been sealed was read


class Begun(NamedTuple):
    """A sweep whose plan has everything but the length of its chunks, and what it is run with."""

    plan: Plan
    work: Work
    registry: Registry
    asked: AskedSeals
    remarks: tuple[str, ...] = ()  # on the data and on the rules


def sweep_system(request: SweepRequest, watch: Watch) -> SweepOutcome:
    """Run all trials that are not there yet, and put their table together.

    Raises RequestError and ConfigError for what cannot be varied so, UnhealthyData for data that no run may use,
    AccessError when the folder cannot be written or another process holds it, and what `watch.consent` raises.
    """
    begun_s = time.perf_counter()
    begun = _begun(request, watch)
    plan = begun.plan
    folder = request.sweeps / plan.system_name / plan.window_name / plan.sweep_id
    if not request.anew:
        refuse_unfinished(plan, folder)

    def before(plan: Plan, left: int, trial_s: float) -> None:
        estimate = _estimate(plan, left, trial_s, begun.work)
        _require_room(folder, estimate)
        if watch.consent is not None:
            watch.consent(estimate)

    with held(folder, request.stores.patience_s) as sweep:
        opened(begun.registry, begun.asked, sweep_name(plan), now_text())
        counting = CountedChunks(begun.registry, after_reveal=bool(begun.asked.inside))
        kept = sweep.plan()
        if kept is not None and kept.digest != plan.digest:
            raise AccessError("is the folder of another sweep", where=str(folder), hint="remove it, or choose --out")
        told = sweep.told()
        if kept is None or told is None:
            done = complete(plan, sweep, begun.work, before, counting)
        else:
            sweep.touch()
            counting(kept, sweep.done(kept)[0])
            done = Completed(kept, told, kept.chunks, ())
    from btcli.research.ranking import best_row

    best = best_row(sweep.table, request.by)
    damaged = tuple(f"{name} is not what its name says: its trials were run again" for name in done.damaged)
    seconds = time.perf_counter() - begun_s
    return SweepOutcome(
        folder,
        done.plan,
        done.told,
        request.by,
        best,
        done.found,
        seconds,
        (*begun.remarks, *damaged),
        on_this_data=counting.of(done.plan),
        after_reveal=bool(begun.asked.inside),
    )


def _begun(request: SweepRequest, watch: Watch) -> Begun:
    """Everything that is known before the first trial: what is varied can be run, and the data can be used."""
    asked = request.asked
    space = space_of(asked.grid, asked.draws, asked.seed)
    require_figure(request.by)
    system = load_system(request.system, request.overrides)
    name, window = chosen_window(system, request.window, request.start, request.end)
    source = Source(request.system.read_text(encoding="utf-8-sig"), str(request.system), request.overrides)
    base = Part.of(source, system, name, window)
    require_runnable(base, space)
    code = {"research_sha256": digest_of_sources(PACKAGE, sources_below(PACKAGE / "research"))}
    draft = Plan(source, system.system, name, (window.start_ms, window.end_ms), asked, code=code)
    if len(draft.groups) > MOST_WORLDS:
        said = f"{len(draft.groups)} worlds, each with data of its own; a sweep has at most {MOST_WORLDS}"
        raise RequestError(said, where="--grid", hint="make several sweeps of it")
    load = _loader(request)
    registry, loading = remember_seals(system, RUNS), Bench(draft, load, base=base)
    asked_seals = asked_for(registry, _spans(loading, draft), request.consent)
    plan, first, remarks = _with_worlds(request, draft, loading)
    hearing = Hearing(request.by, space.trials, watch.progress)
    workers = request.workers or len(os.sched_getaffinity(0))
    bench = Bench(plan, load, workers, hearing, base)
    bench.stand_on(first)
    return Begun(plan, _work(bench, hearing, workers), registry, asked_seals, remarks)


def _spans(bench: Bench, draft: Plan) -> Iterator[Span]:
    """What the worlds of a sweep would load."""
    for number in range(len(draft.groups)):
        with suppress(RequestError):  # told when it is loaded
            yield from spans_loaded(bench.parts_of(number)[1].spans)


def _work(bench: Bench, hearing: Hearing, workers: int) -> Work:
    """Strategies in Python are run one by one."""
    return Work(bench, hearing, workers, workers * TOGETHER) if bench.shares else Work(bench, hearing, 1, 1)


def _with_worlds(request: SweepRequest, draft: Plan, bench: Bench) -> tuple[Plan, Ground, tuple[str, ...]]:
    """The plan with the inputs of every group, all of which were checked, and what the first group stands on.

    With what is to be said of the data and of the rules.
    """
    worlds: list[Mapping[str, Any]] = []
    first: Ground | None = None
    refusals: list[RequestError] = []
    said: list[str] = []
    for number in range(len(draft.groups)):
        try:
            part, parts = bench.parts_of(number)
        except RequestError as error:  # each value alone can be run: what cannot is their meeting
            refusals.append(error)
            worlds.append({REFUSALS: [str(problem) for problem in error.problems]})
            continue
        with _beside("btcli.research.ranking"):
            checked, inputs = _checked_inputs(request, parts, written_sets(bench.most_of(number)))
        said += [*parts.warnings, *map(str, checked.report.warnings)]
        worlds.append(identity_of(parts, inputs).to_dict())
        if first is None:
            first = Ground(number, part, parts, inputs)
    if first is None:
        raise refusals[0]
    return replace(draft, worlds=tuple(worlds)), first, tuple(dict.fromkeys(said))


def _checked_inputs(
    request: SweepRequest, parts: Prepared, sets: tuple[str, ...]
) -> tuple[PreflightOutcome, RunInputs]:
    """What the trials of a group read; a command that repairs it has the values that read most, `sets`."""
    overrides = (*request.overrides, *sets)
    words = Words(request.system, request.stores, overrides, request.window, request.start, request.end, RUNS)
    store, system = request.stores.of(parts.system.env), parts.system
    gate = PreflightRequest(system, parts.spans, parts.instruments, store, request.heal, request.healing, parts.signals)
    return preflight_and_load(gate, words.repair(system.venue))


@contextmanager
def _beside(module: str) -> Iterator[None]:
    """Import a module, which takes time, while something else waits for the disk."""
    importing = Thread(target=import_module, args=(module,))
    importing.start()
    try:
        yield
    finally:
        importing.join()


def _loader(request: SweepRequest) -> Load:
    def load(parts: Prepared) -> RunInputs:
        with open_store(request.stores.of(parts.system.env)) as reader:
            return with_signals(load_run_inputs(reader, parts.system, parts.spans), parts.signals)

    return load


def _estimate(plan: Plan, left: int, trial_s: float, work: Work) -> Estimate:
    trials, days = plan.space.trials, -(-(plan.window_ms[1] - plan.window_ms[0]) // UNIT_MS["d"])
    columns = len(FIGURES) + len(plan.space.axes) + OTHER_COLUMNS
    table_bytes = trials * (columns * COLUMN_BYTES + days * RETURN_BYTES)
    held_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PER_RSS
    memory_bytes = held_bytes + (work.bench.room_bytes if left else 0) + TIMES_IN_MEMORY * table_bytes
    return Estimate(
        trials, left, len(plan.groups), work.workers, left * trial_s, memory_bytes, TIMES_ON_DISK * table_bytes, days
    )


def _require_room(folder: Path, estimate: Estimate) -> None:
    """Raise AccessError where the disk has not the room that the trials left will take."""
    share = estimate.left / estimate.trials
    free = shutil.disk_usage(folder).free
    if share * estimate.disk_bytes > free:
        said = f"the sweep takes about {share * estimate.disk_bytes / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free"
        raise AccessError(said, where=str(folder), hint="make room, or choose another folder with --out")
