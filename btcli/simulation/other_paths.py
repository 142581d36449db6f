"""How a run would have ended on the other paths, each a run of its own, or why nobody can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from btcli.engine.asked import Asked, first_other_answer
from btcli.engine.loop import AllLooks, Answers
from btcli.engine.world import World
from btcli.exchange.book.codes import PATH_NAMES
from btcli.exchange.face.events import Event, Trade
from btcli.market.series import Floats, Millis
from btcli.simulation.other_answers import other_answer
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import Progress, fold_of, one_pass, outcome_of
from btcli.simulation.reloading import loaded_anew
from btcli.simulation.scores import Score, score_on
from btcli.simulation.second_process import Beside

MOST_ASKED_AGAIN = 10_000
WITHHELD = "withheld"  # the one key that stands in metrics' `paths` instead of the three outcomes


class FirstPass(NamedTuple):
    """What the recorded pass leaves for the others: its path and outcome, what it was asked, and answers to share."""

    path: str
    outcome: Mapping[str, Any]
    asked: Asked | None  # None where no user code decides
    answers: Answers
    looks: AllLooks
    decides_all: bool  # the other paths end as it did


class OtherPaths(NamedTuple):
    """The outcomes by path, or why they are withheld; how many passes that took, and what else is to be told."""

    outcomes: Mapping[str, Any]
    passes: int
    warnings: tuple[str, ...] = ()


class Nobody:
    """A sink for passes of which only the answers matter."""

    def events(self, events: Sequence[Event]) -> None:
        """Nobody listens."""

    def trades(self, trades: Sequence[Trade]) -> None:
        """Nobody listens."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nobody listens."""


def other_paths(parts: Prepared, world: World, first: FirstPass, progress: Sequence[Progress | None]) -> OtherPaths:
    """The outcomes of all paths; `progress` has one for each further pass.

    Where user code decides, every pass loads it afresh and is held against the first: up to where their accounts
    part, both must have been answered alike. Raises StrategyError as any pass does.
    """
    others = [path for path in PATH_NAMES if path != first.path]
    all_alike = dict.fromkeys(PATH_NAMES, first.outcome)
    if first.decides_all:
        why = None if first.asked is None else _asked_again(parts, world, first.asked, others[0])
        return OtherPaths(withheld(why) if why else all_alike, 0)
    if all(rules is not None for rules in world.rules):
        scored = {path: _scored_outcome(score_on(world, path)) for path in others}
        return OtherPaths({path: (all_alike | scored)[path] for path in PATH_NAMES}, len(others))
    if first.asked is None:
        return _side_by_side(parts, world, first, others, progress[0])
    outcomes: dict[str, Any] = {}
    by_market = {symbol for symbol, seen in first.looks.items() if seen.by_market}
    shared = {index for index, symbol in enumerate(world.inputs.symbols) if symbol.symbol in by_market}
    for passes, (path, watching) in enumerate(zip(others, progress, strict=True), 1):
        parts, asked = loaded_anew(parts), Asked()
        outcomes[path] = _outcome_on(parts, world, path, watching, first.answers, asked)
        moment = first_other_answer(first.asked, asked, without=shared)
        if moment is not None:
            return OtherPaths(withheld(other_answer(moment, world.inputs, f"the pass on the {path} path")), passes)
    return OtherPaths(all_alike | outcomes, len(others))


def withheld(why: str) -> dict[str, str]:
    """What stands in metrics' `paths` where the outcomes cannot be trusted."""
    return {WITHHELD: why}


def _asked_again(parts: Prepared, world: World, first: Asked, path: str) -> str | None:
    """Where no other path needs to be run, whether the strategy, loaded afresh, answers as before all the same."""
    asked = Asked(most=MOST_ASKED_AGAIN)
    one_pass(loaded_anew(parts), world, path, Nobody(), None, asked=asked)
    moment = first_other_answer(first, asked)
    return None if moment is None else other_answer(moment, world.inputs, "when it was loaded and asked again")


def _side_by_side(
    parts: Prepared, world: World, first: FirstPass, others: Sequence[str], progress: Progress | None
) -> OtherPaths:
    """Both other paths at once; only where no user code runs, which a second process would run out of sight."""
    here, there = others
    beside = Beside(lambda: _outcome_on(parts, world, there, None, first.answers))
    outcomes = {first.path: first.outcome, here: _outcome_on(parts, world, here, progress, first.answers)}
    outcomes[there] = beside.result()
    said = (f"{beside.failure}; the pass on the {there} path was run in this process",) if beside.failure else ()
    return OtherPaths({path: outcomes[path] for path in PATH_NAMES}, len(others), said)


def _outcome_on(
    parts: Prepared,
    world: World,
    path: str,
    progress: Progress | None,
    answers: Answers,
    asked: Asked | None = None,
) -> dict[str, Any]:
    fold = fold_of(parts)
    result = one_pass(parts, world, path, fold, progress, answers, asked=asked)
    return outcome_of(result, fold.finished(result.counters, {}))


def _scored_outcome(score: Score) -> dict[str, Any]:
    """How a run ended, from its score."""
    facts = score.equity
    return {
        "status": score.status,
        "final_equity_usdt": facts.final_equity_usdt,
        "max_drawdown_pct": facts.drawdown.pct if facts.drawdown else 0.0,
        "trades": len(score.results.net_usdt),
        "liquidations": score.counters.liquidations,
    }
