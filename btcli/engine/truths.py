"""How often conditions were true, false and unknown, at the closes at which rules were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.engine.ground import NO_STEP, Ground, SymbolColumns
from btcli.engine.wishes import ColumnReader
from btcli.engine.world import World
from btcli.exchange.book.codes import NOTE_READINESS
from btcli.exchange.book.states import state_name
from btcli.exchange.driver.program import Recipe
from btcli.exchange.face.ruling import Rules
from btcli.market.series import Floats

NO_ROW = -1
ROWS_AT_ONCE = 1 << 14  # what lies in the processor's caches
Rows = NDArray[np.int64]


class Truths(NamedTuple):
    """Numbers of closes; their sum is that of the closes at which the condition was looked at."""

    true: int
    false: int
    unknown: int


class Closes(NamedTuple):
    """The closes of one symbol at which its rules could be looked at, and of those the ones where all was ready."""

    of_rows: Rows  # by row of ltf the step at whose close it ends, NO_STEP where nothing can be decided
    steps: int  # of the run that count
    changes: Rows  # steps from whose close on readiness is another
    is_ready: NDArray[np.bool_]  # [changes + 1] before the first of them, and after each

    @property
    def all(self) -> int:
        """How many there are, ready or not."""
        return int(np.count_nonzero((self.of_rows != NO_STEP) & (self.of_rows < self.steps)))

    def ready(self) -> Iterator[Rows]:
        """The rows of ltf where all was ready, ascending, a block at a time: of a long run they are many."""
        for first in range(0, len(self.of_rows), ROWS_AT_ONCE):
            block = self.of_rows[first : first + ROWS_AT_ONCE]
            counts = (block != NO_STEP) & (block < self.steps)
            counts &= self.is_ready[np.searchsorted(self.changes, block, side="right")]
            yield first + np.flatnonzero(counts)

    def rows_at(self, steps: Rows) -> Rows:
        """The rows of ascending steps, NO_ROW where one is no close at which all was ready."""
        rows = np.full(len(steps), NO_ROW, np.int64)
        for found in self.ready():
            if len(found):
                own = self.of_rows[found]
                first, last = np.searchsorted(steps, (own[0], own[-1] + 1)).tolist()
                places = np.searchsorted(own, steps[first:last])
                rows[first:last] = np.where(own[places] == steps[first:last], found[places], NO_ROW)
        return rows


def closes_of(world: World, index: int, steps: int) -> Closes:
    """Those of the first `steps` steps of a symbol that rules decide for."""
    ground = world.grounds[index]
    assert ground is not None
    notes = world.calendar.notes
    mine = notes[(notes[:, 1] == NOTE_READINESS) & (notes[:, 2] == index)]
    is_ready = np.concatenate([[True], (mine[:, 3:] == 0).all(axis=1)])
    return Closes(ground.ground.steps, steps, mine[:, 0], is_ready)


def noted_columns(ground: Ground, rules: Rules, standing: Floats) -> dict[str, Floats]:
    """What a run noted of the position and the account, by name along the rows of ltf: unknown where nothing was."""
    rows = np.flatnonzero(ground.steps != NO_STEP)
    found = {}
    for place, state in enumerate(rules.states.tolist()):
        column = np.full(len(ground.steps), np.nan)
        column[rows] = standing[:, place]
        found[state_name(state)] = column
    return found


def values_at(recipes: tuple[Recipe, ...], columns: SymbolColumns, names: Sequence[str], rows: Rows) -> Floats:
    """What columns at the closes of ltf hold at some rows: float64[rows, names]."""
    return ColumnReader(recipes, columns).values(tuple(names), rows)


def counted(
    recipes: tuple[Recipe, ...], columns: SymbolColumns, names: Sequence[str], closes: Closes
) -> dict[str, Truths]:
    """How often each of these conditions was what at the closes where all was ready."""
    reader, ready = ColumnReader(recipes, columns), 0
    true, false = ([0] * len(names) for _ in range(2))
    for rows in closes.ready():
        ready += len(rows)
        for place, column in enumerate(reader.columns(tuple(names), rows)):
            true[place] += int(np.count_nonzero(column == 1.0))
            false[place] += int(np.count_nonzero(column == 0.0))
    pairs = zip(names, true, false, strict=True)
    return {name: Truths(yes, no, ready - yes - no) for name, yes, no in pairs}
