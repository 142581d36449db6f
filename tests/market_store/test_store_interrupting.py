"""Ctrl-C while the database works is Ctrl-C, not an error of the database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment

TESTS = Path(__file__).parents[1]

BEGIN = """
import os, signal, sys, threading
from pathlib import Path
import duckdb
from btcli.market.store.opening import create_store, opened
from btcli.market.store.where import Store
from btcli.research.table import read_once, select

LONG = "SELECT sum(sin(i)) FROM range(4000000000) AS many(i)"
path = Path(sys.argv[1])
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has none
stop = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
"""
STORE = """
create_store(Store(path).path)
with opened(Store(path), read_only=True) as database:
    stop.start()
    database.columns(LONG)
"""
ROWS = """
path.mkdir()
duckdb.execute(f"COPY (SELECT 1 AS trial) TO '{path}/rows' (FORMAT parquet)")
stop.start()
select([path / "rows"], LONG)
"""
HELD = """
path.mkdir()
duckdb.execute(f"COPY (SELECT 1 AS trial) TO '{path}/rows' (FORMAT parquet)")
stop.start()
with read_once([path / "rows"], ["trial"]) as ask:
    ask(LONG)
"""
WRITING = """
create_store(Store(path).path)
with opened(Store(path), read_only=False) as database:
    stop.start()
    database.at_length(f"INSERT INTO funding SELECT i, i, sin(i) FROM range(4000000000) AS many(i)")
"""


def ended(code: str, file: Path, timeout_s: int = 300) -> subprocess.CompletedProcess[str]:
    """A process that was given a file to work on, at its end."""
    command = [sys.executable, "-c", code, str(file)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False)


@pytest.mark.parametrize(
    "work", [STORE, WRITING, ROWS, HELD], ids=["store", "written store", "rows", "rows that are held"]
)
def test_ctrl_c_while_the_database_works_is_raised_as_such(work: str, tmp_path: Path) -> None:
    """A process that reads for long ends by KeyboardInterrupt within its query."""
    done = ended(BEGIN + work, tmp_path / "file")
    assert done.stderr.splitlines()[-1].startswith("KeyboardInterrupt")
    assert "_shutdown" not in done.stderr


OPENED = """
import itertools, signal, sys, time
from pathlib import Path
from btcli.market.store.opening import create_store, opened
from btcli.market.store.where import Store

def pressed(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, pressed)
store = Store(Path(sys.argv[1]))
create_store(store.path)
for after_us in range(50, 6050, 60):
    try:
        signal.setitimer(signal.ITIMER_REAL, after_us / 1e6)
        with opened(store, read_only=True):
            time.sleep(60)
    except KeyboardInterrupt:
        print("stopped")
"""


def test_ctrl_c_while_a_store_is_opened_is_raised_as_such(tmp_path: Path) -> None:
    """At a hundred moments from before it is opened until after."""
    done = ended(OPENED, tmp_path / "file")
    assert (done.stdout.splitlines(), done.stderr) == (["stopped"] * 100, "")


WRITTEN = """
import signal, sys, time
from pathlib import Path
from btcli.market.store import connecting
from btcli.research import table
from btcli.research.rows import failed
from btcli.research.space import space_of

def pressed(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, pressed)
space, outcomes = space_of(("a=1..200",), None, 0), {trial: failed("RAISED", ["x"]) for trial in range(1, 201)}
table.write_rows(space, outcomes, Path(sys.argv[1]))
for after_us in range(50, 15050, 150):
    connecting._shared.cache_clear()
    try:
        signal.setitimer(signal.ITIMER_REAL, after_us / 1e6)
        table.write_rows(space, outcomes, Path(sys.argv[1]))
        time.sleep(0.1)
    except KeyboardInterrupt:
        print("stopped")
"""


def test_ctrl_c_while_rows_are_written_is_raised_as_such(tmp_path: Path) -> None:
    """At a hundred moments: where DuckDB looks for other packages it says so in the text of an error of its own."""
    done = ended(WRITTEN, tmp_path / "rows", timeout_s=300)
    assert (set(done.stdout.split()), done.stderr) == ({"stopped"}, "")


BLOCKS = """
import itertools, sys
from pathlib import Path
import polars as pl
from interrupted_lines import at_every_line
from btcli.market.schema import CANDLE_SCHEMA
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import WriteSource, open_store_for_writing

store, series, numbers = Store(Path(sys.argv[1])), Series("bybit", "BTCUSDT", "trade", "1m"), itertools.count()

def write(number):
    rows = [(60_000 * (10 * number + minute), 10.0, 12.0, 8.0, 9.0, 1.5) for minute in range(10)]
    with open_store_for_writing(store) as writer:
        writer.upsert_candles(series, pl.DataFrame(rows, CANDLE_SCHEMA, orient="row"), WriteSource("test"))
        writer.confirm_absent(series, 10**12 + number, 10**12 + number + 1, WriteSource("test"))

def read():
    with open_store(store) as reader:
        rows = reader.rows(series, 0, 10**13).ts_open.size
        return reader.candles(series, 0, 10**13).height, rows, reader.span(series)

def made():
    number = next(numbers)
    return lambda: (write(number), read())

write(next(numbers))
at_every_line(made)
assert read()[0] == read()[1] and read()[0] % 10 == 0
write(next(numbers))
"""


def test_ctrl_c_at_any_line_of_a_store_is_raised_and_leaves_blocks_whole(tmp_path: Path) -> None:
    """Also where DuckDB imports what is not there, which would drop it; each block is there whole, or not at all."""
    done = ended(f"import sys\nsys.path.insert(0, {str(TESTS)!r})\n{BLOCKS}", tmp_path / "store")
    assert (done.returncode, done.stdout.split()[1:], done.stderr) == (0, ["lines"], "")
