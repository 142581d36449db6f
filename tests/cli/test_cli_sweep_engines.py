"""Sweeps whose chunks other processes run, with every engine, for real: the same table, whoever dies on the way."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sweep_worlds import grids, ruled_world
from worker_worlds import begun, ended, kill_a_worker, own_world, workers_of

RULES = grids("strategy.params.far=0.0005..0.5:0.0005", "features.ltf.slow=ema(close, {10..40:10})")
PYTHON = [*grids("strategy.params.far=0.005..0.05", "strategy.params.hold=2..6"), "--random", 30, "--seed", 5]
PYTHON += ["--set", "strategy.params.rest_s=0.1"]


def needing(engine: str, package: str, *marks: pytest.MarkDecorator) -> Any:
    """An engine that is left out where its package is not installed."""
    absent = pytest.mark.skipif(
        find_spec(package) is None, reason=f"{package} is not installed: pip install .[{engine}]"
    )
    return pytest.param(engine, marks=(absent, *marks))


ENGINES = [
    "loky",
    needing("dask", "distributed"),
    needing("ray", "ray", pytest.mark.long, pytest.mark.ray),
]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with sample data under rules."""
    return ruled_world(tmp_path_factory.mktemp("ruled") / "world")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a strategy in Python and all kinds of files beside it."""
    return own_world(tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def here(ruled: Path, own: Path) -> dict[str, dict[str, Any]]:
    """What both sweeps come to in one process."""
    return {
        name: ended(begun(*each, "--backend", "threads", "--out", "here", has_short_chunks=name == "rules"))
        for name, each in asked(ruled, own).items()
    }


def asked(ruled: Path, own: Path) -> dict[str, tuple[Any, ...]]:
    """A grid of rules, and draws of a strategy in Python."""
    return {"rules": (ruled, "--window", "jan", *RULES), "python": (own, *PYTHON)}


@pytest.mark.parametrize("kind", ["rules", "python"])
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_worker_changes_no_byte_of_the_table(
    engine: str, workers: int, kind: str, ruled: Path, own: Path, here: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    """With any engine, any number of workers, one of which dies: the table is the one of a single process."""
    words = (*asked(ruled, own)[kind], "--backend", engine, "--workers", workers, "--out", tmp_path)
    child = begun(*words, has_short_chunks=kind == "rules")
    kill_a_worker(tmp_path, child)
    data = ended(child)
    assert data["table_digest"] == here[kind]["table_digest"]
    assert data["best"] == here[kind]["best"]
    assert not list(tmp_path.glob("**/*.new"))
    assert workers_of(tmp_path) == {}


def test_the_tables_that_are_compared_say_something(here: dict[str, dict[str, Any]], own: Path) -> None:
    """There are trades, trials that raise, and as many distinct results as that leaves; chunks are several."""
    assert here["rules"]["distinct_results"] > 100
    assert here["rules"]["chunks"] > 1
    assert here["python"]["chunks"] > 2
    assert here["python"]["statuses"].keys() == {"END_OF_DATA", "RAISED"}
    table = pl.read_parquet(own / here["python"]["table"])
    assert table.filter(pl.col("status") == "END_OF_DATA")["result"].n_unique() > 10
