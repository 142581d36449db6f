"""Where a program could wish something, and what it reads there: all that the loop needs of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.engine.ground import NO_STEP, SymbolColumns
from btcli.exchange.driver.opcodes import FRESH, LOAD
from btcli.exchange.driver.program import CLOSES, ROLES_OF_RULES, Program, Recipe, check_program, input_of
from btcli.exchange.face.recipes import Source, computed, found_by
from btcli.exchange.face.ruling import Rules
from btcli.exchange.formulas.choosing import FIRST_GROUP, LOOKED_AHEAD
from btcli.expressions.rolling import rolled
from btcli.expressions.tree import FALSE_MS
from btcli.market.series import Floats

Key = tuple[object, ...]
Rows = NDArray[np.int64]
ROWS_AT_ONCE = 1 << 14  # what lies in the processor's caches
NOTHING, NO_ROWS, NO_CODE = np.empty(0), np.empty(0, np.int64), np.empty((0, 4), np.int32)


class WishTable(NamedTuple):
    """The closes of one symbol at which its program could wish something; see face.ruling."""

    steps: NDArray[np.int64]  # [closes], ascending
    kinds: NDArray[np.int32]  # [closes]
    starts: NDArray[np.int64]  # [closes]
    values: Floats  # of each close what the groups that run there read


def wishes_of(program: Program, columns: SymbolColumns) -> WishTable:
    """The closes at which any of a program's wants is true, when it matters, and what is read there.

    Only where the symbol has a bar and a bar of ltf ends; whether all roles are ready there is not looked at. What the
    wants hang on is computed at every row, the rest at these closes alone. Raises ValueError for a program whose code
    reads what is not there, KeyError for a column that nothing gives.
    """
    check_program(program)
    reader = ColumnReader(program.recipes, columns)
    rows, which = reader.found(program.wants)
    steps = columns.ground.steps[rows]
    is_step = steps != NO_STEP
    if not is_step.all():
        rows, which, steps = rows[is_step], which[is_step], steps[is_step]
    kinds = _kinds(program, which)
    return WishTable(steps, kinds, *_values(program, reader, rows, kinds))


def _kinds(program: Program, which: Rows) -> NDArray[np.int32]:
    """When each of some rows matters, and which groups run there; `which` of the wants are true, a bit for each."""
    kinds, wants = np.zeros(len(which), np.int32), program.wants
    for place, group in enumerate(program.groups):
        for want in group.wants:
            is_so = which & (1 << wants.index(want.column)) != 0
            kinds |= is_so * np.int32(want.matters | FIRST_GROUP << place)
    ahead = sum(FIRST_GROUP << place for place, group in enumerate(program.groups) if group.looks_ahead)
    others = -FIRST_GROUP & ~ahead
    kinds |= ((kinds & ahead != 0) & (kinds & others == 0)) * np.int32(LOOKED_AHEAD)
    return kinds


def _values(
    program: Program, reader: ColumnReader, rows: Rows, kinds: NDArray[np.int32]
) -> tuple[NDArray[np.int64], Floats]:
    """What the groups of each row read, one after the other, and where those of a row begin."""
    counts = [len(group.reads) for group in program.groups]
    runs = [(kinds & FIRST_GROUP << place) != 0 for place in range(len(counts))]
    widths = np.zeros(len(rows), np.int64)
    for is_run, count in zip(runs, counts, strict=True):
        widths += is_run * np.int64(count)
    starts = np.cumsum(widths) - widths
    values, at = np.empty(int(widths.sum())), starts.copy()
    for group, is_run, count in zip(program.groups, runs, counts, strict=True):
        mine = np.flatnonzero(is_run) if count else NO_ROWS
        for some in _blocks(len(mine)):
            first = at[mine[some]]
            for place, column in enumerate(reader.columns(group.reads, rows[mine[some]])):
                values[first + place] = column
        at[mine] += count
    return starts, values


def _blocks(count: int) -> Iterator[slice]:
    """So many places, a block of them at a time: of a long run they may be all of its closes."""
    return (slice(first, first + ROWS_AT_ONCE) for first in range(0, count, ROWS_AT_ONCE))


def rules_of(program: Program, columns: SymbolColumns) -> Rules:
    """What the exchange needs to let a program decide for one symbol; raises as `wishes_of` does."""
    codes = [NO_CODE, *(group.code for group in program.groups)]
    first = np.cumsum([len(code) for code in codes])[:-1]
    n_reads = np.array([len(group.reads) for group in program.groups], np.int64)
    table, codes_of_all = wishes_of(program, columns), np.concatenate(codes)
    said = program.entering, program.memories, program.holding
    return Rules(codes_of_all, program.constants, first, n_reads, *table, *said)


def last_false(values: Floats, ts_close: Rows, first: int) -> Floats:
    """When a condition was known to be false last, milliseconds UTC: float64[rows], of rows from the first on.

    Unknown where it never was.

    >>> last_false(np.array([0.0, 1.0, 0.0, np.nan]), np.array([10, 20, 30, 40]), 1)
    array([nan, nan, 30., 30.])
    """
    rows = np.arange(len(values))
    last = np.maximum.accumulate(np.where((rows >= first) & (values == 0.0), rows, -1))
    return np.where(last < 0, np.nan, ts_close[last].astype(np.float64))


class ColumnReader:
    """The columns that the recipes of a program give over the bars of one symbol."""

    def __init__(self, recipes: tuple[Recipe, ...], columns: SymbolColumns) -> None:
        self._recipes, self._columns = recipes, columns
        self._places: dict[tuple[str, str], tuple[int, int]] = {}  # by role and name: recipe and output
        for place, recipe in enumerate(recipes):
            for output, (name, _) in enumerate(recipe.outputs):
                self._places[recipe.role, name] = place, output

    def found(self, wants: tuple[str, ...]) -> tuple[Rows, Rows]:
        """The rows of ltf at which any of the wants is true, and which are; see face.recipes.

        Computed block by block where one recipe gives them.
        """
        recipe = self._recipe_of(wants)
        return found_by(recipe, self._sources(recipe), wants, self._columns.ground.span, self._fresh(recipe))

    def values(self, reads: tuple[str, ...], rows: NDArray[np.int64]) -> Floats:
        """What columns of CLOSES hold at rows: float64[rows, reads]."""
        return np.ascontiguousarray(self.columns(reads, rows).T)

    def columns(self, reads: tuple[str, ...], rows: NDArray[np.int64]) -> Floats:
        """The same, one column after the other: float64[reads, rows]."""
        values = np.empty((len(reads), len(rows)))
        places = [self._places[CLOSES, name] for name in reads]
        for place in sorted({place for place, _ in places}):
            recipe = self._recipes[place]
            outputs = computed(recipe, self._sources(recipe), rows, self._fresh(recipe))
            for column, (of_recipe, output) in enumerate(places):
                if of_recipe == place:
                    values[column] = outputs[output]
        return values

    def _recipe_of(self, names: tuple[str, ...]) -> Recipe:
        """The recipe that gives all these columns of CLOSES, or one that reads them from where they are."""
        places = {self._places[CLOSES, name][0] for name in names}
        if len(places) == 1:
            return self._recipes[places.pop()]
        code = np.array([(LOAD, register, register, 0) for register in range(len(names))], np.int32).reshape(-1, 4)
        outputs = tuple((name, register) for register, name in enumerate(names))
        return Recipe(CLOSES, code, np.empty(0), names, outputs)

    def _sources(self, recipe: Recipe) -> list[Source]:
        return [self._source(recipe.role, name) for name in recipe.inputs]

    def _source(self, role: str, name: str) -> Source:
        """The column that a recipe's input names, and which of its rows are read."""
        of, own = input_of(role, name)
        return Source(self._column(of, own), self._columns.rows(of) if of != role else None)

    def _column(self, role: str, name: str) -> Floats:
        if (role, name) not in self._places:
            return self._columns.column(role, name)
        place, output = self._places[role, name]
        column: Floats = self._outputs(place)[output]
        return column

    def _outputs(self, place: int) -> Floats:
        """All rows of what a recipe gives: float64[outputs, rows]."""
        recipe, columns = self._recipes[place], self._columns
        ts_close = columns.ground.bars_of("ltf" if recipe.role == CLOSES else recipe.role).ts_close
        first = int(np.searchsorted(ts_close, columns.ground.start_ms, "right"))

        def compute() -> Floats:
            values = computed(recipe, self._sources(recipe), len(ts_close), self._fresh(recipe))
            if recipe.window is None:
                return values
            if recipe.window[0] == FALSE_MS:
                return last_false(values[0], ts_close, first).reshape(1, -1)
            return rolled(values[0], *recipe.window, first).reshape(1, -1)

        return columns.cache.get((columns.ground, self._key(place)), compute)

    def _key(self, place: int) -> Key:
        """What the outputs of a recipe hang on."""
        recipe = self._recipes[place]
        inputs = tuple(self._key_of(*input_of(recipe.role, name)) for name in recipe.inputs)
        registers = tuple(register for _, register in recipe.outputs)
        return recipe.role, recipe.code.tobytes(), recipe.constants.tobytes(), inputs, registers, recipe.window

    def _key_of(self, role: str, name: str) -> Key:
        if (role, name) not in self._places:
            return self._columns.key(role, name)
        place, output = self._places[role, name]
        return self._key(place), output

    def _fresh(self, recipe: Recipe) -> list[Source]:
        """Of the roles that a recipe asks about whether they are fresh; of others nothing."""
        asked = set(recipe.code[recipe.code[:, 0] == FRESH, 2].tolist())
        of = [self._columns.fresh(role) if n in asked else NOTHING for n, role in enumerate(ROLES_OF_RULES)]
        return [Source(column) for column in of] if asked else []
