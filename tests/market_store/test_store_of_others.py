"""Stores that somebody else made: what is in them is looked at without being executed, and only tables are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from command_line import btcli

from btcli.errors import StoreError
from btcli.market.series import Series
from btcli.market.store import connecting
from btcli.market.store.connecting import Database, keep_one
from btcli.market.store.layout import TABLES, TOLD
from btcli.market.store.library import duckdb as duckdb_of_btcli
from btcli.market.store.opening import create_store
from btcli.market.store.reading import StoreReader, open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing

CANDLES = (
    "CREATE TABLE candles (series_id INTEGER NOT NULL, ts_open BIGINT NOT NULL, open DOUBLE NOT NULL,"
    " high DOUBLE NOT NULL, low DOUBLE NOT NULL, close DOUBLE NOT NULL, volume DOUBLE NOT NULL)"
)
MORE = {
    "a view": "CREATE VIEW more AS SELECT * FROM read_csv('/etc/passwd')",
    "a macro of the database's own name": "CREATE MACRO duckdb_tables() AS TABLE SELECT 1 AS x",
    "a macro that counts otherwise": "CREATE MACRO main.count(x) AS 5",
    "a scalar macro": "CREATE MACRO greet(x) AS 'hello ' || x",
    "a macro of several kinds": "CREATE MACRO greet(x) AS 1, (x, y) AS 2",
    "a macro that makes a table": "CREATE MACRO greet() AS TABLE SELECT 1 AS x",
    "a macro in another schema": "CREATE SCHEMA other; CREATE MACRO other.greet(x) AS x",
    "a macro and a table less": "DROP TABLE told; CREATE MACRO greet(x) AS x",
    "an empty schema": "CREATE SCHEMA other",
    "a type": "CREATE TYPE mood AS ENUM ('sad')",
    "a sequence": "CREATE SEQUENCE counting",
    "an index": "CREATE INDEX fast ON candles (ts_open)",
    "a schema": "CREATE SCHEMA other; CREATE TABLE other.x (a INTEGER)",
    "a table": "CREATE TABLE more (a INTEGER)",
    "a column": "ALTER TABLE funding ADD COLUMN more INTEGER",
    "a default": "ALTER TABLE absent ALTER COLUMN start_ms SET DEFAULT random()",
    "a column that may lack values": "ALTER TABLE absent ALTER COLUMN end_ms DROP NOT NULL",
    "a column of another kind": "ALTER TABLE funding ALTER COLUMN rate TYPE VARCHAR",
    "a column of another name": "ALTER TABLE funding RENAME COLUMN rate TO fee",
    "a table gone": "DROP TABLE sync_log",
    "a view for a table": "DROP TABLE candles; CREATE VIEW candles AS SELECT 1 AS series_id",
    "a view for the mark of a store": "DROP TABLE btcli_store; CREATE VIEW btcli_store AS SELECT 1 AS layout_version",
    "a generated column": "DROP TABLE candles; " + CANDLES.replace("volume DOUBLE NOT NULL", "volume AS (open * 2)"),
    "what was told, otherwise": "DROP TABLE told; CREATE TABLE told (a INTEGER)",
    "a check": "DROP TABLE candles; " + CANDLES.replace("DOUBLE NOT NULL)", "DOUBLE NOT NULL CHECK (volume < 9))"),
    "names that may be doubled": "DROP TABLE series; CREATE TABLE series (series_id INTEGER NOT NULL, venue VARCHAR"
    " NOT NULL, symbol VARCHAR NOT NULL, kind VARCHAR NOT NULL, timeframe VARCHAR NOT NULL)",
}


NO_MORE = {
    "nothing": "",
    "no table of what was told": "DROP TABLE told",
    "a macro that is gone": "CREATE MACRO greet(x) AS x; DROP MACRO greet",
    "a table made anew": "DROP TABLE told;" + TOLD,
    "a table renamed and named again": "ALTER TABLE told RENAME TO x; ALTER TABLE x RENAME TO told",
    "rows": "INSERT INTO absent VALUES (1, 0, 1); DELETE FROM absent",
}


def made(folder: Path, *statements: str, in_log: bool = False) -> Path:
    """A folder with an empty store on which the statements were executed; they may stand in the log beside it."""
    path = Store(folder).path
    create_store(path)
    with duckdb.connect(str(path)) as connection:
        if in_log:
            connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        for statement in statements:
            connection.execute(statement)
    assert path.with_name(f"{path.name}.wal").exists() == (in_log and any(statements))
    return folder


@contextmanager
def open_in_kept(store: Store) -> Iterator[StoreReader]:
    """In a database that the process keeps."""
    keep_one()
    with open_store(store) as reader:
        yield reader


@pytest.fixture(autouse=True)
def none_kept() -> None:
    """Whatever tests before have made."""
    connecting._shared.cache_clear()


@pytest.mark.parametrize("more", MORE)
@pytest.mark.parametrize("opening", [open_store, open_in_kept, open_store_for_writing])
@pytest.mark.parametrize("in_log", [False, True])
def test_a_store_that_holds_more_is_refused(
    tmp_path: Path, more: str, opening: Callable[..., Any], in_log: bool
) -> None:
    """Whatever is not exactly a table of btcli, reading and writing refuse; DuckDB itself a default in a log."""
    folder = made(tmp_path, *MORE[more].split("; "), in_log=in_log)
    with (
        pytest.raises(StoreError, match=r"is not as btcli makes it|store of btcli|cannot be used"),
        opening(Store(folder)),
    ):
        pass


@pytest.mark.parametrize(
    "macro", [MORE[f"a {kind}"] for kind in ("scalar macro", "macro of several kinds", "macro that makes a table")]
)
def test_a_macro_is_named(tmp_path: Path, macro: str) -> None:
    """The refusal of a macro says its name."""
    folder = made(tmp_path, macro)
    with pytest.raises(StoreError, match=r"holds no .*function greet"), open_store(Store(folder)):
        pass


@pytest.mark.parametrize("held", NO_MORE)
@pytest.mark.parametrize("in_log", [False, True])
def test_a_store_that_holds_no_more_opens(tmp_path: Path, held: str, in_log: bool) -> None:
    """What was there and is gone makes no difference, nor do rows, nor that something stands in the log only."""
    with open_store(Store(made(tmp_path, *NO_MORE[held].split("; "), in_log=in_log))) as reader:
        assert reader.coverage() == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that a database was asked."""
    found: list[str] = []
    was = Database.rows

    def rows(self: Database, statement: str, given: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found.append(statement)
        return was(self, statement, given)

    monkeypatch.setattr(Database, "rows", rows)
    return found


@pytest.mark.parametrize("held", ["nothing", "no table of what was told", "a macro that is gone", "rows"])
def test_a_store_whose_tables_are_all_is_not_searched(tmp_path: Path, held: str, asked: list[str]) -> None:
    """Where the tables account for every number that DuckDB gave, it is asked for nothing else, which takes longer."""
    with open_store(Store(made(tmp_path, *NO_MORE[held].split("; ")))):
        assert not [question for question in asked if "duckdb_functions" in question]


def test_numbers_of_another_duckdb_say_nothing(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """How it numbers is known of some versions alone: under others a store is searched."""
    folder = made(tmp_path)
    monkeypatch.setattr(duckdb_of_btcli, "__version__", "1.5.7")
    with open_store(Store(folder)):
        assert [question for question in asked if "duckdb_functions" in question]


def test_a_view_that_reads_files_is_not_executed(tmp_path: Path) -> None:
    """A view in the place of a table would fail when read, since its file is gone; it is refused unread."""
    beside = tmp_path / "beside.csv"
    beside.write_text("series_id\n1\n")
    folder = made(tmp_path, "DROP TABLE candles", f"CREATE VIEW candles AS SELECT * FROM read_csv('{beside}')")
    beside.unlink()
    with pytest.raises(StoreError, match="its table candles is not as btcli makes it"), open_store(Store(folder)):
        pass


ROWS = {
    "no timeframe": ("INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'trade', 'x')", "the name"),
    "no kind": ("INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'x', '1h')", "the name"),
    "funding with a timeframe": ("INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'funding', '1h')", "the name"),
    "no symbol": ("INSERT INTO series VALUES (1, 'sample', '', 'trade', '1h')", "the name"),
    "a symbol that moves the cursor": (
        "INSERT INTO series VALUES (1, 'sample', chr(27) || '[2J', 'trade', '1h')",
        "the name",
    ),
    "a long symbol": ("INSERT INTO series VALUES (1, 'sample', repeat('X', 99), 'trade', '1h')", "the name"),
    "one number twice": (
        "INSERT INTO series VALUES (1, 'sample', 'A', 'trade', '1h'), (1, 'sample', 'B', 'trade', '1h')",
        "two of its series have one number",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_series_has_a_name(tmp_path: Path, row: str) -> None:
    """A series whose name makes none, or whose number is another's, is a store error."""
    statement, said = ROWS[row]
    with pytest.raises(StoreError, match=said), open_store(Store(made(tmp_path, statement))):
        pass


@pytest.mark.parametrize(
    ("ts", "words"), [(-1, ("list",)), (7_258_118_400_000, ("verify",)), (1 << 62, ("list", "--provenance"))]
)
def test_a_row_of_no_time_is_told(tmp_path: Path, ts: int, words: tuple[str, ...]) -> None:
    """A candle before 1970 or after 2199 is a store error that names the series."""
    folder = made(
        tmp_path,
        "INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'trade', '1h')",
        f"INSERT INTO candles VALUES (1, {ts}, 1, 1, 1, 1, 1)",
    )
    done = btcli("data", *words, "--data", folder, cwd=tmp_path)
    assert (done.code, "sample BTCUSDT trade 1h has a row at" in done.err) == (3, True), done.err


@pytest.mark.parametrize("moment", ["start_ms", "end_ms", "at_ms"])
def test_a_record_of_no_time_is_told(tmp_path: Path, moment: str) -> None:
    """So is a record of a write that names no time."""
    values = {"at_ms": 0, "start_ms": 0, "end_ms": 1, "rows_new": 0 if moment == "at_ms" else 1} | {moment: 1 << 60}
    folder = made(
        tmp_path,
        "INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'trade', '1h')",
        "INSERT INTO sync_log VALUES (1, {at_ms}, 'x', 1, {start_ms}, {end_ms}, {rows_new}, 0, 0, 0, '', '')".format(
            **values
        ),
    )
    with (
        open_store(Store(folder)) as reader,
        pytest.raises(StoreError, match="the record of writing sample BTCUSDT trade 1h"),
    ):
        reader.sync_log()


def test_an_absence_of_no_time_is_told(tmp_path: Path) -> None:
    """So is a range without candles."""
    folder = made(
        tmp_path,
        "INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'trade', '1h')",
        "INSERT INTO absent VALUES (1, -5, 10)",
    )
    with open_store(Store(folder)) as reader, pytest.raises(StoreError, match="a range without candles"):
        reader.absent(Series("sample", "BTCUSDT", "trade", "1h"))


def test_the_tables_are_told_as_they_are_written(tmp_path: Path) -> None:
    """The database tells a store's tables as btcli writes them, but for spaces and quotes: a store of its own opens."""
    with open_store(Store(made(tmp_path))) as reader:
        assert reader.coverage() == []
    assert TABLES.count("CREATE TABLE") == 6


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    """A file in the place of the data folder is no empty store: reading and writing end with exit code 3."""
    (tmp_path / "data").write_text("")
    candles = tmp_path / "BTCUSDT-1h.csv"
    candles.write_text("ts_open,open,high,low,close,volume\n1704024000000,1,1,1,1,1\n")
    named = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h")
    for words in (("list",), ("import", candles, *named)):
        done = btcli("data", *words, cwd=tmp_path)
        assert (done.code, "market_live.duckdb cannot be: its folder is a file" in done.err) == (3, True), done.err
