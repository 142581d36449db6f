"""A replay that lacks something names the command that works: the run's own pack, or verifying without a second run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world

MINE = """\
from btcli.strategies import Direction, Signal, Strategy


class Mine(Strategy):
    features = {"ltf": {"mean": "sma(close, 30)"}}

    def decide(self, snapshot):
        if not snapshot.exchange.has_position and snapshot.ltf.close > snapshot.ltf["mean"]:
            return Signal(Direction.LONG, stop_distance=0.02 * snapshot.ltf.close)
"""


def world(folder: Path, use: str, *, packed: bool) -> Path:
    """A project with one run of its own strategy, in a folder whose name has a space."""
    small_world(folder)
    (folder / "mine.py").write_text(MINE)
    (folder / "system.yml").write_text(SYSTEM.replace("use: mtf_trend", f'use: "{use}"'))
    done = say(folder, "run", *(["--pack"] if packed else []))
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a pack."""
    return world(tmp_path_factory.mktemp("a b") / "project", "mine.py:Mine", packed=True)


@pytest.fixture
def copy(packed: Path, tmp_path: Path) -> Path:
    """A copy of it, in which something can be taken away."""
    return Path(shutil.copytree(packed, tmp_path / "c d"))


def file_gone(folder: Path) -> None:
    (folder / "mine.py").unlink()


def class_gone(folder: Path) -> None:
    (folder / "mine.py").write_text(MINE.replace("Mine", "Other"))


def folder_there(folder: Path) -> None:
    file_gone(folder)
    (folder / "mine.py").mkdir()


def store_gone(folder: Path) -> None:
    shutil.rmtree(folder / "data")


def store_broken(folder: Path) -> None:
    (folder / "data" / "market_live.duckdb").write_bytes(b"no store")


def rows_gone(folder: Path) -> None:
    words = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "trade", "--timeframe", "1h", "--yes")
    assert say(folder, "data", "delete", *words, "--start", "2024-01-10", "--end", "2024-01-11").code == 0


@pytest.mark.parametrize(
    "lose",
    [file_gone, class_gone, folder_there, store_gone, store_broken, rows_gone],
    ids=lambda each: each.__name__,
)
def test_the_pack_is_named_and_works(lose: Callable[[Path], None], copy: Path) -> None:
    """Whatever the project has lost, the hint is the command that replays from the pack; pasted, it says identical."""
    lose(copy)
    run = only_run(copy)
    told = say(copy, "replay", run, "--json")
    assert told.code in (1, 2, 3)
    hint = told.envelope["errors"][0]["hint"]
    command = f"btcli replay {shlex.quote(str(run))} --pack-only"
    assert hint.endswith(command)
    done = say(copy, *shlex.split(command)[1:])
    assert (done.code, done.out.splitlines()[-1]) == (0, "replay: identical")


def test_without_a_pack_the_hint_is_what_can_be_done(tmp_path: Path) -> None:
    """The file has to come back; files and data are verified without it, by the command that is named."""
    folder = world(tmp_path / "project", "mine.py:Mine", packed=False)
    file_gone(folder)
    run = only_run(folder)
    [error] = say(folder, "replay", run, "--json").envelope["errors"]
    command = f"btcli replay {shlex.quote(str(run))} --no-run"
    assert error["hint"].endswith(f"the run has no pack: put it back, or verify files and data alone: {command}")
    assert say(folder, *shlex.split(command)[1:]).code == 0


def test_a_pack_that_was_changed_is_not_named(copy: Path) -> None:
    """A pack without the strategy that it says to have is no way out."""
    file_gone(copy)
    (only_run(copy) / "pack" / "strategy" / "mine.py").unlink()
    told = say(copy, "replay", only_run(copy), "--json")
    assert told.code != 0
    assert all("--pack-only" not in error["hint"] for error in told.envelope["errors"])


def test_a_replay_from_the_pack_names_no_other_pack(copy: Path) -> None:
    """What goes wrong with the pack itself has its own hint."""
    (only_run(copy) / "pack" / "instruments.json").unlink()
    told = say(copy, "replay", only_run(copy), "--pack-only", "--json")
    assert told.code != 0
    assert all("--pack-only" not in error["hint"] for error in told.envelope["errors"])
