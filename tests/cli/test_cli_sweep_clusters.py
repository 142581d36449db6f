"""Sweeps on a cluster that is there already, or is not: what is told of it, and when."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cli_worlds import say
from engine_clusters import dask_cluster, free_port
from sweep_worlds import grids, refusal, ruled_world, swept

GRID = grids("strategy.params.far=0.01..0.05:0.01")
NEEDS_DASK = pytest.mark.skipif(find_spec("distributed") is None, reason="pip install 'btcli[dask]'")
NEEDS_RAY = pytest.mark.skipif(find_spec("ray") is None, reason="pip install 'btcli[ray]'")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data under rules."""
    return ruled_world(tmp_path_factory.mktemp("ruled") / "world")


@NEEDS_DASK
def test_the_workers_that_are_told_are_those_of_the_cluster(world: Path, tmp_path: Path) -> None:
    """Three, on a machine of any number of processors: by these the time is divided that is asked about."""
    words = ("sweep", "--window", "jan", *grids("strategy.params.far=0.001..1.5:0.001"), "--out", tmp_path)
    with dask_cluster(1, 3) as cluster:
        said = say(world, *words, "--backend", "dask", "--address", cluster.address)
    assert said.code == 0, said
    assert "with 3 workers, " in said.err


def test_where_nothing_is_left_no_worker_is_told_or_started(world: Path, tmp_path: Path) -> None:
    """Five trials were run to see how long one takes: who asked for other processes needs none."""
    said = say(world, "sweep", "--window", "jan", *GRID, "--out", tmp_path, "--backend", "loky", "--workers", 3)
    assert said.code == 0
    assert "5 trials, all of them were run to see how long one takes, " in said.err
    assert "worker" not in said.err


def never(*_: Any) -> NoReturn:
    """What must not be called."""
    raise AssertionError("this was to come later")


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        pytest.param("dask", "no dask scheduler answered within 1 s", marks=NEEDS_DASK),
        pytest.param("ray", "no ray cluster answered within 1 s", marks=(NEEDS_RAY, pytest.mark.long, pytest.mark.ray)),
    ],
)
def test_a_cluster_that_is_not_there_is_told_before_anything_is_run_or_packed(
    engine: str, said: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 3 with the address: no trial was timed, and nothing is left; where all is done nobody has to answer."""
    from btcli.research.engines import with_dask, with_ray

    monkeypatch.setattr(with_dask, "REACHED_S", 1)
    monkeypatch.setattr(with_ray, "REACHED_S", 1)
    address = f"127.0.0.1:{free_port()}"
    words = (*GRID, "--out", tmp_path, "--backend", engine, "--address", address)
    with monkeypatch.context() as later:
        for name in ("running.sampled", "packing.pack_sweep"):
            later.setattr(f"btcli.research.{name}", never)
        code, problem = refusal(swept(world, *words))
    assert (code, problem["where"]) == (3, f"--address {address}")
    assert problem["message"].startswith(said)
    assert not list(tmp_path.glob("*/*/*"))
    done = swept(world, *GRID, "--out", tmp_path)
    assert swept(world, *words).envelope["data"]["table_digest"] == done.envelope["data"]["table_digest"]
    (done_file,) = tmp_path.rglob("done.json")
    done_file.unlink()
    assert swept(world, *words).code == 0  # all of its chunks are there
    done_file.unlink()
    chunk = next(tmp_path.rglob("chunks/*.parquet"))
    chunk.unlink()
    code, problem = refusal(swept(world, *words))
    assert (code, problem["message"][: len(said)]) == (3, said)


UNUSABLE: dict[str, tuple[Callable[[], Any], str]] = {
    "no worker": (lambda: dask_cluster(1, 0), "the cluster has no workers"),
    "workers of threads": (lambda: dask_cluster(2, 1), "has 2 threads"),
}


@NEEDS_DASK
@pytest.mark.parametrize("case", UNUSABLE)
def test_a_cluster_that_cannot_be_used_is_told_before_anything_is_run(
    case: str, world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler without workers, or with such as do chunks one after the other: as where it is found out later."""
    from btcli.research.engines import with_dask

    monkeypatch.setattr(with_dask, "REACHED_S", 5)
    monkeypatch.setattr("btcli.research.running.sampled", never)
    opened, said = UNUSABLE[case]
    with opened() as cluster:
        words = ("--out", tmp_path, "--backend", "dask", "--address", cluster.address)
        code, problem = refusal(swept(world, *GRID, *words))
    assert code in (2, 3)
    assert said in problem["message"]
    assert not list(tmp_path.glob("*/*/*"))
