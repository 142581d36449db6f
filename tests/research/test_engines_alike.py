"""What chunks are done by behaves alike whichever engine started it: loky or a dask cluster, for real."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import engine_chunks as chunks
import pytest
from engine_marks import ENGINES
from engine_rows import run_all

from btcli.research.engines.choosing import Engine

pytestmark = [pytest.mark.parametrize("engine", ENGINES), pytest.mark.parametrize("workers", [1, 2])]


def done(engine: str, workers: int, function: Callable[[str, str, int], str], folder: Path, many: int) -> list[int]:
    """The chunks that were told as done."""
    return run_all(Engine(engine, workers), function, folder, many)


def test_every_chunk_is_done_once(engine: str, workers: int, tmp_path: Path) -> None:
    """Whatever the number of workers, all chunks are done, and each is told once."""
    assert sorted(done(engine, workers, chunks.write, tmp_path, 40)) == list(range(40))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        f"{index}.chunk": f"d {index * index}" for index in range(40)
    }


def test_workers_are_other_processes_with_one_thread_each(engine: str, workers: int, tmp_path: Path) -> None:
    """So many processes as were asked for, none the calling one, with one thread for libraries and deaf to Ctrl-C."""
    before = dict(os.environ)
    (tmp_path / "meeting").write_text(str(workers))
    done(engine, workers, chunks.note_process, tmp_path, 12)
    said = [file.read_text().split() for file in tmp_path.glob("*.process")]
    assert len({process for process, *_ in said} - {str(os.getpid())}) == workers
    assert {tuple(around) for _, *around in said} == {("1", "1", "1", "deaf")}
    assert dict(os.environ) == before


def test_a_killed_worker_costs_nothing_but_time(engine: str, workers: int, tmp_path: Path) -> None:
    """A worker that is killed on the way leaves the same files, and every chunk is told once."""
    assert sorted(done(engine, workers, chunks.die_once, tmp_path, 12)) == list(range(12))
    assert chunks.there(tmp_path).keys() == set(range(12))
    assert (tmp_path / "died").exists()


def test_a_chunk_is_told_as_soon_as_it_is_done(engine: str, workers: int, tmp_path: Path) -> None:
    """While one goes on that waits for it, another of the same wave is told."""
    assert done(engine, workers + 1, chunks.wait_for_another, tmp_path, 6)[0] != 0
