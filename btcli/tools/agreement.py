"""Files held against what is stored and against each other, before any of them is taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from btcli.errors import RequestError
from btcli.market.derive import divides
from btcli.market.importing import ImportedFile
from btcli.market.importing.agreeing import compared, rows_to_compare
from btcli.market.series import Millis, Series
from btcli.market.store.reading import StoreReader
from btcli.timeframe import UNIT_MS, Timeframe


class NamedFile(NamedTuple):
    """A file that was read, and the series it belongs to."""

    series: Series
    file: ImportedFile


class RowsAfter:
    """The rows that the store would have after some files: its own, with those of the files in their place.

    `at` are the options that name the store, for commands in messages.
    """

    def __init__(self, reader: StoreReader, at: str = "") -> None:
        self.at = at
        self._reader = reader
        self._taken: dict[Series, pl.DataFrame] = {}

    def take(self, named: NamedFile) -> None:
        """Add a file's rows."""
        before = self._taken.get(named.series)
        frame = named.file.frame
        self._taken[named.series] = frame if before is None else _in_place(before, frame)

    def series(self) -> list[Series]:
        """All series that have rows, in the order of their names."""
        stored = (each.series for each in self._reader.coverage())
        return sorted({*stored, *self._taken})

    def times(self, series: Series) -> Millis:
        """The time of every row of a series, ascending."""
        stored = self._reader.times(series)
        taken = self._taken.get(series)
        return stored if taken is None else np.union1d(stored, taken.to_series(0).to_numpy())

    def rows(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        """The rows of [start_ms, end_ms), ascending."""
        read = self._reader.funding if series.kind == "funding" else self._reader.candles
        stored, taken = read(series, start_ms, end_ms), self._taken.get(series)
        if taken is None:
            return stored
        return _in_place(stored, taken.filter(pl.nth(0).is_between(start_ms, end_ms, closed="left")))


def require_agreement(after: RowsAfter, named: NamedFile) -> None:
    """Raise RequestError for a file that is a stored series but for its stamp, its clock, a unit or its market.

    It is held against its own series where they have rows in common, else against the nearest other timeframe.
    """
    series, file = named
    for stored in _to_compare(after, series):
        lengths = (_length(series), _length(stored))
        part = rows_to_compare(file.frame, after.times(stored), *lengths)
        if part.is_empty():
            continue
        start_ms, end_ms = int(part[0, 0]) - UNIT_MS["d"], int(part[-1, 0]) + UNIT_MS["d"] + max(lengths)
        found = compared(part, after.rows(stored, start_ms, end_ms), *lengths)
        if found.disagreement is not None:
            said, hint = found.disagreement
            way = f"{hint}; or what is stored is wrong: btcli data delete {stored.options}{after.at}"
            raise RequestError(f"{said}, of {stored}", where=file.name, hint=way)
        if found.is_enough:
            return


def _to_compare(after: RowsAfter, series: Series) -> Iterator[Series]:
    """The series itself, then those of other timeframes where one divides the other, the nearest first."""
    yield series
    if series.kind == "funding":
        return
    own = Timeframe.parse(series.timeframe)

    def apart(other: Series) -> tuple[int, int]:
        length_ms = _length(other)
        return max(length_ms, own.ms) // min(length_ms, own.ms), length_ms

    others = [each for each in after.series() if each[:3] == series[:3] and each != series]
    lengths = {each: Timeframe.parse(each.timeframe) for each in others}
    yield from sorted(
        (each for each in others if divides(own, lengths[each]) or divides(lengths[each], own)), key=apart
    )


def _length(series: Series) -> int:
    return Timeframe.parse(series.timeframe).ms if series.timeframe else 0


def _in_place(before: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Rows with others in the place of those of the same time; settlements within a minute are one."""
    time = given.columns[0]
    key = pl.col(time) if time == "ts_open" else pl.col(time) // UNIT_MS["m"]
    kept = before.with_columns(key=key).join(given.select(key=key), on="key", how="anti").drop("key")
    return pl.concat([kept, given]).sort(time)
