"""What a sweep keeps of a trial: its figures, why it has none, a digest of its result, and its daily returns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from btcli.analysis.equity import EquityFacts
from btcli.analysis.figures import figures_of
from btcli.analysis.metrics import MetricsInput, Row
from btcli.analysis.results import result_digest
from btcli.frozen import frozen
from btcli.simulation.scores import Score

REFUSED, RAISED = "REFUSED", "RAISED"  # instead of how a run ended
MOST_SAID = 2_000  # characters of a reason: what a strategy says when it raises may be of any length
WHOLE, NUMBER, MOMENT, MAPPING = "whole", "number", "moment", "mapping"
FIGURES = {  # of metrics.json, in its order, with what they are
    "initial_equity_usdt": NUMBER,
    "final_equity_usdt": NUMBER,
    "net_profit_usdt": NUMBER,
    "return_pct": NUMBER,
    "days": NUMBER,
    "cagr_pct": NUMBER,
    "volatility_pct": NUMBER,
    "sharpe": NUMBER,
    "sortino": NUMBER,
    "calmar": NUMBER,
    "max_drawdown_pct": NUMBER,
    "max_drawdown_usdt": NUMBER,
    "max_drawdown_start": MOMENT,
    "max_drawdown_trough": MOMENT,
    "max_drawdown_recovery": MOMENT,
    "max_drawdown_days": NUMBER,
    "ulcer_index_pct": NUMBER,
    "trades": WHOLE,
    "net_pnl_usdt": NUMBER,
    "win_rate_pct": NUMBER,
    "profit_factor": NUMBER,
    "expectancy_usdt": NUMBER,
    "payoff_ratio": NUMBER,
    "exposure_pct": NUMBER,
    "ambiguous_trades": WHOLE,
    "turnover_usdt": NUMBER,
    "turnover_ratio": NUMBER,
    "fees_usdt": NUMBER,
    "maker_fees_usdt": NUMBER,
    "funding_paid_usdt": NUMBER,
    "funding_received_usdt": NUMBER,
    "max_used_margin_usdt": NUMBER,
    "max_used_margin_pct": NUMBER,
    "min_free_margin_usdt": NUMBER,
    "nearest_liquidation_pct": NUMBER,
    "liquidations": WHOLE,
    "entry_attempts": WHOLE,
    "entry_refusals": WHOLE,
    "refusals_by_code": MAPPING,
    "null_reasons": MAPPING,
}
NO_RETURNS = np.zeros(0, np.float32)


@frozen
class Outcome:
    """What became of one trial: its figures and a digest of its result, or the reason why it has none.

    `returns` are those of each UTC day of the window until the run ended, fractions; NaN for a day that began without
    equity. It has `never_traded` where no trade was closed and nothing was held at any close.
    """

    status: str
    reason: str = ""
    figures: Row = field(default_factory=dict)
    result: str = ""
    returns: NDArray[np.float32] = field(default_factory=lambda: NO_RETURNS)

    @property
    def has_figures(self) -> bool:
        """Whether it was run to an end."""
        return bool(self.figures)

    @property
    def never_traded(self) -> bool:
        """Whether nothing was bought or sold."""
        return self.has_figures and self.figures["turnover_usdt"] == 0.0


def scored(score: Score) -> Outcome:
    """What is kept of a trial that was run for its score."""
    result = result_digest(score.status, score.equity.daily, score.results.net_usdt)
    return Outcome(score.status, "", score.figures(), result, returns_of(score.equity))


def passed(status: str, inputs: MetricsInput) -> Outcome:
    """What is kept of a trial that was run in full: the same."""
    net_usdt = inputs.trades.net_pnl
    figures = figures_of(inputs.equity, net_usdt, inputs.counters, settles_funding=inputs.settles_funding)
    result = result_digest(status, inputs.equity.daily, net_usdt)
    return Outcome(status, "", figures, result, returns_of(inputs.equity))


def failed(status: str, reasons: Iterable[str]) -> Outcome:
    """What is kept of a trial that could not be run, or not to its end; what no text can hold is escaped."""
    return Outcome(status, _cut("; ".join(reasons).encode("utf-8", "backslashreplace").decode()))


def _cut(reason: str) -> str:
    more = len(reason) - MOST_SAID
    return reason if more <= 0 else f"{reason[:MOST_SAID]}… {more:,} more character{'s' if more > 1 else ''}"


def returns_of(equity: EquityFacts) -> NDArray[np.float32]:
    """close / previous close - 1 of each UTC day from the first on; NaN where a day began without equity."""
    closes = np.array((equity.initial_equity_usdt, *equity.daily))
    starts = closes[:-1]
    returns = np.full(len(starts), np.nan)
    np.divide(closes[1:] - starts, starts, out=returns, where=starts > 0.0)
    return returns.astype(np.float32)


def cell(kind: str, value: Any) -> Any:
    """A figure as a column of the table holds it."""
    return json.dumps(value, sort_keys=True) if kind == MAPPING and value is not None else value
