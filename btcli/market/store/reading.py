"""Reading the store: series by range, what there is of each, and who wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Candles, Millis, Rows, Series, Settlements
from btcli.market.store.checking import require_moments
from btcli.market.store.connecting import Database
from btcli.market.store.layout import series_id
from btcli.market.store.opening import opened, store_exists
from btcli.market.store.where import Store
from btcli.timeframe import UNIT_MS, Timeframe

if TYPE_CHECKING:
    import polars as pl

PART_ROWS = 1 << 18  # that are read at a time: DuckDB holds them twice before they are where they belong


class SeriesCoverage(NamedTuple):
    """What the store has of one series; `first_ms` and `last_ms` are the times of its outermost rows, inclusive."""

    series: Series
    rows: int
    first_ms: int
    last_ms: int


class SyncEntry(NamedTuple):
    """One change of the store: which tool wrote which rows of [start_ms, end_ms), from what, at wall time `at_ms`."""

    entry: int
    at_ms: int
    tool: str
    series: Series
    start_ms: int
    end_ms: int
    rows_new: int
    rows_changed: int
    rows_same: int
    rows_deleted: int
    source: str
    source_digest: str


State = Literal["absent", "not given", "disputed"]


class Told(NamedTuple):
    """What a venue's answers said of [start_ms, end_ms), where no row of it can be believed.

    "absent": it has nothing there; "not given": it does not show it, which proves nothing; "disputed": two answers
    differ. `evidence` names the answers; `at_ms` is when they were given.
    """

    start_ms: int
    end_ms: int
    state: State
    evidence: str
    at_ms: int


class _Place(NamedTuple):
    """Where the rows of a series lie."""

    table: str
    ts: str
    number: int

    def select(self, what: str) -> str:
        """Of all of them."""
        return f"SELECT {what} FROM {self.table} WHERE series_id = {self.number}"

    def select_within(self, what: str, start_ms: int, end_ms: int) -> str:
        """Of some, in the order of their imports: DuckDB's sort costs twice the read."""
        return f"{self.select(what)} AND {self.ts} >= {int(start_ms)} AND {self.ts} < {int(end_ms)}"


class StoreReader:
    """The store while it is open; without a file it reads as empty. Times are milliseconds UTC.

    `is_frozen` says that nobody can change it meanwhile: then names and absent ranges are read once, for all series.
    """

    def __init__(self, database: Database | None, *, is_frozen: bool = False) -> None:
        self._database = database
        self._is_frozen = is_frozen

    @property
    def has_file(self) -> bool:
        """Whether there is a store at all."""
        return self._database is not None

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        """Candles with `ts_open` in [start_ms, end_ms), ascending, in the columns of CANDLE_SCHEMA."""
        return self._frame(series, start_ms, end_ms)

    def funding(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        """Settlements with `ts` in [start_ms, end_ms) as received, ascending, in the columns of FUNDING_SCHEMA."""
        return self._frame(series, start_ms, end_ms)

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        """The same rows as arrays of their own, contiguous and writable."""
        kind = Settlements if series.kind == "funding" else Candles
        place = self._place(series)
        if place is not None and end_ms - start_ms <= PART_ROWS * _spacing_ms(series):
            columns = self._at_once(place, start_ms, end_ms, kind._fields)
        else:
            columns = self._by_parts(place, start_ms, end_ms, kind._fields)
        count = len(columns[0])
        if not (columns[0][1:] >= columns[0][:-1]).all():
            order = np.argsort(columns[0], kind="stable")
            columns = [column[order] for column in columns]
        if count:
            require_moments(int(columns[0][0]), int(columns[0][-1]), str(series))
        return kind._make(columns)

    def _at_once(self, place: _Place, start_ms: int, end_ms: int, names: Sequence[str]) -> list[NDArray[Any]]:
        """The columns of rows that are no more than a part: those that DuckDB has made."""
        found = self._columns(place.select_within(", ".join(names), start_ms, end_ms))
        return [np.require(found[name], requirements=("C", "W", "O", "E")) for name in names]

    def _by_parts(self, place: _Place | None, start_ms: int, end_ms: int, names: Sequence[str]) -> list[NDArray[Any]]:
        """The same of any number of rows, of which DuckDB holds few at a time."""
        count, questions = (0, []) if place is None else self._parts(place, start_ms, end_ms, ", ".join(names))
        columns = [np.empty(count, np.int64), *(np.empty(count) for _ in names[1:])]
        filled = 0
        for question in questions:
            found = self._columns(question)
            rows = slice(filled, filled + len(found[names[0]]))
            for name, column in zip(names, columns, strict=True):
                column[rows] = found[name]
            filled = rows.stop
        return columns

    def _parts(self, place: _Place, start_ms: int, end_ms: int, names: str) -> tuple[int, list[str]]:
        """How many rows there are in [start_ms, end_ms), and questions of about PART_ROWS each for all of them."""
        what = f"count(*), min({place.ts}), max({place.ts})"
        ((count, first, last),) = self._rows(place.select_within(what, start_ms, end_ms))
        if not count:
            return 0, []
        step = -(-(last + 1 - first) // -(-count // PART_ROWS))
        starts = range(first, last + 1, step)
        return count, [place.select_within(names, start, min(start + step, last + 1)) for start in starts]

    def absent(self, series: Series) -> list[tuple[int, int]]:
        """Ranges [start_ms, end_ms) that the exchange itself confirmed to have nothing in, ascending."""
        number = self._number(series)
        if number is None:
            return []
        ranges = self._all_absent if self._is_frozen else self._absent_ranges(number)
        return ranges.get(number, [])

    def told(self, series: Series) -> list[Told]:
        """What the venue's answers said of ranges without rows, ascending; nothing of what an older btcli was told."""
        number = self._number(series)
        if number is None or not (self._has_told if self._is_frozen else self._holds_told()):
            return []
        columns = "start_ms, end_ms, state, evidence, at_ms"
        rows = self._rows(f"SELECT {columns} FROM told WHERE series_id = {number} ORDER BY {columns}")
        found = [Told._make(row) for row in rows]
        for each in found:
            require_moments(each.start_ms, each.end_ms, f"what was told of {series}")
            require_moments(each.at_ms, each.at_ms, f"what was told of {series}")
        return [each for each in found if each.state in get_args(State)]

    def doubts(self, series: Series) -> list[tuple[int, int, str]]:
        """Ranges [start_ms, end_ms) that were asked for and not given, or told in two ways, with which of the two."""
        return [(told.start_ms, told.end_ms, told.state) for told in self.told(series) if told.state != "absent"]

    def span(self, series: Series) -> tuple[int, int] | None:
        """The times of the first and the last row of a series, None without rows."""
        place = self._place(series)
        if place is None:
            return None
        ((first, last),) = self._rows(place.select(f"min({place.ts}), max({place.ts})"))
        return None if first is None else (int(first), int(last))

    def times(self, series: Series) -> Millis:
        """The time of every row of a series, ascending."""
        place = self._place(series)
        if place is None:
            return np.empty(0, np.int64)
        return np.sort(self._columns(place.select(place.ts))[place.ts].astype(np.int64))

    def coverage(self) -> list[SeriesCoverage]:
        """Every series that has rows, in the order of its name."""
        rows = self._rows(
            "SELECT venue, symbol, kind, timeframe, n, first_ms, last_ms FROM series JOIN ("
            " SELECT series_id, count(*) AS n, min(ts_open) AS first_ms, max(ts_open) AS last_ms"
            " FROM candles GROUP BY series_id UNION ALL"
            " SELECT series_id, count(*), min(ts), max(ts) FROM funding GROUP BY series_id"
            ") USING (series_id) ORDER BY venue, symbol, kind, timeframe"
        )
        found = [SeriesCoverage._make((Series(*row[:4]), *row[4:])) for row in rows]
        for each in found:
            require_moments(each.first_ms, each.last_ms, str(each.series))
        return found

    def sync_log(self) -> list[SyncEntry]:
        """Every change of the store, oldest first."""
        rows = self._rows(
            "SELECT entry, at_ms, tool, venue, symbol, kind, timeframe, start_ms, end_ms, rows_new, rows_changed,"
            " rows_same, rows_deleted, source, source_digest FROM sync_log JOIN series USING (series_id) ORDER BY entry"
        )
        found = [SyncEntry._make((*row[:3], Series(*row[3:7]), *row[7:])) for row in rows]
        for each in found:
            has_rows = each.rows_new + each.rows_changed + each.rows_same > 0
            moments = (each.start_ms, each.end_ms) if has_rows else (each.at_ms, each.at_ms)
            require_moments(*moments, f"the record of writing {each.series}")
        return found

    def _frame(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        import polars as pl

        from btcli.market.schema import empty_candles, empty_funding, in_time_order

        place = self._place(series)
        if place is None:
            return empty_funding() if series.kind == "funding" else empty_candles()
        names = (Settlements if series.kind == "funding" else Candles)._fields
        found = self._columns(place.select_within(", ".join(names), start_ms, end_ms))
        frame = in_time_order(pl.DataFrame({name: found[name] for name in names}))
        if frame.height:
            require_moments(int(frame[0, 0]), int(frame[-1, 0]), str(series))
        return frame

    def _place(self, series: Series) -> _Place | None:
        number = self._number(series)
        if number is None:
            return None
        return _Place("funding", "ts", number) if series.kind == "funding" else _Place("candles", "ts_open", number)

    def _number(self, series: Series) -> int | None:
        if self._database is None:
            return None
        return self._all_numbers.get(series) if self._is_frozen else series_id(self._database, series)

    @cached_property
    def _all_numbers(self) -> dict[Series, int]:
        rows = self._rows("SELECT series_id, venue, symbol, kind, timeframe FROM series")
        return {Series(*names): int(number) for number, *names in rows}

    @cached_property
    def _all_absent(self) -> dict[int, list[tuple[int, int]]]:
        return self._absent_ranges()

    @cached_property
    def _has_told(self) -> bool:
        return self._holds_told()

    def _holds_told(self) -> bool:
        if self._database is None:
            return False
        question = f"SELECT 1 FROM system.main.duckdb_tables() WHERE table_name = 'told' AND {self._database.own}"
        return bool(self._database.rows(question))

    def _absent_ranges(self, number: int | None = None) -> dict[int, list[tuple[int, int]]]:
        """By series number: those of one series, or of all."""
        chosen = "" if number is None else f" WHERE series_id = {number}"
        found: dict[int, list[tuple[int, int]]] = {}
        for of, start, end in self._rows(f"SELECT series_id, start_ms, end_ms FROM absent{chosen} ORDER BY start_ms"):
            require_moments(int(start), int(end), "a range without candles")
            found.setdefault(int(of), []).append((int(start), int(end)))
        return found

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return [] if self._database is None else self._database.rows(query)

    def _columns(self, query: str) -> dict[str, NDArray[Any]]:
        return {} if self._database is None else self._database.columns(query)


def _spacing_ms(series: Series) -> int:
    """The least time between two rows, as far as they are as they should be."""
    return UNIT_MS["m"] if series.kind == "funding" else Timeframe.parse(series.timeframe).ms


@contextmanager
def open_store(store: Store) -> Iterator[StoreReader]:
    """Open a store for reading, beside other readers.

    Raises StoreLocked when a writer does not let go within the store's patience, StoreError when the file
    cannot be read.
    """
    if not store_exists(store.path):
        yield StoreReader(None)
        return
    with opened(store, read_only=True) as database:
        yield StoreReader(database, is_frozen=True)
