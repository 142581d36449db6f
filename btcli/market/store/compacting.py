"""Writing a store file anew: every series in one piece and in order, and nothing of what was deleted."""

from __future__ import annotations

from pathlib import Path

from btcli.drafts import sync_folder
from btcli.market.store.connecting import Database, connect
from btcli.market.store.drafts import draft_of, remove_draft, settle
from btcli.market.store.layout import TOLD, create_tables
from btcli.market.store.opening import store_error

_ORDERED = {
    "series": "series_id",
    "candles": "series_id, ts_open",
    "funding": "series_id, ts",
    "absent": "series_id, start_ms",
    "told": "series_id, start_ms, state, at_ms",
    "sync_log": "entry",
}


def compact_file(database: Database, path: Path) -> tuple[int, int]:
    """Replace the open store by an ordered copy; bytes before and after.

    The copy takes the store's name while the old file is still held, so nobody gets between. The database
    is good for nothing but closing afterwards. Raises StoreError where the file system refuses the copy.
    """
    draft = draft_of(path, "compact")
    try:
        database.tell(TOLD)
        database.at_length("CHECKPOINT")  # leaves no log that would belong to the wrong file
        before = path.stat().st_size
        with connect(draft) as fresh:
            create_tables(fresh)
        database.at_length(f"ATTACH '{str(draft).replace(chr(39), chr(39) * 2)}' AS fresh")
        for table, order in _ORDERED.items():
            database.at_length(f"INSERT INTO fresh.{table} SELECT * FROM {table} ORDER BY {order}")
        database.at_length("CHECKPOINT fresh")  # detaching would keep silent about a disk that is full
        database.at_length("DETACH fresh")
        settle(draft)
        after = draft.stat().st_size
        draft.replace(path)
        sync_folder(path.parent)
        return before, after
    except OSError as error:
        raise store_error(path, error) from error
    finally:
        remove_draft(draft)
