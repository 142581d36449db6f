"""The one way to a DuckDB, in a file or in memory, and Ctrl-C while it works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

Settings = dict[str, str | bool | int | float | list[str]]
# Nothing is fetched from the network. One thread reads a year in half the time of two that share the work, and
# writes the same rows as the same bytes.
SETTINGS: Settings = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def connect(
    file: Path | None = None, *, read_only: bool = False, settings: Settings | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection to the database in a file, which is made where there is none; without a file to an empty one.

    It has SETTINGS, and others beside them. Raises duckdb.Error for a file that cannot be opened.
    """
    with interruptible():
        name = ":memory:" if file is None else str(file)
        return duckdb.connect(name, read_only=read_only, config={**SETTINGS, **(settings or {})})


_NAMED = "KeyboardInterrupt: <EMPTY MESSAGE>"


@contextmanager
def interruptible() -> Iterator[None]:
    """KeyboardInterrupt is raised as such.

    DuckDB (1.5.6) raises a RuntimeError because of it, or where it looks for other packages an Error that names it.
    """
    try:
        yield
    except (RuntimeError, duckdb.Error) as error:
        if isinstance(error.__cause__, KeyboardInterrupt) or _NAMED in str(error):
            raise KeyboardInterrupt from None
        raise
