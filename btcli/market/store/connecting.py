"""The one way to a DuckDB, in a file or in memory, and Ctrl-C while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from numpy.typing import NDArray

from btcli.hands import Hands
from btcli.interrupts import interrupts_held
from btcli.market.store.library import duckdb
from btcli.market.store.sharing import Shared

Settings = dict[str, str | bool | int | float | list[str]]
# Nothing is fetched from the network. One thread reads a year in half the time of two that share the work, and
# writes the same rows as the same bytes.
SETTINGS: Settings = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
MEMORY = "memory"  # what DuckDB calls a database without a file
T = TypeVar("T")


class Database:
    """A DuckDB that loses no Ctrl-C. What is asked of it raises duckdb.Error, and KeyboardInterrupt once it is done.

    `own` says in DuckDB's lists which entries are this file's: there may be others beside it.

    DuckDB (1.5.6) imports pandas at every parameter, and drops or renames what is raised meanwhile: nothing is raised
    in the thread that asks. Long work is done beside it, and ended by Ctrl-C.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, name: str, let_go: Callable[[], None] | None = None
    ) -> None:
        self._connection, self._let_go, self._hands = connection, let_go, Hands()
        self.own = "database_name = '" + name.replace("'", "''") + "'"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rows(self, statement: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Do what takes no time worth speaking of, and what comes of it."""
        with interrupts_held():
            return self._connection.execute(statement, given or None).fetchall()

    def tell(self, statement: str, given: Sequence[Any] = ()) -> None:
        """The same where nothing comes of it."""
        self.rows(statement, given)

    def at_length(self, statement: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Do what may take a while, and what comes of it."""
        return self._beside(lambda: self._connection.execute(statement, given or None).fetchall())

    def named(self, question: str, given: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows by their columns, of a question that may take a while."""

        def ask() -> list[dict[str, Any]]:
            answer = self._connection.execute(question, given or None)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, each, strict=True)) for each in answer.fetchall()]

        return self._beside(ask)

    def columns(self, question: str) -> dict[str, NDArray[Any]]:
        """Columns as arrays, of a question that may take a while."""
        return self._beside(lambda: self._connection.execute(question).fetchnumpy())

    @contextmanager
    def lent(self, name: str, columns: Mapping[str, NDArray[Any]]) -> Iterator[None]:
        """Within the block these columns are a table."""
        with interrupts_held():
            self._connection.register(name, columns)
        try:
            yield
        finally:
            with interrupts_held():
                self._connection.unregister(name)

    def close(self) -> None:
        """Close it; nothing is asked afterwards."""
        with interrupts_held():
            self._hands.end(waits=False)
            self._connection.close()
            if self._let_go:
                self._let_go()

    def _beside(self, work: Callable[[], T]) -> T:
        with interrupts_held() as look:
            coming = self._hands.begin(work)
            try:
                coming.wait(look)
            finally:
                coming.wait(self._connection.interrupt)
        return coming.result()


def connect(file: Path | None = None, *, read_only: bool = False, settings: Settings | None = None) -> Database:
    """A connection to the database in a file, which is made where there is none; without a file to an empty one.

    It has SETTINGS, and others beside them. Raises duckdb.Error for a file that cannot be opened.
    """
    with interrupts_held():
        if settings is None and file is None:
            return Database(_shared().cursor(), MEMORY)
        if settings is None and file is not None and read_only and _shared.cache_info().currsize:
            return _reading(file)
        place = ":memory:" if file is None else str(file)
        connection = duckdb.connect(place, read_only=read_only, config={**SETTINGS, **(settings or {})})
        ((name,),) = connection.execute("SELECT system.main.current_database()").fetchall()
        return Database(connection, name)


def keep_one() -> None:
    """Make the empty database now, in which files are read from now on: to make another takes 8 ms, to end it 4.

    It keeps 6 MB as long as the process lasts: for whoever needs an empty one anyway.
    """
    with interrupts_held():
        _shared()


@cache
def _shared() -> Shared:
    return Shared(SETTINGS)


def _reading(file: Path) -> Database:
    """Where DuckDB has lost a whole database over a file, the next one is read in another."""
    shared = _shared()
    try:
        cursor, name = shared.cursor_in(file)
    except (duckdb.FatalException, duckdb.InternalException):
        _shared.cache_clear()
        raise

    def let_go() -> None:
        try:
            shared.let_go(name)
        except duckdb.Error:
            _shared.cache_clear()

    return Database(cursor, name, let_go)
