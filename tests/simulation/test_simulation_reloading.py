"""Before each pass the strategy is loaded afresh from the very same files, in a process that is as it was before."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from btcli.config.loading import parse_system
from btcli.errors import StrategyError
from btcli.simulation.parts import Prepared, prepared
from btcli.simulation.reloading import loaded_anew, passes_of
from btcli.strategies import Strategy

SYSTEM = """
system: small
venue: sample
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
windows: {w: {start: 2024-01-02, end: 2024-01-03}}
account: {initial_equity_usdt: 10000, leverage: 5}
risk: {sizing: {qty: 1}}
strategy: {use: "mine.py:Mine"}
"""
MINE = """\
from btcli.strategies import Strategy
import part

class Mine(Strategy):
    features = {"ltf": {"mean": "sma(close, 3)"}}

    def decide(self, snapshot):
        import later
"""


def parts_of(folder: Path, source: str = MINE) -> Prepared:
    """A prepared run of a strategy that needs two more files, one of them late."""
    (folder / "mine.py").write_text(source)
    (folder / "part.py").write_text("PART = 1\n")
    (folder / "later.py").write_text("LATER = 1\n")
    system = parse_system(SYSTEM, str(folder / "system.yml"))
    return prepared(system, "w", system.window("w"), folder)


@pytest.mark.parametrize("name", ["mine.py", "part.py", "later.py"])
def test_another_file_is_named(name: str, tmp_path: Path) -> None:
    """Whichever of the strategy's files changed, also one that is imported while deciding, and nothing of it runs."""
    parts = parts_of(tmp_path)
    with passes_of(parts):
        parts.strategy.make().decide(None)  # type: ignore[arg-type]
        (tmp_path / name).write_text("raise SystemExit\n")
        with pytest.raises(StrategyError) as refused:
            loaded_anew(parts)
    (problem,) = refused.value.problems
    assert "changed while the run was going on" in problem.message
    assert problem.where.endswith(name)


def test_a_file_that_nobody_could_foresee_is_held_to_its_bytes(tmp_path: Path) -> None:
    """A module that is imported by a computed name counts from the first pass that loads it."""
    source = MINE.replace("import later", "__import__('la' + 'ter')")
    parts = parts_of(tmp_path, source)
    with passes_of(parts):
        parts.strategy.make().decide(None)  # type: ignore[arg-type]
        parts = loaded_anew(parts)
        (tmp_path / "later.py").write_text("LATER = 2\n")
        with pytest.raises(StrategyError, match="changed while the run was going on"):
            loaded_anew(parts)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """It cannot be loaded again."""
    parts = parts_of(tmp_path)
    (tmp_path / "part.py").unlink()
    with passes_of(parts), pytest.raises(StrategyError, match=r"is gone while the run is going on"):
        loaded_anew(parts)


def test_features_have_to_be_the_same(tmp_path: Path) -> None:
    """The columns were computed from the first ones: others are an error that names them."""
    source = MINE.replace("import part\n", "import part, pathlib\nHERE = pathlib.Path(__file__).with_name('n')\n")
    source = source.replace('"sma(close, 3)"', 'f"sma(close, {3 + HERE.exists()})"')
    parts = parts_of(tmp_path, source)
    (tmp_path / "n").touch()
    with passes_of(parts), pytest.raises(StrategyError) as refused:
        loaded_anew(parts)
    assert str(refused.value).startswith(
        "Mine.features changed when it was loaded again: ltf.mean was 'sma(close, 3)', is 'sma(close, 4)'"
    )


def test_a_load_is_new_in_everything(tmp_path: Path) -> None:
    """Class, parameters, modules and those below them are others each time; the old class is found nowhere."""
    parts = parts_of(tmp_path)
    first, part = parts.strategy.make(), sys.modules["part"]
    with passes_of(parts):
        again = loaded_anew(parts)
        second = again.strategy.make()
        assert type(first) is not type(second)
        assert type(first.params) is type(second.params)  # of the base class
        assert first.params is not second.params
        assert sys.modules["part"] is not part
        assert type(second) in Strategy.__subclasses__()
        assert type(first) not in Strategy.__subclasses__()
    assert "part" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_afterwards_the_process_is_as_it_was(tmp_path: Path) -> None:
    """Folder, environment, import path, and what was written on btcli's own classes."""
    parts = parts_of(tmp_path)
    folder, path = Path.cwd(), list(sys.path)
    with passes_of(parts):
        os.chdir(tmp_path)
        os.environ["BY_A_STRATEGY"] = "1"
        sys.path.insert(0, "/by-a-strategy")
        Strategy.seen = []  # type: ignore[attr-defined]
        vars(sys)["by_a_strategy"] = 1
    assert (Path.cwd(), "BY_A_STRATEGY" in os.environ, "/by-a-strategy" in sys.path) == (folder, False, False)
    assert str(tmp_path) in path
    assert not hasattr(Strategy, "seen")
    assert not hasattr(sys, "by_a_strategy")


def test_random_numbers_begin_anew(tmp_path: Path) -> None:
    """Each pass draws the same ones, from where loading the strategy left them."""
    source = MINE.replace("import part\n", "import part, random, numpy\nrandom.random(), numpy.random.rand(3)\n")
    parts = parts_of(tmp_path, source)
    random.random()
    parts.resume()
    drawn = random.random(), float(np.random.rand())
    with passes_of(parts):
        np.random.set_bit_generator(np.random.MT19937(5))  # type: ignore[attr-defined]
        loaded_anew(parts)
        assert (random.random(), float(np.random.rand())) == drawn
    fresh, table = random.Random(0), np.random.RandomState(0)
    assert drawn == ([fresh.random(), fresh.random()][1], float(table.rand(4)[3]))
