"""Writing a store file anew: every series in one piece and in order, and nothing of what was deleted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.market.store.layout import create_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ORDERED = {
    "series": "series_id",
    "candles": "series_id, ts_open",
    "funding": "series_id, ts",
    "absent": "series_id, start_ms",
    "sync_log": "entry",
}


def compact_file(connection: DuckDBPyConnection, path: Path) -> tuple[int, int]:
    """Replace the open store by an ordered copy; bytes before and after.

    The copy takes the store's name while the old file is still held, so nobody gets between. The connection
    is good for nothing but closing afterwards.
    """
    import duckdb

    for left in path.parent.glob(f".{path.name}.compact-*"):  # of one that was killed: nobody else is at it now
        left.unlink()
    draft = path.with_name(f".{path.name}.compact-{os.getpid()}")
    try:
        connection.execute("CHECKPOINT")  # leaves no log that would belong to the wrong file
        before = path.stat().st_size
        with duckdb.connect(str(draft)) as fresh:
            create_tables(fresh)
        connection.execute(f"ATTACH '{str(draft).replace(chr(39), chr(39) * 2)}' AS fresh")
        for table, order in _ORDERED.items():
            connection.execute(f"INSERT INTO fresh.{table} SELECT * FROM {table} ORDER BY {order}")
        connection.execute("DETACH fresh")
        after = draft.stat().st_size
        draft.replace(path)
        return before, after
    finally:
        draft.unlink(missing_ok=True)
