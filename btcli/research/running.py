"""Runs what is missing of a sweep, chunk by chunk: each is kept before the next begins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from btcli.research.bench import Bench
from btcli.research.figures import is_better
from btcli.research.folder import SweepDir
from btcli.research.plan import MOST_CHUNKS, Plan
from btcli.research.rows import Outcome

SAMPLE_S, CHUNK_S = 0.2, 1.0
MOST_TURNS = 64


class Standing(NamedTuple):
    """How far a sweep is: trials done, all of them, and the best figure so far."""

    done: int
    trials: int
    best: float | None


class Hearing:
    """Counts outcomes and keeps the best figure; `progress` is told, from any thread."""

    def __init__(self, by: str, trials: int, progress: Callable[[int, int, float | None], None] | None = None) -> None:
        self.by, self._progress, self._lock = by, progress, Lock()
        self.standing = Standing(0, trials, None)

    def __call__(self, outcome: Outcome) -> None:
        value = outcome.figures.get(self.by) if outcome.has_figures and not outcome.never_traded else None
        self.note(1, value)

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


def sampled(bench: Bench, order: Sequence[int], together: int) -> Sample:
    """Run the first trials, `together` at once, twice or for about SAMPLE_S seconds: what is first is slow to begin."""
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


def with_length(plan: Plan, sample: Sample, together: int) -> Plan:
    """The plan with chunks of about CHUNK_S seconds, at most MOST_CHUNKS of them; `together` trials run at once."""
    fitting = round(CHUNK_S / max(sample.trial_s, 1e-9))
    rounded = fitting // together * together or fitting
    least = -(-plan.space.trials // MOST_CHUNKS)
    length = min(max(1, rounded, least), plan.space.trials)
    told = {"trials": len(sample.outcomes), "trial_s": float(f"{sample.trial_s:.3g}")}
    return replace(plan, length=length, sampled=told)


class Work(NamedTuple):
    """What a sweep is run with: its bench, who hears of it, and how many trials run at once."""

    bench: Bench
    hearing: Hearing
    workers: int
    together: int


class Completed(NamedTuple):
    """The plan with its chunks, what the table came to, how many chunks were there before, and damaged files."""

    plan: Plan
    told: Mapping[str, Any]
    found: int
    damaged: tuple[str, ...]


Before = Callable[[Plan, int, float], None]
Kept = Callable[[Plan, Mapping[int, Path]], None]


def complete(draft: Plan, sweep: SweepDir, work: Work, before: Before, kept: Kept) -> Completed:
    """Run what is missing of a sweep and put its table together; `kept` is told of chunks that are there.

    A plan that is there already says what the chunks are; else the first trials say it. `before` is called with the
    plan, the trials that are left and the seconds of one of them, and may raise, before anything is written.
    """
    from btcli.research.ranking import counted  # polars, which the first trials need not wait for
    from btcli.research.table import frame_of, table_bytes, whole_table

    plan, known = sweep.plan(), dict[int, Outcome]()
    if plan is None:
        sample = sampled(work.bench, draft.order, work.together)
        plan, known = with_length(draft, sample, work.together), sample.outcomes
        chunks, damaged = dict[int, Path](), list[str]()
    else:
        chunks, damaged = sweep.done(plan)
        note_done(work.hearing, chunks.values())
    before(plan, plan.space.trials - work.hearing.standing.done, plan.sampled["trial_s"])
    if sweep.plan() is None:
        sweep.write_plan(plan)
    kept(plan, chunks)
    found = len(chunks)
    for index, trials in ((index, plan.chunk(index)) for index in range(plan.chunks) if index not in chunks):
        outcomes = work.bench.outcomes([trial for trial in trials if trial not in known])
        outcomes |= {trial: known.pop(trial) for trial in trials if trial in known}
        chunks[index] = sweep.keep(plan, index, table_bytes(frame_of(plan.space, outcomes)))
        kept(plan, {index: chunks[index]})
    frame = whole_table([chunks[index] for index in range(plan.chunks)])
    told = sweep.finish(table_bytes(frame), counted(frame, plan.keys))
    return Completed(plan, told, found, tuple(damaged))


def note_done(hearing: Hearing, chunks: Iterable[Path]) -> None:
    """Let the listener know of trials that were run before."""
    import polars as pl

    from btcli.research.ranking import ranked

    for chunk in chunks:
        frame = pl.read_parquet(chunk, columns=["never_traded", hearing.by])
        best = ranked(frame.with_row_index("trial"), hearing.by, 1)[hearing.by]
        hearing.note(frame.height, best.item() if len(best) else None)
