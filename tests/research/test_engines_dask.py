"""Chunks done by workers of a dask cluster, for real."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import engine_chunks as chunks
import pytest

pytest.importorskip("distributed", reason="dask is not installed: pip install 'btcli[dask]'")

from engine_clusters import dask_cluster
from engine_rows import run_all

from btcli.errors import AccessError, RequestError
from btcli.hands import Hands
from btcli.research.engines import with_dask
from btcli.research.engines.choosing import DASK, Engine, finished
from btcli.research.engines.task import task_of

Function = Callable[[str, str, int], str]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that is there is reached, however much the machine has to do."""
    monkeypatch.setattr(with_dask, "REACHED_S", 300)
    monkeypatch.setattr(with_dask, "JOINED_S", 300)


def done(function: Function, folder: Path, workers: int = 2, many: int = 12) -> list[int]:
    """The chunks that were told as done."""
    return run_all(Engine(DASK, workers), function, folder, many)


def test_what_dask_says_on_the_way_is_kept_from_the_screen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A worker that is lost and replaced is nothing that a user has to read."""
    done(chunks.die_once, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_nothing_of_a_cluster_of_this_machine_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files go with it, and nothing is written into the user's folder."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder in (home, temporary):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (tmp_path / "out").mkdir()
    done(chunks.write, tmp_path / "out")
    assert [*home.iterdir(), *temporary.iterdir()] == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cluster_that_is_there_does_the_chunks(workers: int, tmp_path: Path) -> None:
    """All workers of a cluster are taken, also where it has but one, and it goes on when the chunks are done."""
    with dask_cluster(1, workers) as cluster:
        engine = Engine(DASK, None, cluster.address)
        for turn in ("first", "second"):
            (tmp_path / turn).mkdir()
            (tmp_path / turn / "meeting").write_text(str(workers))
            assert sorted(run_all(engine, chunks.note_process, tmp_path / turn, 12)) == list(range(12))
        processes = {file.read_text().split()[0] for file in tmp_path.glob("*/*.process")}
        assert len(processes) == workers
        assert str(os.getpid()) not in processes


def test_workers_of_several_threads_are_refused(tmp_path: Path) -> None:
    """A worker does one chunk at a time: the error says how a worker is started that is not idle for the most part."""
    with dask_cluster(2, 1) as cluster, pytest.raises(RequestError, match="has 2 threads") as raised:
        run_all(Engine(DASK, None, cluster.address), chunks.write, tmp_path, 3)
    assert raised.value.problems[0].hint.endswith(f"dask worker {cluster.address} --nworkers auto --nthreads 1")


@pytest.mark.long
def test_a_cluster_that_ends_on_the_way_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the scheduler ends and stays away, the error says that none answers; what was done is there."""
    monkeypatch.setattr(with_dask, "REACHED_S", 3)
    task = task_of(chunks.note_process, str(tmp_path), "d")
    with dask_cluster(1, 1) as cluster:
        engine = Engine(DASK, None, cluster.address)
        with closing(finished(engine, task, range(200), lambda: chunks.there(tmp_path))) as chunks_done:
            for _ in range(3):
                next(chunks_done)
            cluster.end_scheduler()
            with pytest.raises(AccessError, match="no dask scheduler answered"):
                list(chunks_done)
    assert len(chunks.there(tmp_path)) >= 3


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "is no address of a dask scheduler: missing port"),
        ("xyz://here:1", "is no address of a dask scheduler: unknown address scheme"),
        ("127.0.0.1:1", "no dask scheduler answered within 1 s: (Timed out|nothing was said)"),
        ("SILENT", "no dask scheduler answered within 1 s: "),
    ],
)
def test_a_cluster_that_is_not_there_is_told(
    address: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address at which no scheduler answers ends the command, with what was tried and how a cluster is started."""
    monkeypatch.setattr(with_dask, "REACHED_S", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if address == "SILENT":
            address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AccessError, match=said) as raised:
            run_all(Engine(DASK, None, address), chunks.write, tmp_path, 3)
    assert raised.value.problems[0].where == f"--address {address}"
    assert "dask scheduler" in raised.value.problems[0].hint


def test_a_cluster_is_reached_from_a_notebook(tmp_path: Path) -> None:
    """Where a loop of events runs already, in whichever thread: asyncio lets nobody begin a second one there."""

    async def cell(engine: Engine) -> list[int]:
        return sorted(run_all(engine, chunks.write, tmp_path, 3))

    with dask_cluster(1, 1) as cluster, Hands() as hands:
        coming = hands.begin(lambda: asyncio.run(cell(Engine(DASK, None, cluster.address))))
        assert coming.result() == [0, 1, 2]


def test_a_cluster_without_workers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that has no workers would let the command wait for ever."""
    monkeypatch.setattr(with_dask, "JOINED_S", 0.1)
    with dask_cluster(1, 0) as cluster, pytest.raises(AccessError, match="has no workers"):
        run_all(Engine(DASK, None, cluster.address), chunks.write, tmp_path, 3)
