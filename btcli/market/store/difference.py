"""How given rows differ from stored ones, and what has to be written because of it."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl


class Difference(NamedTuple):
    """What an upsert does: remove `rewritten` = [start_ms, end_ms) if any, then add `rows`."""

    rows: pl.DataFrame
    rewritten: tuple[int, int] | None
    rows_new: int
    rows_changed: int
    rows_same: int


def compare(given: pl.DataFrame, stored: pl.DataFrame) -> Difference:
    """Compare rows given with those stored in the same range; both ascend strictly by their first column.

    The span between the first and the last changed row is rewritten as one piece, so that a series
    stays together in the file however scattered its corrections are.
    """
    if stored.is_empty():
        return Difference(given, None, given.height, 0, 0)
    if stored.equals(given):
        return Difference(given.clear(), None, 0, 0, given.height)
    ts = given.columns[0]
    fresh = given.join(stored.select(ts), on=ts, how="anti", maintain_order="left")
    changed = _changed(given, stored)
    rows_same = given.height - fresh.height - changed.height
    if changed.is_empty():
        return Difference(fresh, None, fresh.height, 0, rows_same)
    span = (int(changed[0, 0]), int(changed[-1, 0]) + 1)
    kept = stored.filter(pl.col(ts).is_between(*span, closed="left")).join(given.select(ts), on=ts, how="anti")
    inside = given.filter(pl.col(ts).is_between(*span, closed="left"))
    outside = fresh.filter(~pl.col(ts).is_between(*span, closed="left"))
    rows = pl.concat([kept, inside, outside]).sort(ts)
    return Difference(rows, span, fresh.height, changed.height, rows_same)


def _changed(given: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    ts, *values = given.columns
    both = given.join(stored, on=ts, how="inner", suffix="_stored", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_stored") for name in values)
    return both.filter(differs).select(given.columns)
