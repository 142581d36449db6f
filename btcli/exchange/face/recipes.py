"""Columns computed by recipes: hands the machine what it reads, by address, and keeps it alive meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.records import Floats
from btcli.exchange.driver.jobs import BLOCK, INPUT, JOB, NO_ADDRESS, OUTPUT, SPARE
from btcli.exchange.driver.opcodes import CONST, FRESH, LOAD, OPCODES
from btcli.exchange.driver.program import Recipe
from btcli.exchange.face.entries import run_recipe
from btcli.exchange.machine.compiled import proved_by, unlocked

Rows = NDArray[np.int64]
FOUND_AT_A_TIME = 1 << 14
MOST_WANTED = 62  # a bit of an integer each


class Source(NamedTuple):
    """A column to read, and by row of the recipe the row of the column (-1: none), where these are not the same."""

    column: Floats
    rows: Rows | None = None


def computed(
    recipe: Recipe,
    sources: Sequence[Source],
    places: int | Rows,
    fresh: Sequence[Source] = (),
    block: int = BLOCK,
) -> Floats:
    """The outputs of a recipe, float64[outputs, places]: at the first so many rows, or at these rows.

    `sources` are its inputs; `fresh` says of each role by row whether a bar of it closed.
    """
    n = places if isinstance(places, int) else len(places)
    columns = np.empty((len(recipe.outputs), n))
    job = _Job(recipe, sources, fresh, block)
    if not isinstance(places, int):
        job.hand("rows", np.ascontiguousarray(places, np.int64))
    outputs = np.zeros(len(columns), OUTPUT)
    outputs["register"] = [register for _, register in recipe.outputs]
    outputs["column"] = columns.ctypes.data + columns.strides[0] * np.arange(len(columns))
    job.hand("outputs", outputs, "n_outputs")
    job.run(0, n)
    return columns


def found_by(
    recipe: Recipe,
    sources: Sequence[Source],
    wanted: Sequence[str],
    span: tuple[int, int],
    fresh: Sequence[Source] = (),
    block: int = BLOCK,
) -> tuple[Rows, Rows]:
    """The rows of a span at which any of the wanted outputs of a recipe is true: int64[found], ascending.

    Beside each the wanted that are true there, a bit for each in their order. Raises ValueError for too many wanted.
    """
    if len(wanted) > MOST_WANTED:
        raise ValueError(f"{len(wanted)} columns are looked for at once, at most {MOST_WANTED}")
    registers = dict(recipe.outputs)
    job = _Job(recipe, sources, fresh, block)
    job.hand("wanted", np.array([registers[name] for name in wanted], np.int64), "n_wanted")
    found, which = np.empty((2, max(FOUND_AT_A_TIME, block)), np.int64)
    job.hand("found", found, "capacity")
    job.hand("which", which)
    first, until = span
    pieces = [np.empty((2, 0), np.int64)]
    while first < until and len(wanted):
        first = job.run(first, until)
        pieces.append(np.stack([each[: job.record["n_found"]] for each in (found, which)]))
        job.record["n_found"] = 0
    rows, which = np.concatenate(pieces, axis=1)
    return rows, which


class _Job:
    """The record that the machine works on, and the arrays whose addresses it holds."""

    def __init__(self, recipe: Recipe, sources: Sequence[Source], fresh: Sequence[Source], block: int) -> None:
        self._records = np.zeros(1, JOB)
        self._kept: list[object] = [sources, fresh]
        self.record = self._records[0]
        self.record["n_inputs"], self.record["block"] = len(sources), block
        self.hand("code", np.ascontiguousarray(recipe.code, np.int32), "n_code")
        self.hand("constants", np.ascontiguousarray(recipe.constants, np.float64), "n_constants")
        self.hand("registers", np.empty((SPARE + 1) * block))
        inputs = np.zeros(len(sources) + len(fresh), INPUT)
        for place, (column, rows) in zip(inputs, (*sources, *fresh), strict=True):
            _refuse_strides(column, rows)
            place["length"], place["column"] = len(column), column.ctypes.data
            place["rows"] = NO_ADDRESS if rows is None else rows.ctypes.data
        self.hand("inputs", inputs)

    def hand(self, name: str, array: NDArray[np.generic], count: str = "") -> None:
        """Give the machine an array, and its length where the record has a field for that."""
        self._kept.append(array)
        self.record[name] = array.ctypes.data
        if count:
            self.record[count] = len(array)

    def run(self, first: int, until: int) -> int:
        """Run over places; the first that is not done."""
        self.record["place"], self.record["until"] = first, until
        with np.errstate(all="ignore"):  # interpreted: what is not finite becomes unknown
            return int(unlocked(run_recipe)(self._records.ctypes.data))


def _refuse_strides(column: Floats, rows: Rows | None) -> None:
    """Addresses say nothing of types and steps: what does not lie one after the other would be read wrongly."""
    if column.dtype != np.float64 or not column.flags.c_contiguous:
        raise ValueError("a column to read is float64, one number after the other")
    if rows is not None and (rows.dtype != np.int64 or not rows.flags.c_contiguous):
        raise ValueError("the rows of a column are int64, one after the other")


def mini_recipe() -> str:
    """The sha256 of what every instruction makes of a few numbers, near and far; the machine code's proof."""
    numbers = np.array([0.0, -0.0, 1.5, -2.0, np.nan, 5e-324, 1e308, 0.1, 3.0])
    pairs = Source(np.repeat(numbers, len(numbers))), Source(np.tile(numbers, len(numbers)))
    rows = Source(pairs[0].column, np.arange(len(pairs[0].column)) // 2 - 3)
    lines = [(LOAD, 0, 0, 0), (LOAD, 1, 1, 1), (LOAD, 2, 2, 0), (CONST, 3, 0, 0), (FRESH, 4, 1, 0)]
    known = len(lines)
    lines += [(each.number, known + n, n % known, 1) for n, each in enumerate(OPCODES.values()) if each.arity]
    outputs = tuple((str(line[1]), line[1]) for line in lines)
    recipe = Recipe("closes", np.array(lines, np.int32), np.array([0.5]), ("a", "b", "c"), outputs)
    sources, fresh = (*pairs, rows), [Source(np.isnan(column.column).astype(np.float64)) for column in (*pairs, *pairs)]
    n = len(pairs[0].column)
    told = [computed(recipe, sources, places, fresh, block=16) for places in (n, np.arange(5, n, 4))]
    found = found_by(recipe, sources, [name for name, _ in outputs[-4:]], (3, n), fresh, block=16)
    return hashlib.sha256(b"".join(each.tobytes() for each in (*told, *found))).hexdigest()


proved_by(run_recipe, "btcli.exchange.face.recipes:mini_recipe")
