"""Many runs over one world, in several threads: each on a state of its own, and each for its score alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

from btcli.analysis.metrics import Row
from btcli.engine.collecting import seldom_collected
from btcli.engine.columns import ColumnCache
from btcli.engine.world import World
from btcli.errors import BtcliError
from btcli.exchange.face.scoring import Scorer, run_together
from btcli.processors import processors
from btcli.simulation.scores import Score, score_of
from btcli.simulation.threads import Stopped, Stops, Work, in_threads
from btcli.simulation.trials import Ready, Refused, Stage, Trial

T = TypeVar("T")

TOGETHER = 8  # trials that a thread runs in turns: more of them gain little, and each holds a state of its own


def figures(score: Score) -> Row:
    """How a run ended, and its figures, as metrics.json has them."""
    return {"status": score.status, **score.figures()}


def run_many(
    world: World,
    trials: Sequence[Trial],
    threads: int | None = None,
    keep: Callable[[Score], T] = figures,  # type: ignore[assignment]
    cache: ColumnCache | None = None,
    stage: Stage | None = None,
) -> list[T | Refused]:
    """What `keep` makes of the score of each trial, in the order of the trials, or why one could not be run.

    Equal for any number of `threads`, by default as many as there are processors. A score is to be looked at within
    `keep`: its arrays are used again. `cache` holds the columns that trials share, within its bytes. Ends within a
    second of KeyboardInterrupt, which it raises. Calls over the same world share a `stage`, one call at a time.
    """
    wanted = max(1, min(len(trials), threads or processors()))
    batches = batches_of(trials, wanted)
    stage = stage or Stage(world, cache)
    teams = stage.teams(min(wanted, len(batches)), len(batches[0]) if batches else 0)

    def start(stops: Stops) -> Work[list[T | Refused]]:
        scorers = teams.pop()
        return lambda number: _kept(stage, batches[number], scorers, stops, keep)

    with seldom_collected():
        return [each for batch in in_threads(start, len(batches), len(teams)) for each in batch]


def batches_of(trials: Sequence[Trial], threads: int) -> list[Sequence[Trial]]:
    """The trials by those that run together: for each thread as many batches, which differ by a trial at most."""
    rounds = -(-len(trials) // (threads * TOGETHER))
    count = min(len(trials), rounds * threads)
    size, larger = divmod(len(trials), max(1, count))
    firsts = [number * size + min(number, larger) for number in range(count + 1)]
    return [trials[first:until] for first, until in pairwise(firsts)]


def _kept(
    stage: Stage, trials: Sequence[Trial], scorers: Sequence[Scorer], stops: Stops, keep: Callable[[Score], T]
) -> list[T | Refused]:
    """What is kept of some trials, which run together."""
    begun = [_begun(stage, trial, scorer) for trial, scorer in zip(trials, scorers, strict=False)]
    running = [scorer for scorer, ready in zip(scorers, begun, strict=False) if isinstance(ready, Ready)]
    if running and not run_together(running, lambda: not stops()):
        raise Stopped
    start_ms = stage.world.inputs.window.start_ms
    return [
        keep(score_of(scorer, ready.system, start_ms)) if isinstance(ready, Ready) else ready
        for scorer, ready in zip(scorers, begun, strict=False)
    ]


def _begun(stage: Stage, trial: Trial, scorer: Scorer) -> Ready | Refused:
    """A trial whose scorer stands before its first step, or why it cannot be run."""
    window = stage.world.inputs.window
    try:
        ready = stage.ready(trial)
        initial_usdt, span = ready.system.account.initial_equity_usdt, (window.start_ms, window.end_ms)
        scorer.begin(ready.market, ready.instruments, ready.terms, initial_usdt, span, ready.rules)
    except BtcliError as error:
        return Refused(error.problems)
    return ready
