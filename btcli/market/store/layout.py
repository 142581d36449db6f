"""What is inside a store file: its tables, its version, and how a series is numbered.

Candles hang on a small integer instead of four strings, so that the zone maps of DuckDB find one
series among many without an index: an index would make imports ten times slower.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from btcli.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from btcli.market.series import Series

LAYOUT_VERSION = 1

TABLES = """
CREATE TABLE btcli_store (layout_version INTEGER NOT NULL);
CREATE TABLE series (
    series_id INTEGER NOT NULL, venue VARCHAR NOT NULL, symbol VARCHAR NOT NULL,
    kind VARCHAR NOT NULL, timeframe VARCHAR NOT NULL,
    UNIQUE (venue, symbol, kind, timeframe));
CREATE TABLE candles (
    series_id INTEGER NOT NULL, ts_open BIGINT NOT NULL, open DOUBLE NOT NULL, high DOUBLE NOT NULL,
    low DOUBLE NOT NULL, close DOUBLE NOT NULL, volume DOUBLE NOT NULL);
CREATE TABLE funding (series_id INTEGER NOT NULL, ts BIGINT NOT NULL, rate DOUBLE NOT NULL);
CREATE TABLE absent (series_id INTEGER NOT NULL, start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL);
CREATE TABLE sync_log (
    entry INTEGER NOT NULL, at_ms BIGINT NOT NULL, tool VARCHAR NOT NULL, series_id INTEGER NOT NULL,
    start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL, rows_new BIGINT NOT NULL, rows_changed BIGINT NOT NULL,
    rows_same BIGINT NOT NULL, rows_deleted BIGINT NOT NULL, source VARCHAR NOT NULL, source_digest VARCHAR NOT NULL);
"""


def create_tables(connection: DuckDBPyConnection) -> None:
    """Lay out a new, empty store."""
    connection.execute(TABLES)
    connection.execute("INSERT INTO btcli_store VALUES (?)", [LAYOUT_VERSION])


def check_version(connection: DuckDBPyConnection, path: Path) -> None:
    """Raise StoreError unless the file is a store that this version of btcli can read."""
    found = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    if not found:
        raise StoreError(
            "this DuckDB file is empty, as one whose making was cut short",
            where=str(path),
            hint=f"nothing is lost with it: rm {shlex.quote(str(path))}",
        )
    if "btcli_store" not in found:
        raise StoreError(
            "this DuckDB file is no store of btcli", where=str(path), hint="name another folder with --data"
        )
    row = connection.execute("SELECT max(layout_version) FROM btcli_store").fetchone()
    if not row or row[0] != LAYOUT_VERSION:
        raise StoreError(
            f"the store has layout {row[0] if row else '?'}, this version of btcli reads layout {LAYOUT_VERSION}",
            where=str(path),
            hint="use the version of btcli that wrote it, or import into another folder",
        )


def series_id(connection: DuckDBPyConnection, series: Series) -> int | None:
    """The number of a series in this file, None when the file has never seen it."""
    row = connection.execute(
        "SELECT series_id FROM series WHERE venue = ? AND symbol = ? AND kind = ? AND timeframe = ?", list(series)
    ).fetchone()
    return None if row is None else int(row[0])
