"""Many runs over one world, in several threads: each on a state of its own, and each for its score alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from btcli.analysis.metrics import Row
from btcli.engine.columns import ColumnCache
from btcli.engine.world import World
from btcli.errors import BtcliError
from btcli.exchange.face.scoring import Scorer
from btcli.simulation.scores import Score, score_of
from btcli.simulation.threads import Stopped, Stops, Work, in_threads
from btcli.simulation.trials import Refused, Stage, Trial

T = TypeVar("T")


def figures(score: Score) -> Row:
    """How a run ended, and its figures, as metrics.json has them."""
    return {"status": score.status, **score.figures()}


def run_many(
    world: World,
    trials: Sequence[Trial],
    threads: int | None = None,
    keep: Callable[[Score], T] = figures,  # type: ignore[assignment]
    cache: ColumnCache | None = None,
) -> list[T | Refused]:
    """What `keep` makes of the score of each trial, in the order of the trials, or why one could not be run.

    Equal for any number of `threads`, by default as many as there are processors. A score is to be looked at within
    `keep`: its arrays are used again. `cache` holds the columns that trials share, within its bytes. Ends within a
    second of KeyboardInterrupt, which it raises.
    """
    wanted = min(len(trials), threads or len(os.sched_getaffinity(0)))
    stage, scorers = Stage(world, cache), [Scorer() for _ in range(wanted)]

    def start(stops: Stops) -> Work[T | Refused]:
        scorer = scorers.pop()

        def work(number: int) -> T | Refused:
            try:
                return keep(_scored(stage, trials[number], scorer, stops))
            except BtcliError as error:
                return Refused(error.problems)

        return work

    return in_threads(start, len(trials), wanted)


def _scored(stage: Stage, trial: Trial, scorer: Scorer, stops: Stops) -> Score:
    ready, window = stage.ready(trial), stage.world.inputs.window
    initial_usdt = ready.system.account.initial_equity_usdt
    span = window.start_ms, window.end_ms
    scorer.begin(ready.market, ready.instruments, ready.terms, initial_usdt, span, ready.rules)
    if not scorer.run(lambda: not stops()):
        raise Stopped
    return score_of(scorer, ready.system, window.start_ms)
