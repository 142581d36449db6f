"""Syncs among processes: killed at any moment, and two at once on one store."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from sync_children import ROWS, SERIES
from tools_venues import MINUTE, NEW_YEAR, candle

from btcli.market.store.reading import SyncEntry, open_store
from btcli.market.store.where import Store

CHILD = Path(__file__).with_name("sync_children.py")
ROOT = CHILD.parents[2]


def started(folder: Path, page_s: float, lock_wait_s: float = 600.0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), str(page_s), str(lock_wait_s)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def holding(folder: Path, page_s: float) -> subprocess.Popen[str]:
    """A sync that has the store and waits for its first page."""
    child = started(folder, page_s)
    assert (child.stdout.readline(), child.stdout.readline()) == ("started\n", "asked\n")
    return child


def stored(folder: Path) -> tuple[pl.DataFrame, list[SyncEntry]]:
    with open_store(Store(folder, patience_s=60)) as reader:
        return reader.candles(SERIES, 0, 2**62), reader.sync_log()


def assert_true_rows(frame: pl.DataFrame) -> None:
    """Every row is one that the venue has, and none is there twice."""
    assert frame.rows() == [candle(ts, MINUTE, "trade") for ts in frame["ts_open"].to_list()]
    assert frame["ts_open"].n_unique() == frame.height


def killed_and_gone_on(folder: Path, kills: int, seed: int) -> None:
    """Kill a sync at random moments, look at the store each time, and let the last one finish."""
    chance, before = random.Random(seed), 0
    for _ in range(kills):
        child = started(folder, 0.004)
        child.stdout.readline()
        time.sleep(chance.random() * 0.6)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        frame, log = stored(folder)
        assert_true_rows(frame)
        assert frame.height >= before
        assert sum(entry.rows_new for entry in log) == frame.height
        before = frame.height
    last = started(folder, 0.0)
    _, complaints = last.communicate(timeout=600)
    assert (last.returncode, complaints) == (0, "")
    frame, log = stored(folder)
    assert frame["ts_open"].to_list() == list(range(NEW_YEAR, NEW_YEAR + ROWS * MINUTE, MINUTE))
    assert_true_rows(frame)
    assert sum(entry.rows_new for entry in log) == ROWS


def test_a_sync_killed_anywhere_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """After three kills the next sync completes the store: no row is invented, lost or doubled."""
    killed_and_gone_on(tmp_path, kills=3, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_fifty_kills_leave_the_store_of_an_uninterrupted_sync(tmp_path: Path, seed: int) -> None:
    """Ten kills for each of five seeds, and the store is as if nothing had happened."""
    killed_and_gone_on(tmp_path, kills=10, seed=seed)


def test_two_syncs_at_once_both_end_well(tmp_path: Path) -> None:
    """The second waits for the first, and then finds that nothing is missing."""
    children = [started(tmp_path, 0.002) for _ in range(2)]
    said = [child.communicate(timeout=600) for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert sorted("nothing was missing" in out for out, _ in said) == [False, True]
    frame, _ = stored(tmp_path)
    assert frame.height == ROWS
    assert_true_rows(frame)


def test_a_second_sync_that_may_not_wait_names_the_first(tmp_path: Path) -> None:
    """Exit code 3 and the PID of the process that is at work; nothing is written twice."""
    first = holding(tmp_path, 600.0)
    second = started(tmp_path, 0.0, lock_wait_s=0.1)
    said, _ = second.communicate(timeout=600)
    assert second.returncode == 3
    assert f"PID {first.pid}" in said
    first.send_signal(signal.SIGKILL)
    first.communicate()


def test_a_reader_never_sees_a_part_of_a_sync(tmp_path: Path) -> None:
    """While a sync works a reader waits; what it reads is everything, or nothing when it came first."""
    child = holding(tmp_path, 0.005)
    heights = set()
    with open_store(Store(tmp_path, patience_s=600)) as reader:
        heights.add(reader.candles(SERIES, 0, 2**62).height)
    child.communicate(timeout=600)
    assert heights <= {0, ROWS}
