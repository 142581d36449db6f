"""Features of expressions from the system file to what a strategy is shown, and what is said where they are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, only_run, say, small_world
from finding_worlds import Market, a_run

SEES = '''\
from btcli.strategies import Direction, Signal, Strategy


class Sees(Strategy):
    """Long while a slope is that of what it is made of; an assertion ends the run."""

    features = {"ltf": {"slope": "fast - fast[3]", "fast": "ema(close, 5)"}, "htf": {"middle": "(high + low) / 2"}}
    fast = ()

    def decide(self, snapshot):
        self.fast = (*self.fast, snapshot.ltf["fast"])[-4:]
        bar = snapshot.htf.bar
        assert snapshot.htf["middle"] == (bar.high + bar.low) / 2
        if len(self.fast) < 4:
            return None
        due = self.fast[3] - self.fast[0]
        assert abs(snapshot.ltf["slope"] - due) < 1e-3 * bar.close
        assert snapshot.ltf["double"] == 2 * snapshot.ltf["slope"]
        return Signal(Direction.LONG if due > 0 else Direction.FLAT)
'''


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data."""
    return small_world(tmp_path_factory.mktemp("features") / "world")


def test_a_strategy_in_python_is_shown_what_features_come_to(world: Path) -> None:
    """Its own, and those of the system file that name them."""
    (world / "sees.py").write_text(SEES)
    features = "features: {ltf: {double: 2 * slope}}\n"
    (world / "system.yml").write_text(
        SYSTEM.replace("risk_pct: 1", "margin_pct: 50").replace("mtf_trend", "sees.py:Sees") + features
    )
    said = say(world, "run")
    assert said.code == 0, said.err
    metrics = json.loads((only_run(world) / "metrics.json").read_text())
    assert metrics["trades"] > 5


def test_a_mistake_is_told_of_its_place_in_the_file(world: Path) -> None:
    """File, line and column of the expression, the expression with a caret, and the nearest name."""
    (world / "wrong.yml").write_text(SYSTEM + "features:\n  ltf:\n    it: ema(high - lwo, 9)\n    other: it * 2\n")
    said = say(world, "run", "wrong.yml", "--json")
    (error,) = said.envelope["errors"]
    assert said.code == 2
    assert error["where"] == "wrong.yml:12:9"
    assert error["message"].endswith(
        "features.ltf.it: unknown name 'lwo', at column 12:\n  ema(high - lwo, 9)\n             ^"
    )
    assert error["hint"] == "did you mean low?"


def test_a_mistake_of_a_strategy_is_told_of_its_own_file(world: Path) -> None:
    """A circle that the class declares is told where it stands there."""
    (world / "round.py").write_text(SEES.replace("ema(close, 5)", "slope[1]"))
    (world / "round.yml").write_text(SYSTEM.replace("mtf_trend", "round.py:Sees"))
    said = say(world, "run", "round.yml")
    assert said.code == 2
    assert "round.py:7:" in said.err
    assert "is made of itself: slope -> fast -> slope" in said.err


def test_preflight_names_the_feature_that_asks_for_the_most_bars(world: Path) -> None:
    """The lookbacks and memories of what is inside of one another are told as one number of bars."""
    text = "ema(rsi(close, 14), 400)"  # 14 + 129 bars, then 399 + 1847
    (world / "long.yml").write_text(SYSTEM + f"features: {{ltf: {{it: '{text}', less: 'it - it[1]'}}}}\n")
    said = say(world, "preflight", "long.yml", "--json")
    assert "ltf.less (it - it[1], 2390 bars)" in said.out


def test_nothing_is_decided_where_a_feature_is_unknown(tmp_path: Path) -> None:
    """Of two bars that ask for an entry the one without a range has no place in it, and its role is not ready."""
    market = Market([1010.0, 1010.0, 1010.0, 1020.0, 1030.0], {1: 11, 3: 11})
    more = "features: {ltf: {place: '(close - open) / (high - low)'}}"
    found = a_run(tmp_path / "world", market, more=more, rules="short: {enter: volume == 12}\n    stop: 10 * place")
    events = [json.loads(line) for line in (only_run(found.folder) / "events.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events].count("position_opened") == 1
    assert [event.get("reasons") for event in events if event["event"] == "ready"] == [
        None, ["ltf has no place yet"], None,
    ]  # fmt: skip
    assert (
        "warning: BTCUSDT: ltf.place ((close - open) / (high - low)) had no value at 2 of 4 closes of ltf: "
        "nothing was decided while it had none"
    ) in found.said.err
