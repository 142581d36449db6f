"""The one way to a DuckDB, in a file or in memory, and Ctrl-C while it works."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from numpy.typing import NDArray

from btcli.hands import Hands
from btcli.interrupts import interrupts_held
from btcli.market.store.library import duckdb

Settings = dict[str, str | bool | int | float | list[str]]
# Nothing is fetched from the network. One thread reads a year in half the time of two that share the work, and
# writes the same rows as the same bytes.
SETTINGS: Settings = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
T = TypeVar("T")


class Database:
    """A DuckDB that loses no Ctrl-C. What is asked of it raises duckdb.Error, and KeyboardInterrupt once it is done.

    DuckDB (1.5.6) imports pandas at every parameter, and drops or renames what is raised meanwhile: nothing is raised
    in the thread that asks. Long work is done beside it, and ended by Ctrl-C.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection, self._hands = connection, Hands()

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
    name = ":memory:" if file is None else str(file)
    with interrupts_held():
        return Database(duckdb.connect(name, read_only=read_only, config={**SETTINGS, **(settings or {})}))
