"""Figures over a window of days that moves along a run."""

from __future__ import annotations

from collections.abc import Sequence

from btcli.analysis import definitions as define
from btcli.analysis.numbers import Metric

MONTH_DAYS, QUARTER_DAYS, YEAR_DAYS = 30, 90, 365


def window_days(days: int) -> int:
    """How many days a moving figure looks back over a run of so many: a month, or a quarter from a year on."""
    return MONTH_DAYS if days < YEAR_DAYS else QUARTER_DAYS


def rolling_sharpe(returns: Sequence[float], window: int) -> list[Metric]:
    """The Sharpe ratio of metrics.json over each `window` daily returns in a row: one for each day from there on.

    Empty when there are fewer returns than that.
    """
    return [define.sharpe(returns[end - window : end]) for end in range(window, len(returns) + 1)]
