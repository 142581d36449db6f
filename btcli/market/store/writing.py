"""Changing the store: every call is one transaction, logged in the same transaction. For `btcli.tools` alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import polars as pl

from btcli.clock import now_ms
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA, require_storable
from btcli.market.series import Series
from btcli.market.store.compacting import compact_file
from btcli.market.store.connecting import Database
from btcli.market.store.difference import Difference, compare
from btcli.market.store.drafts import sweep
from btcli.market.store.layout import TOLD, series_id
from btcli.market.store.library import duckdb
from btcli.market.store.opening import create_store, opened, store_exists
from btcli.market.store.reading import State, StoreReader, Told
from btcli.market.store.where import Store
from btcli.timeframe import UNIT_MS


class WriteSource(NamedTuple):
    """Who writes (a tool's name) and from what: a file's name or a venue's endpoint, and a digest of the content."""

    tool: str
    source: str = ""
    digest: str = ""


class WriteResult(NamedTuple):
    """How the rows given compare with what was stored before."""

    rows_new: int = 0
    rows_changed: int = 0
    rows_same: int = 0
    rows_deleted: int = 0

    @property
    def changed_anything(self) -> bool:
        """Whether the store's content is different now."""
        return bool(self.rows_new or self.rows_changed or self.rows_deleted)


class StoreWriter(StoreReader):
    """The store while this process alone holds it; `swept` names the leftovers that were removed at its opening."""

    def __init__(self, database: Database, path: Path | None = None, swept: tuple[str, ...] = ()) -> None:
        super().__init__(database)
        self._writing = database
        self._path = path
        self._is_within = False  # of a transaction over several changes
        self.swept = swept

    def compact(self) -> tuple[int, int]:
        """Write the file anew in order, as the last thing that this writer does; its bytes before and after."""
        if self._path is None:
            raise ValueError("a writer without a file has nothing to compact")
        return compact_file(self._writing, self._path)

    def upsert_candles(self, series: Series, frame: pl.DataFrame, source: WriteSource) -> WriteResult:
        """Add candles or replace those of the same `ts_open`; the frame is as CANDLE_SCHEMA, strictly ascending.

        Raises ValueError for a frame of another shape.
        """
        require_storable(frame, CANDLE_SCHEMA)
        return self._upsert("candles", series, frame, source)

    def upsert_funding(self, series: Series, frame: pl.DataFrame, source: WriteSource) -> WriteResult:
        """Add settlements or replace those of the same minute, whose stored time stands: sources tell it with jitter.

        The frame is as FUNDING_SCHEMA, strictly ascending, one a minute. Raises ValueError for one of another shape.
        """
        require_storable(frame, FUNDING_SCHEMA)
        frame = self._at_stored_times(series, frame)
        return self._upsert("funding", series, frame, source)

    def delete_range(self, series: Series, start_ms: int, end_ms: int, source: WriteSource) -> WriteResult:
        """Remove the rows of a series in [start_ms, end_ms), and what the venue was found not to have there."""
        table = "funding" if series.kind == "funding" else "candles"
        ts = _schema(table).names()[0]
        with self._transaction():
            number = self._numbered(series)
            ((deleted,),) = self._writing.at_length(
                f"DELETE FROM {table} WHERE series_id = ? AND {ts} >= ? AND {ts} < ?", [number, start_ms, end_ms]
            )
            result = WriteResult(rows_deleted=int(deleted))
            self._forget(number, start_ms, end_ms)
            self._log(number, start_ms, end_ms, result, source)
        return result

    def confirm_absent(
        self, series: Series, start_ms: int, end_ms: int, source: WriteSource, evidence: str = ""
    ) -> bool:
        """Remember that the exchange has nothing in [start_ms, end_ms), and why; False when that was known already.

        Ranges that touch are kept as one; the evidence of each stays.
        """
        known = self.absent(series)
        if any(start <= start_ms and end_ms <= end for start, end in known):
            return False
        touching = [(start, end) for start, end in known if start <= end_ms and start_ms <= end]
        first = min([start_ms, *(start for start, _ in touching)])
        last = max([end_ms, *(end for _, end in touching)])
        with self._transaction():
            number = self._numbered(series)
            self._writing.tell(
                "DELETE FROM absent WHERE series_id = ? AND start_ms >= ? AND end_ms <= ?", [number, first, last]
            )
            self._writing.tell("INSERT INTO absent VALUES (?, ?, ?)", [number, first, last])
            self._tell(number, Told(start_ms, end_ms, "absent", evidence or source.source, now_ms()))
            self._log(number, start_ms, end_ms, WriteResult(), source)
        return True

    def tell(self, series: Series, start_ms: int, end_ms: int, state: State, evidence: str) -> None:
        """Remember what the venue's answers said of [start_ms, end_ms), in place of what they said of it before."""
        with self._transaction():
            self._tell(self._numbered(series), Told(start_ms, end_ms, state, evidence, now_ms()))

    def settle(self, series: Series, start_ms: int, end_ms: int) -> None:
        """Nothing of [start_ms, end_ms) is in doubt any more; what is absent stays."""
        if any(
            told.state != "absent" and told.start_ms < end_ms and told.end_ms > start_ms for told in self.told(series)
        ):
            with self._transaction():
                self._cut("told", self._numbered(series), start_ms, end_ms, "AND state != 'absent'")

    def forget(self, series: Series, start_ms: int, end_ms: int, source: WriteSource) -> int:
        """Take back all that the venue was found not to have in [start_ms, end_ms), and what is in doubt there.

        Returns how many ranges that touched; rows stay as they are.
        """
        known = {*self.absent(series), *(told[:2] for told in self.told(series) if told.state != "absent")}
        touched = sum(start < end_ms and end > start_ms for start, end in known)
        if touched:
            with self._transaction():
                number = self._numbered(series)
                self._forget(number, start_ms, end_ms)
                self._log(number, start_ms, end_ms, WriteResult(), source)
        return touched

    def _tell(self, number: int, told: Told) -> None:
        self._writing.tell(TOLD)
        self._cut("told", number, told.start_ms, told.end_ms)
        self._writing.tell("INSERT INTO told VALUES (?, ?, ?, ?, ?, ?)", [number, *told])

    def _forget(self, number: int, start_ms: int, end_ms: int) -> None:
        self._writing.tell(TOLD)
        for table in ("absent", "told"):
            self._cut(table, number, start_ms, end_ms)

    def _cut(self, table: str, number: int, start_ms: int, end_ms: int, which: str = "") -> None:
        """Cut [start_ms, end_ms) out of the ranges of a table; what of them lies outside stays."""
        where = f"WHERE series_id = ? AND start_ms < ? AND end_ms > ? {which}"
        cut = self._writing.rows(f"SELECT * FROM {table} {where}", [number, end_ms, start_ms])
        self._writing.tell(f"DELETE FROM {table} {where}", [number, end_ms, start_ms])
        for _, first, last, *rest in cut:
            for left in ((first, min(last, start_ms)), (max(first, end_ms), last)):
                if left[0] < left[1]:
                    marks = ", ".join("?" * (3 + len(rest)))
                    self._writing.tell(f"INSERT INTO {table} VALUES ({marks})", [number, *left, *rest])

    def _upsert(self, table: str, series: Series, frame: pl.DataFrame, source: WriteSource) -> WriteResult:
        if frame.is_empty():
            return WriteResult()
        start_ms, end_ms = int(frame[0, 0]), int(frame[-1, 0]) + 1
        with self._transaction():
            number = self._numbered(series)
            plan = compare(frame, self._frame(series, start_ms, end_ms))
            self._replace(table, number, plan)
            result = WriteResult(plan.rows_new, plan.rows_changed, plan.rows_same)
            self._log(number, start_ms, end_ms, result, source)
        return result

    def _at_stored_times(self, series: Series, frame: pl.DataFrame) -> pl.DataFrame:
        """Settlements at the times that are stored of the same minutes; of two in one minute the later."""
        if frame.is_empty():
            return frame
        minute = UNIT_MS["m"]
        minutes = frame["ts"] // minute
        frame = frame.filter((minutes != minutes.shift(-1)).fill_null(True))
        stored = self.funding(series, int(frame[0, 0]) - minute, int(frame[-1, 0]) + minute)
        known = dict(zip((stored["ts"] // minute).to_list(), stored["ts"].to_list(), strict=True))
        ts = [known.get(given // minute, given) for given in frame["ts"].to_list()]
        return frame.with_columns(pl.Series("ts", ts, dtype=pl.Int64))

    def _replace(self, table: str, number: int, plan: Difference) -> None:
        rows, rewritten = plan.rows, plan.rewritten
        if rewritten is not None:
            ts = rows.columns[0]
            self._writing.tell(
                f"DELETE FROM {table} WHERE series_id = ? AND {ts} >= ? AND {ts} < ?", [number, *rewritten]
            )
        if rows.is_empty():
            return
        with self._writing.lent("given", {name: rows[name].to_numpy() for name in rows.columns}):
            self._writing.at_length(f"INSERT INTO {table} SELECT {number}, {', '.join(rows.columns)} FROM given")

    def _numbered(self, series: Series) -> int:
        known = series_id(self._writing, series)
        if known is not None:
            return known
        ((number,),) = self._writing.rows("SELECT coalesce(max(series_id), 0) + 1 FROM series")
        self._writing.tell("INSERT INTO series VALUES (?, ?, ?, ?, ?)", [number, *series])
        return int(number)

    def _log(self, number: int, start_ms: int, end_ms: int, result: WriteResult, source: WriteSource) -> None:
        self._writing.tell(
            "INSERT INTO sync_log SELECT coalesce(max(entry), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM sync_log",
            [now_ms(), source.tool, number, start_ms, end_ms, *result, source.source, source.digest],
        )

    @contextmanager
    def together(self) -> Iterator[None]:
        """All changes inside are one transaction: all of them, or none when it ends by an error."""
        with self._transaction():
            self._is_within = True
            try:
                yield
            finally:
                self._is_within = False

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._is_within:
            yield
            return
        committed = False
        try:
            self._writing.tell("BEGIN")
            yield
            self._writing.tell("COMMIT")
            committed = True
        finally:
            if not committed:
                with suppress(duckdb.Error):  # a commit that failed has rolled back: the first error is the one to tell
                    self._writing.tell("ROLLBACK")


@contextmanager
def open_store_for_writing(store: Store) -> Iterator[StoreWriter]:
    """Open a store for this process alone; it is created when it does not exist.

    Raises StoreLocked when another process does not let go within the store's patience, StoreError when the
    folder or the file cannot be written.
    """
    path = store.path
    if not store_exists(path):
        create_store(path)
    with opened(store, read_only=False) as database:
        yield StoreWriter(database, path, sweep(path))


def _schema(table: str) -> pl.Schema:
    return FUNDING_SCHEMA if table == "funding" else CANDLE_SCHEMA
