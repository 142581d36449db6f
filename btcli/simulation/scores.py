"""The score of a run, as analysis takes it: the facts of its curve, its trades' results, and its sums."""

from __future__ import annotations

from btcli.analysis.equity import Drawdown, EquityFacts
from btcli.analysis.figures import figures_of
from btcli.analysis.metrics import Row
from btcli.config.model import System
from btcli.engine.setup import terms_for
from btcli.engine.world import World
from btcli.exchange.face.events import Counters
from btcli.exchange.face.score import Curve, Results
from btcli.exchange.face.scoring import Scorer
from btcli.frozen import frozen


@frozen
class Score:
    """How a run ended, without its rows, events and trades."""

    status: str
    equity: EquityFacts
    results: Results
    counters: Counters
    settles_funding: bool = True

    def figures(self) -> Row:
        """The figures of metrics.json that these facts give, equal to the last bit."""
        return figures_of(self.equity, self.results.net_usdt, self.counters, settles_funding=self.settles_funding)


def facts_of(curve: Curve, initial_equity_usdt: float, start_ms: int) -> EquityFacts:
    """The facts that the rows of the same run would give."""
    return EquityFacts(
        initial_equity_usdt=initial_equity_usdt,
        start_ms=start_ms,
        last_ms=curve.last_ms,
        final_equity_usdt=curve.final_equity_usdt,
        first_day=curve.first_day,
        daily=curve.daily,
        drawdown=None if curve.fall is None else Drawdown(*curve.fall),
        max_drawdown_usdt=curve.max_drawdown_usdt,
        max_used_margin_usdt=curve.max_used_margin_usdt,
        max_used_margin_pct=curve.max_used_margin_pct,
        min_free_margin_usdt=curve.min_free_margin_usdt,
    )


def score_of(scorer: Scorer, system: System, start_ms: int) -> Score:
    """The score of the run that a scorer has done, of a window that begins at `start_ms`."""
    return Score(
        status=scorer.status,
        equity=facts_of(scorer.curve(), system.account.initial_equity_usdt, start_ms),
        results=scorer.results(),
        counters=scorer.counters(),
        settles_funding=system.costs.funding == "settled",
    )


def score_on(world: World, path: str) -> Score:
    """The score of a run on another path; of a world in which rules decide for every symbol."""
    system, window, scorer = world.system, world.inputs.window, Scorer()
    rules = [each for each in world.rules if each is not None]
    span = window.start_ms, window.end_ms
    initial_usdt = system.account.initial_equity_usdt
    scorer.begin(world.market, world.instruments, terms_for(system, path), initial_usdt, span, rules)
    scorer.run(lambda: True)
    return score_of(scorer, system, window.start_ms)
