"""One DuckDB for all that a process reads: to make another takes 8 ms, and 4 to end it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from threading import Lock
from typing import Any

from btcli.market.store.library import duckdb


class Shared:
    """An empty database in memory, beside which files lie while they are read; whoever works in it has a cursor.

    It raises duckdb.Error. Signals are held by whoever asks.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        meanwhile = Path(gettempdir()) / f"btcli-{os.urandom(8).hex()}"  # made where an answer does not fit into memory
        self._whole = duckdb.connect(":memory:", config={**settings, "temp_directory": str(meanwhile)})
        self._lock, self._numbers = Lock(), count()
        self._names: dict[Path, str] = {}
        self._readers: Counter[str] = Counter()  # by name

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """In the empty database."""
        return self._whole.cursor()

    def cursor_in(self, file: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
        """In a file, and the name that this has until everybody has let go of it: DuckDB opens a file once."""
        with self._lock:
            name = self._names.setdefault(file.absolute(), f"file_{next(self._numbers)}")
            path = str(file).replace("'", "''")
            self._whole.execute(f"ATTACH IF NOT EXISTS '{path}' AS {name} (TYPE duckdb, READ_ONLY)")
            cursor = self._whole.cursor()
            cursor.execute(f"USE {name}")
            self._readers[name] += 1
            return cursor, name

    def let_go(self, name: str) -> None:
        """Close the file if nobody else reads it."""
        with self._lock:
            self._readers[name] -= 1
            if not self._readers[name]:
                self._whole.execute(f"DETACH {name}")
