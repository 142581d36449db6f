"""Chunks that go wrong end the work alike whichever engine started it: loky or a cluster of dask, for real."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import engine_chunks as chunks
import pytest
from engine_marks import ENGINES, LONG_WITH_DASK
from engine_rows import interrupted, run_all

from btcli.errors import AccessError, StrategyError, UnhealthyData
from btcli.research.engines.choosing import Engine

each_engine = pytest.mark.parametrize("engine", ENGINES)


def done(engine: str, function: Callable[[str, str, int], str], folder: Path) -> list[int]:
    """The chunks that were told as done."""
    return run_all(Engine(engine, 2), function, folder, 12)


@pytest.mark.parametrize("engine", LONG_WITH_DASK)
def test_a_chunk_that_kills_every_worker_is_named(engine: str, tmp_path: Path) -> None:
    """The error names the one chunk at which workers were lost, out of those that were done at once."""
    with pytest.raises(AccessError, match=r"lost 4 times, the last time at chunk 5:"):
        done(engine, chunks.die_always, tmp_path)
    assert 5 not in chunks.there(tmp_path)


@each_engine
def test_an_error_of_the_work_ends_it_at_once(engine: str, tmp_path: Path) -> None:
    """What the work raises arrives as it was raised, and nothing is begun again."""
    with pytest.raises(UnhealthyData, match="the data changed") as raised:
        done(engine, chunks.refuse, tmp_path)
    assert raised.value.problems[0].steps == ("repair it with: btcli heal",)


@each_engine
def test_work_that_leaves_its_process_does_not_end_the_calling_one(engine: str, tmp_path: Path) -> None:
    """sys.exit(0) in a worker is an error of the strategy, never an exit code of 0."""
    with pytest.raises(StrategyError, match="ended the process of a worker, with 0"):
        done(engine, chunks.leave, tmp_path)


@each_engine
def test_ctrl_c_leaves_no_process_and_keeps_what_is_done(engine: str, tmp_path: Path) -> None:
    """After Ctrl-C from a terminal the workers are gone, nothing stands on the screen, and what was done is there."""
    told = interrupted(engine, tmp_path)
    assert told.said == "interrupted\n"
    assert told.complained == ""
    assert told.left == []
    assert chunks.there(tmp_path)


@each_engine
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process")
def test_workers_end_with_a_calling_process_that_is_killed(engine: str, tmp_path: Path) -> None:
    """A calling process that is killed without a word leaves no worker behind."""
    assert interrupted(engine, tmp_path, signal.SIGKILL).left == []
