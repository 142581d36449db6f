"""Two parameters of a sweep against each other: one figure by the values of both."""

from __future__ import annotations

from statistics import median
from typing import Any, NamedTuple

import polars as pl

from btcli.config.findings import did_you_mean, listed
from btcli.errors import RequestError
from btcli.research.axes import Axis, Continuous
from btcli.research.ranking import traded
from btcli.research.space import Space

MOST_CELLS = 24  # of a side; more values are put together


class Map(NamedTuple):
    """By row and column the median of a figure over the trials with these values; None where there is none.

    Where a side has too many values, neighbours are one: they are called by their first.
    """

    by: str
    down: str
    across: str
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    cells: tuple[tuple[float | None, ...], ...]


def map_of(frame: pl.DataFrame, space: Space, names: str, by: str) -> Map:
    """The map of two axes named as "a,b": by their keys, or by an ending of these that is nobody else's.

    Raises RequestError for other names.
    """
    asked = [name.strip() for name in names.split(",")]
    if len(asked) != 2:
        raise RequestError(f"{names!r} is not two parameters", where="--map", hint="write --map a,b")
    down, across = (_axis_named(name, space) for name in asked)
    if down is across:
        raise RequestError("a parameter has no map with itself", where="--map")
    having = traded(frame).filter(pl.col(by).is_not_null()).sort("trial")
    rows, row_of = _binned(frame, down)
    columns, column_of = _binned(frame, across)
    found: dict[tuple[int, int], list[float]] = {}
    for one, other, value in having.select(down.key, across.key, by).iter_rows():
        found.setdefault((row_of[one], column_of[other]), []).append(float(value))
    cells = tuple(
        tuple(median(found[row, column]) if (row, column) in found else None for column in range(len(columns)))
        for row in range(len(rows))
    )
    return Map(by, down.key, across.key, rows, columns, cells)


def _axis_named(name: str, space: Space) -> Axis:
    keys = [axis.key for axis in space.axes]
    found = [axis for axis in space.axes if axis.key == name or axis.key.endswith(f".{name}")]
    if len(found) != 1:
        hint = did_you_mean(name, [*keys, *(key.rpartition(".")[2] for key in keys)]) or f"there is {listed(keys)}"
        said = f"{name!r} is no parameter of this sweep" if not found else f"{name!r} may be several parameters"
        raise RequestError(said, where="--map", hint=hint)
    return found[0]


def _binned(frame: pl.DataFrame, axis: Axis) -> tuple[tuple[Any, ...], dict[Any, int]]:
    """The values of a side in their order, and the place of each."""
    there = frame[axis.key].unique()
    ordered = there.sort().to_list() if isinstance(axis.values, Continuous) else _as_written(there, frame, axis)
    size = -(-len(ordered) // MOST_CELLS) or 1
    return tuple(ordered[::size]), {value: place // size for place, value in enumerate(ordered)}


def _as_written(there: pl.Series, frame: pl.DataFrame, axis: Axis) -> list[Any]:
    """The values that there are in the order in which they were given."""
    from btcli.research.table import parameter

    known = set(there.to_list())
    values = (parameter(frame.schema[axis.key], value) for value in axis.all())
    return [value for value in values if value in known]
