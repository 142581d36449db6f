"""Files that are no store, and what the store needs to run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from btcli.errors import StoreError
from btcli.market.store.layout import LAYOUT_VERSION
from btcli.market.store.opening import create_store
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    """Neither reading nor writing touches a file that is no DuckDB file."""
    path = Store(tmp_path).path
    path.write_text("hello" * 1_000)
    for opening in (open_store, open_store_for_writing):
        with pytest.raises(StoreError, match="no store, or a damaged one"), opening(Store(tmp_path)):
            pass
    assert path.read_text() == "hello" * 1_000


def test_a_foreign_database_is_not_taken_for_a_store(tmp_path: Path) -> None:
    """A DuckDB file of another program is refused, and stays as it is."""
    with duckdb.connect(str(Store(tmp_path).path)) as other:
        other.execute("CREATE TABLE diary (line VARCHAR)")
    for opening in (open_store, open_store_for_writing):
        with pytest.raises(StoreError, match="no store of btcli"), opening(Store(tmp_path)):
            pass


def test_a_store_of_another_layout_is_refused(tmp_path: Path) -> None:
    """Both numbers are named."""
    path = Store(tmp_path).path
    create_store(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE btcli_store SET layout_version = 999")
    with (
        pytest.raises(StoreError, match=f"layout 999, this version of btcli reads layout {LAYOUT_VERSION}"),
        open_store(Store(tmp_path)),
    ):
        pass


def test_a_new_store_leaves_no_other_file(tmp_path: Path) -> None:
    """Its draft is gone, and the folder was made on the way."""
    with open_store_for_writing(Store(tmp_path / "a" / "b")) as writer:
        assert writer.coverage() == []
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["market_live.duckdb"]


def test_the_name_of_a_new_store_survives_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder is on the disk once the store is there: rows would be written into a file without a name."""
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, Store(tmp_path).path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    create_store(Store(tmp_path).path)
    assert synced[-1] == (tmp_path.stat().st_ino, True)


def test_creating_a_store_twice_keeps_the_first(tmp_path: Path) -> None:
    """A process that comes second never empties the store of the first."""
    path = Store(tmp_path).path
    create_store(path)
    before = path.read_bytes()
    create_store(path)
    assert path.read_bytes() == before


def test_the_store_needs_neither_pyarrow_nor_pandas(tmp_path: Path) -> None:
    """Import, write and read work where both are forbidden."""
    script = (
        "import sys; sys.modules['pyarrow'] = sys.modules['pandas'] = None\n"
        "from pathlib import Path\n"
        "from btcli.tools import registry_for\n"
        "from btcli.market.store.reading import open_store\n"
        "from btcli.market.store.where import Store\n"
        "folder = Path(sys.argv[1])\n"
        "csv = folder / 'BTCUSDT-1h.csv'\n"
        "csv.write_text('ts,open,high,low,close,volume\\n' + "
        "''.join(f'{1699999200000 + n * 3600000},1,2,1,2,5\\n' for n in range(5)))\n"
        "registry_for(Store(folder)).execute('import_file', path=csv, venue='binance', series='trade').checked()\n"
        "with open_store(Store(folder)) as reader:\n"
        "    [one] = reader.coverage()\n"
        "    print(one.series, reader.candles(one.series, 0, 10**13).height)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert (done.stdout, done.stderr) == ("binance BTCUSDT trade 1h 5\n", "")
