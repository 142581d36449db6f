"""`btcli sweep`: many runs of one system, in chunks that are kept as they are done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from btcli.artifacts.order import note_asked
from btcli.clock import now_text
from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.digest import digest_of
from btcli.errors import AccessError, RequestError
from btcli.exchange.machine.sources import digest_of_sources, sources_below
from btcli.frozen import frozen
from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.market.store.connecting import keep_one
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.registry.asking import refusing, remember_seals, spans_loaded, unseen_elsewhere
from btcli.registry.records import Registry, Span, Tried
from btcli.registry.seals import Asked as AskedSeals
from btcli.registry.seals import Consent, asked_for, opened
from btcli.registry.tries import damage_said
from btcli.registry.where import RUNS
from btcli.research.bench import Bench, Ground, Load
from btcli.research.beside import code_of_values
from btcli.research.changed import known_needs, refuse_unfinished
from btcli.research.counted import CountedChunks, sweep_name
from btcli.research.crew import EVERYBODY, Crew, away_for, threads_of, work_of
from btcli.research.estimate import Estimate, estimate_of, require_room
from btcli.research.figures import BY, require_figure
from btcli.research.folder import SweepDir, held
from btcli.research.part import Part
from btcli.research.plan import REFUSALS, Asked, Plan, Source
from btcli.research.ranking import best_row
from btcli.research.running import Completed, Hearing, Work, complete
from btcli.research.space import space_of
from btcli.research.trying import require_runnable
from btcli.simulation.found import runs_user_code
from btcli.simulation.identity import PACKAGE, identity_of
from btcli.simulation.parts import Prepared, chosen_window
from btcli.workflows.advice.commands import Words
from btcli.workflows.run.preflight import UNASKED, Healing, PreflightOutcome, PreflightRequest, preflight_and_load

SWEEPS = Path("sweeps")
MOST_WORLDS = 200


@frozen
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
    crew: Crew = EVERYBODY
    by: str = BY
    consent: Consent = refusing  # asked before anything inside a sealed window is read


@frozen
class Watch:
    """`consent` sees what it will take and raises to refuse it; `progress` hears how far it is, from any thread.

    `notice` hears of what takes a while and is no trial.
    """

    consent: Callable[[Estimate], None] | None = None
    progress: Callable[[int, int, float | None], None] | None = None
    notice: Callable[[str], None] | None = None


@frozen
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
    after_reveal: bool = False  # some of it was come to when what had been sealed was open


class Begun(NamedTuple):
    """A sweep whose plan has everything but the length of its chunks, and what it is run with."""

    plan: Plan
    work: Work
    registry: Registry
    asked: AskedSeals
    elsewhere: tuple[Tried, ...]  # come to unseen, as other projects know that this one reads from
    remarks: tuple[str, ...] = ()  # on the data and on the rules


def sweep_system(request: SweepRequest, watch: Watch) -> SweepOutcome:
    """Run all trials that are not there yet, and put their table together.

    Raises RequestError and ConfigError for what cannot be varied so, UnhealthyData for data that no run may use,
    AccessError when the folder cannot be written or another process holds it, and what `watch.consent` raises.
    """
    begun_s = time.perf_counter()
    begun = _begun(request, watch)
    folder = _beside(request, begun.plan) / begun.plan.sweep_id
    if not request.anew:
        refuse_unfinished(begun.plan, folder)
    with held(folder, request.stores.patience_s, watch.notice) as sweep:
        opened(begun.registry, begun.asked, sweep_name(begun.plan), now_text())
        counting = CountedChunks(begun.registry, begun.elsewhere, reads_sealed=bool(begun.asked.inside))
        done = _completed(request, watch, begun, sweep, counting)
    note_asked(request.sweeps, folder)
    best, on_data = best_row(sweep.table, request.by), counting.of(done.plan)
    return SweepOutcome(
        folder,
        done.plan,
        done.told,
        request.by,
        best,
        done.found,
        time.perf_counter() - begun_s,
        (*begun.remarks, *_damage_said(done.damaged)),
        on_this_data=on_data.results,
        after_reveal=on_data.after_reveal,
    )


def _completed(
    request: SweepRequest, watch: Watch, begun: Begun, sweep: SweepDir, counting: CountedChunks
) -> Completed:
    """The sweep with its table, and every chunk counted; of one that is done nothing is run."""
    kept = sweep.plan()
    told = None if kept is None else sweep.told(kept)
    if kept is not None and kept.digest != begun.plan.digest:
        raise AccessError("is the folder of another sweep", where=str(sweep.path), hint="remove it, or choose --out")
    if kept is not None and told is not None:
        counting(kept, sweep.done(kept)[0])
        return Completed(kept, told, kept.chunks, ())

    def before(plan: Plan, left: int, work: Work) -> None:
        estimate = estimate_of(plan, left, work, is_new=kept is None)
        require_room(sweep.path, estimate)
        if watch.consent is not None:
            watch.consent(estimate)
        note_asked(request.sweeps, sweep.path)

    return complete(begun.plan, sweep, begun.work, before, counting)


def _damage_said(names: Sequence[str]) -> Iterator[str]:
    if len(names) == 1:
        yield f"{names[0]} is not what its name says, and was not used"
    elif names:
        yield f"{names[0]} and {len(names) - 1:,} more are not what their names say, and were not used"


def _beside(request: SweepRequest, plan: Plan) -> Path:
    """Where all sweeps of this system over this window lie."""
    return request.sweeps / plan.system_name / plan.window_name


def _begun(request: SweepRequest, watch: Watch) -> Begun:
    """Everything that is known before the first trial: what is varied can be run, and the data can be used."""
    asked = request.asked
    space = space_of(asked.grid, asked.draws, asked.seed)
    require_figure(request.by)
    system = load_system(request.system, request.overrides)
    name, window = chosen_window(system, request.window, request.start, request.end)
    source = Source(request.system.read_text(encoding="utf-8-sig"), str(request.system), request.overrides)
    base = Part.of(source, system, name, window)
    code = {"research_sha256": digest_of_sources(PACKAGE, sources_below(PACKAGE / "research"))}
    draft = Plan(source, system.system, name, (window.start_ms, window.end_ms), asked, code=code)
    needs = () if runs_user_code(system) else known_needs(draft, _beside(request, draft))
    if not needs:
        require_runnable(base, space)
    if named := code_of_values(space, source.folder):
        code = {**code, "values_sha256": digest_of(named)}
    draft = replace(draft, code=code, needs=needs)
    if len(draft.groups) > MOST_WORLDS:
        said = f"{len(draft.groups)} worlds, each with data of its own; a sweep has at most {MOST_WORLDS}"
        raise RequestError(said, where="--grid", hint="make several sweeps of it")
    load = _loader(request)
    loading = Bench(draft, load, base=base)
    systems, spans = _systems_and_spans(loading, draft)
    around = (request.stores.folder, request.system.parent)
    registry = remember_seals((system, *systems), around)
    asked_seals = asked_for(registry, spans, request.consent)
    elsewhere = unseen_elsewhere(registry, asked_seals.inside, (*around, request.sweeps))
    plan, first, remarks = _with_worlds(request, draft, loading)
    hearing = Hearing(request.by, space.trials, watch.progress, watch.notice)
    away = away_for(request.crew, loading, request.stores)
    bench = Bench(plan, load, threads_of(request.crew, away), hearing, base, first.parts.files)
    bench.stand_on(first)
    work = work_of(request.crew, bench, hearing, away)
    return Begun(plan, work, registry, asked_seals, elsewhere, (*remarks, *damage_said(registry)))


def _systems_and_spans(bench: Bench, draft: Plan) -> tuple[list[System], list[Span]]:
    """The systems of all worlds of a sweep, and what they would load."""
    systems, spans = list[System](), list[Span]()
    for number in range(len(draft.groups)):
        with suppress(RequestError):  # told when it is loaded
            part, parts = bench.parts_of(number)
            systems.append(part.system)
            spans += spans_loaded(parts.spans)
    return systems, spans


def _with_worlds(request: SweepRequest, draft: Plan, bench: Bench) -> tuple[Plan, Ground, tuple[str, ...]]:
    """The plan with the inputs of every group, all of which were checked, and what the first group stands on.

    With what is to be said of the data and of the rules. The group that reads most is checked first: what repairs it
    is often all that the others need.
    """
    runnable, refusals = _runnable(draft, bench)
    if not runnable:
        raise refusals[0]
    worlds = {number: _refused(draft, error) for number, error in refusals.items()}
    keep_one()  # chunks and the table are written in it
    first: Ground | None = None
    said: dict[int, list[str]] = {}
    for number in sorted(runnable, key=lambda each: (-_read_ms(runnable[each][1]), each)):
        part, parts = runnable[number]
        checked, inputs = _checked_inputs(request, parts, bench.most_of(number))
        said[number] = [*parts.warnings, *map(str, checked.report.warnings)]
        worlds[number] = identity_of(parts, inputs).to_dict()
        if number == min(runnable):
            first = Ground(number, part, parts, inputs)
    assert first is not None
    told = dict.fromkeys(each for number in sorted(said) for each in said[number])
    numbers = range(len(draft.groups))
    plan = replace(draft, worlds=tuple(map(worlds.__getitem__, numbers)), needs=tuple(map(bench.needs_of, numbers)))
    return plan, first, tuple(told)


def _runnable(draft: Plan, bench: Bench) -> tuple[dict[int, tuple[Part, Prepared]], dict[int, RequestError]]:
    """The groups that can be run, and why others cannot: each value alone can be, what cannot is their meeting."""
    runnable, refusals = dict[int, tuple[Part, Prepared]](), dict[int, RequestError]()
    for number in range(len(draft.groups)):
        try:
            runnable[number] = bench.parts_of(number)
        except RequestError as error:
            refusals[number] = error
    return runnable, refusals


def _read_ms(parts: Prepared) -> int:
    """Over all series together."""
    return sum(span.load_end_ms - span.load_start_ms for span in parts.spans.series)


def _refused(draft: Plan, error: RequestError) -> Mapping[str, Any]:
    return {REFUSALS: [draft.source.told(problem) for problem in error.problems]}


def _checked_inputs(
    request: SweepRequest, parts: Prepared, sets: tuple[str, ...]
) -> tuple[PreflightOutcome, RunInputs]:
    """What the trials of a group read; a command that repairs it has the values that read most, `sets`."""
    overrides = (*request.overrides, *sets)
    words = Words(request.system, request.stores, overrides, request.window, request.start, request.end, RUNS)
    store, system = request.stores.of(parts.system.env), parts.system
    gate = PreflightRequest(system, parts.spans, parts.instruments, store, request.heal, request.healing, parts.signals)
    return preflight_and_load(gate, words.repair(system.venue))


def _loader(request: SweepRequest) -> Load:
    def load(parts: Prepared) -> RunInputs:
        with open_store(request.stores.of(parts.system.env)) as reader:
            return with_signals(load_run_inputs(reader, parts.system, parts.spans), parts.signals)

    return load
