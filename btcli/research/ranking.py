"""Which trial of a table is the best by one figure, and how the figure is spread over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from btcli.research.figures import LESS_IS_BETTER
from btcli.research.table import RETURNS

QUANTILES = {"least": 0.0, "5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95, "greatest": 1.0}


class Spread(NamedTuple):
    """How one figure is spread: over how many trials, and its quantiles by name."""

    by: str
    counted: int
    quantiles: dict[str, float]


def traded(frame: pl.DataFrame) -> pl.DataFrame:
    """The trials that were run and traded: of the others no figure says how good they are."""
    return frame.filter(pl.col("never_traded").eq(False))


def ranked(frame: pl.DataFrame, by: str, most: int) -> pl.DataFrame:
    """The best trials by a figure that they have, the first of equal ones first."""
    with_figure = traded(frame).filter(pl.col(by).is_not_null())
    return with_figure.sort([by, "trial"], descending=[by not in LESS_IS_BETTER, False]).head(most)


def spread(frame: pl.DataFrame, by: str) -> Spread:
    """The quantiles of a figure over the trials that traded and have it."""
    values = traded(frame)[by].drop_nulls().cast(pl.Float64)
    found = {name: values.quantile(share, "nearest") for name, share in QUANTILES.items()}
    return Spread(by, len(values), {name: value for name, value in found.items() if value is not None})


def counted(frame: pl.DataFrame, keys: Sequence[str]) -> dict[str, Any]:
    """How the trials ended, how many never traded, how many results differ, and the keys that made no difference."""
    ends = frame.group_by("status").len().sort("status")
    return {
        "trials": frame.height,
        "statuses": dict(zip(ends["status"].to_list(), ends["len"].to_list(), strict=True)),
        "never_traded": int(frame["never_traded"].sum()),
        "distinct_results": frame["result"].drop_nulls().n_unique(),
        "idle": [key for key in keys if _is_idle(frame, key, keys)],
    }


def _is_idle(frame: pl.DataFrame, key: str, keys: Sequence[str]) -> bool:
    """Whether trials that differ in this key alone all came to one result, where there are such trials."""
    others = [pl.col(other) for other in keys if other != key]
    counts = frame.group_by(others or [pl.lit(0).alias("")]).agg(pl.col(key, "result").n_unique())
    several = counts.filter(pl.col(key) > 1)
    return bool(several.height) and several["result"].max() == 1


def best_row(table: Path, by: str) -> dict[str, Any] | None:
    """The best trial of a table by a figure, without its daily returns; None where none has it."""
    rows = ranked(pl.read_parquet(table), by, 1).drop(RETURNS).to_dicts()
    return rows[0] if rows else None
