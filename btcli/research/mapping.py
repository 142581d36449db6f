"""Two parameters of a sweep against each other: one figure by the values of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from btcli.config.findings import did_you_mean, listed
from btcli.errors import RequestError
from btcli.research.axes import Axis, Continuous
from btcli.research.ranking import EARLY, TRADED
from btcli.research.space import Space
from btcli.research.table import name_of, parameter, schema_of, select

MOST_CELLS = 24  # of a side; more values are put together


class Map(NamedTuple):
    """By row and column the median of a figure over the trials with these values; None where there is none.

    Trials that ended early are left out: so many have the figure. Where a side has too many values, neighbours are
    one: they are called by their first.
    """

    by: str
    down: str
    across: str
    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    cells: tuple[tuple[float | None, ...], ...]
    ended_early: int = 0


def map_of(files: Sequence[Path], space: Space, names: str, by: str) -> Map:
    """The map of two axes named as "a,b": by their keys, or by an ending of these that is nobody else's.

    Raises RequestError for other names.
    """
    asked = [name.strip() for name in names.split(",")]
    if len(asked) != 2:
        raise RequestError(f"{names!r} is not two parameters", where="--map", hint="write --map a,b")
    down, across = (_axis_named(name, space) for name in asked)
    if down is across:
        raise RequestError("a parameter has no map with itself", where="--map")
    value = f"CASE WHEN {TRADED} THEN {name_of(by)} END AS value, {EARLY} AS is_early"
    found = select(files, f"SELECT {name_of(down.key)} AS down, {name_of(across.key)} AS across, {value} FROM trials")
    rows, row_of = _binned({trial["down"] for trial in found}, down, space)
    columns, column_of = _binned({trial["across"] for trial in found}, across, space)
    values: dict[tuple[int, int], list[float]] = {}
    for trial in found:
        if trial["value"] is not None and not trial["is_early"]:
            place = row_of[trial["down"]], column_of[trial["across"]]
            values.setdefault(place, []).append(float(trial["value"]))
    cells = tuple(
        tuple(median(values[row, column]) if (row, column) in values else None for column in range(len(columns)))
        for row in range(len(rows))
    )
    early = sum(trial["value"] is not None and trial["is_early"] for trial in found)
    return Map(by, down.key, across.key, rows, columns, cells, early)


def _axis_named(name: str, space: Space) -> Axis:
    keys = [axis.key for axis in space.axes]
    found = [axis for axis in space.axes if axis.key == name or axis.key.endswith(f".{name}")]
    if len(found) != 1:
        hint = did_you_mean(name, [*keys, *(key.rpartition(".")[2] for key in keys)]) or f"there is {listed(keys)}"
        said = f"{name!r} is no parameter of this sweep" if not found else f"{name!r} may be several parameters"
        raise RequestError(said, where="--map", hint=hint)
    return found[0]


def _binned(there: set[Any], axis: Axis, space: Space) -> tuple[tuple[Any, ...], dict[Any, int]]:
    """The values of a side in their order, and the place of each."""
    ordered = sorted(there) if isinstance(axis.values, Continuous) else _as_written(there, axis, space)
    size = -(-len(ordered) // MOST_CELLS) or 1
    return tuple(ordered[::size]), {value: place // size for place, value in enumerate(ordered)}


def _as_written(there: set[Any], axis: Axis, space: Space) -> list[Any]:
    """The values that there are in the order in which they were given."""
    kind = schema_of(space)[axis.key]
    values = dict.fromkeys(parameter(kind, value) for value in axis.all())  # some may be one: 1 and 1.0
    return [value for value in values if value in there]
