"""The score of a run, as analysis takes it: the facts of its curve, its trades' results, and its sums."""

from __future__ import annotations

from dataclasses import dataclass

from btcli.analysis.equity import Drawdown, EquityFacts
from btcli.analysis.figures import figures_of
from btcli.analysis.metrics import Row
from btcli.exchange.face.events import Counters
from btcli.exchange.face.score import Curve, Results


@dataclass(frozen=True)
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
