"""A strategy whose numbers cannot be: the run goes on and counts, but for what is no number at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import say, small_world

WISHES = """\
import numpy as np

from btcli.strategies import Direction, Signal, Strategy


class FarStop(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, stop_distance=1.5 * s.ltf.close)


class BelowZero(Strategy):
    def decide(self, s):
        return Signal(Direction.SHORT, target_price=s.ltf.close - np.float64(1e6), stop_distance=np.int64(100))


class AtZero(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, order="limit", price=0, stop_price=0)


class NoNumber(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, stop_price=float("nan"))


class Both(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, stop_price=0.0, stop_distance=0.0)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of sample data and a file of wishes."""
    folder = small_world(tmp_path_factory.mktemp("wishes"))
    (folder / "wishes.py").write_text(WISHES)
    return folder


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("FarStop", "STOP_BEYOND_LIQUIDATION"),
        ("BelowZero", "TARGET_BELOW_ZERO"),
        ("AtZero", "PRICE_BELOW_TICK"),
    ],
)
def test_what_cannot_be_is_refused_at_each_close_and_the_run_ends_well(world: Path, name: str, code: str) -> None:
    """31 days have 743 closes that decide: each wish is refused, none is dropped, and the exit code is 0."""
    options = ("--set", f"strategy.use=wishes.py:{name}", "--set", "risk.stop_vs_liquidation=reject")
    said = say(world, "run", *options, "--set", "risk.sizing={qty: 0.01}", "--json")
    assert said.code == 0
    metrics = said.envelope["data"]["metrics"]
    assert (metrics["refusals_by_code"], metrics["trades"]) == ({code: 743}, 0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NoNumber", "stop_price must be a finite number, got nan"),
        ("Both", "stop_price and stop_distance exclude each other"),
    ],
)
def test_what_is_no_number_ends_the_run_at_its_line(world: Path, name: str, told: str) -> None:
    """The strategy raised: exit code 4, with what was said and where."""
    said = say(world, "run", "--set", f"strategy.use=wishes.py:{name}", "--json")
    assert said.code == 4
    (error,) = said.envelope["errors"]
    assert told in error["message"]
    assert "wishes.py:" in error["where"]
