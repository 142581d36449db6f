"""A run's daily closes, from the rows of its equity curve, for what metrics.json does not tell of days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from btcli.analysis import definitions as define
from btcli.analysis.equity import DAY_MS, EquityFacts, curve_facts
from btcli.analysis.numbers import Undefined
from btcli.market.series import Floats, Millis
from btcli.report.content import RunContent
from btcli.timeframe import utc_ms, utc_text

TOO_FAR_APART = (
    "Withheld: from the rows of this run's equity curve daily closes come out other than those that its"
    " metrics are made of, so that nothing is told of single days. With output.equity: exec every step has a row."
)


def start_ms(content: RunContent) -> int:
    """Where the window of the run begins."""
    return utc_ms(content.manifest["inputs"]["window"]["start"])


def last_ms(content: RunContent) -> int:
    """The close of the run's last step: the window's end unless the account ended the run."""
    days: float | None = content.metrics.get("days")
    if days is None:
        return utc_ms(content.manifest["inputs"]["window"]["end"])
    return start_ms(content) + round(days * DAY_MS)


def curve(content: RunContent) -> tuple[Millis, Floats]:
    """Moments, ms UTC, and equity of the recorded rows, [n] each."""
    moments = content.equity["ts"].to_physical().to_numpy()
    return moments.astype(np.int64, copy=False), content.equity["equity_usdt"].to_numpy()


def days_of(content: RunContent) -> EquityFacts | None:
    """The run's daily closes; None where the rows of the curve do not give the Sharpe ratio of metrics.json.

    That ratio is made of the same daily closes: where the rows are too far apart, or damaged, it comes out different.
    """
    moments, equity = curve(content)
    start, end, final = start_ms(content), last_ms(content), content.metrics["final_equity_usdt"]
    if not len(moments) or moments[-1] < end:  # the last step of a run that ended between two rows
        moments, equity = np.append(moments, end), np.append(equity, final)
    facts = curve_facts(
        moments, equity, initial_equity_usdt=_initial(content.metrics, content.manifest), start_ms=start
    )
    sharpe = define.sharpe(define.daily_returns(facts))
    return facts if content.metrics["sharpe"] == (None if isinstance(sharpe, Undefined) else sharpe) else None


def _initial(metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> float:
    known = metrics.get("initial_equity_usdt")
    return float(manifest["inputs"]["config"]["account"]["initial_equity_usdt"] if known is None else known)


def day_text(day: int) -> str:
    """A UTC day counted from 1970-01-01 as "2024-01-31"."""
    return utc_text(day * DAY_MS)[:10]
