"""What is inside a store file: its tables, its version, and how a series is numbered.

Candles hang on a small integer instead of four strings, so that the zone maps of DuckDB find one
series among many without an index: an index would make imports ten times slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from btcli.market.series import Series
    from btcli.market.store.connecting import Database

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

# Beside the absent ranges, in a table of its own, so that stores without it stay readable and it is made when needed.
TOLD = """
CREATE TABLE IF NOT EXISTS told (
    series_id INTEGER NOT NULL, start_ms BIGINT NOT NULL, end_ms BIGINT NOT NULL, state VARCHAR NOT NULL,
    evidence VARCHAR NOT NULL, at_ms BIGINT NOT NULL);
"""


def create_tables(database: Database) -> None:
    """Lay out a new, empty store."""
    database.tell(TABLES + TOLD)
    database.tell("INSERT INTO btcli_store VALUES (?)", [LAYOUT_VERSION])


def series_id(database: Database, series: Series) -> int | None:
    """The number of a series in this file, None when the file has never seen it."""
    found = database.rows(
        "SELECT series_id FROM series WHERE venue = ? AND symbol = ? AND kind = ? AND timeframe = ?", list(series)
    )
    return int(found[0][0]) if found else None
