"""latest is what was asked for last, also where the times of files say something else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cli_worlds import say, small_world

FIRST, SECOND = "strategy.params.atr_stop=[2, 3]", "strategy.params.atr_stop=[2, 4]"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a month of sample data."""
    return small_world(tmp_path_factory.mktemp("latest") / "small")


def in_one_tick(folder: Path) -> None:
    """As where everything was written at once."""
    for each in folder.rglob("*"):
        os.utime(each, (1_700_000_000, 1_700_000_000))


def sweep(world: Path, grid: str) -> str:
    """The id of a sweep that is asked for."""
    said = say(world, "sweep", "--grid", grid, "--json")
    assert said.code == 0, said
    return str(said.envelope["data"]["sweep_id"])


def latest_sweep(world: Path) -> str:
    """The id of the one that is shown."""
    return str(say(world, "sweep", "show", "--json").envelope["data"]["sweep_id"])


def test_the_latest_sweep_is_the_one_that_was_asked_for_last(world: Path, tmp_path: Path) -> None:
    """Whichever id is the greater, of one tick, in a copy, and where one that is done is asked for again."""
    for grids in ((FIRST, SECOND), (SECOND, FIRST)):
        last = [sweep(world, grid) for grid in grids][-1]
        in_one_tick(world / "sweeps")
        assert latest_sweep(world) == last
    shutil.copytree(world, tmp_path / "copy", copy_function=shutil.copyfile)
    (first,) = (tmp_path / "copy").glob(f"sweeps/*/*/{sweep(world, SECOND)}/done.json")
    first.touch()
    assert latest_sweep(tmp_path / "copy") == last


def test_the_latest_run_is_the_one_that_was_made_last(world: Path, tmp_path: Path) -> None:
    """Of one tick, made again, failed in between, and in a copy whose files were written in another order."""

    def made(stop: int) -> str:
        said = say(world, "run", "--set", f"strategy.params.atr_stop={stop}", "--json")
        assert said.code in (0, 5), said
        return Path(said.envelope["data"]["run_dir"]).name

    for stops in ((2, 3), (3, 2), (2, 3)):
        last = [made(stop) for stop in stops][-1]
        in_one_tick(world / "runs")
        assert say(world, "show", "latest", "--json").envelope["data"]["run_id"] == last
    shutil.copytree(world, tmp_path / "copy", copy_function=shutil.copyfile)
    in_one_tick(tmp_path / "copy" / "runs")
    (young,) = (path for path in (tmp_path / "copy").glob("runs/*/*/*/run_manifest.json") if path.parent.name != last)
    young.touch()
    assert say(tmp_path / "copy", "show", "latest", "--json").envelope["data"]["run_id"] == last
