"""The daily returns behind the ratios of metrics.json, with their days."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from btcli.analysis import definitions
from btcli.analysis.equity import EquityFacts

RETURNS_SCHEMA = pl.Schema({"date": pl.Date(), "return": pl.Float64()})
_FIRST_DAY = date(1970, 1, 1)


def dated_returns(equity: EquityFacts) -> pl.DataFrame:
    """What `definitions.daily_returns` gives, as fractions, each beside its day (UTC)."""
    rows = [(_FIRST_DAY + timedelta(days=day), fraction) for day, fraction in definitions.dated_returns(equity).items()]
    return pl.DataFrame(rows, RETURNS_SCHEMA, orient="row")


def look_like_prices(returns: pl.DataFrame) -> bool:
    """Whether quantstats takes the returns for prices: none is below 0, and one is above 1."""
    values = returns["return"].to_list()
    return bool(values) and min(values) >= 0.0 and max(values) > 1.0
