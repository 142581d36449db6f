"""How often conditions were true, false and unknown, at the closes at which rules were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.engine.ground import NO_STEP, SymbolColumns
from btcli.engine.wishes import ColumnReader
from btcli.engine.world import World
from btcli.exchange.book.codes import NOTE_READINESS
from btcli.exchange.driver.program import Recipe
from btcli.market.series import Floats

ROWS_AT_ONCE = 1 << 14  # what lies in the processor's caches
Rows = NDArray[np.int64]


class Truths(NamedTuple):
    """Numbers of closes; their sum is that of the closes at which the condition was looked at."""

    true: int
    false: int
    unknown: int


class Closes(NamedTuple):
    """The rows of ltf of one symbol at whose closes its rules could be looked at, and those where all was ready."""

    all: Rows
    ready: Rows


def closes_of(world: World, index: int, steps: int) -> Closes:
    """Those of the first `steps` steps of a symbol that rules decide for."""
    ground = world.grounds[index]
    assert ground is not None
    of_rows = ground.ground.steps
    rows = np.flatnonzero((of_rows != NO_STEP) & (of_rows < steps))
    notes = world.calendar.notes
    mine = notes[(notes[:, 1] == NOTE_READINESS) & (notes[:, 2] == index)]
    is_ready = np.concatenate([[True], (mine[:, 3:] == 0).all(axis=1)])
    ends = np.searchsorted(of_rows[rows], [*mine[:, 0], steps])  # what is noted at a step holds from its close on
    return Closes(rows, rows[np.repeat(is_ready, np.diff(ends, prepend=0))])


def values_at(recipes: tuple[Recipe, ...], columns: SymbolColumns, names: Sequence[str], rows: Rows) -> Floats:
    """What columns at the closes of ltf hold at some rows: float64[rows, names]."""
    return ColumnReader(recipes, columns).values(tuple(names), rows)


def counted(recipes: tuple[Recipe, ...], columns: SymbolColumns, names: Sequence[str], rows: Rows) -> dict[str, Truths]:
    """How often each of these conditions was what at the rows."""
    reader = ColumnReader(recipes, columns)
    true, false = ([0] * len(names) for _ in range(2))
    for first in range(0, len(rows), ROWS_AT_ONCE):
        for place, column in enumerate(reader.columns(tuple(names), rows[first : first + ROWS_AT_ONCE])):
            true[place] += int(np.count_nonzero(column == 1.0))
            false[place] += int(np.count_nonzero(column == 0.0))
    pairs = zip(names, true, false, strict=True)
    return {name: Truths(yes, no, len(rows) - yes - no) for name, yes, no in pairs}
