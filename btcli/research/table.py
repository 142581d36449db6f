"""The table of a sweep: a row a trial, as Parquet; its chunks are the same table in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from btcli.digest import canonical_json
from btcli.research.axes import Axis, Continuous, Stepped
from btcli.research.rows import FIGURES, MAPPING, MOMENT, NUMBER, WHOLE, Outcome, cell
from btcli.research.space import Space

RETURNS = "daily_returns"
OWN = {"status": pl.String, "reason": pl.String, "never_traded": pl.Boolean, "result": pl.String}
KINDS = {WHOLE: pl.Int64, NUMBER: pl.Float64, MOMENT: pl.String, MAPPING: pl.String}
_GROUP_ROWS = 1 << 14  # fixed, as the compression is: the same rows give the same bytes on any number of threads


def schema_of(space: Space) -> dict[str, Any]:
    """The columns and their types: number, parameters, how it ended, figures, daily returns."""
    figures = {name: KINDS[kind] for name, kind in FIGURES.items()}
    params = {axis.key: _type_of(axis) for axis in space.axes}
    return {"trial": pl.Int64, **params, **OWN, **figures, RETURNS: pl.List(pl.Float32)}


def frame_of(space: Space, outcomes: Mapping[int, Outcome]) -> pl.DataFrame:
    """The rows of some trials, in the order of their numbers."""
    schema, trials = schema_of(space), sorted(outcomes)
    found = [outcomes[trial] for trial in trials]
    changes = [space.changes(trial) for trial in trials]
    columns: dict[str, Sequence[Any]] = {"trial": trials}
    for axis in space.axes:
        columns[axis.key] = [parameter(schema[axis.key], each[axis.key]) for each in changes]
    columns |= {
        "status": [each.status for each in found],
        "reason": [each.reason or None for each in found],
        "never_traded": [each.never_traded if each.has_figures else None for each in found],
        "result": [each.result or None for each in found],
    }
    for name, kind in FIGURES.items():
        columns[name] = [cell(kind, each.figures.get(name)) for each in found]
    columns[RETURNS] = [_returns(each) for each in found]
    series = [pl.Series(name, values, dtype=schema[name], strict=True) for name, values in columns.items()]
    return pl.DataFrame(series)


def table_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    content = BytesIO()
    frame.rechunk().write_parquet(content, compression="zstd", compression_level=3, row_group_size=_GROUP_ROWS)
    return content.getvalue()


def whole_table(chunks: Sequence[Path]) -> pl.DataFrame:
    """The rows of all chunks, sorted by trial."""
    return pl.concat([pl.read_parquet(chunk) for chunk in chunks]).sort("trial")


def _type_of(axis: Axis) -> Any:
    """Numbers, words and truths as such, everything else as JSON."""
    values = axis.values
    if isinstance(values, Continuous):
        return pl.Float64
    if isinstance(values, Stepped):
        if values.before is not None:
            return pl.String
        return pl.Float64 if values.places else pl.Int64
    kinds = {type(value) for value in values.values}
    if kinds == {int}:
        return pl.Int64
    if kinds <= {int, float}:
        return pl.Float64
    return pl.Boolean if kinds == {bool} else pl.String


def parameter(kind: Any, value: Any) -> Any:
    """A value of an axis as its column holds it."""
    if kind == pl.String:
        return value if isinstance(value, str) else canonical_json(value).decode()
    return float(value) if kind == pl.Float64 else value


def _returns(outcome: Outcome) -> Any:
    """None for a trial without figures; a day that began without equity has none."""
    if not outcome.has_figures:
        return None
    returns = outcome.returns
    if np.isfinite(returns).all():
        return pl.Series(returns)
    return pl.Series([float(each) if np.isfinite(each) else None for each in returns], dtype=pl.Float32)
