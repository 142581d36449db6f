"""Ctrl-C while the database works is Ctrl-C, not an error of the database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import environment

BEGIN = """
import os, signal, sys, threading
from pathlib import Path
import duckdb
from btcli.market.store import opening
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
with opened(Store(path), read_only=True) as connection:
    stop.start()
    connection.execute(LONG)
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
MADE = """
opening.create_tables = lambda connection: connection.execute(LONG)
stop.start()
create_store(Store(path).path)
"""


def ended(code: str, file: Path, timeout_s: int = 300) -> subprocess.CompletedProcess[str]:
    """A process that was given a file to work on, at its end."""
    command = [sys.executable, "-c", code, str(file)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False)


@pytest.mark.parametrize("work", [STORE, ROWS, HELD, MADE], ids=["store", "rows", "rows that are held", "made store"])
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
from btcli.research import table
from btcli.research.rows import failed
from btcli.research.space import space_of

def pressed(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, pressed)
space, outcomes = space_of(("a=1..200",), None, 0), {trial: failed("RAISED", ["x"]) for trial in range(1, 201)}
table.write_rows(space, outcomes, Path(sys.argv[1]))
for after_us in range(50, 15050, 150):
    table._database.cache_clear()
    try:
        signal.setitimer(signal.ITIMER_REAL, after_us / 1e6)
        table.write_rows(space, outcomes, Path(sys.argv[1]))
        time.sleep(0.1)
    except KeyboardInterrupt:
        print("stopped")
"""


def test_ctrl_c_while_rows_are_written_is_raised_as_such(tmp_path: Path) -> None:
    """At a hundred moments: where DuckDB looks for other packages it says so in the text of an error of its own."""
    done = ended(WRITTEN, tmp_path / "rows", timeout_s=60)
    assert (set(done.stdout.split()), done.stderr) == ({"stopped"}, "")
