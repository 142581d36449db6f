"""Runs what is missing of a sweep, chunk by chunk: each is kept before the next begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from btcli.legible.codes import ended_early
from btcli.research.bench import Bench
from btcli.research.figures import is_better
from btcli.research.folder import SweepDir
from btcli.research.plan import MOST_CHUNKS, Plan
from btcli.research.ranking import counted, ranked
from btcli.research.rows import Outcome
from btcli.research.table import write_rows, write_table

if TYPE_CHECKING:
    from btcli.research.engines.choosing import Engine
    from btcli.research.engines.task import Done

SAMPLE_S, CHUNK_S = 0.4, 2.0
MOST_TURNS = 64


class Standing(NamedTuple):
    """How far a sweep is: trials done, all of them, and the best figure so far of those that did not end early."""

    done: int
    trials: int
    best: float | None


class Hearing:
    """Counts outcomes and keeps the best figure; `progress` is told, from any thread, `notice` of what else is done."""

    def __init__(
        self,
        by: str,
        trials: int,
        progress: Callable[[int, int, float | None], None] | None = None,
        notice: Callable[[str], None] | None = None,
    ) -> None:
        self.by, self._progress, self._notice, self._lock = by, progress, notice, Lock()
        self.standing = Standing(0, trials, None)

    def __call__(self, outcome: Outcome) -> None:
        is_ranked = not outcome.never_traded and not ended_early(outcome.status)
        self.note(1, outcome.figures.get(self.by) if is_ranked else None)

    @property
    def is_heard(self) -> bool:
        """Whether anybody is told how far it is."""
        return self._progress is not None

    def say(self, what: str) -> None:
        """What takes a while now, and is no trial."""
        if self._notice is not None:
            self._notice(what)

    def note(self, trials: int, value: float | None) -> None:
        """So many more trials, and the best of them."""
        with self._lock:
            done, of, best = self.standing
            if value is not None and (best is None or is_better(self.by, value, best)):
                best = value
            self.standing = Standing(done + trials, of, best)
        if self._progress is not None:
            self._progress(*self.standing)


class Sample(NamedTuple):
    """Trials that were run to see how long one takes, of the quickest ones: they are the first of the sweep."""

    outcomes: dict[int, Outcome]
    trial_s: float


class Away(NamedTuple):
    """Other processes that run chunks: by which engine, what packs all that they need, and how much that takes.

    They are not worth starting for less than `least_s` seconds of work. How many `workers` a cluster has that is there
    is not known before it was asked.
    """

    engine: Engine
    get_ready: Callable[[Plan, Path], None]
    takes_bytes: Callable[[Plan], int]
    workers: int
    least_s: float = 0.0


class Work(NamedTuple):
    """What a sweep is run with: its bench, who hears of it, and how many trials run at once, here or elsewhere."""

    bench: Bench
    hearing: Hearing
    workers: int
    together: int
    away: Away | None = None

    def for_seconds(self, seconds: float) -> Work:
        """The same, without other processes where so many seconds of work are not worth them, as none never are."""
        is_too_little = self.away is not None and (seconds == 0 or seconds < self.away.least_s)
        return self._replace(away=None) if is_too_little else self

    def reached(self) -> Work:
        """The same with the workers of the cluster that is to do it, which is asked now.

        Raises AccessError where none answers, RequestError for one whose workers cannot be used.
        """
        if self.away is None or self.away.engine.address is None:
            return self
        from btcli.research.engines.choosing import workers_of

        self.hearing.say(self.away.engine.beginning)
        return self._replace(away=self.away._replace(workers=workers_of(self.away.engine)))


def sampled(bench: Bench, order: Sequence[int], together: int) -> Sample:
    """Run the first trials, `together` at once, twice or for about SAMPLE_S seconds: the quickest turn is the measure.

    What is first is slow to begin, and the trials after it find few of the columns that later ones share.
    """
    bench.get_ready(order[0])
    found: dict[int, Outcome] = {}
    least_s, begun_s = float("inf"), time.perf_counter()
    for turn in range(MOST_TURNS):
        some = order[len(found) : len(found) + together]
        if not some or (turn > 1 and time.perf_counter() - begun_s > SAMPLE_S):
            break
        turn_s = time.perf_counter()
        found |= bench.outcomes(some)
        least_s = min(least_s, (time.perf_counter() - turn_s) / len(some))
    return Sample(found, least_s)


def with_length(plan: Plan, sample: Sample, work: Work) -> Plan:
    """The plan with chunks of about CHUNK_S seconds, at most MOST_CHUNKS of them, as they are run on the bench."""
    together = work.together
    fitting = round(CHUNK_S / max(sample.trial_s, 1e-9))
    rounded = fitting // together * together or fitting
    least = -(-plan.space.trials // MOST_CHUNKS)
    length = min(max(1, rounded, least), plan.space.trials)
    told = {"trials": len(sample.outcomes), "trial_s": float(f"{sample.trial_s:.3g}"), "threads": work.workers}
    if reasons := sum(len(each.reason.encode()) for each in sample.outcomes.values()):
        told["reason_bytes"] = -(-reasons // len(sample.outcomes))
    return replace(plan, length=length, sampled=told)


class Completed(NamedTuple):
    """The plan with its chunks, what the table came to, how many chunks were there before, and damaged files."""

    plan: Plan
    told: Mapping[str, Any]
    found: int
    damaged: tuple[str, ...]


Before = Callable[[Plan, int, Work], None]
Kept = Callable[[Plan, Mapping[int, Path], Mapping[int, Outcome]], None]


def complete(draft: Plan, sweep: SweepDir, work: Work, before: Before, kept: Kept) -> Completed:
    """Run what is missing of a sweep and put its table together.

    A plan that is there already says what the chunks are; else the first trials say it. Where anything is to be run a
    cluster has to answer first. `before` is called with the plan, the trials that are left and what runs them, and may
    raise, before anything is written. `kept` is told of chunks that are there, and what trials came to that were run
    here.
    """
    plan, known = sweep.plan(), dict[int, Outcome]()
    if plan is None:
        work = work.reached()
        sample = sampled(work.bench, draft.order, work.together)
        plan, known = with_length(draft, sample, work), sample.outcomes
        chunks, damaged = dict[int, Path](), list[str]()
    else:
        plan = plan.beside(draft.source.folder)
        chunks, damaged = sweep.done(plan)
        note_done(work.hearing, sum(len(plan.chunk(index)) for index in chunks), list(chunks.values()))
        work = work if len(chunks) == plan.chunks else work.reached()
    left = plan.space.trials - work.hearing.standing.done
    work = work.for_seconds(left * alone_s(plan))
    before(plan, left, work)
    if sweep.plan() is None:
        sweep.write_plan(plan)
    kept(plan, chunks, {})
    found, missing = len(chunks), [index for index in range(plan.chunks) if index not in chunks]
    run = _run_here if work.away is None else _run_away
    with closing(run(plan, sweep, work, missing, known)) as runs:  # what ends this ends them first
        for index, chunk, outcomes in runs:
            chunks[index] = chunk
            kept(plan, {index: chunk}, outcomes)
    work.hearing.say("putting the table together")
    files = [chunks[index] for index in range(plan.chunks)]
    told = sweep.finish(plan, partial(write_table, files), lambda: counted([sweep.table], plan.keys))
    return Completed(plan, told, found, tuple(damaged))


Runs = Generator[tuple[int, Path, Mapping[int, Outcome]]]


def _run_here(plan: Plan, sweep: SweepDir, work: Work, missing: Sequence[int], known: dict[int, Outcome]) -> Runs:
    """Chunks with their files and outcomes, one after the other, by the bench; of `known` trials these are known."""
    for index in missing:
        trials = plan.chunk(index)
        outcomes = work.bench.outcomes([trial for trial in trials if trial not in known])
        outcomes |= {trial: known.pop(trial) for trial in trials if trial in known}
        yield index, sweep.keep(plan, index, partial(write_rows, plan.space, outcomes)), outcomes


def _run_away(plan: Plan, sweep: SweepDir, work: Work, missing: Sequence[int], known: dict[int, Outcome]) -> Runs:
    """Chunks with their files as other processes have done them."""
    from btcli.research.engines.choosing import finished
    from btcli.research.engines.task import task_of
    from btcli.research.worker import run_chunk

    assert work.away is not None
    if not missing:
        return
    folder = sweep.path.resolve()
    work.hearing.say("packing")
    work.away.get_ready(plan, folder)
    work.hearing.say(work.away.engine.beginning)
    task = task_of(run_chunk, str(folder), plan.digest)
    there = lambda: {index: file.name for index, file in sweep.done(plan)[0].items()}  # noqa: E731
    finishing = cast("Generator[Done]", finished(work.away.engine, task, missing, there))
    with closing(finishing) as chunks:
        for index, name in chunks:
            chunk = sweep.chunk(plan, index, name)
            note_done(work.hearing, sum(trial not in known for trial in plan.chunk(index)), [chunk])
            yield index, chunk, {}


def alone_s(plan: Plan) -> float:
    """How long one trial takes one worker."""
    return float(plan.sampled["trial_s"] * plan.sampled.get("threads", 1))


def note_done(hearing: Hearing, trials: int, chunks: Sequence[Path]) -> None:
    """Let the listener know of so many trials that were run before, or elsewhere, and of the best of their chunks."""
    best = next(iter(ranked(chunks, hearing.by, 1)), None) if hearing.is_heard else None
    hearing.note(trials, None if best is None or ended_early(best["status"]) else best[hearing.by])
