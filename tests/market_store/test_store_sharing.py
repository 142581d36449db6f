"""Stores that one process reads at once: one DuckDB holds them all, and none is seen from another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from btcli.errors import StoreError
from btcli.market.series import Series
from btcli.market.store import connecting, sharing
from btcli.market.store.connecting import connect, keep_one
from btcli.market.store.library import duckdb as library
from btcli.market.store.opening import create_store
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing

SERIES = Series("sample", "BTCUSDT", "trade", "1h")
ROW = "INSERT INTO series VALUES (1, 'sample', 'BTCUSDT', 'trade', '1h')"
TOLD = "INSERT INTO told VALUES (1, 0, 1, 'disputed', 'x', 0)"


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    """One that this test alone has."""
    connecting._shared.cache_clear()
    keep_one()
    yield
    connecting._shared.cache_clear()


def made(folder: Path, *statements: str, in_log: bool = False) -> Store:
    """A store on which the statements were executed; they may stand in the log beside it."""
    create_store(Store(folder).path)
    with duckdb.connect(str(Store(folder).path)) as connection:
        if in_log:
            connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        for statement in statements:
            connection.execute(statement)
    return Store(folder)


def held(store: Store) -> bool:
    """Whether this process has the file of a store open."""
    return any(os.path.realpath(each) == str(store.path.resolve()) for each in Path("/proc/self/fd").iterdir())


def test_two_stores_are_read_beside_each_other(tmp_path: Path) -> None:
    """Each has its own tables and rows: what one lacks is not looked for in the other."""
    one = made(tmp_path / "one", ROW, "DROP TABLE told")
    other = made(tmp_path / "other", ROW, TOLD)
    with open_store(one) as reader, open_store(other) as beside:
        assert (reader.told(SERIES), len(beside.told(SERIES))) == ([], 1)


@pytest.mark.parametrize("more", ["CREATE MACRO count(x) AS 5", "CREATE VIEW more AS SELECT 1", "CREATE SCHEMA other"])
def test_a_store_beside_one_that_is_refused_stays_open(tmp_path: Path, more: str) -> None:
    """What the one holds more is no matter of the other, whichever is opened first."""
    good, bad = made(tmp_path / "good", ROW), made(tmp_path / "bad", more)
    with open_store(good) as reader:
        with pytest.raises(StoreError, match="a store of btcli holds no"), open_store(bad):
            pass
        with open_store(made(tmp_path / "third", ROW, "CREATE MACRO f() AS 1; DROP MACRO f", in_log=True)) as third:
            assert third.coverage() == reader.coverage() == []
    assert not held(good)
    assert not held(bad)


def test_a_store_is_held_until_its_last_reader_lets_go(tmp_path: Path) -> None:
    """Who opens it a second time may close it first; then others may write it, this process too."""
    store = made(tmp_path, ROW, TOLD)
    with open_store(store) as reader:
        with open_store(store) as again:
            assert len(again.told(SERIES)) == 1
        assert held(store)
        assert len(reader.told(SERIES)) == 1
    assert not held(store)
    with open_store_for_writing(store):
        pass


def test_a_store_of_the_same_place_is_another(tmp_path: Path) -> None:
    """A file that took another's place is read as what it is."""
    store, other = made(tmp_path / "one", ROW, TOLD), made(tmp_path / "other", ROW)
    with open_store(store) as reader:
        assert len(reader.told(SERIES)) == 1
    other.path.replace(store.path)
    with open_store(store) as reader:
        assert reader.told(SERIES) == []


def test_threads_open_and_close_one_store(tmp_path: Path) -> None:
    """Whoever of eight opens it reads all of it, though others close it meanwhile."""
    store = made(tmp_path, ROW, TOLD)

    def read(_: int) -> int:
        with open_store(store) as reader:
            return len(reader.told(SERIES))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(200))) == {1}
    assert not held(store)


@pytest.mark.parametrize("when", ["cursor_in", "let_go"])
def test_a_duckdb_that_has_given_up_is_replaced(tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it fails over one store, opening it or letting go of it, the next is read in another one."""
    store, other = made(tmp_path / "one", ROW, TOLD), made(tmp_path / "other", ROW)
    before = connecting._shared()

    def fail(*_: object) -> None:
        raise library.FatalException("database has been invalidated")

    with monkeypatch.context() as seam, suppress(StoreError):
        seam.setattr(sharing.Shared, when, fail)
        with open_store(store):
            pass
    with open_store(other) as reader, connect() as empty:
        assert (reader.told(SERIES), empty.rows("SELECT 1")) == ([], [(1,)])
    assert connecting._shared() is not before


def test_without_one_a_store_has_its_own(tmp_path: Path) -> None:
    """Who asks for no empty database is not kept waiting by one, nor holds it: the store is closed altogether."""
    connecting._shared.cache_clear()
    store = made(tmp_path, ROW, TOLD)
    with open_store(store) as reader, open_store(store) as again:
        assert len(reader.told(SERIES)) == len(again.told(SERIES)) == 1
    assert not held(store)
    assert connecting._shared.cache_info().currsize == 0


def test_names_of_files_are_no_statements(tmp_path: Path) -> None:
    """Quotes in the name of a folder are what they are."""
    store = made(tmp_path / 'it\'s; "one"', ROW, TOLD)
    with open_store(store) as reader:
        assert len(reader.told(SERIES)) == 1
    assert not held(store)
